"""A vendor that sends for a while: what it sends, when it comes again, and what is said to have become of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, cast

import pytest

from webhook_kit import ConfigurationError, Dispatcher, Event, Outcome, RawRequest, RawResponse, Record
from webhook_kit.events import UnknownEvent
from webhook_kit.parsing import fit
from webhook_kit.providers import registry
from webhook_kit.providers.base import Provider
from webhook_kit.providers.invention import varied
from webhook_kit.providers.meeting_baas import BotCompleted, MeetingBaaS, MeetingCompleted
from webhook_kit.providers.retries import Failure
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import TencentChat, TencentLive, TencentRoom, TencentRTC
from webhook_kit.providers.vcaas import VCaaS
from webhook_kit.testing.simulation.chaos import BESIDE, REFUSED, Chaos, possible
from webhook_kit.testing.simulation.plan import Sending, plan
from webhook_kit.testing.simulation.report import Fate, Report, percentile
from webhook_kit.testing.simulation.run import Pace, Simulation
from webhook_kit.testing.wire import Trouble, Unanswered, Wire

SECRET = "a secret of more than sixteen characters"
NEXT = "the next secret of more than sixteen characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
APP = 1400000000


def providers() -> dict[str, Provider]:
    return {
        "chat": TencentChat(sdk_app_id=APP, token=SECRET),
        "room": TencentRoom(sdk_app_id=APP),
        "live": TencentLive(sdk_app_id=APP),
        "rtc": TencentRTC(sdk_app_id=APP, key=SECRET),
        "first": MeetingBaaS(secret=SECRET),
        "second": MeetingBaaS(signing_secret=SIGNING_SECRET),
        "callback": MeetingBaaS(callback_secret=SECRET),
        "alert": MeetingBaaS(alert_secret=SECRET),
        "vcaas": VCaaS(url_token=SECRET),
        "standard": StandardWebhooks(secret=SIGNING_SECRET, events={"user.created": Event}),
    }


MODELS = {
    model.__name__: model for name in registry.names() for model in registry.provider_class(name).catalog.values()
}


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Receiving:
    """A wire to a dispatcher, or to whatever answers; writes down when each request came."""

    def __init__(self, answer: Callable[[RawRequest], RawResponse], clock: Clock) -> None:
        self._answer = answer
        self._clock = clock
        self._lock = threading.Lock()
        self.times: list[float] = []
        self.requests: list[RawRequest] = []
        self.chunked = 0
        self.cuts = 0
        self.patience: set[float | None] = set()

    def exchange(self, request: RawRequest, *, chunked: bool = False, timeout: float | None = None) -> RawResponse:
        with self._lock:
            self.times.append(self._clock())
            self.requests.append(request)
            self.chunked += chunked
            self.patience.add(timeout)
        return self._answer(request)

    def cut(self, request: RawRequest) -> None:
        self.cuts += 1
        raise Unanswered(Trouble.UNREACHABLE, "it was cut")


def simulate(
    provider: Provider,
    answer: Callable[[RawRequest], RawResponse],
    sendings: Sequence[Sending] | None = None,
    *,
    speed: float = 1.0,
    **options: Any,
) -> tuple[Report, Receiving]:
    clock, random = Clock(), Random(7)
    planned = plan(provider, random=random, **{"count": 1, "rate": 1.0, **options}) if sendings is None else sendings
    receiving = Receiving(answer, clock)
    pace = Pace(speed, least=0.0, clock=clock, sleep=clock.sleep)
    simulation = Simulation(provider, cast(Wire, receiving), planned, random=random, pace=pace)
    for _ in simulation.run():
        pass
    return simulation.report, receiving


def always(status: int, body: bytes = b"") -> Callable[[RawRequest], RawResponse]:
    return lambda request: RawResponse(status, [], body)


# When the vendor comes again.


@pytest.mark.parametrize(
    ("name", "type", "times"),
    [
        ("vcaas", "meetingData", [0, 300, 900, 1800, 3600]),
        ("vcaas", "userJoinLeave", [0, 15, 45, 225, 2025]),
        ("callback", "bot.completed", [0, 1, 6, 21]),
        ("alert", "alert", [0, 1, 6, 21]),
        ("rtc", "rtc", [0, 0, 10, 20, 30, 40, 50, 60]),
        ("chat", "Group.CallbackAfterSendMsg", [0]),
        ("chat", "Group.CallbackBeforeSendMsg", [0]),
        ("first", "bot.status_change", [0]),
    ],
)
def test_a_vendor_keeps_its_schedule_until_it_gives_up(name: str, type: str, times: list[float]) -> None:
    report, receiving = simulate(providers()[name], always(503), types=[type])
    assert receiving.times == times
    assert report.fates()[Fate.LOST] == 1
    assert not report.all_well


def test_a_vendor_waits_longer_after_being_told_that_it_was_too_much() -> None:
    _, receiving = simulate(providers()["second"], always(429), types=["bot.completed"])
    between = [later - earlier for earlier, later in zip(receiving.times, receiving.times[1:], strict=False)]
    for seconds, documented in zip(between, (60, 60, 300, 900, 1800, 7200), strict=True):
        assert 0.8 * documented <= seconds <= 1.2 * documented


def test_time_is_compressed() -> None:
    _, receiving = simulate(providers()["vcaas"], always(503), types=["meetingData"], speed=60)
    assert receiving.times == [0, 5, 15, 30, 60]


def test_a_refusal_ends_the_tries_of_a_vendor_that_believes_it() -> None:
    report, receiving = simulate(providers()["callback"], always(401), types=["bot.completed"])
    assert len(receiving.times) == 1
    assert report.fates()[Fate.LOST] == 1


def test_an_event_that_is_accepted_at_last_is_delivered() -> None:
    answers = iter([500, 503, 200])
    report, receiving = simulate(
        providers()["vcaas"], lambda request: RawResponse(next(answers), [], b"success"), types=["userJoinLeave"]
    )
    assert receiving.times == [0, 15, 45]
    assert report.fates()[Fate.DELIVERED] == 1
    assert [each.number for each in report.tries_of(report.sendings[0])] == [1, 2, 3]


@pytest.mark.parametrize(("trouble", "failure"), [(Trouble.TIME_OUT, 60.0), (Trouble.UNREACHABLE, 5.0)])
def test_no_answer_is_a_failure_too(trouble: Trouble, failure: float) -> None:
    def nobody(request: RawRequest) -> RawResponse:
        raise Unanswered(trouble, "nobody is there")

    report, receiving = simulate(providers()["second"], nobody, types=["bot.completed"])
    assert 0.8 * failure <= receiving.times[1] <= 1.2 * failure
    assert report.troubles == {"nobody is there": 7}
    assert (Failure.TIME_OUT.value in report.tries_of(report.sendings[0])[0].verdict.text) is False


def test_a_vendor_waits_for_an_answer_as_long_as_it_does() -> None:
    """Time is not compressed there, because handlers take the time that they take."""
    _, receiving = simulate(providers()["chat"], always(200, b"{}"), types=["Group.CallbackAfterSendMsg"], speed=1000)
    assert receiving.patience == {2.0}
    _, receiving = simulate(providers()["vcaas"], always(200, b"success"), types=["meetingData"])
    assert receiving.patience == {None}


# What is sent.


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_events_differ_and_are_valid(model: type[Event]) -> None:
    vendor = registry.provider_class(model.default_provider).vendor_class()
    fields = vendor.fields_of(model)
    bodies = [varied(model, fields, f"mark-{number}") for number in range(3)]
    assert len({json.dumps(each) for each in [fields, *bodies]}) == 4
    for body in bodies:
        event = fit(model, body, type="", provider="", size=0)
        assert isinstance(event, model)
        assert not event.drift


@pytest.mark.parametrize("name", providers())
def test_all_types_are_sent_and_every_event_once(name: str) -> None:
    provider = providers()[name]
    count = 2 * len(provider.catalog)
    sendings = plan(provider, count=count, rate=10, random=Random(1))
    assert len(sendings) == count == len({(each.message.type, each.message.body) for each in sendings})
    assert len({each.message.id for each in sendings}) == count
    assert {provider.catalog[each.message.type] for each in sendings} == set(provider.catalog.values())
    assert [each.at for each in sendings] == [number / 10 for number in range(count)]
    assert not any(each.chaos for each in sendings)


def test_a_seed_decides_everything_but_what_events_are_about() -> None:
    one, same, other = (
        [
            (each.message.type, each.chaos, each.skew, each.at)
            for each in plan(providers()["second"], count=50, rate=10, random=Random(seed), chaos=list(Chaos))
        ]
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize("name", providers())
def test_everything_that_can_happen_happens(name: str) -> None:
    provider = providers()[name]
    sendings = plan(provider, count=40, rate=10, random=Random(1), chaos=list(Chaos))
    expected = set(possible(provider))
    assert {kind for each in sendings for kind in each.chaos} == expected
    assert sum(each.is_event for each in sendings) == 40
    for each in sendings:
        assert each.is_event == (not set(each.chaos) & set(BESIDE))
        assert each.refused == bool(set(each.chaos) & set(REFUSED))


@pytest.mark.parametrize(
    ("name", "impossible"),
    [
        ("room", {Chaos.FORGED, Chaos.STALE, Chaos.SKEW, Chaos.ROTATION}),
        ("first", {Chaos.STALE, Chaos.SKEW, Chaos.ROTATION}),
        ("chat", {Chaos.ROTATION}),
        ("second", set()),
    ],
)
def test_what_a_vendor_does_not_sign_cannot_be_forged(name: str, impossible: set[Chaos]) -> None:
    assert set(Chaos) - set(possible(providers()[name])) == impossible


def test_a_question_is_never_sent_twice() -> None:
    provider = providers()["live"]
    sendings = plan(
        provider, count=50, rate=10, random=Random(1), types=["Live.CallbackBeforeSendGift"], chaos=[Chaos.DUPLICATES]
    )
    assert not any(each.chaos for each in sendings)


# It has one field, and could not be read without it.
WITHOUT_DRIFT = {"TranscriptionAvailable"}


@pytest.mark.parametrize("name", ["chat", "rtc", "first", "second", "vcaas"])
def test_drift_changes_a_type_and_leaves_an_event_readable(name: str) -> None:
    provider = providers()[name]
    sendings = plan(provider, count=500, rate=10, random=Random(1), chaos=[Chaos.DRIFT])
    drifted = [each for each in sendings if Chaos.DRIFT in each.chaos]
    assert drifted
    for each in drifted:
        model, body = provider.catalog[each.message.type], json.loads(each.message.body)
        fields = body["Events"][0] if "Events" in body else body
        assert "addedByTheVendor" in fields
        event = fit(model, fields, type="", provider="", size=0)
        assert not isinstance(event, UnknownEvent)
        assert (len(event.drift) > 0) == (model.__name__ not in WITHOUT_DRIFT)


def test_a_body_is_sent_in_pieces_or_cut_off_at_the_first_try() -> None:
    _, receiving = simulate(
        providers()["vcaas"], always(503), types=["meetingData"], count=10, chaos=[Chaos.CHUNKED, Chaos.CUT]
    )
    assert (receiving.chunked, receiving.cuts, len(receiving.times)) == (2, 2, 50)


# A receiver that is as it should be.


def receiver(provider: Provider) -> tuple[Callable[[RawRequest], RawResponse], list[Event], list[Record]]:
    hooks = Dispatcher()
    hooks.add(provider)
    events: list[Event] = []
    records: list[Record] = []
    hooks.on(Event)(events.append)
    hooks.observe(records.append)

    def answer(request: RawRequest) -> RawResponse:
        path = f"/{provider.path}{request.path}"
        return hooks.dispatch(
            RawRequest(
                request.method,
                path,
                query_string=request.query_string,
                headers=request.headers.pairs(),
                body=request.body,
            )
        )

    return answer, events, records


@pytest.mark.parametrize("name", providers())
def test_nothing_is_lost_and_nothing_doubled(name: str) -> None:
    provider = providers()[name]
    answer, events, records = receiver(provider)
    report, _ = simulate(provider, answer, count=60, rate=1000.0, chaos=list(Chaos))
    assert report.all_well, [each for each in report.sendings if report.fate(each) is Fate.LOST]
    unknown = [each for each in report.sendings if Chaos.UNKNOWN in each.chaos]
    assert len(events) == len(report.events) + len(unknown)
    outcomes = [record.outcome for record in records]
    assert outcomes.count(Outcome.PROCESSED) == len(events)
    assert outcomes.count(Outcome.STALE) == sum(Chaos.STALE in each.chaos for each in report.sendings)
    assert outcomes.count(Outcome.FORGED) == sum(Chaos.FORGED in each.chaos for each in report.sendings)


def test_a_rotated_secret_is_signed_with_beside_the_old_one() -> None:
    provider = providers()["second"]
    answer, _, _ = receiver(provider)
    report, receiving = simulate(provider, answer, count=10, chaos=[Chaos.ROTATION])
    assert report.all_well
    signatures = [each.headers.get("svix-signature") or "" for each in receiving.requests]
    assert sum(" " in each for each in signatures) == 2


def test_the_second_half_is_signed_with_the_next_secret() -> None:
    rotated, old = VCaaS(url_token=[SECRET, NEXT]), VCaaS(url_token=SECRET)
    answer, _, records = receiver(rotated)
    report, _ = simulate(old, answer, count=10, next_secret=NEXT)
    assert report.all_well
    assert [record.secret_index for record in records] == [0] * 5 + [1] * 5


def test_a_next_secret_that_cannot_be_one_is_told_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="a signing secret is whsec_ followed by base64"):
        plan(providers()["second"], count=2, rate=1.0, random=Random(1), next_secret="no such secret")


# Receivers that are not.


def test_what_nobody_may_accept_is_told_when_it_was() -> None:
    report, _ = simulate(providers()["second"], always(200), count=20, chaos=list(Chaos))
    assert report.fates()[Fate.LET_IN] == 6
    assert not report.all_well


def test_an_unknown_event_that_is_refused_is_lost_as_others_are() -> None:
    """When the vendor gives up; until then it comes again."""

    def known_only(request: RawRequest) -> RawResponse:
        return RawResponse(400 if b"simulated.unknown" in request.body else 200)

    report, receiving = simulate(providers()["second"], known_only, count=20, chaos=[Chaos.UNKNOWN])
    assert report.fates() == {Fate.DELIVERED: 20, Fate.LOST: 3}
    assert len(receiving.requests) == 20 + 3 * 7


def test_what_is_not_over_is_open() -> None:
    provider = providers()["vcaas"]
    report = Report(plan(provider, count=3, rate=1.0, random=Random(1)))
    assert report.fates() == {Fate.OPEN: 3}
    clock = Clock()
    receiving = Receiving(always(503), clock)
    simulation = Simulation(
        provider, cast(Wire, receiving), report.sendings, random=Random(1), pace=Pace(clock=clock, sleep=clock.sleep)
    )
    running = simulation.run()
    next(running)
    running.close()  # type: ignore[attr-defined]  # it is a generator
    assert simulation.report.fates() == {Fate.OPEN: 3}
    assert not simulation.report.all_well


def test_a_twin_that_was_accepted_is_enough() -> None:
    """Whichever of the two came first."""
    lock, answers = threading.Lock(), iter([503, 200])

    def one_of_two(request: RawRequest) -> RawResponse:
        with lock:
            return RawResponse(next(answers), [], b'{"ActionStatus":"OK"}')

    provider = providers()["room"]
    report, _ = simulate(
        provider, one_of_two, count=1, chaos=[Chaos.DUPLICATES], types=["Room.CallbackAfterCreateRoom"]
    )
    assert report.fates() == {Fate.DELIVERED: 1}


# The report.


def test_a_report_has_rows_for_types_and_for_what_happened() -> None:
    report, _ = simulate(providers()["vcaas"], always(200, b"success"), count=10, chaos=[Chaos.DRIFT])
    assert [
        (row.name, row.sent, row.tries, dict(row.fates)) for row in sorted(report.by_type(), key=lambda row: row.name)
    ] == [
        (name, 2, 2, {Fate.DELIVERED: 2})
        for name in ("endClassForAll", "meetingData", "meetingStartEnd", "recordingStartEnd", "userJoinLeave")
    ]
    [row] = report.by_chaos()
    assert (row.name, row.sent) == ("drift", 2)


def test_a_report_for_machines_tells_no_secret_and_no_body() -> None:
    provider = providers()["second"]
    answer, _, _ = receiver(provider)
    report, receiving = simulate(provider, answer, count=10, chaos=list(Chaos))
    text = json.dumps(report.as_json())
    assert SIGNING_SECRET not in text
    for request in receiving.requests:
        assert request.body.decode() not in text
        assert (request.headers.get("svix-signature") or "none") not in text
    facts = report.as_json()
    assert (facts["events"], facts["beside_events"], facts["delivered"], facts["refused"]) == (10, 6, 12, 4)
    assert (facts["lost"], facts["let_in"], facts["open"], facts["all_well"]) == (0, 0, 0, True)
    assert set(facts["milliseconds"]) == {"median", "p95", "p99", "longest"}


@pytest.mark.parametrize(("part", "value"), [(0.5, 3.0), (0.95, 5.0), (1.0, 5.0), (0.0, 1.0)])
def test_a_percentile(part: float, value: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0, 5.0], part) == value
    assert percentile([], part) == 0.0


def test_the_samples_that_are_sent_are_the_vendors() -> None:
    [sending] = plan(providers()["first"], count=1, rate=1.0, random=Random(1), types=["meeting.completed"])
    assert json.loads(sending.message.body)["event"] == "meeting.completed"
    assert MeetingBaaS.catalog[sending.message.type] is MeetingCompleted
    [sending] = plan(providers()["callback"], count=1, rate=1.0, random=Random(1), types=["bot.completed"])
    assert MeetingBaaS.catalog[sending.message.type] is BotCompleted
