"""Official accounts: their subscribers and what they send."""

from __future__ import annotations

from datetime import datetime

from ...fields import Seconds
from .messages import MsgBody
from .protocol import TencentEvent, TencentPart


class OfficialAccountEvent(TencentEvent):
    """What nearly all callbacks of an official account hold."""

    official_account: str


class OfficialAccountBeforeCreateOfficialAccount(TencentEvent):
    """May this official account be created? https://trtc.io/document/60795"""

    wire_types = ("OfficialAccount.CallbackBeforeCreateOfficialAccount",)
    decides = True

    operator_account: str
    owner_account: str | None = None
    name: str | None = None


class OfficialAccountAfterCreateOfficialAccount(OfficialAccountEvent):
    """An official account was created. https://trtc.io/document/60796"""

    wire_types = ("OfficialAccount.CallbackAfterCreateOfficialAccount",)

    operator_account: str | None = None
    owner_account: str | None = None
    name: str | None = None


class OfficialAccountAfterOfficialAccountInfoChanged(OfficialAccountEvent):
    """An official account was changed; only what changed is there. https://trtc.io/document/60797"""

    wire_types = ("OfficialAccount.CallbackAfterOfficialAccountInfoChanged",)

    operator_account: str | None = None
    introduction: str | None = None
    name: str | None = None
    face_url: str | None = None
    organization: str | None = None


class OfficialAccountAfterOfficialAccountDestroyed(OfficialAccountEvent):
    """An official account was dissolved. https://trtc.io/document/60798"""

    wire_types = ("OfficialAccount.CallbackAfterOfficialAccountDestroyed",)

    owner_account: str | None = None
    name: str | None = None


class Subscriber(TencentPart):
    """Somebody who subscribes."""

    subscriber_account: str


class OfficialAccountBeforeAddSubscriber(OfficialAccountEvent):
    """May these users subscribe? https://trtc.io/document/60799"""

    wire_types = ("OfficialAccount.CallbackBeforeAddSubscriber",)
    decides = True

    operator_account: str | None = None
    subscribe_account_list: tuple[Subscriber, ...] | None = None


class OfficialAccountAfterAddSubscriber(OfficialAccountEvent):
    """Users subscribed. https://trtc.io/document/60800"""

    wire_types = ("OfficialAccount.CallbackAfterAddSubscriber",)

    operator_account: str | None = None
    subscribe_account_list: tuple[Subscriber, ...] | None = None


class OfficialAccountAfterDeleteSubscriber(OfficialAccountEvent):
    """Users unsubscribed. https://trtc.io/document/60801"""

    wire_types = ("OfficialAccount.CallbackAfterDeleteSubscriber",)

    operator_account: str | None = None
    subscribe_account_list: tuple[Subscriber, ...] | None = None


class OfficialAccountAfterOfficialAccountFull(OfficialAccountEvent):
    """An official account has no room for more subscribers. https://trtc.io/document/60802"""

    wire_types = ("OfficialAccount.CallbackAfterOfficialAccountFull",)


class OfficialAccountMessage(OfficialAccountEvent):
    """What all callbacks with a message of an official account hold."""

    online_only_flag: int | None = None
    msg_body: MsgBody | None = None
    cloud_custom_data: str | None = None


class OfficialAccountBeforeSendMsg(OfficialAccountMessage):
    """May this message be sent? https://trtc.io/document/60803"""

    wire_types = ("OfficialAccount.CallbackBeforeSendMsg",)
    decides = True


class OfficialAccountAfterSendMsg(OfficialAccountMessage):
    """A message was sent. https://trtc.io/document/60804"""

    wire_types = ("OfficialAccount.CallbackAfterSendMsg",)

    msg_key: str
    msg_time: Seconds | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """The callback's ``EventTime``, else the message's time."""
        return self.event_time or self.msg_time


class MessageKey(TencentPart):
    """Which message."""

    msg_key: str


class OfficialAccountAfterMsgWithDraw(OfficialAccountEvent):
    """Messages were recalled. https://trtc.io/document/60805"""

    wire_types = ("OfficialAccount.CallbackAfterMsgWithDraw",)

    withdraw_msg_list: tuple[MessageKey, ...] | None = None
