"""Post to one provider under either driver, and look at what became of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import pytest

from webhook_kit import Delivery, Dispatcher, Event, Outcome, RawRequest, RawResponse, Record
from webhook_kit.idempotency.base import Store
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.base import Provider

Driver = Literal["dispatch", "adispatch"]
Headers = Iterable[tuple[str | bytes, str | bytes]]
Payload = Mapping[str, Any] | Sequence[Any] | bytes

NOW = 1_790_000_000.0
SUCCESS = b'{"status":"success"}'
MISSING = (401, b'{"error":"Missing signature"}', Outcome.UNAUTHENTICATED)
INVALID = (401, b'{"error":"Invalid signature"}', Outcome.FORGED)
STALE = (401, b'{"error":"Invalid signature"}', Outcome.STALE)
PROCESSED = (200, SUCCESS, Outcome.PROCESSED)
DUPLICATE = (200, SUCCESS, Outcome.DUPLICATE)
MALFORMED = (400, b'{"error":"Malformed body"}', Outcome.MALFORMED)
UNAVAILABLE = (503, b'{"error":"Temporarily unavailable"}', Outcome.SECRET_UNAVAILABLE)

both_drivers = pytest.mark.parametrize("driver", ["dispatch", "adispatch"])


def body_of(payload: Payload) -> bytes:
    """Return the bytes of a body; bytes are sent as they are."""
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


class Desk:
    """One provider with a handler for every event, and all that the two have seen."""

    def __init__(self, provider: Provider, *, driver: Driver = "dispatch", store: Store | None = None) -> None:
        self.driver = driver
        self.events: list[Event] = []
        self.deliveries: list[Delivery] = []
        self.records: list[Record] = []
        self.hooks = Dispatcher(idempotency=MemoryStore() if store is None else store)
        self.provider = self.hooks.add(provider)
        self.hooks.on(Event)(self._handle)
        self.hooks.observe(self.records.append)

    def _handle(self, event: Event, delivery: Delivery) -> None:
        self.events.append(event)
        self.deliveries.append(delivery)

    def send(self, payload: Payload, headers: Headers, *, method: str = "POST") -> RawResponse:
        """Send a body with these headers."""
        request = RawRequest(method, f"/{self.provider.path}", headers=tuple(headers), body=body_of(payload))
        if self.driver == "dispatch":
            return self.hooks.dispatch(request)
        return asyncio.run(self.hooks.adispatch(request))

    def sees(self, payload: Payload, headers: Headers, *, method: str = "POST") -> tuple[int, bytes, Outcome]:
        """Send a body, and return the answer with its outcome, which every request has exactly one of."""
        before = len(self.records), len(self.events)
        response = self.send(payload, headers, method=method)
        (record,) = self.records[before[0] :]
        assert (record.outcome is Outcome.PROCESSED) == (len(self.events) == before[1] + 1)
        return response.status, response.body, record.outcome
