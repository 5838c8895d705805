"""Meeting BaaS: five senders, each with its own proof, and never another's."""

from __future__ import annotations

import json
import logging
from typing import Any, get_args

import pytest

from tests.providers.meeting_baas_sending import (
    KEYWORDS,
    OTHER_SIGNING_SECRET,
    SECRET,
    SIGNING_SECRET,
    bodies,
    desk,
    other_secret_of,
    provider,
    secret_of,
    signed,
)
from tests.providers.posting import (
    DUPLICATE,
    INVALID,
    MISSING,
    NOW,
    PROCESSED,
    STALE,
    SUCCESS,
    UNAVAILABLE,
    Desk,
    Driver,
    both_drivers,
)
from webhook_kit import ConfigurationError, Dispatcher, Event, Outcome, RawRequest, UnknownEvent, WeakSecretWarning
from webhook_kit.events import Part
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.meeting_baas import AlertTriggered, BotCompleted, MeetingBaaS, MeetingCompleted
from webhook_kit.providers.meeting_baas.channels import CHANNELS, WEBHOOK
from webhook_kit.providers.meeting_baas.samples import SAMPLES
from webhook_kit.standard_signatures import StandardSignatures

every_sender = pytest.mark.parametrize("keyword", KEYWORDS)
every_type = pytest.mark.parametrize(
    ("keyword", "name", "model", "payload"),
    [pytest.param(keyword, *body, id=f"{keyword} {body[0]}") for keyword in KEYWORDS for body in bodies(keyword)],
)
HEADERS = {
    "secret": "X-MeetingBaas-Signature",
    "signing_secret": "svix-signature",
    "api_key": "x-meeting-baas-api-key",
    "callback_secret": "x-mb-secret",
    "alert_secret": "x-mb-alert-secret",
}


def sample_of(keyword: str) -> dict[str, Any]:
    """Return one body of this sender."""
    return dict(SAMPLES[next(iter(CHANNELS[keyword].catalog.values()))])


def unmodelled(part: Part) -> dict[str, Any]:
    """Return the fields that no model names, at any depth."""
    found = dict(part.model_extra or {})
    for name in type(part).model_fields:
        value = getattr(part, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Part):
                found |= unmodelled(each)
    return found


@every_type
@both_drivers
def test_every_event_is_typed_and_answered(
    keyword: str, name: str, model: type[Event], payload: dict[str, Any], driver: Driver
) -> None:
    receiver = desk(keyword, driver=driver)
    assert PROCESSED == receiver.sees(payload, signed(keyword, payload))
    (event,) = receiver.events
    assert (model, name, "meeting-baas") == (type(event), event.type, event.provider)
    assert ({}, {}) == (dict(event.drift), unmodelled(event))
    assert (name, 0) == (receiver.records[0].event_type, receiver.records[0].secret_index)


def test_every_event_has_a_sample_and_names_its_types() -> None:
    models = set(MeetingBaaS.catalog.values())
    assert set(SAMPLES) == models
    for model in models - {AlertTriggered}:
        assert set(model.wire_types) == set(get_args(model.model_fields["event"].annotation))
        assert model.wire_types[0] == model.model_fields["event"].default


@every_sender
def test_without_a_signature_nobody_is_let_in(keyword: str) -> None:
    sample = sample_of(keyword)
    assert MISSING == desk(keyword).sees(sample, [])
    others = [header for header in signed(keyword, sample) if header[0] != HEADERS[keyword]]
    assert MISSING == desk(keyword).sees(sample, others)
    assert MISSING == desk(keyword).sees(sample, [*others, (HEADERS[keyword], "")])


@every_sender
def test_a_sender_s_proof_is_no_proof_for_another(keyword: str) -> None:
    for other in KEYWORDS:
        if other != keyword:
            sample = sample_of(keyword)
            assert MISSING == desk(keyword).sees(sample, signed(other, sample))


@every_sender
@both_drivers
def test_every_change_of_a_signature_is_noticed(keyword: str, driver: Driver) -> None:
    sample = sample_of(keyword)
    receiver = desk(keyword, driver=driver)
    *others, (name, right) = signed(keyword, sample)
    assert HEADERS[keyword] == name
    wrong = [right[:-1], right[1:], right + "0", "0" + right, "é" + right[1:], right[:-1] + "✓", "x", "0" * 5000]
    for value in wrong:
        assert INVALID == receiver.sees(sample, [*others, (name, value)])
    for values in ([right, right], [right, "x"], ["x", right], [right, ""]):
        assert INVALID == receiver.sees(sample, [*others, *((name, value) for value in values)])
    assert INVALID == receiver.sees(sample, [*others, (name, right), (name.swapcase(), right)])
    assert INVALID == receiver.sees(sample, [*others, (name.encode(), b"\xff\x00" + right.encode())])
    assert PROCESSED == receiver.sees(sample, [*others, (name.swapcase(), right)])


