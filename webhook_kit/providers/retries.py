"""When a vendor takes an answer for success, and when it comes again after one that is none."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..http import RawResponse


class Failure(StrEnum):
    """What a sender can get instead of success."""

    UNEXPECTED = "2xx"
    """A 2xx, but not the status or the body that the vendor wants."""
    REDIRECTED = "3xx"
    REFUSED = "4xx"
    BROKEN = "5xx"
    TIME_OUT = "time-out"
    NO_CONNECTION = "no connection"


EVERY_FAILURE: Final = frozenset(Failure)
TOO_MANY_REQUESTS: Final = 429
DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a vendor makes of an answer."""

    delivered: bool
    """Whether it takes the event for delivered."""
    again: float | None
    """In how many seconds it comes again; None for never."""
    text: str
    """All of this in a sentence."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """What a vendor documents about its tries; by default it takes any 2xx, and never comes again."""

    delays: tuple[float, ...] = ()
    """Seconds from a failed try to the next one."""
    jitter: float = 0.0
    """The part of each delay by which it may be longer or shorter."""
    patience: float | None = None
    """Seconds that it waits for an answer; None where that is not documented."""
    statuses: Collection[int] = range(200, 300)
    """Those that it takes for success."""
    body: bytes | None = None
    """The only body that it takes for success, where it reads it."""
    json_body: bool = False
    """Whether a body that is no JSON object is a failure."""
    after: Collection[Failure] = EVERY_FAILURE
    """The failures after which it comes again."""
    pause: float = 0.0
    """Seconds, at least, until it comes again after a time-out or a 429."""
    ends_with: Collection[int] = ()
    """Statuses that tell it never to come again."""
    note: str = ""
    """What is not documented, or depends on the vendor's console."""

    @property
    def tries(self) -> int:
        """How often it tries at most."""
        return 1 + len(self.delays)

    def failure(self, answer: RawResponse) -> Failure | None:
        """Return why an answer is no success for the vendor, None where it is one."""
        if answer.status in self.statuses:
            wanted = self.body is None or answer.body == self.body
            return None if wanted and not (self.json_body and not _is_object(answer.body)) else Failure.UNEXPECTED
        return {3: Failure.REDIRECTED, 4: Failure.REFUSED, 5: Failure.BROKEN}.get(
            answer.status // 100, Failure.UNEXPECTED
        )

    def delay(self, failure: Failure, number: int, status: int | None = None) -> float | None:
        """Return the seconds until the next try after try ``number`` (from 1) failed; None where there is none."""
        if failure not in self.after or status in self.ends_with or number > len(self.delays):
            return None
        delay = self.delays[number - 1]
        slow = failure is Failure.TIME_OUT or status == TOO_MANY_REQUESTS
        return max(delay, self.pause) if slow else delay

    def verdict(self, answer: RawResponse | Failure, number: int = 1) -> Verdict:
        """Return what the vendor makes of the answer to try ``number`` (from 1), or of the lack of one."""
        failure, status = (answer, None) if isinstance(answer, Failure) else (self.failure(answer), answer.status)
        if failure is None:
            return Verdict(True, None, "delivered: the vendor takes this answer for success")
        again = self.delay(failure, number, status)
        because = self._because(failure, status)
        if again is not None:
            following = f"comes again in {duration(again)}: try {number + 1} of {self.tries}"
            return Verdict(False, again, f"not delivered: {because}; the vendor {following}")
        if number > 1 and failure in self.after and status not in self.ends_with:
            end = f"this was the last of {self.tries} tries: the event is lost"
        elif self.delays and failure not in self.after:
            end = "the vendor does not come again after that: the event is lost"
        elif status in self.ends_with:
            end = f"{status} tells the vendor not to come again: the event is lost"
        else:
            end = self.note or "the vendor does not come again: the event is lost"
        return Verdict(False, None, f"not delivered: {because}; {end}")

    def _because(self, failure: Failure, status: int | None) -> str:
        match failure:
            case Failure.TIME_OUT:
                return "no answer" if self.patience is None else f"no answer within {duration(self.patience)}"
            case Failure.NO_CONNECTION:
                return "no connection"
            case Failure.REDIRECTED:
                return f"the answer is {status}, and redirects are not followed"
            case Failure.UNEXPECTED if status in self.statuses:
                wanted = "a JSON object" if self.body is None else f"the body {self.body.decode()!r}"
                return f"the vendor wants {wanted}"
            case Failure.UNEXPECTED:
                return f"the answer is {status}, and the vendor wants {_shown(self.statuses)}"
            case _:
                return f"the answer is {status}"


def duration(seconds: float) -> str:
    """Return a duration as people say it: ``15 s``, ``5 min``, ``2 h``, ``61.9 days``."""
    if seconds >= 3 * DAY:
        return f"{seconds / DAY:,.1f}".removesuffix(".0") + " days"
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _shown(statuses: Collection[int]) -> str:
    return "a 2xx" if isinstance(statuses, range) else " or ".join(map(str, sorted(statuses)))


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
