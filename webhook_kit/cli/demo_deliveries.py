"""What the demo sends: every event of every provider, and everything that can be wrong with a delivery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from webhook_kit import Event
from webhook_kit.providers.base import Provider
from webhook_kit.providers.meeting_baas import (
    BotStatusChanged,
    CalendarSynced,
    MeetingCompleted,
    MeetingFailed,
)
from webhook_kit.providers.meeting_baas.samples import SAMPLES as MEETING_BAAS
from webhook_kit.providers.tencent import (
    C2CAfterSendMsg,
    ChatbotOnC2CSignalMessage,
    GroupBeforeSendMsg,
    GroupOnMemberStateChange,
    RoomAfterCreateRoom,
    RTCEvent,
    SnsPrevFriendAdd,
    SnsPrevFriendResponse,
)
from webhook_kit.providers.tencent.samples import RTC_SAMPLES
from webhook_kit.providers.tencent.samples import SAMPLES as TENCENT
from webhook_kit.providers.vcaas import EndClassForAll, MeetingData, MeetingStartEnd, RecordingStartEnd, UserJoinLeave
from webhook_kit.providers.vcaas.samples import SAMPLES as VCAAS

from .demo_application import SDK_APP_ID, DemoApplication
from .demo_vendors import Planned, Vendor

Step: TypeAlias = Planned | tuple[Planned, ...]
"""A delivery, or several that are sent at the same time, in the order in which their answers are promised."""

ANOTHER_SECRET: Final = "bm9ib2R5IGNvbmZpZ3VyZWQgdGhpcyBvbmU="
BROKEN: Final = b'{"broken": '
TENCENT_OK: Final = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
RTC_OK: Final = b'{"code":0}'
MEETING_BAAS_OK: Final = b'{"status":"success"}'
VCAAS_OK: Final = b"success"

# What the handlers see of each sample, where that is more than its type.
SEEN: Final[Mapping[type[Event], str]] = {
    GroupOnMemberStateChange: "2 went Offline",
    RoomAfterCreateRoom: "12 seats",
    MeetingCompleted: "3 words, 2 voices",
    MeetingFailed: "meeting_not_found",
    CalendarSynced: "2 events",
    BotStatusChanged: "in_call_recording",
    MeetingData: "2 attendees",
    UserJoinLeave: "Bo joined",
    MeetingStartEnd: "meeting ended",
    EndClassForAll: "Amira ended all",
}

# Where allowing takes more than the usual answer.
ALLOWED: Final[Mapping[type[Event], bytes]] = {
    SnsPrevFriendAdd: b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"ResultItem":['
    b'{"To_Account":"bo","ResultCode":0,"ResultInfo":""},{"To_Account":"chidi","ResultCode":0,"ResultInfo":""}]}',
    SnsPrevFriendResponse: b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"ResultItem":['
    b'{"To_Account":"amira","ResultCode":0,"ResultInfo":""},{"To_Account":"dana","ResultCode":0,"ResultInfo":""}]}',
    ChatbotOnC2CSignalMessage: b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"RspData":""}',
}

VCAAS_ROUTES: Final[Mapping[type[Event], str]] = {
    UserJoinLeave: "user-join-leave",
    MeetingStartEnd: "meeting-start-end",
    RecordingStartEnd: "recording-start-end",
    EndClassForAll: "end-class-for-all",
}


def deliveries(application: DemoApplication, base_url: str, now: float) -> Iterator[Step]:
    """Yield everything that is sent, in order. ``now`` is in unix seconds."""

    def vendor(name: str, provider: Provider, accepted: bytes) -> Vendor:
        return Vendor(name=name, provider=provider, base_url=base_url, now=now, accepted=accepted)

    yield from _chat(vendor("Tencent Chat", application.chat, TENCENT_OK))
    yield from _room(vendor("Tencent Room", application.room, TENCENT_OK))
    yield from _tencent_events(vendor("Tencent Live", application.live, TENCENT_OK), "Live")
    yield from _tencent_events(vendor("Tencent Call", application.call, TENCENT_OK), "Call")
    yield from _rtc(vendor("Tencent RTC", application.rtc, RTC_OK))
    yield from _meeting_baas(vendor("Meeting BaaS", application.meeting_baas, MEETING_BAAS_OK))
    yield from _meeting_baas_v2(vendor("Meeting BaaS v2", application.meeting_baas_v2, MEETING_BAAS_OK))
    yield from _meeting_baas_alerts(vendor("Meeting BaaS alerts", application.meeting_baas_alerts, MEETING_BAAS_OK))
    yield from _vcaas(vendor("HiLink VCaaS", application.vcaas, VCAAS_OK))


def _tencent_events(vendor: Vendor, *products: str) -> Iterator[Step]:
    for model, sample in TENCENT.items():
        command = model.wire_types[0]
        if command.partition(".")[0] in products:
            vendor = replace(vendor, accepted=ALLOWED.get(model, TENCENT_OK))
            # A push brings several events at once, and a handler sees each.
            events = sample.get("Events", [sample])
            request = vendor.request(sample, query=_tencent_query(command))
            yield vendor.accept(model.__name__, request, "processed", *[_seen(model, each) for each in events])


def _tencent_query(command: str, sdk_app_id: int = SDK_APP_ID) -> list[tuple[str, str]]:
    return [
        ("SdkAppid", str(sdk_app_id)),
        ("CallbackCommand", command),
        ("contenttype", "json"),
        ("ClientIP", "203.0.113.7"),
        ("OptPlatform", "RESTAPI"),
    ]


def _chat(vendor: Vendor) -> Iterator[Step]:
    products = {model.wire_types[0].partition(".")[0] for model in TENCENT} - {"Room", "Mic", "Live", "Call"}
    yield from _tencent_events(vendor, *products)

    sample = TENCENT[GroupOnMemberStateChange]
    query = _tencent_query("Group.CallbackOnMemberStateChange")
    repeated = vendor.request(TENCENT[C2CAfterSendMsg], query=_tencent_query("C2C.CallbackAfterSendMsg"))
    yield vendor.accept("C2CAfterSendMsg again", repeated, "duplicate")
    yield vendor.refuse(
        "wrong SDKAppID",
        vendor.request(sample, query=_tencent_query("Group.CallbackOnMemberStateChange", 1400000001)),
        403,
        b'{"ActionStatus":"FAIL","ErrorInfo":"Wrong application","ErrorCode":403}',
        "wrong_app",
    )
    yield vendor.refuse(
        "no Sign",
        vendor.request(sample, signed=False, query=query),
        401,
        b'{"ActionStatus":"FAIL","ErrorInfo":"Missing signature","ErrorCode":401}',
        "unauthenticated",
    )
    yield vendor.refuse(
        "forged Sign",
        vendor.request(sample, secret=ANOTHER_SECRET, query=query),
        401,
        b'{"ActionStatus":"FAIL","ErrorInfo":"Invalid signature","ErrorCode":401}',
        "forged",
    )
    yield vendor.refuse(
        "stale by two minutes",
        vendor.request(sample, age=120, query=query),
        401,
        b'{"ActionStatus":"FAIL","ErrorInfo":"Invalid signature","ErrorCode":401}',
        "stale",
    )
    message = TENCENT[GroupBeforeSendMsg]
    asked = _tencent_query("Group.CallbackBeforeSendMsg")
    yield replace(vendor, accepted=b'{"ActionStatus":"OK","ErrorInfo":"No links here","ErrorCode":10150}').accept(
        "a message is forbidden",
        vendor.request({**message, "demo": "forbid"}, query=asked),
        "processed",
        _seen(GroupBeforeSendMsg, message),
        "denied",
    )
    yield vendor.accept(
        "a decision fails",
        vendor.request({**message, "demo": "fail"}, query=asked),
        "decided_by_default",
        _seen(GroupBeforeSendMsg, message),
    )
    unknown = {"CallbackCommand": "Group.CallbackOfTomorrow"}
    yield vendor.accept(
        "unknown command",
        vendor.request(unknown, query=_tencent_query("Group.CallbackOfTomorrow")),
        "unknown_event",
    )
    yield vendor.refuse(
        "broken JSON",
        vendor.request(BROKEN, query=query),
        400,
        b'{"ActionStatus":"FAIL","ErrorInfo":"Malformed body","ErrorCode":400}',
        "malformed",
    )
    yield vendor.refuse(
        "over the limit of 1 MiB",
        vendor.request(b" " * (1024 * 1024 + 1), query=query),
        413,
        b'{"ActionStatus":"FAIL","ErrorInfo":"Body too large","ErrorCode":413}',
        "too_large",
    )


def _room(vendor: Vendor) -> Iterator[Step]:
    yield from _tencent_events(vendor, "Room", "Mic")

    sample = TENCENT[RoomAfterCreateRoom]
    query = _tencent_query("Room.CallbackAfterCreateRoom")
    twin = vendor.request({**sample, "demo": "wait"}, query=query)
    yield (
        vendor.refuse(
            "one twin: come again",
            twin,
            503,
            b'{"ActionStatus":"FAIL","ErrorInfo":"In progress","ErrorCode":503}',
            "in_flight",
            retry_after=True,
        ),
        vendor.accept("the other twin", twin, "processed", "12 seats", "waited"),
    )
    yield vendor.accept("the first one again", twin, "duplicate")
    flaky = vendor.request({**sample, "demo": "fail once"}, query=query)
    yield vendor.refuse(
        "a handler fails",
        flaky,
        500,
        b'{"ActionStatus":"FAIL","ErrorInfo":"Internal error","ErrorCode":500}',
        "handler_failed",
        "12 seats",
    )
    yield vendor.accept("the retry runs only it", flaky, "processed", "attempt 2")
    yield vendor.refuse(
        "wrong SDKAppID",
        vendor.request(sample, query=_tencent_query("Room.CallbackAfterCreateRoom", 1400000001)),
        403,
        b'{"ActionStatus":"FAIL","ErrorInfo":"Wrong application","ErrorCode":403}',
        "wrong_app",
    )


def _rtc(vendor: Vendor) -> Iterator[Step]:
    sample = RTC_SAMPLES[RTCEvent]
    app = [("SdkAppId", str(SDK_APP_ID))]
    yield vendor.accept("RTCEvent", vendor.request(sample, headers=app), "processed", _seen(RTCEvent, sample))
    yield vendor.refuse(
        "forged Sign",
        vendor.request(sample, headers=app, secret=ANOTHER_SECRET),
        401,
        b'{"error":"Invalid signature"}',
        "forged",
    )


def _meeting_baas_events(vendor: Vendor) -> Iterator[Step]:
    for model, sample in MEETING_BAAS.items():
        if model.wire_types[0] in vendor.provider.catalog:
            yield vendor.accept(model.__name__, vendor.request(sample), "processed", _seen(model, sample))


def _meeting_baas(vendor: Vendor) -> Iterator[Step]:
    yield from _meeting_baas_events(vendor)

    sample = MEETING_BAAS[MeetingCompleted]
    yield vendor.accept("MeetingCompleted again", vendor.request(sample), "duplicate")
    yield vendor.refuse(
        "no signature",
        vendor.request(sample, signed=False),
        401,
        b'{"error":"Missing signature"}',
        "unauthenticated",
    )
    yield vendor.refuse(
        "forged signature",
        vendor.request(sample, secret=ANOTHER_SECRET),
        401,
        b'{"error":"Invalid signature"}',
        "forged",
    )
    unknown = {"event": "bot.teleported", "data": {}}
    yield vendor.accept("unknown event", vendor.request(unknown), "processed", "bot.teleported?")
    yield vendor.refuse("broken JSON", vendor.request(BROKEN), 400, b'{"error":"Malformed body"}', "malformed")
    yield vendor.refuse(
        "over the limit of 16 MiB",
        vendor.request(b" " * (16 * 1024 * 1024 + 1)),
        413,
        b'{"error":"Body too large"}',
        "too_large",
    )
    flaky = vendor.request({**sample, "demo": "fail once"})
    yield vendor.refuse(
        "a handler fails",
        flaky,
        500,
        b'{"error":"Internal error"}',
        "handler_failed",
        "3 words, 2 voices",
    )
    yield vendor.accept("the retry runs only it", flaky, "processed", "attempt 2")


def _meeting_baas_v2(vendor: Vendor) -> Iterator[Step]:
    yield from _meeting_baas_events(vendor)

    # One request twice, because a new one would have an id of its own.
    request = vendor.request(MEETING_BAAS[BotStatusChanged])
    yield vendor.accept("another message", request, "processed", "in_call_recording")
    yield vendor.accept("the same message again", request, "duplicate")
    yield vendor.refuse(
        "forged signature",
        vendor.request(MEETING_BAAS[BotStatusChanged], secret=ANOTHER_SECRET),
        401,
        b'{"error":"Invalid signature"}',
        "forged",
    )
    yield vendor.refuse(
        "stale by ten minutes",
        vendor.request(MEETING_BAAS[BotStatusChanged], age=600),
        401,
        b'{"error":"Invalid signature"}',
        "stale",
    )


def _meeting_baas_alerts(vendor: Vendor) -> Iterator[Step]:
    yield from _meeting_baas_events(vendor)


def _vcaas(vendor: Vendor) -> Iterator[Step]:
    for model, sample in VCAAS.items():
        request = vendor.request(sample, route=VCAAS_ROUTES.get(model, ""))
        yield vendor.accept(model.__name__, request, "processed", _seen(model, sample))

    sample = VCAAS[UserJoinLeave]
    left = vendor.request({**sample, "userStatus": "1"})
    yield vendor.accept("UserJoinLeave by shape", left, "processed", "Bo left")
    yield vendor.accept("the same again", left, "duplicate")
    yield vendor.refuse("no token", vendor.request(sample, signed=False), 401, b"Missing signature", "unauthenticated")
    yield vendor.refuse(
        "wrong token", vendor.request(sample, secret=ANOTHER_SECRET), 401, b"Invalid signature", "forged"
    )
    yield vendor.accept("unknown shape", vendor.request({"weather": "fair"}), "unknown_event")
    yield vendor.refuse("broken JSON", vendor.request(BROKEN), 400, b"Malformed body", "malformed")
    yield vendor.refuse(
        "over the limit of 8 MiB",
        vendor.request(b" " * (8 * 1024 * 1024 + 1)),
        413,
        b"Body too large",
        "too_large",
    )
    flaky = vendor.request({**sample, "demo": "fail once"})
    yield vendor.refuse("a handler fails", flaky, 500, b"Internal error", "handler_failed", "Bo joined")
    yield vendor.accept("the retry runs only it", flaky, "processed", "attempt 2")


def _seen(model: type[Event], sample: Mapping[str, Any]) -> str:
    number = len(sample.get("data", sample))
    return SEEN.get(model) or ("1 field" if number == 1 else f"{number} fields")
