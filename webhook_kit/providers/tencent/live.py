"""Callbacks of Tencent Live, in the order of https://trtc.io/document/64413"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from ...fields import Instant, Milliseconds, OpenEnum, Seconds
from .protocol import KeyValue, Member, OpenNumber, TencentEvent, TencentPart
from .room import TakeSeatMode
from .rtc import RTCEventGroup, RTCEventInfo, RTCEventType, happened


class LiveEvent(TencentEvent):
    """A callback of Tencent Live."""

    default_provider: ClassVar[str] = "tencent-live"


class LiveRoomType(OpenEnum):
    """The kind of a room."""

    LIVE = "Live"


class LiveRoomInfo(TencentPart):
    """A live room as it is now; after an update, what changed."""

    room_id: str
    room_name: str | None = None
    room_type: LiveRoomType | None = None
    owner_account: str | None = None
    max_member_count: int | None = None
    is_message_disabled: bool | None = None
    custom_info: str | None = None
    is_seat_enabled: bool | None = None
    take_seat_mode: TakeSeatMode | None = None
    max_seat_count: int | None = None
    create_time: Seconds | None = None
    is_public_visible: bool | None = None
    cover_url: str | None = Field(default=None, alias="CoverURL")
    background_url: str | None = Field(default=None, alias="BackgroundURL")
    category: tuple[int, ...] | None = None
    activity_status: int | str | None = None
    view_count: int | None = None
    is_unlimited_room_enabled: bool | None = None


class LiveAfterCreateRoom(LiveEvent):
    """A live room was created. https://trtc.io/document/64422"""

    wire_types = ("Live.CallbackAfterCreateRoom",)

    operator_account: str | None = None
    room_info: LiveRoomInfo


class DestroyType(OpenEnum):
    """Who closed a room."""

    BY_USER = "DestroyByUser"
    BY_SYSTEM = "DestroyBySystem"


class Statistic(TencentPart):
    """What happened in a live room until it was closed."""

    total_viewers: int | None = None
    total_gifts_sent: int | None = None
    total_gift_coins: int | None = None
    total_unique_gift_senders: int | None = None
    total_likes_received: int | None = None


class LiveAfterDestroyRoom(LiveEvent):
    """A live room was closed. https://trtc.io/document/64423"""

    wire_types = ("Live.CallbackAfterDestroyRoom",)

    operator_account: str | None = None
    room_id: str
    event_type: DestroyType | None = None
    room_info: LiveRoomInfo | None = None
    statistic: Statistic | None = None


class LiveAfterUpdateRoomInfo(LiveEvent):
    """A live room was changed. https://trtc.io/document/67938"""

    wire_types = ("Live.CallbackAfterUpdateRoomInfo",)

    operator_account: str | None = None
    room_info: LiveRoomInfo


class LiveAfterSetMetadata(LiveEvent):
    """A live room's metadata was set. https://trtc.io/document/68222"""

    wire_types = ("Live.CallbackAfterSetMetadata",)

    operator_account: str | None = None
    room_id: str
    metadata: tuple[KeyValue, ...] | None = None


class LiveAfterDelMetadata(LiveEvent):
    """A live room's metadata was deleted. https://trtc.io/document/68223"""

    wire_types = ("Live.CallbackAfterDelMetadata",)

    operator_account: str | None = None
    room_id: str
    keys: tuple[str, ...] | None = None


class LiveAfterCreateRoomReachingThreshold(LiveEvent):
    """The number of live rooms comes near its limit. https://trtc.io/document/70485"""

    wire_types = ("Live.CallbackAfterCreateRoomReachingThreshold",)

    operator_account: str | None = None
    cur_room_count: int | None = None
    max_room_count: int | None = None


class AudienceEventType(OpenEnum):
    """What became of the members' connection."""

    ONLINE = "Online"
    OFFLINE = "Offline"


class AudienceEventCause(OpenEnum):
    """Why it changed."""

    ENTER = "Enter"
    LEAVE = "Leave"
    HEARTBEAT_INTERRUPT = "HeartbeatInterrupt"
    HEARTBEAT_RECOVER = "HeartbeatRecover"


