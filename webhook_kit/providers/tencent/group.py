"""Groups: their members, messages and data."""

from __future__ import annotations

from datetime import datetime

from pydantic import AliasChoices, Field

from ...fields import OpenEnum, Seconds
from .c2c import Extension, OperateType
from .messages import MsgBody
from .protocol import KeyValue, Member, TencentEvent, TencentPart


class GroupType(OpenEnum):
    """The kind of a group; the vendor uses an old and a new name for two of them."""

    PRIVATE = "Private"
    WORK = "Work"
    PUBLIC = "Public"
    CHAT_ROOM = "ChatRoom"
    MEETING = "Meeting"
    AV_CHAT_ROOM = "AVChatRoom"
    COMMUNITY = "Community"
    LIVE = "Live"


class GroupEvent(TencentEvent):
    """What nearly all callbacks of a group hold."""

    group_id: str
    group_type: GroupType | None = Field(default=None, alias="Type")


class GroupBeforeCreateGroup(TencentEvent):
    """May this group be created? https://www.tencentcloud.com/document/product/1047/34368"""

    wire_types = ("Group.CallbackBeforeCreateGroup",)
    decides = True

    operator_account: str
    owner_account: str | None = None
    group_type: GroupType | None = Field(default=None, alias="Type")
    name: str | None = None
    create_group_num: int | None = None
    """How many groups the user has created; gone from the newest page."""
    member_list: tuple[Member, ...] | None = None


class GroupAfterCreateGroup(GroupEvent):
    """A group was created. https://www.tencentcloud.com/document/product/1047/34369"""

    wire_types = ("Group.CallbackAfterCreateGroup",)

    group_id: str = Field(validation_alias=AliasChoices("GroupId", "groupID"), serialization_alias="GroupId")
    """The page's table calls it ``groupID``, its sample ``GroupId``."""
    operator_account: str | None = None
    owner_account: str | None = None
    name: str | None = None
    member_list: tuple[Member, ...] | None = None
    user_defined_data_list: tuple[KeyValue, ...] | None = None


class GroupBeforeApplyJoinGroup(GroupEvent):
    """May this user ask to join? An administrator may still have to agree.

    https://www.tencentcloud.com/document/product/1047/34370
    """

    wire_types = ("Group.CallbackBeforeApplyJoinGroup",)
    decides = True

    requestor_account: str | None = None


class GroupBeforeInviteJoinGroup(GroupEvent):
    """May these users be invited? https://www.tencentcloud.com/document/product/1047/34371"""

    wire_types = ("Group.CallbackBeforeInviteJoinGroup",)
    decides = True

    operator_account: str | None = None
    destination_members: tuple[Member, ...] | None = None


class JoinType(OpenEnum):
    """How a member came."""

    APPLY = "Apply"
    INVITED = "Invited"


class GroupAfterNewMemberJoin(GroupEvent):
    """Members joined. https://www.tencentcloud.com/document/product/1047/34372"""

    wire_types = ("Group.CallbackAfterNewMemberJoin",)

    join_type: JoinType | None = None
    operator_account: str | None = None
    new_member_list: tuple[Member, ...] | None = None


class ExitType(OpenEnum):
    """How a member went."""

    KICKED = "Kicked"
    QUIT = "Quit"


class GroupAfterMemberExit(GroupEvent):
    """Members left. https://www.tencentcloud.com/document/product/1047/34373"""

    wire_types = ("Group.CallbackAfterMemberExit",)

    exit_type: ExitType | None = None
    operator_account: str | None = None
    exit_member_list: tuple[Member, ...] | None = None
    topic_id: str | None = None
    """In the newest page only. https://cloud.tencent.com/document/product/269/1668"""


class GroupMessage(GroupEvent):
    """What all callbacks with a message in a group hold."""

    from_account: str | None = None
    operator_account: str | None = None
    """Who asked for it: tells an administrator's REST call from the user's own message."""
    random: int | None = None
    online_only_flag: int | None = None
    msg_body: MsgBody | None = None
    cloud_custom_data: str | None = None
    topic_id: str | None = None
    """In communities with topics."""
    msg_id: str | None = None


class GroupBeforeSendMsg(GroupMessage):
    """May this message be sent? https://www.tencentcloud.com/document/product/1047/34374"""

    wire_types = ("Group.CallbackBeforeSendMsg",)
    decides = True


class GroupAt(TencentPart):
    """Who is addressed by a message."""

    group_at_all_flag: int | None = None
    """1 for everybody, 0 for ``group_at_account``."""
    group_at_account: str | None = None


class SentGroupMessage(GroupMessage):
    """A message that was sent."""

    msg_seq: int | None = None
    """Unique in the group or topic, and increasing."""
    msg_time: Seconds | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """The callback's ``EventTime``, else the message's time."""
        return self.event_time or self.msg_time


class GroupAfterSendMsg(SentGroupMessage):
    """A message was sent. https://www.tencentcloud.com/document/product/1047/34375"""

    wire_types = ("Group.CallbackAfterSendMsg",)

    group_at_info: tuple[GroupAt, ...] | None = None


