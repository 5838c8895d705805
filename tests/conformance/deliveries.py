"""Deliveries of the four vendors as they send them, signed by the vendors' own schemes."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.meeting_baas.samples import SAMPLES as MEETING_BAAS
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentChat, TencentRoom
from webhook_kit.providers.tencent.samples import SAMPLES as TENCENT
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS
from webhook_kit.providers.vcaas.samples import SAMPLES as VCAAS
from webhook_kit.testing import sign

from .wire import Pair, Sent

NOW = 1_790_000_000
APP = 1400000000
SECRET = "a secret that meeting-baas signs with"
TOKEN = "a token that tencent signs with"
URL_TOKEN = "a-token-in-the-addresses-for-vcaas"

SIGNATURE = b"X-MeetingBaas-Signature"
COMPLETED = json.dumps(MEETING_BAAS[MeetingCompleted]).encode()


def meeting_baas() -> MeetingBaaS:
    return MeetingBaaS(secret=SECRET, clock=lambda: NOW)


def tencent_chat() -> TencentChat:
    return TencentChat(sdk_app_id=APP, token=TOKEN, clock=lambda: NOW)


def tencent_room() -> TencentRoom:
    return TencentRoom(sdk_app_id=APP, clock=lambda: NOW)


def vcaas() -> VCaaS:
    return VCaaS(url_token=URL_TOKEN, clock=lambda: NOW)


def signature(body: bytes, secret: str = SECRET) -> Pair:
    [(name, value)] = sign(meeting_baas(), body, secret=secret).headers
    return name.encode(), value.encode()


def meeting(body: bytes = COMPLETED, secret: str = SECRET) -> Sent:
    """Return a signed delivery of Meeting BaaS."""
    return Sent("/meeting-baas", body, headers=(signature(body, secret),))


def room(query: bytes | None = None) -> Sent:
    """Return a callback of Tencent Room, which is known by its SDKAppID alone."""
    body = json.dumps(TENCENT[RoomAfterCreateRoom]).encode()
    return Sent("/tencent-room", body, query=room_query(f"SdkAppid={APP}".encode()) if query is None else query)


def room_query(app: bytes) -> bytes:
    return app + b"&CallbackCommand=Room.CallbackAfterCreateRoom&contenttype=json&ClientIP=192.0.2.7&OptPlatform=Web"


def chat(now: float = NOW) -> Sent:
    """Return a callback of Tencent Chat, signed at this time."""
    body = json.dumps(TENCENT[GroupOnMemberStateChange]).encode()
    query = [
        ("SdkAppid", str(APP)),
        ("CallbackCommand", "Group.CallbackOnMemberStateChange"),
        ("contenttype", "json"),
        *sign(tencent_chat(), body, now=now).query,
    ]
    return Sent("/tencent-chat", body, query=urlencode(query).encode())


def join(path: str = "/vcaas", query: bytes = f"token={URL_TOKEN}".encode()) -> Sent:
    """Return a push of VCaaS about somebody who joined."""
    return Sent(path, json.dumps(VCAAS[UserJoinLeave]).encode(), query=query)
