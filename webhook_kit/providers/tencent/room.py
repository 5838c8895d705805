"""Callbacks of Tencent Room, in the order of https://trtc.io/document/60720"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...fields import OpenEnum, Seconds
from .protocol import TencentEvent, TencentPart


class RoomType(OpenEnum):
    """The kind of a room; the page's table says ``conference``, its sample ``Meeting``."""

    MEETING = "Meeting"
    CONFERENCE = "conference"


class RoomStatus(OpenEnum):
    """How far a room is."""

    NONE = "None"
    NOT_STARTED = "NotStarted"
    RUNNING = "Running"


class TakeSeatMode(OpenEnum):
    """How a seat is taken."""

    NONE = "None"
    FREE_TO_TAKE = "FreeToTake"
    APPLY_TO_TAKE = "ApplyToTake"


class RoomInfo(TencentPart):
    """A room as it is now; after an update, what changed."""

    room_id: str
    room_name: str | None = None
    room_type: RoomType | None = None
    owner_account: str | None = None
    max_member_count: int | None = None
    max_seat_count: int | None = None
    is_video_disabled: bool | None = None
    is_audio_disabled: bool | None = None
    is_message_disabled: bool | None = None
    is_screen_sharing_disabled: bool | None = None
    is_cloud_recording_disabled: bool | None = None
    """A text in one of the vendor's samples. https://trtc.io/document/60731"""
    custom_info: str | None = None
    schedule_start_time: Seconds | None = None
    schedule_end_time: Seconds | None = None
    """The page's table prints ScheduleStartTime twice; the sample has this name."""
    room_status: RoomStatus | None = None
    is_seat_enabled: bool | None = None
    take_seat_mode: TakeSeatMode | None = None
    create_time: Seconds | None = None


class RoomEvent(TencentEvent):
    """A callback of Tencent Room."""

    default_provider: ClassVar[str] = "tencent-room"


class RoomAfterCreateRoom(RoomEvent):
    """A room was created. https://www.tencentcloud.com/document/product/647/60733"""

    wire_types = ("Room.CallbackAfterCreateRoom",)

    operator_account: str | None = None
    room_info: RoomInfo
    schedule_invitee_list_account: tuple[str, ...] | None = None
    """In the vendor's order; an account can occur more than once."""


class RoomAfterDestroyRoom(RoomEvent):
    """A room was closed. https://trtc.io/document/60732"""

    wire_types = ("Room.CallbackAfterDestroyRoom",)

    operator_account: str | None = None
    room_id: str


class RoomAfterUpdateRoomInfo(RoomEvent):
    """A room was changed. https://trtc.io/document/60731"""

    wire_types = ("Room.CallbackAfterUpdateRoomInfo", "Room.CallbackUpdateRoomInfo")

    operator_account: str | None = None
    room_info: RoomInfo


class EnterType(OpenEnum):
    """How a member came."""

    ENTER = "Enter"


class RoomAfterMemberEnter(RoomEvent):
    """Members entered a room. https://trtc.io/document/60735"""

    wire_types = ("Room.CallbackAfterMemberEnter",)

    operator_account: str | None = None
    room_id: str
    member_count: int | None = None
    enter_type: EnterType | None = Field(default=None, alias="Type")
    member_list_account: tuple[str, ...] | None = None


class LeaveType(OpenEnum):
    """How a member went."""

    LEAVE = "Leave"
    KICKED = "Kicked"
    EXPIRED = "Expired"


class RoomAfterMemberLeave(RoomEvent):
    """Members left a room. https://trtc.io/document/60734"""

    wire_types = ("Room.CallbackAfterMemberLeave",)

    operator_account: str | None = None
    room_id: str
    member_count: int | None = None
    leave_type: LeaveType | None = Field(default=None, alias="Type")
    reason: str | None = None
    member_list_account: tuple[str, ...] | None = None


class Seat(TencentPart):
    """A seat, and who has it."""

    index: int
    member_account: str | None = None
    """None where nobody has it."""
    is_taken_disabled: bool | None = None
    is_video_disabled: bool | None = None
    is_audio_disabled: bool | None = None


class MicAfterSeatInfoChanged(RoomEvent):
    """Seats of a room were changed; Room and Live send it alike.

    https://trtc.io/document/60736 and https://trtc.io/document/64425
    """

    wire_types = ("Mic.CallbackAfterSeatInfoChanged",)

    operator_account: str | None = None
    room_id: str
    seat_list: tuple[Seat, ...] | None = None
