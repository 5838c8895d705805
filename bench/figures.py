"""What was measured: a median, and the quartiles as its noise."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median, quantiles


class Figure:
    """The same thing measured several times."""

    __slots__ = ("samples",)

    def __init__(self, samples: Iterable[float]) -> None:
        self.samples = tuple(samples)
        if not self.samples:
            raise ValueError("a figure needs at least one measurement")

    @property
    def median(self) -> float:
        """Half of the measurements are below, half above."""
        return median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between them is the middle half of the measurements; for a single one there is no noise to see."""
        if len(self.samples) == 1:
            return self.samples[0], self.samples[0]
        low, _, high = quantiles(self.samples, n=4, method="inclusive")
        return low, high

    def __truediv__(self, other: Figure) -> Figure:
        """Divide round by round, so that what slowed both of a round down does not count."""
        return Figure(mine / theirs for mine, theirs in zip(self.samples, other.samples, strict=True))

    def __add__(self, other: Figure) -> Figure:
        """Add round by round."""
        return Figure(mine + theirs for mine, theirs in zip(self.samples, other.samples, strict=True))

    def __sub__(self, other: Figure) -> Figure:
        """Subtract round by round."""
        return Figure(mine - theirs for mine, theirs in zip(self.samples, other.samples, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Figure) and self.samples == other.samples

    def __hash__(self) -> int:
        return hash(self.samples)

    def __repr__(self) -> str:
        low, high = self.quartiles
        return f"<Figure: {self.median:g} ({low:g} to {high:g}), {len(self.samples)} measurements>"
