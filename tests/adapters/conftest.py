"""A dispatcher with one provider and one handler, and what became of its deliveries."""

from __future__ import annotations

import pytest

from tests.conformance.deliveries import meeting_baas
from webhook_kit import Delivery, Dispatcher, Event, Record


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


@pytest.fixture
def hooks() -> Closing:
    hooks = Closing()
    hooks.add(meeting_baas())
    hooks.observe(hooks.records.append)

    @hooks.on(Event)
    def handle(event: Event, delivery: Delivery) -> None:
        hooks.deliveries.append(delivery)

    return hooks
