"""Send to one provider, and look at what became of it."""

from __future__ import annotations

import asyncio
from typing import Final, Literal, TypeAlias

from webhook_kit import Dispatcher, Event, Outcome, RawRequest, RawResponse, Record
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.base import Provider

Driver: TypeAlias = Literal["dispatch", "adispatch"]
DRIVERS: Final[tuple[Driver, ...]] = ("dispatch", "adispatch")


class Desk:
    """A provider with a handler for every event, and what came of each request."""

    def __init__(self, provider: Provider, driver: Driver = "dispatch") -> None:
        self.driver = driver
        self.events: list[Event] = []
        self.records: list[Record] = []
        self.hooks = Dispatcher(idempotency=MemoryStore())
        self.provider = self.hooks.add(provider)
        self.hooks.on(Event, thread=False)(self._handle)
        self.hooks.observe(self.records.append)

    def _handle(self, event: Event) -> None:
        self.events.append(event)

    def send(self, request: RawRequest) -> RawResponse:
        if self.driver == "dispatch":
            return self.hooks.dispatch(request)
        return asyncio.run(self.hooks.adispatch(request))

    def outcomes(self) -> set[Outcome]:
        return {record.outcome for record in self.records}
