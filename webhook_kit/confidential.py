"""What is never written down."""

from __future__ import annotations

from typing import Any, NoReturn


class Confidential:
    """Refuse to be pickled or copied: task queues, caches and error reports would keep the credentials inside."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        refuse(self)


def refuse(holder: Any) -> NoReturn:
    """Raise what tells the user of an object with credentials to hand on something else."""
    raise TypeError(
        f"a {type(holder).__name__} is not pickled, because it holds credentials: hand on the event, which can be, "
        "and delivery.id or delivery.idempotency_key as text"
    )
