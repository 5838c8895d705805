"""HiLink VCaaS: a push that is retried on the vendor's schedule runs its handlers once, and is answered the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from webhook_kit import Delivery, Dispatcher, Event, Outcome, RawRequest, RawResponse, Record, UnknownEvent
from webhook_kit.idempotency import MemoryStore
from webhook_kit.providers.vcaas import (
    EndClassForAll,
    MeetingData,
    MeetingStartEnd,
    RecordingStartEnd,
    UserJoinLeave,
    VCaaS,
)
from webhook_kit.providers.vcaas.samples import SAMPLES

TOKEN = "the-url-token-of-these-tests"
DAY = 24 * 3600.0
START = 1_790_000_000.0

# Seconds from each try to the next one. https://docs.hilink.co/en/webhooks
FINAL_PUSH = (300.0, 600.0, 900.0, 1800.0)
REAL_TIME = (15.0, 30.0, 180.0, 1800.0)

Send: TypeAlias = Callable[[Dispatcher, RawRequest], RawResponse]
PUSHES = [
    pytest.param(MeetingData, "/vcaas", FINAL_PUSH, id="meeting data"),
    pytest.param(UserJoinLeave, "/vcaas", REAL_TIME, id="user join leave by shape"),
    pytest.param(UserJoinLeave, "/vcaas/user-join-leave", REAL_TIME, id="user join leave"),
    pytest.param(MeetingStartEnd, "/vcaas", REAL_TIME, id="meeting start end by shape"),
    pytest.param(MeetingStartEnd, "/vcaas/meeting-start-end", REAL_TIME, id="meeting start end"),
    pytest.param(RecordingStartEnd, "/vcaas", REAL_TIME, id="recording start end by shape"),
    pytest.param(RecordingStartEnd, "/vcaas/recording-start-end", REAL_TIME, id="recording start end"),
    pytest.param(EndClassForAll, "/vcaas", REAL_TIME, id="end class for all by shape"),
    pytest.param(EndClassForAll, "/vcaas/end-class-for-all", REAL_TIME, id="end class for all"),
]


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Site:
    """A dispatcher on a clock of its own, whose handler fails as often as it is told to."""

    def __init__(self, send: Send, what: type[Event] = Event, *, failures: int = 0) -> None:
        self.clock = Clock()
        self.runs: list[Event] = []
        self.attempts: list[int] = []
        self.records: list[Record] = []
        self._send = send
        self._failures = failures
        self._hooks = Dispatcher(idempotency=MemoryStore(clock=self.clock))
        self._hooks.add(VCaaS(url_token=TOKEN, clock=self.clock))
        self._hooks.on(what)(self._handle)
        self._hooks.observe(self.records.append)

    def post(self, path: str, body: bytes) -> RawResponse:
        return self._send(self._hooks, RawRequest("POST", path, query_string=f"token={TOKEN}", body=body))

    def post_on_schedule(self, path: str, body: bytes, delays: Sequence[float]) -> list[RawResponse]:
        """Return the answers to the first try and to every retry."""
        answers = [self.post(path, body)]
        for delay in delays:
            self.clock.now += delay
            answers.append(self.post(path, body))
        return answers

    @property
    def outcomes(self) -> list[Outcome]:
        return [record.outcome for record in self.records]

    def _handle(self, event: Event, delivery: Delivery) -> None:
        self.runs.append(event)
        self.attempts.append(delivery.attempt)
        if len(self.runs) <= self._failures:
            raise RuntimeError("the handler is not ready")


def send_in_a_thread(hooks: Dispatcher, request: RawRequest) -> RawResponse:
    return hooks.dispatch(request)


def send_on_a_loop(hooks: Dispatcher, request: RawRequest) -> RawResponse:
    return asyncio.run(hooks.adispatch(request))


@pytest.fixture(params=[send_in_a_thread, send_on_a_loop], ids=["dispatch", "adispatch"])
def send(request: pytest.FixtureRequest) -> Send:
    chosen: Send = request.param
    return chosen


def body_of(model: type[Event]) -> bytes:
    return json.dumps(SAMPLES[model]).encode()


@pytest.mark.parametrize(("model", "path", "delays"), PUSHES)
def test_a_push_that_is_sent_five_times_runs_its_handler_once(
    send: Send, model: type[Event], path: str, delays: Sequence[float]
) -> None:
    site = Site(send, model)
    answers = site.post_on_schedule(path, body_of(model), delays)
    assert [(200, b"success")] * 5 == [(answer.status, answer.body) for answer in answers]
    assert [answers[0]] * 5 == answers
    assert [model] == [type(event) for event in site.runs]
    assert [Outcome.PROCESSED, *[Outcome.DUPLICATE] * 4] == site.outcomes


@pytest.mark.parametrize("failures", [1, 2, 3, 4])
@pytest.mark.parametrize(("model", "path", "delays"), PUSHES)
def test_a_push_whose_handler_failed_runs_again_at_the_retry_and_then_no_more(
    send: Send, model: type[Event], path: str, delays: Sequence[float], failures: int
) -> None:
    site = Site(send, model, failures=failures)
    answers = site.post_on_schedule(path, body_of(model), delays)
    assert [
        *[(500, b"Internal error")] * failures,
        *[(200, b"success")] * (5 - failures),
    ] == [(answer.status, answer.body) for answer in answers]
    assert list(range(1, failures + 2)) == site.attempts
    assert [
        *[Outcome.HANDLER_FAILED] * failures,
        Outcome.PROCESSED,
        *[Outcome.DUPLICATE] * (4 - failures),
    ] == site.outcomes


def test_an_unknown_push_is_not_handled_twice_either(send: Send) -> None:
    site = Site(send)
    answers = site.post_on_schedule("/vcaas/user-join-leave", b'{"meetingUid":"70415"}', REAL_TIME)
    assert [(200, b"success")] * 5 == [(answer.status, answer.body) for answer in answers]
    assert [UnknownEvent] == [type(event) for event in site.runs]


def test_a_push_that_nobody_handles_is_taken_at_every_try(send: Send) -> None:
    """It is not remembered, so that it runs once there is a handler."""
    site = Site(send, MeetingData)
    answers = site.post_on_schedule("/vcaas", body_of(UserJoinLeave), REAL_TIME)
    assert [(200, b"success")] * 5 == [(answer.status, answer.body) for answer in answers]
    assert [Outcome.UNHANDLED] * 5 == site.outcomes


def test_a_richer_push_of_the_same_meeting_is_no_duplicate(send: Send) -> None:
    site = Site(send, MeetingData)
    whole = SAMPLES[MeetingData]
    for body in ({"meetingData": whole["meetingData"]}, whole, whole):
        site.post("/vcaas", json.dumps(body).encode())
    assert [Outcome.PROCESSED, Outcome.PROCESSED, Outcome.DUPLICATE] == site.outcomes


def test_two_users_who_join_in_the_same_second_are_two_events(send: Send) -> None:
    site = Site(send, UserJoinLeave)
    for user in ("amira", "bo"):
        site.post("/vcaas", json.dumps({**SAMPLES[UserJoinLeave], "externalId": user}).encode())
    assert [Outcome.PROCESSED] * 2 == site.outcomes


def test_a_push_is_remembered_for_eight_days(send: Send) -> None:
    site = Site(send, UserJoinLeave)
    for moment in (0.0, 8 * DAY - 1, 8 * DAY):
        site.clock.now = START + moment
        site.post("/vcaas", body_of(UserJoinLeave))
    assert [Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED] == site.outcomes


def test_a_push_was_received_when_the_clock_says(send: Send) -> None:
    hooks = Dispatcher()
    hooks.add(VCaaS(url_token=TOKEN, clock=lambda: START))
    moments: list[datetime] = []

    @hooks.on(UserJoinLeave)
    def keep(event: UserJoinLeave, delivery: Delivery) -> None:
        moments.append(delivery.received_at)

    send(hooks, RawRequest("POST", "/vcaas", query_string=f"token={TOKEN}", body=body_of(UserJoinLeave)))
    assert [datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)] == moments
