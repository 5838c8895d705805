"""What handlers see is seen, and nothing becomes of a delivery that would not without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from webhook_kit import Delivery, Dispatcher, Event, Handlers, Outcome
from webhook_kit.idempotency import MemoryStore
from webhook_kit.providers.meeting_baas import BotCompleted, MeetingBaaS, MeetingCompleted, MeetingFailed
from webhook_kit.testing import WebhookClient, sample
from webhook_kit.testing.delivered import Delivered, watching
from webhook_kit.testing.fixtures import apart, frozen

SECRET = "a secret of more than sixteen characters"


@pytest.fixture
def hooks() -> Dispatcher:
    hooks = Dispatcher()
    hooks.add(MeetingBaaS(secret=SECRET))
    return hooks


@pytest.fixture
def client(hooks: Dispatcher) -> WebhookClient:
    return WebhookClient(hooks)


@pytest.fixture
def seen() -> Iterator[Delivered]:
    with watching() as delivered:
        yield delivered


def test_an_event_is_seen_once_however_many_handlers_it_has(
    hooks: Dispatcher, client: WebhookClient, seen: Delivered
) -> None:
    called: list[str] = []

    @hooks.on(MeetingCompleted)
    async def first(event: MeetingCompleted, delivery: Delivery) -> None:
        called.append(f"first, attempt {delivery.attempt}")

    @hooks.on(Event)
    def second(event: Event) -> None:
        called.append("second")

    client.deliver(sample(MeetingCompleted, data__bot_id="b-1"))
    client.deliver(sample(MeetingCompleted, data__bot_id="b-1"))
    assert called == ["first, attempt 1", "second"]
    assert seen.only(MeetingCompleted).data.bot_id == "b-1"
    assert seen.events == [sample(MeetingCompleted, data__bot_id="b-1")]
    assert [each.attempt for each in seen.deliveries] == [1]
    assert seen.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE]


def test_an_event_without_a_handler_stays_unhandled(client: WebhookClient, seen: Delivered) -> None:
    client.deliver(MeetingCompleted)
    client.deliver(MeetingFailed, signed=False)
    assert (seen.events, seen.outcomes) == ([], [Outcome.UNHANDLED, Outcome.UNAUTHENTICATED])


def test_a_retry_reaches_the_handlers_that_failed(hooks: Dispatcher, client: WebhookClient, seen: Delivered) -> None:
    called: list[str] = []

    @hooks.on(MeetingCompleted)
    def good(event: MeetingCompleted) -> None:
        called.append("good")

    @hooks.on(MeetingCompleted)
    def bad(event: MeetingCompleted, delivery: Delivery) -> None:
        called.append("bad")
        if delivery.attempt == 1:
            raise RuntimeError("the first time")

    assert not client.deliver(MeetingCompleted).delivered
    assert client.deliver(MeetingCompleted).delivered
    assert called == ["good", "bad", "bad"]
    assert len(seen.of(MeetingCompleted)) == 2
    assert [str(each) for each in seen.errors] == ["the first time"]


def test_a_function_that_is_registered_twice_still_runs_once(
    hooks: Dispatcher, client: WebhookClient, seen: Delivered
) -> None:
    class Archive:
        def __init__(self) -> None:
            self.calls = 0

        def keep(self, event: Event) -> None:
            self.calls += 1

    archive, module = Archive(), Handlers()
    hooks.on(MeetingCompleted)(archive.keep)
    module.on("meeting.*", "complete")(archive.keep)
    hooks.include(module)
    client.deliver(MeetingCompleted)
    assert (archive.calls, len(seen.events)) == (1, 1)


def test_a_dispatcher_made_meanwhile_is_watched_too(seen: Delivered) -> None:
    hooks = Dispatcher()
    hooks.add(MeetingBaaS(secret=SECRET))
    hooks.on(Event)(lambda event: None)
    assert WebhookClient(hooks).deliver(MeetingCompleted).delivered
    assert seen.only(MeetingCompleted)


def test_afterwards_nobody_watches(hooks: Dispatcher, client: WebhookClient) -> None:
    hooks.on(Event)(lambda event: None)
    with watching() as seen:
        with watching() as inner:
            client.deliver(sample(MeetingCompleted, data__bot_id="b-1"))
        client.deliver(sample(MeetingCompleted, data__bot_id="b-2"))
    client.deliver(sample(MeetingCompleted, data__bot_id="b-3"))
    assert [each.data.bot_id for each in inner.of(MeetingCompleted)] == ["b-1"]
    assert [each.data.bot_id for each in seen.of(MeetingCompleted)] == ["b-1", "b-2"]


def test_what_was_seen_is_forgotten(hooks: Dispatcher, client: WebhookClient, seen: Delivered) -> None:
    hooks.on(Event)(lambda event, delivery: None)
    client.deliver(MeetingCompleted)
    seen.clear()
    assert (seen.events, seen.deliveries, seen.records) == ([], [], [])


def test_one_that_is_not_there_is_said(hooks: Dispatcher, client: WebhookClient, seen: Delivered) -> None:
    hooks.on(Event)(lambda event: None)
    client.deliver(MeetingCompleted)
    with pytest.raises(AssertionError, match=r"saw 0 of BotCompleted, not one: .* saw complete; outcomes: processed"):
        seen.only(BotCompleted)


# Tests apart from each other.


@pytest.mark.parametrize("number", [1, 2])
def test_deliveries_of_one_test_are_nothing_to_the_next(number: int) -> None:
    client = WebhookClient(shared)
    with apart(), watching() as seen:
        client.deliver(MeetingCompleted)
        client.deliver(MeetingCompleted)
    assert seen.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE]


shared = Dispatcher()
shared.add(MeetingBaaS(secret=SECRET))
shared.on(Event)(lambda event: None)


# A clock that stands still.


def test_the_clock_of_every_provider_stands_still() -> None:
    shared_provider = shared.endpoints[0].provider
    with frozen() as clock:
        made = MeetingBaaS(secret=SECRET)
        assert (shared_provider.clock(), made.clock()) == (clock.now, clock.now)
        clock.advance(days=1)
        assert (shared_provider.clock(), made.clock()) == (clock.now, clock.now)
    assert shared_provider.clock() < clock.now
    assert made.clock() < clock.now


@pytest.mark.parametrize("make", [lambda: Dispatcher(), lambda: Dispatcher(idempotency=MemoryStore())])
@pytest.mark.parametrize("before", [True, False], ids=["made before", "made meanwhile"])
def test_a_store_in_memory_forgets_by_the_clock(make: Any, before: bool) -> None:
    def receiver() -> Dispatcher:
        hooks: Dispatcher = make()
        hooks.add(MeetingBaaS(secret=SECRET))
        hooks.on(Event)(lambda event: None)
        return hooks

    hooks = receiver() if before else None
    with frozen() as clock, watching() as seen:
        client = WebhookClient(hooks or receiver())
        client.deliver(MeetingCompleted)
        clock.advance(days=7.9)
        client.deliver(MeetingCompleted)
        clock.advance(days=0.2)
        client.deliver(MeetingCompleted)
    assert seen.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED]
