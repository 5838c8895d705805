"""The hosts, and a dispatcher with all four providers whose handlers and observer write down what they see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from webhook_kit import Delivery, Dispatcher, Event, Outcome, Record

from . import deliveries
from .hosts import HOSTS, Host

Serve = Callable[[Dispatcher], Host]


class Seen:
    """What handlers and observers saw."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.deliveries: list[Delivery] = []
        self.records: list[Record] = []
        self.on_event: Callable[[], Any] = lambda: None

    @property
    def outcomes(self) -> list[Outcome]:
        return [record.outcome for record in self.records]

    def note(self, event: Event, delivery: Delivery) -> None:
        self.events.append(event.type)
        self.deliveries.append(delivery)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def hooks(seen: Seen) -> Dispatcher:
    """All four providers, and nobody to handle what they bring."""
    hooks = Dispatcher()
    for provider in (
        deliveries.meeting_baas(),
        deliveries.tencent_chat(),
        deliveries.tencent_room(),
        deliveries.vcaas(),
    ):
        hooks.add(provider)
    hooks.observe(seen.records.append)
    return hooks


@pytest.fixture(params=["sync", "async"])
def handled(request: pytest.FixtureRequest, hooks: Dispatcher, seen: Seen) -> Dispatcher:
    """The same, with a sync or an async handler for everything."""
    if request.param == "sync":

        @hooks.on(Event)
        def handle(event: Event, delivery: Delivery) -> None:
            seen.note(event, delivery)
            seen.on_event()

    else:

        @hooks.on(Event)
        async def ahandle(event: Event, delivery: Delivery) -> None:
            seen.note(event, delivery)
            seen.on_event()

    return hooks


@pytest.fixture(params=HOSTS)
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Put a dispatcher into the host of this run."""
    with ExitStack() as stack:

        def start(hooks: Dispatcher) -> Host:
            host = HOSTS[request.param](hooks)
            stack.callback(host.close)
            return host

        yield start
