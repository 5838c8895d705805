"""A picture of one proof: what was acknowledged, what was sent again, and when something was crashed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from .crashes import Kind
from .figures import figures
from .result import Result

MOST_SLICES: Final = 300
"""Into how many slices of time a run is cut, unless they would be shorter than the shortest one."""

SHORTEST_SLICE: Final = 0.25

HEADROOM: Final = 1.1
"""Keeps the legend of the rates away from most of them."""

BLUE: Final = "#2563a8"
ORANGE: Final = "#d9771e"
RED: Final = "#c0392b"
PURPLE: Final = "#7d3fb2"
GREY: Final = "#5f6670"

_CRASHES: Final[Sequence[tuple[Kind, str, str, str]]] = (
    ("kill", "kill -9 of the server", RED, ":"),
    ("restart", "immediate restart of the database", PURPLE, "--"),
)


def plot(result: Result, path: Path) -> None:
    """Draw it into a PNG file."""
    figure = Figure(figsize=(12, 7), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True)
    _draw_total(above, result)
    _draw_rates(below, result)
    for axes in (above, below):
        _draw_crashes(axes, result)
        axes.margins(x=0.01)
        axes.set_ylim(bottom=0, top=axes.get_ylim()[1] * HEADROOM)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    above.legend(loc="lower right", framealpha=0.95, edgecolor="white")
    # The marks are the same in both.
    below.legend(*_rates_only(below), loc="upper right", framealpha=0.95, edgecolor="white", ncols=2)
    below.set_xlabel("seconds since the first request")
    figure.suptitle(_headline(result), fontsize=14, fontweight="bold")
    above.set_title(_details(result), fontsize=9.5, color=GREY)
    figure.savefig(path)


def _draw_total(axes: Axes, result: Result) -> None:
    times = [at - result.started for at in result.acknowledged]
    axes.plot([0.0, *times], range(len(times) + 1), color=BLUE, linewidth=2, label="acknowledged, duplicates included")
    axes.set_ylabel("acknowledged")


def _draw_rates(axes: Axes, result: Result) -> None:
    width = max(SHORTEST_SLICE, result.seconds / MOST_SLICES)
    edges = [index * width for index in range(math.ceil(result.seconds / width) + 1)]
    acknowledged = _per_second(result.acknowledged, result.started, edges)
    retries = _per_second(result.retries, result.started, edges)
    axes.stairs(acknowledged, edges, fill=True, color=BLUE, alpha=0.35, label="acknowledged per second")
    axes.stairs(retries, edges, color=ORANGE, linewidth=1.4, label="retries per second")
    axes.set_ylabel("per second")


def _draw_crashes(axes: Axes, result: Result) -> None:
    for kind, name, color, style in _CRASHES:
        times = [crash.at - result.started for crash in result.crashes if crash.kind == kind]
        for number, time in enumerate(times):
            label = None if number else f"{name} ({len(times)})"
            axes.axvline(time, color=color, linestyle=style, linewidth=1, alpha=0.8, label=label)


def _rates_only(axes: Axes) -> tuple[list[object], list[str]]:
    handles, labels = axes.get_legend_handles_labels()
    kept = [(handle, label) for handle, label in zip(handles, labels, strict=True) if label.endswith("per second")]
    return [handle for handle, _ in kept], [label for _, label in kept]


def _per_second(times: Sequence[float], start: float, edges: Sequence[float]) -> list[float]:
    width = edges[1]
    counts = [0] * (len(edges) - 1)
    for time in times:
        counts[min(int((time - start) / width), len(counts) - 1)] += 1
    return [count / width for count in counts]


def _headline(result: Result) -> str:
    target, verdict = result.target, result.verdict
    crashes = [_counted(result.crashed("kill"), "kill")]
    if target.restarts:
        crashes.append(f"{_counted(result.crashed('restart'), 'restart')} of the database")
    return (
        f"{target.store}: {target.deliveries:,} deliveries through {' and '.join(crashes)}: "
        f"{len(verdict.lost)} lost, {len(verdict.doubled)} doubled"
    )


def _details(result: Result) -> str:
    shown = figures(result)
    return (
        f"{result.about}. {shown['duplicates']:,} duplicates, {shown['retries']:,} retries, "
        f"{shown['requests']:,} requests, {shown['requests per second']:,} per second, seed {result.seed}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
