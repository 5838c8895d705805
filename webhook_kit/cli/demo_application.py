"""The application that the demo sends to: what a user would write, with a journal of what its functions saw."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from secrets import token_bytes, token_urlsafe
from threading import Event as Gate
from typing import Any, Final

from pydantic import BaseModel

from webhook_kit import Delivery, Dispatcher, Event, Record, UnknownEvent
from webhook_kit.adapters import asgi
from webhook_kit.providers.meeting_baas import (
    BotStatusChanged,
    CalendarSynced,
    MeetingBaaS,
    MeetingBaaSEvent,
    MeetingCompleted,
    MeetingFailed,
)
from webhook_kit.providers.tencent import (
    GroupBeforeSendMsg,
    GroupOnMemberStateChange,
    RoomAfterCreateRoom,
    RTCEvent,
    TencentCall,
    TencentChat,
    TencentEvent,
    TencentLive,
    TencentRoom,
    TencentRTC,
)
from webhook_kit.providers.tencent.replies import Allow, Forbid
from webhook_kit.providers.vcaas import (
    EndClassForAll,
    MeetingData,
    MeetingStartEnd,
    UserJoinLeave,
    VCaaS,
    VCaaSEvent,
)

SDK_APP_ID: Final = 1400000000
NUMBER_HEADER: Final = "x-demo-delivery"

# Longer than any request takes, and only waited for when simultaneous twins were not told apart.
PATIENCE: Final = 8.0

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Journal:
    """What handlers saw and what observers were told, under the number that a request carries in a header.

    The number travels in a context variable, which reaches handlers and observers wherever they run; so two requests at
    the same time are told apart, and those that no handler ever sees.
    """

    def __init__(self) -> None:
        self._number: ContextVar[str] = ContextVar("number", default="")
        self.seen: defaultdict[str, list[str]] = defaultdict(list)
        self.records: defaultdict[str, list[Record]] = defaultdict(list)

    def see(self, text: str) -> None:
        """Write down what a handler saw."""
        self.seen[self._number.get()].append(text)

    def observe(self, record: Record) -> None:
        """Write down what became of a delivery."""
        self.records[self._number.get()].append(record)

    def numbered(self, application: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Return the ASGI application with the number of each request in its context."""
        name = NUMBER_HEADER.encode()

        async def receive_numbered(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            headers = dict(scope.get("headers", ()))
            self._number.set(headers.get(name, b"").decode("latin-1"))
            await application(scope, receive, send)

        return receive_numbered


class DemoApplication:
    """Every provider behind one ASGI application, with secrets of its own that live as long as it does."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.gate = Gate()
        hooks = Dispatcher()
        self.chat = hooks.add(TencentChat(sdk_app_id=SDK_APP_ID, token=token_urlsafe(24)))
        self.room = hooks.add(TencentRoom(sdk_app_id=SDK_APP_ID))
        self.live = hooks.add(TencentLive(sdk_app_id=SDK_APP_ID))
        self.call = hooks.add(TencentCall(sdk_app_id=SDK_APP_ID))
        self.rtc = hooks.add(TencentRTC(sdk_app_id=SDK_APP_ID, key=token_urlsafe(24)))
        self.meeting_baas = hooks.add(MeetingBaaS(secret=token_urlsafe(24)))
        self.meeting_baas_v2 = hooks.add(MeetingBaaS(signing_secret=signing_secret()), path="meeting-baas/v2")
        self.meeting_baas_alerts = hooks.add(MeetingBaaS(alert_secret=token_urlsafe(24)), path="meeting-baas/alerts")
        self.vcaas = hooks.add(VCaaS(url_token=token_urlsafe(24)))
        register_handlers(hooks, self.journal)
        register_troubles(hooks, self.journal, self.gate)
        hooks.observe(self.journal.observe)
        self.asgi = self.journal.numbered(asgi.application(hooks))


def signing_secret() -> str:
    """Return a secret as consoles show it for signatures of Standard Webhooks."""
    return f"whsec_{b64encode(token_bytes(24)).decode()}"


def register_handlers(hooks: Dispatcher, journal: Journal) -> None:
    """Register a function for every event, sync or async."""

    @hooks.on(TencentEvent, RTCEvent, default=Allow())
    def tencent(event: TencentEvent | RTCEvent) -> None:
        match event:
            case GroupOnMemberStateChange(member_list=members, event_type=what):
                journal.see(f"{len(members or ())} went {what}")
            case RoomAfterCreateRoom(room_info=room):
                journal.see(f"{room.max_seat_count} seats")
            case _:
                journal.see(fields_of(event))

    @hooks.on(MeetingBaaSEvent)
    async def meeting_baas(event: MeetingBaaSEvent) -> None:
        match event:
            case MeetingCompleted(data=data):
                words = sum(len(each.words or ()) for each in data.transcript or ())
                journal.see(f"{words} words, {len(data.speakers or ())} voices")
            case MeetingFailed(data=data):
                journal.see(str(data.error))
            case CalendarSynced(data=data) if data is not None:
                journal.see(f"{len(data.affected_event_uuids or ())} events")
            case BotStatusChanged(data=data) if data.status is not None:
                journal.see(str(data.status.code))
            case _:
                journal.see(fields_of(getattr(event, "data", None) or event))

    @hooks.on(VCaaSEvent)
    def vcaas(event: VCaaSEvent) -> None:
        match event:
            case MeetingData(attendee_datas=attendees):
                journal.see(f"{len(attendees or ())} attendees")
            case UserJoinLeave(external_name=name, user_status=status):
                journal.see(f"{name} {status.name.lower()}")
            case MeetingStartEnd(meeting_status=status):
                journal.see(f"meeting {status.name.lower()}")
            case EndClassForAll(external_name=name):
                journal.see(f"{name} ended all")
            case _:
                journal.see(fields_of(event))

    @hooks.on("bot.*", provider="meeting-baas")
    async def unknown(event: Event) -> None:
        if isinstance(event, UnknownEvent):
            journal.see(f"{event.type}?")


def register_troubles(hooks: Dispatcher, journal: Journal, gate: Gate) -> None:
    """Register functions that wait, fail or forbid where a body asks for it, in a field that no vendor sends."""

    @hooks.on(RoomAfterCreateRoom, MeetingCompleted, UserJoinLeave)
    def troubled(event: RoomAfterCreateRoom | MeetingCompleted | UserJoinLeave, delivery: Delivery) -> None:
        match asked_of(event):
            case "wait":
                gate.wait(PATIENCE)
                journal.see("waited")
            case "fail once":
                if delivery.attempt == 1:
                    raise RuntimeError("the first attempt fails, as the demo asks for")
                journal.see(f"attempt {delivery.attempt}")
            case _:
                pass

    @hooks.on(GroupBeforeSendMsg, default=Allow())
    def moderate(event: GroupBeforeSendMsg) -> Forbid | None:
        match asked_of(event):
            case "forbid":
                journal.see("denied")
                return Forbid(10150, "No links here")
            case "fail":
                raise RuntimeError("the decision fails, as the demo asks for")
            case _:
                return None


def asked_of(event: Event) -> object:
    """Return what the body asks for in the field that only the demo sends."""
    return (event.model_extra or {}).get("demo")


def fields_of(part: BaseModel) -> str:
    """Return how many of the fields that are known were in the body."""
    number = len(part.model_fields_set & type(part).model_fields.keys())
    return "1 field" if number == 1 else f"{number} fields"