@every_sender
def test_a_signature_made_with_another_secret_is_forged(keyword: str) -> None:
    sample = sample_of(keyword)
    assert INVALID == desk(keyword).sees(sample, signed(keyword, sample, secret=other_secret_of(keyword)))


def test_hexadecimal_is_read_in_either_case_and_nothing_else_is() -> None:
    for keyword, expected in (("secret", PROCESSED), ("api_key", INVALID), ("signing_secret", INVALID)):
        sample = sample_of(keyword)
        *others, (name, right) = signed(keyword, sample)
        assert expected == desk(keyword).sees(sample, [*others, (name, right.upper())])


@pytest.mark.parametrize("keyword", ["secret", "signing_secret"])
def test_the_signature_covers_every_byte_of_the_body(keyword: str) -> None:
    sample = sample_of(keyword)
    body = json.dumps(sample).encode()
    headers = signed(keyword, body)
    receiver = desk(keyword)
    for other in (json.dumps(sample, separators=(",", ":")).encode(), body + b"\n", body[:-1], b"", body.upper()):
        assert INVALID == receiver.sees(other, headers)
    assert PROCESSED == receiver.sees(body, headers)


def test_the_signature_covers_the_id_and_the_timestamp() -> None:
    sample = sample_of("signing_secret")
    identifier, timestamp, signature = signed("signing_secret", sample)
    receiver = desk("signing_secret")
    assert INVALID == receiver.sees(sample, [("svix-id", "msg_other"), timestamp, signature])
    assert INVALID == receiver.sees(sample, [identifier, ("svix-timestamp", str(int(NOW) + 1)), signature])


@pytest.mark.parametrize("age", [300, -300])
def test_five_minutes_are_fresh_both_ways_and_no_more(age: int) -> None:
    sample = sample_of("signing_secret")
    receiver = desk("signing_secret")
    beyond = age + (1 if age > 0 else -1)
    assert STALE == receiver.sees(sample, signed("signing_secret", sample, now=NOW + beyond))
    assert PROCESSED == receiver.sees(sample, signed("signing_secret", sample, now=NOW + age))


def test_standard_headers_are_not_those_of_this_vendor() -> None:
    sample = sample_of("signing_secret")
    renamed = [(name.replace("svix", "webhook"), value) for name, value in signed("signing_secret", sample)]
    assert MISSING == desk("signing_secret").sees(sample, renamed)