class LiveAfterMemberStateChanged(LiveEvent):
    """Members of a live room went offline or came online. https://trtc.io/document/64424"""

    wire_types = ("Live.CallbackAfterMemberStateChanged", "Live.CallbackMemberStateChanged")

    room_id: str
    event_type: AudienceEventType | None = None
    event_cause: AudienceEventCause | None = None
    member_list: tuple[Member, ...] | None = None


class LiveAfterChangeOwner(LiveEvent):
    """A live room has a new owner. https://trtc.io/document/72553"""

    wire_types = ("Live.CallbackAfterChangeOwner",)

    room_id: str
    operator_account: str | None = None
    current_owner_account: str | None = None
    original_owner_account: str | None = None


class AdminOperation(OpenEnum):
    """What was done to a room's administrators."""

    ADD = "add"
    DELETE = "delete"


class LiveAfterModifyAdmin(LiveEvent):
    """A live room has other administrators. https://trtc.io/document/72554"""

    wire_types = ("Live.CallbackAfterModifyAdmin",)

    room_id: str
    operator_account: str | None = None
    admin_account: tuple[str, ...] | None = None
    op_type: AdminOperation | None = Field(default=None, alias="opType")


class LiveAfterCreateBattle(LiveEvent):
    """A battle between live rooms was proposed. https://trtc.io/document/68259"""

    wire_types = ("Live.CallbackAfterCreateBattle",)

    operator_account: str | None = None
    battle_id: str
    from_room_id: str | None = None
    to_room_id_list: tuple[str, ...] | None = None
    timeout: int | None = None
    """Milliseconds."""
    duration: int | None = None
    """Milliseconds."""
    need_response: bool | None = None
    extension_info: str | None = None


class BattleRoom(TencentPart):
    """A room in a battle."""

    room_id: str
    owner_account: str | None = None
    score: int | None = None
    """At the end only."""


class LiveAfterStartBattle(LiveEvent):
    """A battle began. https://trtc.io/document/68260"""

    wire_types = ("Live.CallbackAfterStartBattle",)

    battle_id: str
    duration: int | None = None
    """Milliseconds."""
    create_time: Seconds | None = None
    start_time: Seconds | None = None
    from_room_info: BattleRoom | None = None
    to_room_list: tuple[BattleRoom, ...] | None = None


class BattleEnd(OpenNumber):
    """Why a battle is over."""

    TIME_UP = 0
    ALL_LEFT = 1
    NEVER_STARTED = 2


class LiveAfterEndBattle(LiveEvent):
    """A battle is over. https://trtc.io/document/68261"""

    wire_types = ("Live.CallbackAfterEndBattle",)

    battle_id: str
    duration: int | None = None
    """Milliseconds."""
    create_time: Seconds | None = None
    start_time: Seconds | None = None
    end_time: Seconds | None = None
    op_type: BattleEnd | None = None
    from_room_info: BattleRoom | None = None
    to_room_list: tuple[BattleRoom, ...] | None = None


class GiftWater(TencentPart):
    """A gift on its way."""

    from_account: str | None = None
    to_account: tuple[str, ...] | None = None
    time: Instant | None = None
    gift_id: str | None = None
    count: int | None = None
    coins: int | None = None


class LiveBeforeSendGift(LiveEvent):
    """May this gift be sent? Without an answer within two seconds the vendor blocks it.

    https://trtc.io/document/72210
    """

    wire_types = ("Live.CallbackBeforeSendGift",)
    decides = True
    needs_default = True

    operator_account: str | None = None
    room_id: str
    gift_water: GiftWater | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """The gift's time: the callback has none."""
        return self.event_time or (self.gift_water.time if self.gift_water else None)


class LiveAfterCloudRecordingChanged(LiveEvent):
    """A recording of a live room goes on. https://cloud.tencent.com/document/product/269/129603"""

    wire_types = ("Live.CallbackAfterCloudRecordingChanged", "Follow.CallbackAfterCloudRecordingChanged")

    event_group_id: RTCEventGroup | None = None
    event_type: RTCEventType
    callback_ts: Milliseconds | None = None
    event_info: RTCEventInfo | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, else when it was reported."""
        return self.event_time or happened(self.event_info) or self.callback_ts
