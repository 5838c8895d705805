"""What is promised, and whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from .figures import Figure


class Verdict(Enum):
    """How a figure stands to its limit."""

    MET = "met"
    NOISY = "missed, within the noise"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise: a figure that is ``at least`` or ``at most`` its limit."""

    name: str
    figure: Figure
    direction: Literal["at least", "at most"]
    limit: float
    unit: str = "×"

    @property
    def verdict(self) -> Verdict:
        """The median decides; a miss counts where also the quartile on the limit's side is beyond it."""
        low, high = self.figure.quartiles
        upwards = self.direction == "at least"
        if self.reached(self.figure.median):
            return Verdict.MET
        return Verdict.NOISY if self.reached(high if upwards else low) else Verdict.MISSED

    def reached(self, value: float) -> bool:
        """Tell whether a value is on the right side of the limit."""
        return value >= self.limit if self.direction == "at least" else value <= self.limit
