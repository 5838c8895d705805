"""The table of :class:`DjangoStore`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.db import models
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from .clock import Clock

AT_ONCE: Final = 500
"""How many expired deliveries are forgotten at once: SQLite bounds the parameters of a statement."""


class State(models.TextChoices):
    """What a delivery is in."""

    CLAIMED = "claimed", "claimed: a worker is at it"
    ABANDONED = "abandoned", "abandoned: its worker was killed"
    RELEASED = "released", "released: waits for the vendor's next try"
    COMPLETED = "completed", "completed: a retry gets the same answer"
    EXPIRED = "expired", "expired: waits to be purged"


class StoredDeliveries(QuerySet["StoredDelivery"]):
    """Deliveries, with the states that they are in by the database's clock."""

    def with_state(self) -> StoredDeliveries:
        """Annotate each delivery with its ``state``."""
        found: StoredDeliveries = self.annotate(
            state=Case(
                When(expires_at__lte=Clock(), then=Value(State.EXPIRED)),
                When(status__isnull=False, then=Value(State.COMPLETED)),
                When(token__isnull=True, then=Value(State.RELEASED)),
                When(leased_until__lte=Clock(), then=Value(State.ABANDONED)),
                default=Value(State.CLAIMED),
                output_field=models.CharField(),
            )
        )
        return found

    def expired(self) -> StoredDeliveries:
        """Return those that may be forgotten."""
        return self.filter(expires_at__lte=Clock())

    def purge_some(self) -> int:
        """Forget some of what has expired, and return how many they were."""
        keys = list(self.expired().order_by("expires_at").values_list("pk", flat=True)[:AT_ONCE])
        # Looked at again, because one of them may have been claimed meanwhile.
        return self.expired().filter(pk__in=keys).delete()[0] if keys else 0


class StoredDelivery(models.Model):
    """One delivery: who is at it, or what was answered. Nothing of what the vendor sent is kept."""

    key = models.CharField("idempotency key", max_length=128, primary_key=True)
    namespace = models.CharField(max_length=100, default="")
    endpoint = models.CharField(max_length=200, default="")
    arrived_at = models.DateTimeField("first arrived", default=timezone.now, db_index=True)
    attempt = models.PositiveIntegerField(default=1)
    done = models.JSONField("finished handlers", default=list)
    token = models.CharField(max_length=64, null=True)
    leased_until = models.FloatField()
    status = models.PositiveSmallIntegerField("status answered", null=True)
    headers = models.JSONField(null=True)
    body = models.BinaryField(null=True)
    expires_at = models.FloatField(db_index=True)

    objects = StoredDeliveries.as_manager()

    class Meta:
        verbose_name = "delivery"
        verbose_name_plural = "deliveries"
        db_table = "webhook_kit_delivery"
        default_permissions = ("view",)

    @classmethod
    def in_database(cls, alias: str) -> StoredDeliveries:
        """Return the deliveries in one database."""
        return StoredDeliveries(cls, using=alias)

    @property
    def short_key(self) -> str:
        """As much of the key as tells deliveries apart."""
        return self.key[:16]

    @property
    def until(self) -> datetime:
        """The end of the lease, or else the time when it is forgotten."""
        return moment(self.leased_until if self.token else self.expires_at)

    def __str__(self) -> str:
        return f"{self.endpoint or 'delivery'} {self.short_key}"


def moment(time: float | datetime) -> datetime:
    """Return a time, or the one of Unix seconds, in the project's time zone."""
    aware = time if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
    return aware if timezone.is_naive(aware) else timezone.localtime(aware)
