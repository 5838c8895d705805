"""When vendors take an answer for success, and when they come again: as their pages say."""

from __future__ import annotations

from typing import Any

import pytest

from webhook_kit import Event, RawResponse
from webhook_kit.providers.base import Provider
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.retries import Failure, Retries, duration
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import TencentCall, TencentChat, TencentLive, TencentRoom, TencentRTC
from webhook_kit.providers.vcaas import VCaaS

SECRET = "a secret of more than sixteen characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
APP = 1400000000
OK = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'

PROVIDERS: dict[str, Provider] = {
    "chat": TencentChat(sdk_app_id=APP),
    "room": TencentRoom(sdk_app_id=APP),
    "live": TencentLive(sdk_app_id=APP),
    "call": TencentCall(sdk_app_id=APP),
    "rtc": TencentRTC(sdk_app_id=APP, key=SECRET),
    "first": MeetingBaaS(secret=SECRET),
    "key": MeetingBaaS(api_key=SECRET),
    "second": MeetingBaaS(signing_secret=SIGNING_SECRET),
    "callback": MeetingBaaS(callback_secret=SECRET),
    "alert": MeetingBaaS(alert_secret=SECRET),
    "vcaas": VCaaS(url_token=SECRET),
    "standard": StandardWebhooks(secret=SIGNING_SECRET, events={"a": Event}),
}


def after(name: str, type: str, answer: Any) -> tuple[bool, float | None]:
    """Return whether the vendor takes an answer for success, and when it comes again."""
    if not isinstance(answer, Failure):
        status, body = answer if isinstance(answer, tuple) else (answer, b"{}")
        answer = RawResponse(status, [], body)
    verdict = PROVIDERS[name].vendor.verdict(type, answer)
    return verdict.delivered, verdict.again


@pytest.mark.parametrize(
    ("name", "type", "answer", "expected"),
    [
        ("chat", "Group.CallbackAfterSendMsg", (200, OK), (True, None)),
        ("chat", "Group.CallbackAfterSendMsg", (200, b""), (False, None)),
        ("chat", "Group.CallbackAfterSendMsg", (200, b"[]"), (False, None)),
        ("chat", "Group.CallbackAfterSendMsg", (204, b""), (False, None)),
        ("chat", "Group.CallbackAfterSendMsg", 500, (False, None)),
        ("chat", "Group.CallbackBeforeSendMsg", Failure.TIME_OUT, (False, None)),
        ("rtc", "rtc", (200, b"whatever"), (True, None)),
        ("rtc", "rtc", 500, (False, 0.0)),
        ("first", "complete", 204, (True, None)),
        ("first", "complete", 500, (False, None)),
        ("first", "bot.status_change", Failure.TIME_OUT, (False, None)),
        ("second", "bot.completed", 204, (True, None)),
        ("second", "bot.completed", 302, (False, 5.0)),
        ("second", "bot.completed", 401, (False, 5.0)),
        ("second", "bot.completed", 429, (False, 60.0)),
        ("second", "bot.completed", Failure.TIME_OUT, (False, 60.0)),
        ("second", "bot.completed", Failure.NO_CONNECTION, (False, 5.0)),
        ("callback", "bot.completed", 503, (False, 1.0)),
        ("callback", "bot.completed", Failure.TIME_OUT, (False, 1.0)),
        ("callback", "bot.completed", 401, (False, None)),
        ("callback", "bot.completed", 302, (False, None)),
        ("alert", "alert", 400, (False, None)),
        ("vcaas", "userJoinLeave", (200, b"success"), (True, None)),
        ("vcaas", "userJoinLeave", (200, b'"success"'), (False, 15.0)),
        ("vcaas", "userJoinLeave", (204, b""), (False, 15.0)),
        ("vcaas", "meetingData", (200, b"whatever"), (True, None)),
        ("vcaas", "meetingData", (201, b"success"), (False, 300.0)),
        ("standard", "a", 202, (True, None)),
        ("standard", "a", 410, (False, None)),
        ("standard", "a", 404, (False, 5.0)),
    ],
)
def test_a_vendor_judges_an_answer(name: str, type: str, answer: Any, expected: tuple[bool, float | None]) -> None:
    assert after(name, type, answer) == expected


