"""Topics of a community. Their callbacks hold no time."""

from __future__ import annotations

from pydantic import Field

from .group import GroupEvent, GroupType
from .protocol import KeyValue, TencentEvent


class GroupBeforeCreateTopic(TencentEvent):
    """May this topic be created? https://www.tencentcloud.com/document/product/1047/49463"""

    wire_types = ("Group.CallbackBeforeCreateTopic",)
    decides = True

    operator_account: str
    group_type: GroupType | None = Field(default=None, alias="Type")
    name: str | None = None


class GroupAfterCreateTopic(GroupEvent):
    """A topic was created. https://www.tencentcloud.com/document/product/1047/49464"""

    wire_types = ("Group.CallbackAfterCreateTopic",)

    topic_id: str
    operator_account: str | None = None
    owner_account: str | None = None
    name: str | None = None
    user_defined_data_list: tuple[KeyValue, ...] | None = None


class GroupAfterTopicDestroyed(GroupEvent):
    """Topics were dissolved. https://www.tencentcloud.com/document/product/1047/49465"""

    wire_types = ("Group.CallbackAfterTopicDestroyed",)

    topic_id_list: tuple[str, ...] | None = None


class GroupAfterTopicInfoChanged(GroupEvent):
    """A topic's profile was changed; only what changed is there.

    https://www.tencentcloud.com/document/product/1047/49466
    """

    wire_types = ("Group.CallbackAfterTopicInfoChanged",)

    topic_id: str | None = None
    """Missing from older versions of the page, which do not say which topic it was."""
    operator_account: str | None = None
    name: str | None = None
    introduction: str | None = None
    notification: str | None = None
    face_url: str | None = None
