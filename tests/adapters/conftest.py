"""A dispatcher with one provider and one handler, and what became of its deliveries."""

from __future__ import annotations

import pytest

from tests.conformance.deliveries import meeting_baas
from webhook_kit import Delivery, Dispatcher, Event, Record
from webhook_kit.adapters.asgi import Message
from webhook_kit.idempotency import MemoryStore


class Closing(Dispatcher):
    """A dispatcher that writes down when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.story: list[str] = []
        self.deliveries: list[Delivery] = []
        self.records: list[Record] = []

    async def aclose(self) -> None:
        self.story.append("closed")
        await super().aclose()


class Watched(MemoryStore):
    """A store that writes down when it is checked and closed; ``trouble`` is what the check finds."""

    def __init__(self, trouble: Exception | None = None) -> None:
        super().__init__()
        self.story: list[str] = []
        self.trouble = trouble

    def check(self) -> None:
        self.story.append("checked")
        if self.trouble is not None:
            raise self.trouble

    def close(self) -> None:
        self.story.append("closed")


class Server:
    """The far side of one ASGI connection: messages to receive, and what was sent."""

    def __init__(self, *messages: Message) -> None:
        self.waiting = list(messages)
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        return self.waiting.pop(0)

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def kinds(self) -> list[str]:
        return [message["type"] for message in self.sent]


@pytest.fixture
def hooks() -> Closing:
    hooks = Closing()
    hooks.add(meeting_baas())
    hooks.observe(hooks.records.append)

    @hooks.on(Event)
    def handle(event: Event, delivery: Delivery) -> None:
        hooks.deliveries.append(delivery)

    return hooks
