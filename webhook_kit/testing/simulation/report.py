"""What became of everything that was sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ...providers.retries import Verdict
from .plan import Sending


class Fate(StrEnum):
    """What became of a sending."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """As it had to be."""
    LOST = "lost"
    """An event that the vendor gave up on."""
    LET_IN = "let in"
    """Accepted, although nobody may accept it."""
    OPEN = "open"
    """The vendor would still come again: the simulation was ended before."""


GOOD = frozenset({Fate.DELIVERED, Fate.REFUSED})


@dataclass(frozen=True, slots=True)
class Try:
    """One request, and its answer."""

    sending: Sending
    number: int
    """Counts from 1."""
    copy: bool
    """Whether it is the twin of another one, sent at the same time."""
    status: int | None
    """None where nobody answered."""
    trouble: str | None
    seconds: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Row:
    """What became of all events of one type, or of all to which one thing happened."""

    name: str
    sent: int
    tries: int
    fates: Mapping[Fate, int]
    seconds: Sequence[float]
    """How long each answer took."""


class Report:
    """What was sent, and what became of it so far."""

    def __init__(self, sendings: Sequence[Sending]) -> None:
        self.sendings = sendings
        self._tries: defaultdict[int, list[Try]] = defaultdict(list)
        self._fates: dict[int, Fate] = {}

    def add(self, made: Try) -> None:
        """Count a try."""
        self._tries[made.sending.number].append(made)
        self._fates[made.sending.number] = self._fate(made.sending)

    def tries_of(self, sending: Sending) -> Sequence[Try]:
        """Return the tries of a sending, in the order in which they were answered."""
        return self._tries[sending.number]

    def fate(self, sending: Sending) -> Fate:
        """Return what became of a sending."""
        return self._fates.get(sending.number, Fate.OPEN)

    def _fate(self, sending: Sending) -> Fate:
        tries = self._tries[sending.number]
        delivered = any(each.verdict.delivered for each in tries)
        if sending.refused:
            return Fate.LET_IN if delivered else Fate.REFUSED
        if delivered:
            return Fate.DELIVERED
        own = [each for each in tries if not each.copy]
        if not own:
            return Fate.OPEN
        last = max(own, key=lambda each: each.number)
        return Fate.LOST if last.verdict.again is None else Fate.OPEN

    def fates(self) -> Counter[Fate]:
        """Return how often each fate occurred."""
        fates = Counter(self._fates.values())
        fates[Fate.OPEN] += len(self.sendings) - len(self._fates)
        return +fates

    @property
    def events(self) -> list[Sending]:
        """What has to be delivered, each once."""
        return [each for each in self.sendings if each.is_event]

    @property
    def all_well(self) -> bool:
        """Whether nothing was lost, left open, or accepted that nobody may accept."""
        return all(self.fate(each) in GOOD for each in self.sendings)

    @property
    def redirected(self) -> bool:
        """Whether every answer was a redirect, which no vendor follows."""
        statuses = [each.status for tries in self._tries.values() for each in tries]
        return bool(statuses) and all(each is not None and each // 100 == 3 for each in statuses)

    @property
    def seconds(self) -> list[float]:
        """How long each answer took, sorted."""
        return sorted(each.seconds for tries in self._tries.values() for each in tries if each.status is not None)

    @property
    def troubles(self) -> Counter[str]:
        """What kept answers from coming."""
        return Counter(each.trouble for tries in self._tries.values() for each in tries if each.trouble is not None)

    def by_type(self) -> list[Row]:
        """Return a row for each type of event."""
        names = dict.fromkeys(each.message.type for each in self.events)
        return [self._row(name, [each for each in self.events if each.message.type == name]) for name in names]

    def by_chaos(self) -> list[Row]:
        """Return a row for each thing that happened."""
        names = sorted({kind for each in self.sendings for kind in each.chaos})
        return [self._row(name, [each for each in self.sendings if name in each.chaos]) for name in names]

    def _row(self, name: str, sendings: Sequence[Sending]) -> Row:
        tries = [made for each in sendings for made in self.tries_of(each)]
        seconds = sorted(each.seconds for each in tries if each.status is not None)
        return Row(name, len(sendings), len(tries), Counter(map(self.fate, sendings)), seconds)

    def as_json(self) -> dict[str, Any]:
        """Return all of it for machines: no secret, no signature and no body."""
        fates = self.fates()
        return {
            "events": len(self.events),
            "beside_events": len(self.sendings) - len(self.events),
            "tries": sum(map(len, self._tries.values())),
            **{fate.value.replace(" ", "_"): fates[fate] for fate in Fate},
            "all_well": self.all_well,
            "milliseconds": {
                name: round(percentile(self.seconds, part) * 1000, 3)
                for name, part in (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("longest", 1.0))
            },
            "troubles": dict(self.troubles),
            "sendings": [
                {
                    "number": each.number,
                    "type": each.message.type,
                    "id": each.message.id,
                    "is_event": each.is_event,
                    "chaos": [kind.value for kind in each.chaos],
                    "fate": self.fate(each).value,
                    "tries": [
                        {
                            "number": made.number,
                            "copy": made.copy,
                            "status": made.status,
                            "trouble": made.trouble,
                            "milliseconds": round(made.seconds * 1000, 3),
                            "verdict": made.verdict.text,
                        }
                        for made in self.tries_of(each)
                    ],
                }
                for each in self.sendings
            ],
        }


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which a part of sorted values lies; 0 where there are none."""
    return values[min(len(values) - 1, int(part * len(values)))] if values else 0.0
