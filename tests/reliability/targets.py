"""What is to be proven on which store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from .messages import HANDLERS

FEWEST_DELIVERIES: Final = 100

FEWEST_DOUBLED: Final = 5
"""Where effects may be doubled, so many may be: how many a few kills double is a matter of luck."""


@dataclass(frozen=True, slots=True)
class Target:
    """How many deliveries come through how many crashes, and how many effects may be doubled by them."""

    store: str
    deliveries: int
    kills: int
    restarts: int = 0
    doubled: int = 0
    types: Sequence[str] = tuple(HANDLERS)

    def scaled(self, scale: float) -> Target:
        """Return a smaller or a larger one, in which every kind of crash still occurs."""

        def count(full: int, fewest: int) -> int:
            return max(fewest, round(full * scale)) if full else 0

        return replace(
            self,
            deliveries=count(self.deliveries, FEWEST_DELIVERIES),
            kills=count(self.kills, 1),
            restarts=count(self.restarts, 1),
            doubled=count(self.doubled, FEWEST_DOUBLED),
        )


TARGETS: Final[Mapping[str, Target]] = {
    target.store: target
    for target in (
        Target("sqlite", deliveries=100_000, kills=50),
        Target("postgresql", deliveries=30_000, kills=20, restarts=5),
        # An effect cannot commit together with a key in Redis. Of several handlers a kill would double those that had
        # run, because Redis is told of them together: so each type has one.
        Target("redis", deliveries=30_000, kills=20, doubled=20, types=("invoice.paid", "invoice.sent")),
    )
}
