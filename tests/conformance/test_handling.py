"""What handlers do, and what the vendor's retry meets."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from webhook_kit import Delivery, Dispatcher, Event, Outcome, RawResponse
from webhook_kit.providers.meeting_baas import MeetingCompleted

from .conftest import Seen, Serve
from .deliveries import chat, join, meeting, meeting_baas, room
from .expected import MeetingBaaS, Tencent, VCaaS
from .wire import Answer, Client, Sent

Vendor = tuple[Sent, type[MeetingBaaS] | type[Tencent] | type[VCaaS]]

EVERY_VENDOR: dict[str, Vendor] = {
    "meeting-baas": (meeting(), MeetingBaaS),
    "tencent-chat": (chat(), Tencent),
    "tencent-room": (room(), Tencent),
    "vcaas": (join(), VCaaS),
}


@pytest.fixture(params=EVERY_VENDOR)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return EVERY_VENDOR[request.param]


def test_a_duplicate_is_answered_byte_for_byte_and_runs_no_handler(
    serve: Serve, handled: Dispatcher, seen: Seen, vendor: Vendor
) -> None:
    sent, expected = vendor
    host = serve(handled)
    assert [host.post(sent), host.post(sent)] == [expected.SUCCESS, expected.SUCCESS]
    assert len(seen.events) == 1
    assert seen.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE]


def test_a_handler_that_raises_is_a_500_and_the_retry_runs_it_again(
    serve: Serve, handled: Dispatcher, seen: Seen, vendor: Vendor
) -> None:
    sent, expected = vendor

    def fail() -> None:
        raise ValueError("a secret that stays inside")

    host = serve(handled)
    seen.on_event = fail
    assert host.post(sent) == expected.FAILED
    seen.on_event = lambda: None
    assert host.post(sent) == expected.SUCCESS
    assert [delivery.attempt for delivery in seen.deliveries] == [1, 2]
    assert seen.outcomes == [Outcome.HANDLER_FAILED, Outcome.PROCESSED]


def test_the_retry_runs_only_what_failed(serve: Serve, hooks: Dispatcher, seen: Seen) -> None:
    ran: list[str] = []

    @hooks.on(MeetingCompleted)
    async def once(event: MeetingCompleted) -> None:
        ran.append("once")

    @hooks.on(MeetingCompleted)
    def twice(event: MeetingCompleted) -> None:
        ran.append("twice")
        if ran.count("twice") == 1:
            raise ValueError

    host = serve(hooks)
    assert host.post(meeting()) == MeetingBaaS.FAILED
    assert host.post(meeting()) == MeetingBaaS.SUCCESS
    assert ran == ["once", "twice", "twice"]


def test_an_event_that_nobody_handles_is_accepted(serve: Serve, hooks: Dispatcher, seen: Seen) -> None:
    assert serve(hooks).post(meeting()) == MeetingBaaS.SUCCESS
    assert seen.outcomes == [Outcome.UNHANDLED]


def test_an_unknown_event_is_accepted(serve: Serve, hooks: Dispatcher, seen: Seen) -> None:
    assert serve(hooks).post(meeting(b'{"event":"of.next.year","data":{}}')) == MeetingBaaS.SUCCESS
    assert seen.outcomes == [Outcome.UNKNOWN_EVENT]


def test_an_unknown_event_reaches_handlers_of_all_events(serve: Serve, handled: Dispatcher, seen: Seen) -> None:
    assert serve(handled).post(meeting(b'{"event":"of.next.year","data":{}}')) == MeetingBaaS.SUCCESS
    assert (seen.events, seen.outcomes) == (["of.next.year"], [Outcome.PROCESSED])


def test_the_second_of_two_twins_is_told_to_come_back(serve: Serve, hooks: Dispatcher, seen: Seen) -> None:
    entered, proceed = threading.Event(), threading.Event()

    @hooks.on(Event)
    def slow(event: Event) -> None:
        entered.set()
        assert proceed.wait(10)

    host = serve(hooks)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(host.post, meeting())
        try:
            assert entered.wait(10)
            second = host.post(meeting())
        finally:
            proceed.set()
        assert first.result() == MeetingBaaS.SUCCESS
    assert second == MeetingBaaS.IN_FLIGHT.with_header("retry-after", "60")
    assert seen.outcomes == [Outcome.IN_FLIGHT, Outcome.PROCESSED]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_client_that_hangs_up_does_not_stop_a_handler(
    serve: Serve, hooks: Dispatcher, seen: Seen, colour: str
) -> None:
    client = Client()
    finished: list[Delivery] = []

    if colour == "sync":

        @hooks.on(Event)
        def handle(event: Event, delivery: Delivery) -> None:
            client.hang_up().result()
            finished.append(delivery)

    else:

        @hooks.on(Event)
        async def ahandle(event: Event, delivery: Delivery) -> None:
            await asyncio.wrap_future(client.hang_up())
            finished.append(delivery)

    host = serve(hooks)
    assert host.post(meeting(), client) in (None, MeetingBaaS.SUCCESS)
    assert host.post(meeting()) == MeetingBaaS.SUCCESS
    assert len(finished) == 1
    assert seen.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (
            RawResponse(299, [("Content-Type", "text/x-own"), ("X-Own", "yes"), ("Content-Length", "4")], b"fine"),
            Answer(299, (("content-length", "4"), ("content-type", "text/x-own"), ("x-own", "yes")), b"fine"),
        ),
        (RawResponse(204), Answer(204)),
    ],
    ids=["complete", "bare"],
)
def test_answers_of_the_users_own_are_sent_as_they_are(
    serve: Serve, seen: Seen, own: RawResponse, expected: Answer
) -> None:
    hooks = Dispatcher()
    hooks.add(meeting_baas(), answers={Outcome.UNHANDLED: own})
    assert serve(hooks).post(meeting()) == expected
