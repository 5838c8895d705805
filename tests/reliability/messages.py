"""What the vendor has to tell, and in which order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

DUPLICATES: Final = 0.3
"""The share of messages that are sent twice."""

FAILURES: Final = 0.01
"""The share of messages of which a handler raises at the first attempt."""

HANDLERS: Final[Mapping[str, tuple[str, ...]]] = {
    "invoice.paid": ("book",),
    "invoice.sent": ("notify",),
    "invoice.voided": ("book", "notify"),
}
"""The handlers of each type of event: ``book`` is sync, ``notify`` is async."""


class Message(NamedTuple):
    """One thing to tell, under an id that stays the same however often it is sent."""

    number: int
    type: str
    fails_once: str = ""
    """The handler whose first attempt raises, none if empty."""

    @property
    def id(self) -> str:
        return f"msg_{self.number}"

    def body(self) -> bytes:
        """Return what is sent: three fields, so that the time goes into receiving and not into reading."""
        return json.dumps(self._asdict()).encode()


class Schedule:
    """Messages and their duplicates: half of these go out beside the message itself, half of them later."""

    def __init__(self, messages: int, types: Sequence[str], random: Random) -> None:
        failing = set(random.sample(range(messages), round(messages * FAILURES)))
        self.messages = [_message(number, types[number % len(types)], number in failing) for number in range(messages)]
        repeated = random.sample(range(messages), round(messages * DUPLICATES))
        self.duplicates = len(repeated)
        places = [(float(number), number) for number in range(messages)]
        for index, number in enumerate(repeated):
            distance = 0.5 if index % 2 else random.uniform(1, messages / 10)
            places.append((number + distance, number))
        places.sort()
        self.sends = [self.messages[number] for _, number in places]


def _message(number: int, type: str, fails: bool) -> Message:
    # Of two handlers the last one, so that the retry finds one that is done.
    return Message(number, type, HANDLERS[type][-1] if fails else "")
