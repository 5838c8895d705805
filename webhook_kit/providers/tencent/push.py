"""Push notifications. One request holds up to 100 of them, and they count seconds where others count milliseconds."""

from __future__ import annotations

from pydantic import Field

from ...fields import Seconds
from .protocol import OpenNumber, TencentEvent


class PushPlatform(OpenNumber):
    """Who delivers a notification to the device."""

    UNKNOWN = 0
    APNS = 1
    XIAOMI = 2
    HUAWEI = 3
    FCM = 4
    MEIZU = 5
    OPPO = 6
    VIVO = 7
    HONOR = 8


class PushStage(OpenNumber):
    """How far a notification came."""

    SENT = 1
    REACHED = 2
    CLICKED = 3


class AllMemberPushKind(OpenNumber):
    """Whether its receiver was connected."""

    OFFLINE = 1
    ONLINE = 2


class OfflinePushKind(OpenNumber):
    """What the notification is about."""

    C2C = 1
    GROUP = 2


class PushEvent(TencentEvent):
    """What both callbacks about a notification hold."""

    event_time: Seconds | None = None
    to_account: str
    push_platform: PushPlatform | None = None
    push_stage: PushStage | None = None
    err_code: int | None = None
    err_info: str | None = None


class PushAllMemberPush(PushEvent):
    """What became of a notification to all users, or those with a tag.

    https://www.tencentcloud.com/document/product/1047/67551
    """

    wire_types = ("Push.AllMemberPush",)

    event_type: AllMemberPushKind | None = None
    task_id: str
    data_id: str | None = None
    task_time: Seconds | None = None
    device_type: int | str | None = None


class PushOfflinePush(PushEvent):
    """What became of a notification about a message. https://www.tencentcloud.com/document/product/1047/67552"""

    wire_types = ("Push.OfflinePush",)

    event_type: OfflinePushKind | None = None
    from_account: str | None = None
    msg_key: str | None = None
    """Of a message between two users."""
    group_id: str | None = Field(default=None, alias="GroupID")
    msg_seq: int | None = None
    msg_random: int | None = None
    msg_time: Seconds | None = None
    push_id: str | None = Field(default=None, alias="PushID")
