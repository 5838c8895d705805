"""The table of answers, written out a second time."""

from __future__ import annotations

import json

import pytest

from tests.core.plain import Closed
from webhook_kit import Dispatcher, Outcome, RawRequest, RawResponse
from webhook_kit.answers import ACCEPTED, ANSWERS, NOT_FOUND
from webhook_kit.endpoint import Endpoint
from webhook_kit.providers.base import Provider
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import TencentCall, TencentChat, TencentLive, TencentRoom, TencentRTC
from webhook_kit.providers.vcaas import VCaaS

SECRET = "a secret of more than sixteen characters"
SIGNING_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

STATUS = {
    "processed": 200,
    "unhandled": 200,
    "unknown_event": 200,
    "duplicate": 200,
    "decided_by_default": 200,
    "not_found": 404,
    "method_not_allowed": 405,
    "wrong_network": 403,
    "insecure": 403,
    "too_large": 413,
    "unsupported_encoding": 415,
    "unauthenticated": 401,
    "forged": 401,
    "stale": 401,
    "wrong_app": 403,
    "malformed": 400,
    "in_flight": 503,
    "handler_failed": 500,
    "handler_timed_out": 503,
    "store_unavailable": 503,
    "secret_unavailable": 503,
    "fenced": 503,
    "cancelled": 400,  # never sent to anybody who still listens
}

TENCENT: list[Provider] = [
    TencentChat(sdk_app_id=1400000000),
    TencentRoom(sdk_app_id=1400000000),
    TencentLive(sdk_app_id=1400000000),
    TencentCall(sdk_app_id=1400000000),
]
MEETING_BAAS: list[Provider] = [
    MeetingBaaS(secret=SECRET),
    MeetingBaaS(api_key=SECRET),
    MeetingBaaS(signing_secret=SIGNING_SECRET),
    MeetingBaaS(callback_secret=SECRET),
    MeetingBaaS(alert_secret=SECRET),
]
STANDARD = StandardWebhooks(secret=SIGNING_SECRET, events={"door.closed": Closed})
RTC = TencentRTC(sdk_app_id=1400000000, key=SECRET)
V_CAAS = VCaaS(url_token=SECRET)
ALL = [*TENCENT, *MEETING_BAAS, STANDARD, RTC, V_CAAS]
JSON = [provider for provider in ALL if provider is not V_CAAS]

IDS = {id(provider): f"{type(provider).__name__} {number}" for number, provider in enumerate(ALL)}


def named(provider: Provider) -> str:
    return IDS[id(provider)]


def answers(provider: Provider) -> dict[str, RawResponse]:
    return {outcome.value: answer for outcome, answer in Endpoint(provider, "here", None, "default").answers.items()}


def failures(provider: Provider) -> dict[str, RawResponse]:
    return {outcome: answer for outcome, answer in answers(provider).items() if answer.status != 200}


def test_the_outcomes_are_those_of_the_table() -> None:
    assert [outcome.value for outcome in Outcome] == list(STATUS)
    assert {outcome.value for outcome in ANSWERS} == set(STATUS)


def test_accepted_is_what_is_answered_200() -> None:
    assert sorted(ACCEPTED) == sorted(outcome for outcome, status in STATUS.items() if status == 200)


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_every_provider_answers_every_outcome_with_its_status(provider: Provider) -> None:
    assert {outcome: answer.status for outcome, answer in answers(provider).items()} == STATUS


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_every_answer_says_how_long_it_is_and_is_not_stored(provider: Provider) -> None:
    for answer in answers(provider).values():
        headers = dict(answer.headers)
        assert headers["content-length"] == str(len(answer.body))
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_the_methods_are_named_where_another_was_used(provider: Provider) -> None:
    with_allow = {outcome: dict(answer.headers).get("allow") for outcome, answer in answers(provider).items()}
    expected = "POST, PUT" if provider is MEETING_BAAS[3] else "POST"
    assert {outcome: allow for outcome, allow in with_allow.items() if allow} == {"method_not_allowed": expected}


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_failures_are_short_and_constant(provider: Provider) -> None:
    for outcome, answer in failures(provider).items():
        assert 0 < len(answer.body) < 100
        assert answer == failures(provider)[outcome]


@pytest.mark.parametrize("provider", JSON, ids=named)
def test_every_body_but_vcaas_is_json(provider: Provider) -> None:
    for answer in answers(provider).values():
        assert dict(answer.headers)["content-type"] == "application/json"
        assert isinstance(json.loads(answer.body), dict)


@pytest.mark.parametrize("provider", TENCENT, ids=named)
def test_tencent_is_told_an_action_status(provider: Provider) -> None:
    assert provider.success().body == b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
    for answer in failures(provider).values():
        told = json.loads(answer.body)
        assert list(told) == ["ActionStatus", "ErrorInfo", "ErrorCode"]
        assert (told["ActionStatus"], told["ErrorCode"]) == ("FAIL", answer.status)
        assert 0 < len(told["ErrorInfo"]) < 50


@pytest.mark.parametrize("provider", [*MEETING_BAAS, STANDARD], ids=named)
def test_meeting_baas_and_standard_webhooks_are_told_a_status_or_an_error(provider: Provider) -> None:
    assert provider.success().body == b'{"status":"success"}'
    for answer in failures(provider).values():
        told = json.loads(answer.body)
        assert list(told) == ["error"]
        assert 0 < len(told["error"]) < 50


@pytest.mark.parametrize("provider", [*MEETING_BAAS, STANDARD, RTC], ids=named)
@pytest.mark.parametrize(
    ("outcome", "text"),
    [("unauthenticated", "Missing signature"), ("forged", "Invalid signature"), ("stale", "Invalid signature")],
)
def test_401_says_whether_a_signature_is_missing_or_invalid(provider: Provider, outcome: str, text: str) -> None:
    assert answers(provider)[outcome].body == b'{"error":"%s"}' % text.encode()


def test_rtc_is_told_a_code_or_an_error() -> None:
    assert RTC.success().body == b'{"code":0}'
    assert {tuple(json.loads(answer.body)) for answer in failures(RTC).values()} == {("error",)}


def test_vcaas_is_told_success_literally_or_a_short_text() -> None:
    assert V_CAAS.success().body == b"success"
    for outcome, answer in answers(V_CAAS).items():
        assert dict(answer.headers)["content-type"] == "text/plain; charset=utf-8"
        assert (answer.body == b"success") is (STATUS[outcome] == 200)


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_every_success_is_the_same(provider: Provider) -> None:
    """A decision apart, which only the event knows."""
    assert {answer.body for answer in answers(provider).values() if answer.status == 200} == {provider.success().body}


def test_where_there_is_no_provider_the_answer_is_plain_json() -> None:
    assert Dispatcher().dispatch(RawRequest("POST", "/nowhere")) == NOT_FOUND
    assert (NOT_FOUND.status, NOT_FOUND.body) == (404, b'{"error":"Not found"}')