@pytest.mark.parametrize(
    ("name", "type", "delays"),
    [
        ("vcaas", "meetingData", (300, 600, 900, 1800)),
        ("vcaas", "meetingStartEnd", (15, 30, 180, 1800)),
        ("second", "bot.completed", (5, 10, 300, 900, 1800, 7200)),
        ("callback", "bot.failed", (1, 5, 15)),
        ("alert", "alert", (1, 5, 15)),
        ("standard", "a", (5, 300, 1800, 7200, 18000, 36000, 36000)),
        ("room", "Room.CallbackAfterCreateRoom", ()),
        ("first", "complete", ()),
    ],
)
def test_a_vendor_comes_again(name: str, type: str, delays: tuple[float, ...]) -> None:
    """And gives up after the last delay."""
    retries = PROVIDERS[name].vendor.retries(type)
    assert retries.delays == delays
    assert [retries.delay(Failure.BROKEN, number) for number in range(1, len(delays) + 2)] == [*delays, None]


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_delivery_is_remembered_for_longer_than_its_tries_last(name: str) -> None:
    provider = PROVIDERS[name]
    for type in provider.catalog:
        retries = provider.vendor.retries(type)
        longest = sum(retries.delays) * (1 + retries.jitter) + (retries.patience or 0) * len(retries.delays)
        if retries.patience is not None or retries.delays:
            assert provider.retry_horizon * 2 >= longest or provider.retry_horizon >= sum(retries.delays)


@pytest.mark.parametrize(
    ("name", "type", "answer", "number", "text"),
    [
        ("vcaas", "userJoinLeave", (200, b"success"), 1, "delivered: the vendor takes this answer for success"),
        (
            "vcaas",
            "userJoinLeave",
            (200, b"ok"),
            1,
            "not delivered: the vendor wants the body 'success'; the vendor comes again in 15 s: try 2 of 5",
        ),
        (
            "vcaas",
            "meetingData",
            (204, b""),
            2,
            "not delivered: the answer is 204, and the vendor wants 200; the vendor comes again in 10 min: try 3 of 5",
        ),
        (
            "vcaas",
            "meetingData",
            503,
            5,
            "not delivered: the answer is 503; this was the last of 5 tries: the event is lost",
        ),
        (
            "callback",
            "bot.failed",
            401,
            1,
            "not delivered: the answer is 401; the vendor does not come again after that: the event is lost",
        ),
        (
            "second",
            "bot.failed",
            307,
            1,
            "not delivered: the answer is 307, and redirects are not followed; "
            "the vendor comes again in 5 s: try 2 of 7",
        ),
        (
            "second",
            "bot.failed",
            Failure.TIME_OUT,
            6,
            "not delivered: no answer within 30 s; the vendor comes again in 2 h: try 7 of 7",
        ),
        (
            "standard",
            "a",
            410,
            1,
            "not delivered: the answer is 410; 410 tells the vendor not to come again: the event is lost",
        ),
        (
            "first",
            "complete",
            500,
            1,
            "not delivered: the answer is 500; "
            "the vendor documents that it comes again, but neither when nor how often",
        ),
        (
            "first",
            "bot.status_change",
            Failure.NO_CONNECTION,
            1,
            "not delivered: no connection; the vendor does not come again: the event is lost",
        ),
        (
            "chat",
            "Group.CallbackAfterSendMsg",
            (200, b"OK"),
            1,
            "not delivered: the vendor wants a JSON object; "
            "the vendor comes again after a time-out only, and only where its console says so",
        ),
    ],
)
def test_a_verdict_is_a_sentence(name: str, type: str, answer: Any, number: int, text: str) -> None:
    if not isinstance(answer, Failure):
        status, body = answer if isinstance(answer, tuple) else (answer, b"")
        answer = RawResponse(status, [], body)
    assert str(PROVIDERS[name].vendor.verdict(type, answer, number)) == text


@pytest.mark.parametrize(
    ("code", "model", "said"),
    [
        (0, "Group.CallbackBeforeSendMsg", "the vendor goes on"),
        (1, "Group.CallbackBeforeSendMsg", "the vendor refuses it"),
        (2, "Group.CallbackBeforeSendMsg", "the vendor drops the message, and its sender believes that it was sent"),
        (10150, "Group.CallbackBeforeSendMsg", "the vendor refuses it, and shows the code 10150"),
        (0, "Sns.CallbackPrevFriendAdd", "the vendor decides for each account by its ResultCode"),
        (0, "Chatbot.OnC2CSignalMessage", "the vendor hands RspData to the user"),
        (1, "Group.CallbackAfterSendMsg", "the vendor takes this answer for success"),
    ],
)
def test_a_decision_is_explained(code: int, model: str, said: str) -> None:
    answer = RawResponse(200, [], b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":%d}' % code)
    assert PROVIDERS["chat"].vendor.verdict(model, answer).text == f"delivered: {said}"


def test_a_vendor_of_whom_nothing_is_known_tries_once() -> None:
    assert Retries().tries == 1
    assert Retries().verdict(RawResponse(299)).delivered
    assert Retries().failure(RawResponse(101)) is Failure.UNEXPECTED


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.25, "0.25 s"),
        (15, "15 s"),
        (90, "1.5 min"),
        (1800, "30 min"),
        (36000, "10 h"),
        (691200, "8 days"),
        (5344189, "61.9 days"),
    ],
)
def test_durations_are_said_as_people_do(seconds: float, said: str) -> None:
    assert duration(seconds) == said
