"""The deliveries in the admin: to look at, not to change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from .models import State, StoredDeliveries, StoredDelivery
from .mounts import dispatchers, project_database

if TYPE_CHECKING:
    Admin: TypeAlias = admin.ModelAdmin[StoredDelivery]
else:
    Admin = admin.ModelAdmin

Choices: TypeAlias = list[tuple[str, str]]


class _Filter(admin.SimpleListFilter):
    """A filter whose choices are known without a look through the table, which may be long."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else queryset.filter((self.parameter_name, value))


class StateFilter(_Filter):
    """By what became of it."""

    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return _choices(State.values)


class EndpointFilter(_Filter):
    """By the endpoint that it arrived at."""

    title = parameter_name = "endpoint"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return _choices(endpoint.path for hooks in dispatchers() for endpoint in hooks.endpoints)


class NamespaceFilter(_Filter):
    """By the namespace of the dispatcher."""

    title = parameter_name = "namespace"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return _choices(hooks.namespace for hooks in dispatchers())


@admin.register(StoredDelivery)
class StoredDeliveryAdmin(Admin):
    """A list with filters. What the vendor sent is not kept, and so not shown."""

    list_display = ("short_key", "endpoint", "state", "attempt", "finished", "arrived_at", "status", "until")
    list_filter = (StateFilter, EndpointFilter, NamespaceFilter, "arrived_at")
    search_fields = ("key__startswith",)
    search_help_text = "The idempotency key, or its beginning"
    ordering = ("-arrived_at",)
    show_full_result_count = False
    fields = ("key", "namespace", "endpoint", "state", "attempt", "finished", "arrived_at", "status", "until")

    def get_queryset(self, request: HttpRequest) -> StoredDeliveries:
        return StoredDelivery.in_database(project_database()).with_state()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: StoredDelivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StoredDelivery | None = None) -> bool:
        return False

    @admin.display(description="key", ordering="key")
    def short_key(self, delivery: StoredDelivery) -> str:
        """Return as much of the key as tells deliveries apart."""
        return delivery.short_key

    @admin.display(description="state", ordering="state")
    def state(self, delivery: Any) -> str:
        """Return what became of it, in words."""
        return str(State(delivery.state).label)

    @admin.display(description="finished handlers")
    def finished(self, delivery: StoredDelivery) -> str:
        """Return the handlers that the next try leaves out."""
        return ", ".join(delivery.done)

    @admin.display(description="until")
    def until(self, delivery: StoredDelivery) -> datetime:
        """Return the end of the lease, or the day when it is forgotten."""
        return delivery.until


def _choices(values: Iterable[str]) -> Choices:
    return [(each, each) for each in sorted(set(values))]