def test_the_recomputed_delivery_of_the_facts_is_accepted() -> None:
    line = (
        b'{"event":"bot.status_change","data":{"bot_id":"123e4567-e89b-12d3-a456-426614174000","event_id":null,"status":'
        b'{"code":"in_call_recording","created_at":"2025-01-15T10:30:00Z","start_time":1736937000}},'
        b'"extra":{"customer_id":"12345"}}'
    )
    headers = [
        ("svix-id", "msg_mbaas01"),
        ("svix-timestamp", "1736937001"),
        ("svix-signature", "v1,0CVxXoX34eDMxTP3xXEppBRpax9MpSGNaDQKD5nLh24="),
    ]
    receiver = Desk(MeetingBaaS(signing_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", clock=lambda: 1736937001.0))
    assert PROCESSED == receiver.sees(line, headers)
    assert DUPLICATE == receiver.sees(line, headers)


@every_sender
@both_drivers
def test_any_of_several_secrets_matches_and_the_record_says_which(keyword: str, driver: Driver) -> None:
    sample = sample_of(keyword)
    secrets = [other_secret_of(keyword), secret_of(keyword)]
    for index, secret in enumerate(secrets):
        receiver = desk(keyword, secrets, driver=driver)
        assert PROCESSED == receiver.sees(sample, signed(keyword, sample, secret=secret))
        assert index == receiver.records[0].secret_index


@every_sender
@both_drivers
def test_a_secret_can_be_asked_for(keyword: str, driver: Driver) -> None:
    sample = sample_of(keyword)
    paths: list[str] = []

    async def looked_up() -> list[str]:
        return [other_secret_of(keyword), secret_of(keyword)]

    async def looked_up_for(request: RawRequest) -> str:
        paths.append(request.path)
        return secret_of(keyword)

    def at_hand_for(request: RawRequest) -> str:
        paths.append(request.path)
        return secret_of(keyword)

    for source in (lambda: secret_of(keyword), looked_up, looked_up_for, at_hand_for):
        receiver = desk(keyword, source, driver=driver)
        assert PROCESSED == receiver.sees(sample, signed(keyword, sample))
        forged = [(name, "x" if name == HEADERS[keyword] else value) for name, value in signed(keyword, sample)]
        assert INVALID == receiver.sees(sample, forged)
    assert ["/meeting-baas"] * 4 == paths


@every_sender
@both_drivers
@pytest.mark.parametrize("answer", ["", " ", [], [""], None, 7, b"a secret in bytes, which is no text", RuntimeError()])
def test_a_secret_that_cannot_be_had_asks_the_vendor_to_come_again(keyword: str, answer: Any, driver: Driver) -> None:
    def source() -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    sample = sample_of(keyword)
    assert UNAVAILABLE == desk(keyword, source, driver=driver).sees(sample, signed(keyword, sample))


def test_a_callable_that_returns_the_wrong_kind_of_secret_is_temporary_trouble() -> None:
    sample = sample_of("secret")
    assert UNAVAILABLE == desk("secret", lambda: SIGNING_SECRET).sees(sample, signed("secret", sample))
    sample = sample_of("signing_secret")
    assert UNAVAILABLE == desk("signing_secret", lambda: "no base64").sees(sample, signed("signing_secret", sample))


@every_sender
def test_only_callbacks_come_by_put(keyword: str) -> None:
    sample = sample_of(keyword)
    receiver = desk(keyword)
    if keyword == "callback_secret":
        assert PROCESSED == receiver.sees(sample, signed(keyword, sample), method="PUT")
    refused = receiver.send(sample, signed(keyword, sample), method="GET" if keyword == "callback_secret" else "PUT")
    allowed = "POST, PUT" if keyword == "callback_secret" else "POST"
    assert (405, b'{"error":"Method not allowed"}') == (refused.status, refused.body)
    assert ("allow", allowed) in refused.headers


def test_a_callback_is_told_to_come_again_for_anything_temporary() -> None:
    """Its sender repeats after a 5xx, and after nothing else."""

    class Down(MemoryStore):
        def claim(self, key: str, fingerprint: str, lease: float) -> Any:
            raise ConnectionError("the store is down")

    sample = sample_of("callback_secret")
    headers = signed("callback_secret", sample)
    receiver = desk("callback_secret", store=Down())
    assert 503 == receiver.send(sample, headers, method="PUT").status
    failing = Dispatcher()
    failing.add(provider("callback_secret"))

    @failing.on(BotCompleted)
    def archive(event: BotCompleted) -> None:
        raise ConnectionError("the archive is down")

    request = RawRequest("PUT", "/meeting-baas", headers=headers, body=json.dumps(sample).encode())
    answer = failing.dispatch(request)
    assert (500, b'{"error":"Internal error"}') == (answer.status, answer.body)


@pytest.mark.parametrize("payload", [{"event": "bot.status_change"}, {"event": "complete", "data": {"bot_id": "b"}}])
def test_a_callback_reports_completion_and_failure_only(payload: dict[str, Any]) -> None:
    receiver = desk("callback_secret")
    assert PROCESSED == receiver.sees(payload, signed("callback_secret", payload))
    assert isinstance(receiver.events[0], UnknownEvent)


@both_drivers
def test_a_message_sent_again_is_a_duplicate_and_a_new_one_is_not(driver: Driver) -> None:
    sample = sample_of("signing_secret")
    body = json.dumps(sample).encode()
    receiver = desk("signing_secret", driver=driver)

    def message(identifier: str, now: float) -> list[tuple[str, str]]:
        verifier = WEBHOOK.verifier
        assert isinstance(verifier, StandardSignatures)
        return list(verifier.sign(SIGNING_SECRET, body, now=now, id=identifier).headers)

    assert PROCESSED == receiver.sees(body, message("msg_1", NOW))
    assert DUPLICATE == receiver.sees(body, message("msg_1", NOW + 5))
    assert PROCESSED == receiver.sees(body, message("msg_2", NOW + 5)), "an operator had it sent again"


@pytest.mark.parametrize("keyword", ["secret", "api_key", "callback_secret", "alert_secret"])
def test_without_a_delivery_id_equal_bodies_are_one_delivery(keyword: str) -> None:
    sample = sample_of(keyword)
    receiver = desk(keyword)
    other = {**sample, "more": 1}
    assert PROCESSED == receiver.sees(sample, [*signed(keyword, sample), ("svix-id", "msg_1")])
    assert DUPLICATE == receiver.sees(sample, [*signed(keyword, sample), ("svix-id", "msg_2")])
    assert PROCESSED == receiver.sees(other, [*signed(keyword, other), ("svix-id", "msg_1")]), "nobody signed the id"


def test_every_retry_comes_while_the_delivery_is_remembered() -> None:
    for keyword, channel in CHANNELS.items():
        for _, model, _ in bodies(keyword):
            retention = provider(keyword).retention(model.model_construct())
            assert retention in (8 * 24 * 3600.0, 600.0)
            assert retention > channel.retry_horizon


def test_the_last_try_of_a_webhook_is_about_three_hours_late() -> None:
    assert 12_258 == pytest.approx(WEBHOOK.retry_horizon)


@both_drivers
def test_an_alert_names_no_event(driver: Driver) -> None:
    receiver = desk("alert_secret", driver=driver)
    sample = sample_of("alert_secret")
    assert PROCESSED == receiver.sees(sample, signed("alert_secret", sample))
    (event,) = receiver.events
    assert isinstance(event, AlertTriggered)
    assert ("alert", "bot_crash", 3.0, "operational") == (
        event.type,
        event.alert_type,
        event.current_value,
        event.category,
    )
    assert event.triggered_at == event.occurred_at is not None


def test_an_alert_without_its_rule_is_unknown() -> None:
    receiver = desk("alert_secret")
    for payload in ({}, {"alert_rule_id": None}, {"event": "complete", "data": {"bot_id": "b"}}):
        assert PROCESSED == receiver.sees(payload, signed("alert_secret", payload))
    assert [(UnknownEvent, "alert")] * 3 == [(type(event), event.type) for event in receiver.events]


def test_an_alert_s_odd_value_is_drift() -> None:
    receiver = desk("alert_secret")
    sample = {**sample_of("alert_secret"), "current_value": "three", "category": "cosmic"}
    receiver.send(sample, signed("alert_secret", sample))
    (event,) = receiver.events
    assert isinstance(event, AlertTriggered)
    assert (None, {"current_value": "three"}, "cosmic") == (event.current_value, event.drift, event.category)


def test_a_handler_registered_for_alert_gets_alerts() -> None:
    hooks = Dispatcher()
    hooks.add(provider("alert_secret"))
    seen: list[Event] = []
    hooks.on("alert", provider="meeting-baas")(seen.append)
    sample = sample_of("alert_secret")
    hooks.dispatch(
        RawRequest("POST", "/meeting-baas", headers=signed("alert_secret", sample), body=json.dumps(sample).encode())
    )
    assert [AlertTriggered] == [type(event) for event in seen]


# Set-up.


def test_two_secrets_are_refused() -> None:
    for one in KEYWORDS:
        for two in KEYWORDS:
            if one != two:
                keywords: dict[str, Any] = {one: secret_of(one), two: secret_of(two)}
                with pytest.raises(ConfigurationError, match="takes exactly one of secret=, signing_secret=, api_key="):
                    MeetingBaaS(**keywords)


def test_no_secret_is_refused_unless_that_is_written_down() -> None:
    expected = r"has no check.* give secret= or signing_secret= or api_key= .* or write unverified=True"
    with pytest.raises(ConfigurationError, match=expected):
        MeetingBaaS()  # type: ignore[call-overload]
    receiver = Desk(MeetingBaaS(unverified=True))
    assert PROCESSED == receiver.sees(SAMPLES[MeetingCompleted], [])
    assert isinstance(receiver.events[0], MeetingCompleted)
    assert receiver.records[0].secret_index is None


def test_an_unverified_id_identifies_nothing() -> None:
    receiver = Desk(MeetingBaaS(unverified=True))
    assert PROCESSED == receiver.sees(SAMPLES[MeetingCompleted], [("svix-id", "msg_1")])
    assert DUPLICATE == receiver.sees(SAMPLES[MeetingCompleted], [("svix-id", "msg_2")])


@pytest.mark.parametrize("secret", [SIGNING_SECRET, f" {SIGNING_SECRET}", [SECRET, SIGNING_SECRET]])
def test_a_signing_secret_given_as_secret_is_pointed_to_its_keyword(secret: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"write MeetingBaaS\(signing_secret=\.\.\.\)") as refusal:
        MeetingBaaS(secret=secret)
    assert SIGNING_SECRET not in str(refusal.value)


@every_sender
@pytest.mark.parametrize("secret", ["", " ", "\n", [], [""], b"bytes of more than sixteen characters", 7])
def test_an_empty_secret_is_refused(keyword: str, secret: Any) -> None:
    keywords: dict[str, Any] = {keyword: secret}
    with pytest.raises(ConfigurationError, match=keyword):
        MeetingBaaS(**keywords)


@pytest.mark.parametrize(
    "secret", ["my-webhook-secret!", "whsec_", "whsec_%", "whsec_ÿÿÿÿ", SECRET, SIGNING_SECRET + "\n"]
)
def test_a_signing_secret_is_base64(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="whsec_ followed by base64") as refusal:
        MeetingBaaS(signing_secret=secret)
    assert secret not in str(refusal.value).replace("whsec_ followed", "")


@pytest.mark.parametrize("keyword", ["secret", "api_key", "callback_secret", "alert_secret"])
def test_a_short_secret_is_warned_about(keyword: str) -> None:
    short: dict[str, Any] = {keyword: "x" * 15}
    with pytest.warns(WeakSecretWarning, match=f"{keyword} has 15 characters") as warnings:
        MeetingBaaS(**short)
    assert __file__ == warnings[0].filename
    long: dict[str, Any] = {keyword: "x" * 16}
    MeetingBaaS(**long)


def test_an_unknown_keyword_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no keyword 'singing_secret'; did you mean 'signing_secret'"):
        MeetingBaaS(singing_secret=SIGNING_SECRET)  # type: ignore[call-overload]


def test_each_sender_has_its_own_events() -> None:
    names = {keyword: set(provider(keyword).catalog) for keyword in KEYWORDS}
    assert names["secret"] == names["api_key"]
    assert {"bot.status_change"} == names["secret"] & names["signing_secret"]
    assert {"bot.completed", "bot.failed"} == names["callback_secret"] < names["signing_secret"]
    assert {"alert"} == names["alert_secret"]
    assert set.union(*names.values()) == set(MeetingBaaS.catalog)


def test_the_set_up_is_what_the_vendor_asks_for() -> None:
    url = "https://example.com/webhooks/meeting-baas"
    settings = {keyword: provider(keyword).setup("https://example.com/webhooks/") for keyword in KEYWORDS}
    assert {
        "secret": {"webhook_url": url},
        "api_key": {"webhook_url": url},
        "signing_secret": {"url": url},
        "callback_secret": {
            "callback_enabled": True,
            "callback_config": {"url": url, "method": "POST", "secret": SECRET},
        },
        "alert_secret": {"url": url, "secret": SECRET},
    } == settings


def test_a_callback_s_set_up_needs_the_text_of_the_secret() -> None:
    with pytest.raises(ConfigurationError, match="callback_secret is a callable"):
        provider("callback_secret", lambda: SECRET).setup("https://example.com")


def test_several_senders_live_at_paths_of_their_own() -> None:
    hooks = Dispatcher()
    for keyword in KEYWORDS:
        hooks.add(provider(keyword), path=f"meeting-baas/{keyword}")
    seen: list[str] = []
    hooks.on(Event)(lambda event, delivery: seen.append(delivery.endpoint))
    for keyword in KEYWORDS:
        body = json.dumps(sample_of(keyword)).encode()
        request = RawRequest("POST", f"/meeting-baas/{keyword}", headers=signed(keyword, body), body=body)
        assert SUCCESS == hooks.dispatch(request).body
    assert [f"meeting-baas/{keyword}" for keyword in KEYWORDS] == seen


@every_sender
def test_nothing_written_down_holds_a_secret_or_a_payload(keyword: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    receiver = desk(keyword)
    sample = sample_of(keyword)
    headers = signed(keyword, sample)
    receiver.send(sample, headers)
    receiver.send(sample, [*headers, headers[-1]])
    shown = caplog.text + repr(receiver.provider) + repr(receiver.provider.secret) + repr(receiver.records)
    assert [Outcome.PROCESSED, Outcome.FORGED] == [record.outcome for record in receiver.records]
    for hidden in (secret_of(keyword), headers[-1][1], "Weekly review", "bot_id"):
        assert hidden not in shown


def test_a_rotated_signing_secret_is_found_among_the_signatures() -> None:
    """While a secret is rotated, the sender signs with the old one and the new one."""
    sample = sample_of("signing_secret")
    verifier = WEBHOOK.verifier
    assert isinstance(verifier, StandardSignatures)
    body = json.dumps(sample).encode()
    *others, (name, old) = verifier.sign(OTHER_SIGNING_SECRET, body, now=NOW, id="msg_1").headers
    *_, (_, new) = verifier.sign(SIGNING_SECRET, body, now=NOW, id="msg_1").headers
    assert PROCESSED == desk("signing_secret").sees(body, [*others, (name, f"{old} {new}")])
    assert PROCESSED == desk("signing_secret").sees(body, [*others, (name, f"{new} {old}")])
    assert INVALID == desk("signing_secret").sees(body, [*others, (name, old)])