class GroupSendMsgException(GroupMessage):
    """A message could not be sent. https://www.tencentcloud.com/document/product/1047/49462"""

    wire_types = ("Group.CallbackSendMsgException",)

    error_code: int | None = None
    """Why, as the vendor's error code."""
    error_info: str | None = None


class GroupAfterGroupFull(GroupEvent):
    """A group is full; again at each attempt to join it. https://www.tencentcloud.com/document/product/1047/34376"""

    wire_types = ("Group.CallbackAfterGroupFull",)


class GroupAfterGroupDestroyed(GroupEvent):
    """A group was dissolved. https://www.tencentcloud.com/document/product/1047/34377"""

    wire_types = ("Group.CallbackAfterGroupDestroyed",)

    owner_account: str | None = None
    name: str | None = None
    member_list: tuple[Member, ...] | None = None
    """Missing for communities."""


class GroupAfterGroupInfoChanged(GroupEvent):
    """A group's profile was changed; only what changed is there.

    https://www.tencentcloud.com/document/product/1047/34378
    """

    wire_types = ("Group.CallbackAfterGroupInfoChanged",)

    operator_account: str | None = None
    name: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None


class MessageNumber(TencentPart):
    """Which message of a group."""

    msg_seq: int


class GroupAfterRecallMsg(GroupEvent):
    """Messages were recalled. https://www.tencentcloud.com/document/product/1047/34355"""

    wire_types = ("Group.CallbackAfterRecallMsg",)

    operator_account: str | None = None
    msg_seq_list: tuple[MessageNumber, ...] | None = None
    topic_id: str | None = None


class MemberEventType(OpenEnum):
    """What became of the members' connection."""

    OFFLINE = "Offline"
    ONLINE = "Online"


class MemberEventCause(OpenEnum):
    """Why it changed."""

    HEARTBEAT_INTERRUPT = "HeartbeatInterrupt"
    HEARTBEAT_RECOVER = "HeartbeatRecover"
    JOIN = "Join"
    QUIT = "Quit"


class GroupOnMemberStateChange(GroupEvent):
    """Members of an audio-video group went offline or came online.

    Two equal bodies a few seconds apart can be two facts, because the body holds no time.
    https://www.tencentcloud.com/document/product/1047/48734
    """

    wire_types = ("Group.CallbackOnMemberStateChange",)

    event_type: MemberEventType | None = None
    event_cause: MemberEventCause | None = None
    """In the page's table, and missing from its sample."""
    member_list: tuple[Member, ...] | None = None


class MemberRole(OpenEnum):
    """What a member may do."""

    ADMIN = "Admin"
    MEMBER = "Member"


class GroupAfterMemberFieldChanged(GroupEvent):
    """A member's role or name in the group was changed. https://trtc.io/document/60393"""

    wire_types = ("Group.CallbackAfterMemberFieldChanged",)

    operator_account: str | None = None
    member_account: str | None = Field(
        None,
        validation_alias=AliasChoices("Member_Account", "Modified_Account"),
        serialization_alias="Member_Account",
    )
    """The page for China calls it ``Modified_Account``. https://cloud.tencent.com/document/product/269/105353"""
    role: MemberRole | None = None
    name_card: str | None = None


class AttributeOperation(OpenEnum):
    """What was done to a group's attributes."""

    SET = "set"
    MODIFY = "modify"
    CLEAR = "clear"
    DELETE = "delete"


class GroupAttribute(TencentPart):
    """An attribute of a group, in lower case unlike everything else."""

    key: str = Field(alias="key")
    value: str | None = Field(default=None, alias="value")


class GroupAfterGroupAttrChanged(GroupEvent):
    """A group's attributes were changed. https://trtc.io/document/60394"""

    wire_types = ("Group.CallbackAfterGroupAttrChanged",)

    operator_account: str | None = None
    option_type: AttributeOperation | None = None
    """In the page's sample, and missing from its table."""
    group_attr: tuple[GroupAttribute, ...] | None = None


class GroupReceipt(TencentPart):
    """Who has read a message."""

    msg_seq: int
    read_num: int | None = None
    unread_num: int | None = None
    read_receipt_members: tuple[Member, ...] | None = None


class GroupAfterReadReceipt(GroupEvent):
    """Messages were read. https://trtc.io/document/60395"""

    wire_types = ("Group.CallbackAfterReadReceipt",)

    group_msg_receipt_list: tuple[GroupReceipt, ...] | None = None


class GroupAfterChangeGroupOwner(GroupEvent):
    """A group has a new owner. https://trtc.io/document/60396"""

    wire_types = ("Group.CallbackAfterChangeGroupOwner",)

    operator_account: str | None = None
    old_owner_account: str | None = None
    new_owner_account: str | None = None


class GroupAfterGroupMsgExtension(TencentEvent):
    """A message's extensions were changed. https://trtc.io/document/76007"""

    wire_types = ("Group.CallbackAfterGroupMsgExtension",)

    group_id: str
    msg_seq: int
    operate_type: OperateType | None = None
    extension_list: tuple[Extension, ...] | None = None
    seq: int | None = None
    """The version of the extensions."""
