"""What came of a proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .checker import Verdict
from .crashes import Crash, Kind
from .targets import Target

SHOWN: int = 5


@dataclass(frozen=True, slots=True)
class Result:
    """What happened, on the clock that all processes of a machine share."""

    target: Target
    seed: int
    about: str
    """Which database it was."""

    started: float
    ended: float
    requests: int
    answers: Counter[str]
    """How often each status came, and each kind of failure without one."""

    acknowledged: Sequence[float]
    """When each send was acknowledged, duplicates included."""

    retries: Sequence[float]
    duplicates: int
    crashes: Sequence[Crash]
    verdict: Verdict
    trouble: str = ""
    """Why the vendor did not get through, empty where it did."""

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    def crashed(self, kind: Kind) -> int:
        """Return how often that was done."""
        return sum(crash.kind == kind for crash in self.crashes)

    def complaints(self) -> list[str]:
        """Return what breaks the promise, and what the run has failed to try."""
        verdict, target = self.verdict, self.target
        found = {
            "lost": verdict.lost,
            f"doubled, where {target.doubled} may be": verdict.doubled if len(verdict.doubled) > target.doubled else [],
            "doubled without a kill between": verdict.doubled_without_kill,
            "acknowledged without an effect": verdict.acknowledged_without_effect,
            "never acknowledged": verdict.unacknowledged,
            "effects out of nowhere": verdict.unexpected,
        }
        complaints = [f"{len(numbers)} {what}: {_some(numbers)}" for what, numbers in found.items() if numbers]
        if self.trouble:
            complaints.insert(0, self.trouble)
        if idle := sum(crash.cut_off == 0 for crash in self.crashes):
            complaints.append(f"{idle} of {len(self.crashes)} crashes cut nothing off")
        done = self.crashed("kill"), self.crashed("restart")
        if done != (target.kills, target.restarts):
            complaints.append(f"{done[0]} kills and {done[1]} restarts instead of {target.kills} and {target.restarts}")
        return complaints


def _some(numbers: Sequence[int]) -> str:
    first = sorted(set(numbers))
    return ", ".join(map(str, first[:SHOWN])) + (", ..." if len(first) > SHOWN else "")
