"""Field types that vendors' bodies share: instants in their units, enums that stay open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self, TypeAlias

from pydantic import BeforeValidator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A bare number from here on counts milliseconds (March 1973 in milliseconds, the year 5138 in seconds).
MILLISECONDS_FROM = 100_000_000_000


class OpenEnum(StrEnum):
    """Name the values that a vendor documents, and keep every other one.

    ``member == "wire value"`` holds for known and unknown values alike; :attr:`known` tells them apart. A ``match``
    over all members still needs ``case _``, although type checkers believe that nothing is left. A number on the wire
    is read as its digits.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        text = str(value)
        for member in cls:
            if member.value == text:
                return member
        # Not remembered anywhere: senders choose these values, and could fill the memory with them.
        unknown = str.__new__(cls, text)
        unknown._name_ = text
        unknown._value_ = text
        return unknown

    @property
    def known(self) -> bool:
        """Whether the vendor documents this value."""
        return self._value_ in type(self)._value2member_map_

    def __repr__(self) -> str:
        name = self._name_ if self.known else "unknown"
        return f"<{type(self).__name__}.{name}: {str(self)[:200]!r}>"


def instant(value: object, *, per_second: int | None = None) -> datetime:
    """Return the aware datetime that a vendor's number, digits or ISO 8601 text stands for.

    ``per_second`` is 1 for seconds, 1000 for milliseconds, None where the vendor does not say: then a number of at
    least 1e11 is milliseconds. Text without an offset is read as UTC. Raises ValueError for everything else.
    """
    if isinstance(value, str):
        text = value.strip()
        if not (text.isascii() and text.isdigit()):
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        value = int(text)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("neither a number nor text")
    milliseconds = per_second == 1000 if per_second else abs(value) >= MILLISECONDS_FROM
    try:
        return EPOCH + (timedelta(milliseconds=value) if milliseconds else timedelta(seconds=value))
    except OverflowError:
        raise ValueError("out of the range of a datetime") from None


def _reader(per_second: int | None) -> Callable[[Any], datetime]:
    def read(value: Any) -> datetime:
        return instant(value, per_second=per_second)

    return read


Instant: TypeAlias = Annotated[datetime, BeforeValidator(_reader(None))]
"""An instant whose unit the vendor does not state."""

Seconds: TypeAlias = Annotated[datetime, BeforeValidator(_reader(1))]
"""An instant in unix seconds."""

Milliseconds: TypeAlias = Annotated[datetime, BeforeValidator(_reader(1000))]
"""An instant in unix milliseconds."""
