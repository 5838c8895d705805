"""Plots that are more than a bar for each contender."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from bench.figures import Figure
from bench.plots import lines, stacked
from bench.subject import Comparison


def test_contenders_are_points_of_lines() -> None:
    comparison = Comparison("Sizes", "µs", {"10 bytes": Figure([1.0]), "1,000 bytes": Figure([2.0])})
    axes = Canvas().add_subplot()
    lines("bytes", {"ours": [(10, "10 bytes"), (1000, "1,000 bytes")]})(axes, comparison)
    (line,) = axes.lines
    assert [[10.0, 1.0], [1000.0, 2.0]] == np.asarray(line.get_path().vertices).tolist()


def test_parts_are_stacked_and_noise_around_nothing_takes_no_place() -> None:
    figures = {"ours, reading": Figure([3.0]), "ours, waiting": Figure([-0.5]), "theirs": Figure([4.0])}
    axes = Canvas().add_subplot()
    stacks = {
        "ours": {"reading": "ours, reading", "waiting": "ours, waiting"},
        "theirs": {"reading": "theirs"},
    }
    stacked(stacks)(axes, Comparison("Stages", "µs", figures))
    ends: dict[float, float] = {}
    for bar in axes.patches:
        ends[bar.get_y()] = max(ends.get(bar.get_y(), 0.0), bar.get_x() + bar.get_width())  # type: ignore[attr-defined]
    assert list(ends.values()) == pytest.approx([3.0, 4.0])
