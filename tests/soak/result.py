"""What came of a soak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, TypeAlias

from .traffic import Answered
from .watch import Sample

MOST_GROWTH: Final = 0.05
"""How much more memory may be held at the end than after the start."""

START: Final = 60.0
"""Seconds in which caches fill; of a run of less than three minutes it is a third."""

WINDOW: Final = 1 / 12
"""The share of a run over which a median is taken at either end."""

PERCENTILES: Final = (50, 95, 99, 99.9)

Figures: TypeAlias = dict[str, int | float]


@dataclass(frozen=True, slots=True)
class Result:
    """What one server did with one store, on the clock of this machine."""

    server: str
    store: str
    about: str
    rate: float
    seconds: float
    started: float
    samples: Sequence[Sample]
    answers: Sequence[Answered]
    unexpected: Counter[str]

    @property
    def name(self) -> str:
        return f"{self.server}, {self.store}"

    @property
    def start(self) -> float:
        """When the start was over, in seconds."""
        return min(START, self.seconds / 3)

    def ends(self, held: Callable[[Sample], float]) -> tuple[float, float]:
        """Return what was held after the start, and at the end."""
        window = max(self.seconds * WINDOW, 1.0)
        times = [(each.at - self.started, held(each)) for each in self.samples]
        first = [value for at, value in times if self.start <= at <= self.start + window]
        last = [value for at, value in times if at >= self.seconds - window - 1]
        return median(first), median(last)

    @property
    def growth(self) -> float:
        """By which share the memory grew after the start."""
        before, after = self.ends(lambda sample: sample.memory)
        return after / before - 1

    def percentile(self, percent: float) -> float:
        """Return the seconds within which so many percent of the requests after the start were answered."""
        ordered = sorted(answer.seconds for answer in self.answers if answer.at - self.started >= self.start)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    def figures(self) -> Figures:
        memory = self.ends(lambda sample: sample.memory / 2**20)
        descriptors = self.ends(lambda sample: sample.descriptors)
        threads = self.ends(lambda sample: sample.threads)
        return {
            "requests": len(self.answers),
            "requests per second": round(len(self.answers) / self.seconds, 1),
            "MiB after the start": round(memory[0], 1),
            "MiB at the end": round(memory[1], 1),
            "growth in percent": round(100 * self.growth, 2),
            "descriptors after the start": descriptors[0],
            "descriptors at the end": descriptors[1],
            "threads after the start": threads[0],
            "threads at the end": threads[1],
            **{f"p{percent:g} in ms": round(1000 * self.percentile(percent), 1) for percent in PERCENTILES},
            "unexpected answers": self.unexpected.total(),
        }

    def complaints(self) -> list[str]:
        """Return what rises, and what was answered otherwise than it should have been."""
        complaints = [f"{times} x {what}" for what, times in self.unexpected.most_common()]
        if self.growth > MOST_GROWTH:
            complaints.append(f"memory grew by {self.growth:.1%}, where {MOST_GROWTH:.0%} may be")
        expected = round(self.rate * self.seconds)
        if len(self.answers) < expected:
            complaints.append(f"{len(self.answers)} requests instead of {expected}")
        return complaints
