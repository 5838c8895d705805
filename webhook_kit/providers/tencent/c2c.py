"""Messages between two users."""

from __future__ import annotations

from datetime import datetime

from ...fields import Seconds
from .messages import MsgBody
from .protocol import OpenNumber, TencentEvent, TencentPart


class C2CMessage(TencentEvent):
    """What all callbacks with a message between two users hold."""

    from_account: str
    to_account: str
    msg_seq: int | None = None
    """Not unique: it may occur again."""
    msg_random: int | None = None
    msg_time: Seconds | None = None
    msg_key: str | None = None
    """What identifies the message, for instance when it is recalled."""
    msg_id: str | None = None
    online_only_flag: int | None = None
    msg_body: MsgBody | None = None
    cloud_custom_data: str | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """The callback's ``EventTime``, else the message's time."""
        return self.event_time or self.msg_time


class C2CBeforeSendMsg(C2CMessage):
    """May this message be sent? https://www.tencentcloud.com/document/product/1047/34364"""

    wire_types = ("C2C.CallbackBeforeSendMsg",)
    decides = True


class SentC2CMessage(C2CMessage):
    """A message that was sent, or could not be."""

    send_msg_result: int | None = None
    """0 for success, else the vendor's error code."""
    error_info: str | None = None
    unread_msg_num: int | None = None
    """Of the receiver, over all chats; -1 where the message could not be delivered."""


class C2CAfterSendMsg(SentC2CMessage):
    """A message was sent, or failed: see ``send_msg_result``.

    https://www.tencentcloud.com/document/product/1047/34365
    """

    wire_types = ("C2C.CallbackAfterSendMsg",)


class C2CAfterMsgReport(TencentEvent):
    """A user has read messages. https://www.tencentcloud.com/document/product/1047/43465"""

    wire_types = ("C2C.CallbackAfterMsgReport",)

    report_account: str
    """Who has read."""
    peer_account: str
    last_read_time: Seconds | None = None
    unread_msg_num: int | None = None
    """Of the reader, over all chats."""


class C2CAfterMsgWithDraw(TencentEvent):
    """A message was recalled. https://www.tencentcloud.com/document/product/1047/43466"""

    wire_types = ("C2C.CallbackAfterMsgWithDraw",)

    from_account: str
    to_account: str
    msg_key: str
    unread_msg_num: int | None = None
    """Of the receiver."""


class OperateType(OpenNumber):
    """What was done to a message's extensions."""

    SET = 1
    DELETE = 2
    CLEAR = 3


class Extension(TencentPart):
    """An extension of a message."""

    key: str
    value: str | None = None
    seq: int | None = None


class C2CAfterC2CMsgExtension(TencentEvent):
    """A message's extensions were changed. https://trtc.io/document/76006"""

    wire_types = ("C2C.CallbackAfterC2CMsgExtension",)

    from_account: str
    to_account: str
    msg_key: str
    operate_type: OperateType | None = None
    extension_list: tuple[Extension, ...] | None = None
    seq: int | None = None
    """The version of the extensions."""
