"""The table of deliveries, and the database that it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.apps import apps
from django.db import connections, router

from webhook_kit.errors import ConfigurationError

from . import settings

if TYPE_CHECKING:
    from .models import StoredDelivery

APP: Final = "webhook_kit.adapters.django"


def model() -> type[StoredDelivery]:
    """Return the model, which can be imported only where its app is installed."""
    require_app()
    from .models import StoredDelivery

    return StoredDelivery


def require_app() -> None:
    """Raise :class:`ConfigurationError` where the app is not installed."""
    if not apps.is_installed(APP):
        raise ConfigurationError(f'DjangoStore needs its app: add "{APP}" to INSTALLED_APPS, and run manage.py migrate')


def database() -> str:
    """Return the alias of the database that keeps the deliveries, unless a store has another."""
    return settings.current().database or router.db_for_write(model())


def has_table(alias: str) -> bool:
    """Whether the migration was applied."""
    return model()._meta.db_table in connections[alias].introspection.table_names()


def require_table(alias: str) -> None:
    """Raise :class:`ConfigurationError` where the migration was not applied."""
    if not has_table(alias):
        raise missing(alias)


def missing(alias: str) -> ConfigurationError:
    """Return the error for a table that is not there."""
    return ConfigurationError(
        f"the database {alias!r} has no table {model()._meta.db_table}: run manage.py migrate --database {alias}"
    )
