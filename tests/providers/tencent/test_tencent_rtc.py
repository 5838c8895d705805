"""Events of TRTC's servers: headers instead of parameters, a signature over the raw body."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from hmac import digest
from typing import Any

import pytest
from hypothesis import given, settings

from webhook_kit import (
    ConfigurationError,
    Dispatcher,
    Event,
    Outcome,
    RawRequest,
    RawResponse,
    Record,
    WeakSecretWarning,
)
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.tencent import (
    RTCEvent,
    RTCEventGroup,
    RTCEventType,
    RTCRole,
    RTCTerminal,
    RTCUserType,
    TencentRTC,
)
from webhook_kit.providers.tencent.provider import RTC_SIGN
from webhook_kit.providers.tencent.samples import RTC_SAMPLES

from .sending import APP, Driver, send
from .test_tencent_hostile import VALUES

KEY = "aKeyOfOurOwn2026"
SAMPLE = RTC_SAMPLES[RTCEvent]
BODY = json.dumps(SAMPLE).encode()

VECTOR_KEY = "123654"
VECTOR = (
    b'{\n\t"EventGroupId":\t2,\n\t"EventType":\t204,\n\t"CallbackTs":\t1664209748188,\n\t"EventInfo":\t{\n'
    b'\t\t"RoomId":\t8489,\n\t\t"EventTs":\t1664209748,\n\t\t"EventMsTs":\t1664209748180,\n'
    b'\t\t"UserId":\t"user_85034614",\n\t\t"Reason":\t0\n\t}\n}'
)
VECTOR_SIGN = "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA="


def sign(body: bytes, key: str = KEY) -> str:
    """Return the vendor's signature."""
    return b64encode(digest(key.encode(), body, "sha256")).decode()


class Server:
    """A provider, and what came out of it."""

    def __init__(self, provider: TencentRTC | None = None, *, store: MemoryStore | None = None) -> None:
        self.events: list[RTCEvent] = []
        self.records: list[Record] = []
        self.hooks = Dispatcher(idempotency=store)
        self.hooks.add(provider or TencentRTC(sdk_app_id=APP, key=KEY))
        self.hooks.on(RTCEvent)(self.events.append)
        self.hooks.observe(self.records.append)

    def post(
        self, body: bytes = BODY, headers: list[tuple[str, str]] | None = None, driver: Driver = "dispatch"
    ) -> RawResponse:
        """Send a body, by default signed and with the application's id."""
        sent = [("SdkAppId", APP), ("Sign", sign(body))] if headers is None else headers
        return send(self.hooks, RawRequest("POST", "/tencent-rtc", headers=sent, body=body), driver)


def received(**fields: Any) -> RTCEvent:
    """Return the event in the sample with other fields."""
    server = Server()
    body = json.dumps({**SAMPLE, **fields}).encode()
    assert 200 == server.post(body).status
    return server.events[0]


def test_the_published_vector_is_accepted(driver: Driver) -> None:
    assert 207 == len(VECTOR)
    with pytest.warns(WeakSecretWarning, match="key"):
        server = Server(TencentRTC(sdk_app_id=APP, key=VECTOR_KEY))
    response = server.post(VECTOR, [("sdkappid", APP), ("SIGN", VECTOR_SIGN)], driver)
    assert (200, b'{"code":0}') == (response.status, response.body)
    [event] = server.events
    assert (RTCEventGroup.MEDIA, RTCEventType.STOP_AUDIO) == (event.event_group_id, event.event_type)


def test_every_field_of_an_event() -> None:
    event = received()
    info = event.event_info
    assert info is not None
    assert (RTCEventGroup.ROOM, RTCEventType.ENTER_ROOM) == (event.event_group_id, event.event_type)
    assert (7315, "amira", 1789990000099, 1) == (info.room_id, info.user_id, info.unique_id, info.reason)
    assert (RTCRole.ANCHOR, RTCTerminal.IOS, RTCUserType.NATIVE_SDK) == (info.role, info.terminal_type, info.user_type)
    assert datetime(2026, 9, 21, 11, 26, 40, 123000, tzinfo=UTC) == info.event_ms_ts == event.occurred_at
    assert datetime(2026, 9, 21, 11, 26, 40, 456000, tzinfo=UTC) == event.callback_ts
    assert {} == event.drift == event.model_extra == info.model_extra
    assert ("rtc", "tencent-rtc") == (event.type, event.provider)


def test_a_room_is_a_number_or_a_text_as_it_is_sent() -> None:
    for room in (7315, "7315"):
        info = received(EventInfo={"RoomId": room}).event_info
        assert info is not None
        assert room == info.room_id


