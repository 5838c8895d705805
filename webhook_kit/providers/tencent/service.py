"""What the service itself reports: limits that come near, and content that it checked."""

from __future__ import annotations

from pydantic import Field

from ...fields import OpenEnum
from .protocol import OpenNumber, TencentEvent, TencentPart


class GroupOnDailyGroupQuotaAlarm(TencentEvent):
    """Over 70 % of the day's new groups are created. https://www.tencentcloud.com/document/product/1047/57455"""

    wire_types = ("Group.CallbackOnDailyGroupQuotaAlarm",)

    quota_used: int | None = None
    quota: int | None = None


class AlertRequestOverLimit(TencentEvent):
    """REST requests are over 80 % of their limit, which is reported again and again.

    https://www.tencentcloud.com/document/product/1047/60256
    """

    wire_types = ("Alert.RequestOverLimit",)

    service_name: str | None = None
    command: str | None = None
    request: int | None = None
    """Requests per second."""
    limit: int | None = None


class ContentScene(OpenEnum):
    """Where the content was found."""

    C2C = "C2C"
    C2C_CUSTOM = "C2CCustom"
    GROUP = "Group"
    GROUP_CUSTOM = "GroupCustom"
    GROUP_INFO = "GroupInfo"
    GROUP_MEMBER_INFO = "GroupMemberInfo"
    RELATION_CHAIN = "RelationChain"
    USER_INFO = "UserInfo"


class ContactType(OpenNumber):
    """Whom the content was meant for."""

    C2C = 1
    GROUP = 2


class ContentType(OpenEnum):
    """What was checked."""

    TEXT = "Text"
    IMAGE = "Image"
    AUDIO = "Audio"
    VIDEO = "Video"


class ContentResult(OpenNumber):
    """What was done about it."""

    PASS = 0
    BLOCK = 1


class ContentSuggestion(OpenEnum):
    """What the service would do."""

    BLOCK = "Block"
    REVIEW = "Review"
    NORMAL = "Normal"


class ContentLabel(OpenEnum):
    """What was found."""

    NORMAL = "Normal"
    ILLEGAL = "Illegal"
    ABUSE = "Abuse"
    POLITY = "Polity"
    AD = "Ad"
    PORN = "Porn"
    SEXY = "Sexy"
    TERROR = "Terror"
    COMPOSITE = "Composite"


class ContactItem(TencentPart):
    """A user or a group."""

    contact_type: ContactType | None = None
    to_account: str | None = None
    group_id: str | None = None


class ContentCallbackResultNotify(TencentEvent):
    """Content was checked; by default only violations are reported. The body names no command.

    https://www.tencentcloud.com/document/product/1047/78240
    """

    wire_types = ("ContentCallback.ResultNotify",)

    scene: ContentScene | None = None
    sdk_app_id: int | None = None
    from_account: str | None = None
    contact_item: ContactItem | None = None
    content_type: ContentType | None = None
    text_content: tuple[str, ...] | None = None
    file_url: str | None = Field(default=None, alias="FileURL")
    msg_id: str | None = Field(default=None, alias="MsgID")
    """The ``msg_key`` of a message between two users, the ``msg_seq`` of one in a group."""
    ctxcb_result: ContentResult | None = None
    ctxcb_request_id: str
    ctxcb_keywords: tuple[str, ...] | None = None
    ctxcb_suggestion: ContentSuggestion | None = None
    ctxcb_label: ContentLabel | None = None
    ctxcb_sub_label: str | None = None
    ctxcb_sub_label_desc: str | None = None
    ctxcb_lib_name: str | None = None
    cloud_custom_data: str | None = None
