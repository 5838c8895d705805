"""Contenders that are measured in turn, so that a machine which changes its pace changes it for all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from typing import TypeAlias

from .figures import Figure

Contender: TypeAlias = Callable[[], float]
"""Measure once, and return what was measured. It is called in every round, and should take well under a second."""


def measured(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Figure]:
    """Measure each contender in each round, in an order that turns round every time, after one that does not count."""
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    for contender in contenders.values():
        contender()
    order = list(contenders)
    for _ in range(rounds):
        for name in order:
            # Nobody pays for what another one left behind.
            gc.collect()
            samples[name].append(contenders[name]())
        order.reverse()
    return {name: Figure(values) for name, values in samples.items()}