def test_groups_and_types_that_are_not_known_are_kept() -> None:
    event = received(EventGroupId=99, EventType=9901)
    assert (99, 9901) == (event.event_group_id, event.event_type)
    assert not event.event_group_id.known
    assert not event.event_type.known


def test_an_ingested_stream_counts_the_callback_in_another_field() -> None:
    sample = {name: value for name, value in SAMPLE.items() if name not in ("CallbackTs", "EventInfo")}
    server = Server()
    server.post(json.dumps({**sample, "EventGroupId": 7, "EventType": 701, "CallbackMsTs": 1789990000456}).encode())
    assert datetime(2026, 9, 21, 11, 26, 40, 456000, tzinfo=UTC) == server.events[0].occurred_at


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ([("SdkAppId", APP)], Outcome.UNAUTHENTICATED),
        ([("SdkAppId", APP), ("Sign", "")], Outcome.UNAUTHENTICATED),
        ([("SdkAppId", APP), ("Sign", sign(BODY, "another key of ours"))], Outcome.FORGED),
        ([("SdkAppId", APP), ("Sign", sign(BODY + b" "))], Outcome.FORGED),
        ([("SdkAppId", APP), ("Sign", sign(BODY).rstrip("="))], Outcome.FORGED),
        ([("SdkAppId", APP), ("Sign", sign(BODY).swapcase())], Outcome.FORGED),
        ([("SdkAppId", APP), ("Sign", "\xff" * 44)], Outcome.FORGED),
        ([("SdkAppId", APP), ("Sign", digest(KEY.encode(), BODY, "sha256").hex())], Outcome.FORGED),
        ([("SdkAppId", APP), ("Sign", sign(BODY)), ("sign", sign(BODY))], Outcome.FORGED),
        ([("Sign", sign(BODY))], Outcome.WRONG_APP),
        ([("SdkAppId", "1400000001"), ("Sign", sign(BODY))], Outcome.WRONG_APP),
        ([("SdkAppId", APP), ("sdkappid", APP), ("Sign", sign(BODY))], Outcome.WRONG_APP),
    ],
)
def test_what_is_not_the_vendors_is_refused(headers: list[tuple[str, str]], outcome: Outcome, driver: Driver) -> None:
    server = Server()
    response = server.post(BODY, headers, driver)
    assert ([outcome], []) == ([record.outcome for record in server.records], server.events)
    assert {"error"} == set(json.loads(response.body))


def test_the_signer_makes_what_the_verifier_takes() -> None:
    server = Server()
    headers = [("SdkAppId", APP), *RTC_SIGN.sign(KEY, BODY, now=0.0).headers]
    assert 200 == server.post(BODY, headers).status


def test_both_keys_are_taken_while_the_key_is_changed() -> None:
    server = Server(TencentRTC(sdk_app_id=[APP, 1400000001], key=["theNextKey2027aa", KEY]))
    server.post()
    assert 1 == server.records[0].secret_index


def test_a_retry_is_a_duplicate(driver: Driver) -> None:
    server = Server(store=MemoryStore())
    server.post(driver=driver)
    response = server.post(driver=driver)
    assert (200, b'{"code":0}') == (response.status, response.body)
    assert [Outcome.PROCESSED, Outcome.DUPLICATE] == [record.outcome for record in server.records]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    response = Server().post(body)
    assert (400, b'{"error":"Malformed body"}') == (response.status, response.body)


def test_an_id_or_a_key_alone_is_a_mistake_in_the_setup() -> None:
    with pytest.raises(ConfigurationError, match="needs sdk_app_id="):
        TencentRTC(key=KEY)
    with pytest.raises(ConfigurationError, match="key="):
        TencentRTC(sdk_app_id=APP)
    unverified = Server(TencentRTC(sdk_app_id=APP, unverified=True))
    assert 200 == unverified.post(BODY, [("SdkAppId", APP)]).status


def test_setup_gives_the_url() -> None:
    provider = Dispatcher().add(TencentRTC(sdk_app_id=APP, key=KEY))
    assert {"url": "https://example.com/hooks/tencent-rtc"} == provider.setup("https://example.com/hooks")


@settings(max_examples=60, deadline=None)
@given(group=VALUES, type=VALUES, info=VALUES, time=VALUES)
def test_any_json_object_is_an_event(group: Any, type: Any, info: Any, time: Any) -> None:
    server = Server()
    seen: list[Event] = []
    server.hooks.on(Event)(seen.append)
    body = json.dumps({"EventGroupId": group, "EventType": type, "EventInfo": info, "CallbackTs": time}).encode()
    assert 200 == server.post(body).status
    assert 1 == len(seen)
    assert repr(seen[0])
