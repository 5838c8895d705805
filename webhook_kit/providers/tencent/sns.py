"""Relations between users: friends, blocked users, followers."""

from __future__ import annotations

from ...fields import OpenEnum
from .protocol import TencentEvent, TencentPart


class AddType(OpenEnum):
    """Whether one list of friends grows, or both."""

    SINGLE = "Add_Type_Single"
    BOTH = "Add_Type_Both"


class ResponseAction(OpenEnum):
    """How a user answers who asked to be a friend."""

    AGREE_AND_ADD = "Response_Action_AgreeAndAdd"
    AGREE = "Response_Action_Agree"
    REJECT = "Response_Action_Reject"


class FriendItem(TencentPart):
    """Somebody who shall become a friend."""

    to_account: str
    remark: str | None = None
    group_name: str | None = None
    add_source: str | None = None
    add_wording: str | None = None


class ResponseFriendItem(TencentPart):
    """Somebody who asked to become a friend."""

    to_account: str
    remark: str | None = None
    tag_name: str | None = None
    response_action: ResponseAction | None = None


class SnsPrevFriendAdd(TencentEvent):
    """May these users be added as friends? https://www.tencentcloud.com/document/product/1047/43468"""

    wire_types = ("Sns.CallbackPrevFriendAdd",)
    decides = True

    requester_account: str | None = None
    from_account: str
    """Who wants friends."""
    friend_item: tuple[FriendItem, ...] | None = None
    add_type: AddType | None = None
    force_add_flags: int | None = None
    """1 adds without asking the other side."""


class SnsPrevFriendResponse(TencentEvent):
    """May these requests be answered so? https://www.tencentcloud.com/document/product/1047/43467"""

    wire_types = ("Sns.CallbackPrevFriendResponse",)
    decides = True

    requester_account: str | None = None
    from_account: str
    """Who answers."""
    response_friend_item: tuple[ResponseFriendItem, ...] | None = None


class FriendPair(TencentPart):
    """Two users: the list of the first has the second."""

    from_account: str
    to_account: str
    initiator_account: str | None = None


class SnsFriendAdd(TencentEvent):
    """Friends were added. https://www.tencentcloud.com/document/product/1047/34359"""

    wire_types = ("Sns.CallbackFriendAdd",)

    pair_list: tuple[FriendPair, ...] | None = None
    client_cmd: str | None = None
    """``friend_add``, ``FriendAdd``, ``friend_response`` or ``FriendResponse``."""
    admin_account: str | None = None
    """Empty where it was not done by REST."""
    force_flag: int | None = None


class AccountPair(TencentPart):
    """Two users: the list of the first has, or had, the second."""

    from_account: str
    to_account: str


class SnsFriendDelete(TencentEvent):
    """Friends were removed. https://www.tencentcloud.com/document/product/1047/34360"""

    wire_types = ("Sns.CallbackFriendDelete",)

    pair_list: tuple[AccountPair, ...] | None = None


class SnsBlackListAdd(TencentEvent):
    """Users were blocked. https://www.tencentcloud.com/document/product/1047/34361"""

    wire_types = ("Sns.CallbackBlackListAdd",)

    pair_list: tuple[AccountPair, ...] | None = None


class SnsBlackListDelete(TencentEvent):
    """Users were unblocked. https://www.tencentcloud.com/document/product/1047/34362"""

    wire_types = ("Sns.CallbackBlackListDelete",)

    pair_list: tuple[AccountPair, ...] | None = None


class FollowItem(TencentPart):
    """Somebody who is followed."""

    to_account: str


class FollowAfterFollowAdd(TencentEvent):
    """A user follows others. https://trtc.io/document/70355"""

    wire_types = ("Follow.CallbackAfterFollowAdd",)

    from_account: str
    follow_list: tuple[FollowItem, ...] | None = None


class FollowAfterFollowDelete(TencentEvent):
    """A user follows others no longer. https://trtc.io/document/70356"""

    wire_types = ("Follow.CallbackAfterFollowDelete",)

    from_account: str
    to_account: tuple[str, ...] | None = None
    """Plain accounts, unlike the list of those who are followed."""
