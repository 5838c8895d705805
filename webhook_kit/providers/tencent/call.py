"""Callbacks of Tencent Call, in the order of https://www.tencentcloud.com/document/product/647/68934"""

from __future__ import annotations

from typing import ClassVar

from pydantic import AliasChoices, Field

from ...fields import OpenEnum, Seconds
from .protocol import OpenNumber, TencentEvent, TencentPart
from .rtc import RecordingEvent


class CallEvent(TencentEvent):
    """A callback of Tencent Call."""

    default_provider: ClassVar[str] = "tencent-call"


class MediaType(OpenEnum):
    """What a call transmits."""

    AUDIO = "Audio"
    VIDEO = "Video"


class RoomIdType(OpenNumber):
    """How a call's room is named."""

    NUMBER = 1
    TEXT = 2


class CallInfo(TencentPart):
    """A call that begins."""

    call_id: str
    call_media_type: MediaType | None = Field(
        None, validation_alias=AliasChoices("CallMediaType", "MediaType"), serialization_alias="CallMediaType"
    )
    """The page's table calls it ``MediaType``, its sample ``CallMediaType``."""
    chat_group_id: str | None = None
    room_id: str | None = None
    room_id_type: RoomIdType | None = None


class CallStatus(OpenEnum):
    """How far a user is."""

    CALLING = "Calling"
    WAITING = "Waiting"


class CallUser(TencentPart):
    """A user in a call."""

    user_account: str
    status: CallStatus | None = None


class CallAfterStartCall(CallEvent):
    """A call began. https://trtc.io/document/68941"""

    wire_types = ("Call.CallbackAfterStartCall",)

    call_info: CallInfo
    user_list: tuple[CallUser, ...] | None = None


class CallType(OpenEnum):
    """How many are called."""

    SINGLE_CALL = "SingleCall"
    MULTI_CALL = "MultiCall"


class CallResult(OpenEnum):
    """How a call ended."""

    CANCEL = "Cancel"
    REJECT = "Reject"
    NOT_ANSWER = "NotAnswer"
    NORMAL_END = "NormalEnd"
    CALL_BUSY = "CallBusy"
    INTERRUPT = "Interrupt"
    OFFLINE = "Offline"


class CallRecord(TencentPart):
    """A call that is over."""

    call_id: str
    caller_account: str | None = None
    media_type: MediaType | None = None
    call_type: CallType | None = None
    start_time: Seconds | None = None
    end_time: Seconds | None = None
    accept_time: Seconds | None = None
    call_result: CallResult | None = None
    callee_list_account: tuple[str, ...] | None = None
    room_id: str | None = None
    room_id_type: RoomIdType | None = None


class CallAfterEndCall(CallEvent):
    """A call is over. https://trtc.io/document/68940"""

    wire_types = ("Call.CallbackAfterEndCall",)

    call_record: CallRecord


class ActionType(OpenEnum):
    """What a user did; the page's sample and table spell three of them differently."""

    ANSWER = "Answer"
    ACCEPT = "Accept"
    REJECT = "Reject"
    NOT_ANSWER = "NotAnswer"
    HANGUP = "Hangup"
    HANG_UP = "Hang Up"
    JOIN = "Join"
    OFFLINE = "Offline"
    INVITE = "Invite"
    INVITED = "Invited"
    CANCEL_INVITE = "Cancel_Invite"


class ChangedUser(TencentPart):
    """A user in a call who did something."""

    user_account: str
    action_type: ActionType | None = None


class CallAfterMemberChanged(CallEvent):
    """Users of a call did something. https://trtc.io/document/69215"""

    wire_types = ("Call.CallbackAfterMemberChanged",)

    call_id: str
    user_list: tuple[CallUser, ...] | None = None
    changed_user_list: tuple[ChangedUser, ...] | None = None


class CallAfterRecordChanged(CallEvent):
    """A recording of a call goes on. https://trtc.io/document/80345"""

    wire_types = ("Call.CallbackAfterRecordChanged",)

    call_id: str
    callback: RecordingEvent | None = None
