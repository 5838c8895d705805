"""What every Tencent callback has in common.

https://www.tencentcloud.com/document/product/1047/34354
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import ClassVar, Self

from pydantic import ConfigDict
from pydantic.alias_generators import to_pascal

from ...events import Event, Part
from ...fields import Milliseconds


def wire_name(name: str) -> str:
    """Return the vendor's spelling: ``group_id`` is ``GroupId``, and accounts are ``Owner_Account``."""
    if name.endswith("_account"):
        return f"{to_pascal(name.removesuffix('_account'))}_Account"
    return to_pascal(name)


class OpenNumber(IntEnum):
    """Name the numbers that the vendor documents, and keep every other one.

    ``member == 2`` holds for known and unknown numbers alike; :attr:`known` tells them apart.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
            if value in cls._value2member_map_:
                return cls(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        # Not remembered anywhere: senders choose these values, and could fill the memory with them.
        unknown = int.__new__(cls, value)
        unknown._name_ = str(value)
        unknown._value_ = value
        return unknown

    @property
    def known(self) -> bool:
        """Whether the vendor documents this number."""
        return self._name_ in type(self).__members__

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self._name_ if self.known else 'unknown'}: {int(self)}>"


class TencentPart(Part):
    """An object inside a callback."""

    model_config = ConfigDict(alias_generator=wire_name)


class TencentEvent(TencentPart, Event):
    """A callback. Its command stands in the URL, and in nearly every body as well."""

    default_provider: ClassVar[str] = "tencent-chat"

    callback_command: str | None = None
    event_time: Milliseconds | None = None
    """Missing in some commands and in older versions of their pages."""

    @property
    def occurred_at(self) -> datetime | None:
        """The callback's ``EventTime``."""
        return self.event_time


class Member(TencentPart):
    """A member of a group or a room."""

    member_account: str


class KeyValue(TencentPart):
    """A field that the application defines itself."""

    key: str
    value: str | None = None
