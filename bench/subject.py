"""What a module that measures something consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from matplotlib.axes import Axes

from .bars import Bar
from .figures import Figure


class Unavailable(Exception):
    """Say that something cannot be measured here, and why."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    rounds: int = 11
    scale: float = 1.0

    def calls(self, number: int) -> int:
        """Return how many calls to make where a full run makes this many."""
        return max(1, round(number * self.scale))

    def seconds(self, number: float) -> float:
        """Return how long to go on where a full run goes on for so long."""
        return number * self.scale


FULL = Effort()
QUICK = Effort(rounds=3, scale=0.2)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Contenders that were measured side by side, in one unit, and the bars that they are held to.

    ``draw`` replaces the plot, which has a bar for each contender.
    """

    name: str
    unit: str
    figures: Mapping[str, Figure]
    bars: tuple[Bar, ...] = ()
    draw: Callable[[Axes, Comparison], None] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """One module's measurements: functions that make a comparison each, and may say that it is :class:`Unavailable`."""

    name: str
    about: str
    comparisons: tuple[Callable[[Effort], Comparison], ...]


Results: TypeAlias = dict[str, list[Comparison]]
"""The comparisons of each subject by its name."""
