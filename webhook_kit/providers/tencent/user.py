"""What became of a user: online states and profiles."""

from __future__ import annotations

from ...fields import OpenEnum
from .protocol import TencentEvent, TencentPart


class StateAction(OpenEnum):
    """What a device did."""

    LOGIN = "Login"
    LOGOUT = "Logout"
    DISCONNECT = "Disconnect"


class StateReason(OpenEnum):
    """Why its state changed."""

    REGISTER = "Register"
    UNREGISTER = "Unregister"
    LINK_CLOSE = "LinkClose"
    TIME_OUT = "TimeOut"


class Platform(OpenEnum):
    """What a device runs."""

    IOS = "iOS"
    ANDROID = "Android"
    WEB = "Web"
    WINDOWS = "Windows"
    IPAD = "iPad"
    MAC = "Mac"
    LINUX = "Linux"


class StateInfo(TencentPart):
    """The state of one device of a user."""

    action: StateAction | None = None
    to_account: str
    reason: StateReason | None = None


class KickedDevice(TencentPart):
    """A device that was logged out by the login of another one."""

    platform: Platform | None = None


class StateStateChange(TencentEvent):
    """One device of a user came, went or was lost: other devices may still be online.

    https://www.tencentcloud.com/document/product/1047/34357
    """

    wire_types = ("State.StateChange",)

    info: StateInfo
    kicked_device: tuple[KickedDevice, ...] | None = None


class ProfileItem(TencentPart):
    """A field of a profile; the kind of its value depends on the tag."""

    tag: str
    value: int | str | None = None


class ProfilePortraitSet(TencentEvent):
    """A profile was changed. https://www.tencentcloud.com/document/product/1047/48733"""

    wire_types = ("Profile.CallbackPortraitSet",)

    operator_account: str | None = None
    from_account: str
    """Whose profile it is."""
    profile_item: tuple[ProfileItem, ...] | None = None
    """The changed fields only."""
