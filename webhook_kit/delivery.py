"""What arrived, and what became of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from .confidential import Confidential
from .errors import ConfigurationError
from .events import NO_DRIFT
from .http import RawRequest


class Outcome(StrEnum):
    """What became of a delivery. Each has a lower-case alias that is its value."""

    PROCESSED = processed = "processed"
    UNHANDLED = unhandled = "unhandled"
    UNKNOWN_EVENT = unknown_event = "unknown_event"
    DUPLICATE = duplicate = "duplicate"
    DECIDED_BY_DEFAULT = decided_by_default = "decided_by_default"
    NOT_FOUND = not_found = "not_found"
    METHOD_NOT_ALLOWED = method_not_allowed = "method_not_allowed"
    WRONG_NETWORK = wrong_network = "wrong_network"
    INSECURE = insecure = "insecure"
    TOO_LARGE = too_large = "too_large"
    UNSUPPORTED_ENCODING = unsupported_encoding = "unsupported_encoding"
    UNAUTHENTICATED = unauthenticated = "unauthenticated"
    FORGED = forged = "forged"
    STALE = stale = "stale"
    WRONG_APP = wrong_app = "wrong_app"
    MALFORMED = malformed = "malformed"
    IN_FLIGHT = in_flight = "in_flight"
    HANDLER_FAILED = handler_failed = "handler_failed"
    HANDLER_TIMED_OUT = handler_timed_out = "handler_timed_out"
    STORE_UNAVAILABLE = store_unavailable = "store_unavailable"
    SECRET_UNAVAILABLE = secret_unavailable = "secret_unavailable"
    FENCED = fenced = "fenced"
    CANCELLED = cancelled = "cancelled"


class Refusal(Exception):
    """End a delivery with an outcome: what providers and verifiers raise for a request that they do not accept."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


class Transaction(AbstractContextManager[Any], AbstractAsyncContextManager[Any], Protocol):
    """A transaction of the store, for ``with`` and for ``async with``."""


class Delivery(Confidential):
    """One request from a vendor, as a handler sees it beside the event. It cannot be pickled or copied."""

    __slots__ = (
        "_received",
        "_transaction",
        "attempt",
        "context",
        "endpoint",
        "id",
        "idempotency_key",
        "provider",
        "request",
    )

    def __init__(
        self,
        *,
        endpoint: str,
        provider: str,
        request: RawRequest,
        received: float,
        id: str | None = None,
        idempotency_key: str | None = None,
        attempt: int = 1,
        context: Mapping[str, Any] = MappingProxyType({}),
        transaction: Callable[[], Transaction] | None = None,
    ) -> None:
        self.id = id or new_id()
        """Random; the same in logs and records."""
        self.endpoint = endpoint
        self.provider = provider
        self.request = request
        self.idempotency_key = idempotency_key
        """The same for every retry of one delivery; None where nothing is deduplicated."""
        self.attempt = attempt
        """Counts from 1 how often this delivery reached its handlers."""
        self.context = context
        """What the vendor says beside the body."""
        self._received = received
        self._transaction = transaction

    @property
    def received_at(self) -> datetime:
        """When it arrived, by this machine's clock."""
        return datetime.fromtimestamp(self._received, UTC)

    def transaction(self) -> Transaction:
        """Open a transaction in which the handler's writes and "this handler is done" commit together.

        Raises :class:`ConfigurationError` where the store keeps no transactions, or nothing is deduplicated.
        """
        if self._transaction is None:
            raise ConfigurationError(
                "delivery.transaction() needs a store that keeps transactions, and a delivery that is deduplicated: "
                "write Dispatcher(idempotency=SQLStore(...)), or drop the transaction"
            )
        return self._transaction()

    def __repr__(self) -> str:
        return f"<Delivery {self.id} at {self.endpoint!r}, attempt {self.attempt}>"


class Record:
    """What became of one event of a delivery, for observers."""

    __slots__ = (
        "attempt",
        "delivery_id",
        "drift",
        "duration",
        "endpoint",
        "error",
        "event_type",
        "outcome",
        "provider",
        "secret_index",
        "status",
    )

    def __init__(
        self,
        *,
        outcome: Outcome,
        status: int | None,
        duration: float,
        delivery_id: str,
        endpoint: str | None = None,
        provider: str | None = None,
        event_type: str = "unknown",
        attempt: int | None = None,
        error: BaseException | None = None,
        secret_index: int | None = None,
        drift: Mapping[str, Any] = NO_DRIFT,
    ) -> None:
        self.outcome = outcome
        self.status = status
        """The status answered; None where nobody was left to answer."""
        self.duration = duration
        """Seconds from the request's arrival to the decision about its answer."""
        self.delivery_id = delivery_id
        self.endpoint = endpoint
        """The endpoint's path; None for a request that no endpoint takes."""
        self.provider = provider
        self.event_type = event_type
        """A known type or ``"unknown"``: senders cannot choose new values, so it is safe as a metric's label."""
        self.attempt = attempt
        """Counts from 1; None where no handler was asked."""
        self.error = error
        """What a handler raised (an ExceptionGroup where several did), or what ailed the store."""
        self.secret_index = secret_index
        """Which of several secrets matched: when an old one is no longer seen, it can be dropped."""
        self.drift = drift

    def __repr__(self) -> str:
        return (
            f"<Record {self.outcome.value} endpoint={self.endpoint} type={self.event_type} "
            f"delivery={self.delivery_id} status={self.status}>"
        )


def new_id() -> str:
    """Return a new random delivery id."""
    # Not of the random module, whose numbers repeat in an application that seeds it.
    return os.urandom(12).hex()
