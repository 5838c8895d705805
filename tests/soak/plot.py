"""A picture of a soak: lines that should be level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from tests.reliability.plot import BLUE, GREY, ORANGE, PURPLE, RED

from .result import Result

COLORS: Final = (BLUE, ORANGE, PURPLE, RED)
SLICES: Final = 60
"""Into how many slices of time latencies are put together."""


def plot(results: Sequence[Result], path: Path) -> None:
    """Draw all of them into a PNG file."""
    figure = Figure(figsize=(12, 11), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    memory, descriptors, threads, latency = figure.subplots(4, 1, sharex=True, height_ratios=(3, 1.4, 1.4, 3))
    for result, color in zip(results, COLORS, strict=False):
        times = [sample.at - result.started for sample in result.samples]
        label = f"{result.name}: {result.growth:+.1%}"
        memory.plot(times, [sample.memory / 2**20 for sample in result.samples], color=color, label=label)
        descriptors.plot(times, [sample.descriptors for sample in result.samples], color=color)
        threads.plot(times, [sample.threads for sample in result.samples], color=color)
        for percent, style in ((50, "-"), (99, ":")):
            told = f"{result.name}, p{percent}"
            latency.plot(*zip(*_percentiles(result, percent), strict=True), color=color, linestyle=style, label=told)
    for axes, name in ((memory, "memory in MiB"), (descriptors, "descriptors"), (threads, "threads")):
        axes.set_ylim(bottom=0, top=axes.get_ylim()[1] * 1.15)
        _dress(axes, name)
    latency.set_yscale("log")
    latency.set_ylim(top=latency.get_ylim()[1] * 6)  # room for the legend
    _dress(latency, "latency in ms")
    for axes in (memory, latency):
        axes.legend(loc="upper right", framealpha=0.95, edgecolor="white", ncols=2, fontsize=8.5)
    memory.axvspan(0, results[0].start, color=GREY, alpha=0.1)
    latency.set_xlabel("seconds")
    minutes, rate = results[0].seconds / 60, results[0].rate
    figure.suptitle(f"{minutes:g} minutes at {rate:g} requests per second and server", fontsize=14, fontweight="bold")
    memory.set_title("growth after the grey part, which is the start", fontsize=9.5, color=GREY)
    figure.savefig(path)


def _dress(axes: Axes, name: str) -> None:
    axes.set_ylabel(name)
    axes.margins(x=0.01)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _percentiles(result: Result, percent: int) -> Iterator[tuple[float, float]]:
    """Yield the middle of each slice of time, and the milliseconds within which so many were answered."""
    width = result.seconds / SLICES
    for number in range(SLICES):
        begin = result.started + number * width
        found = sorted(each.seconds for each in result.answers if begin <= each.at < begin + width)
        if found:
            yield (number + 0.5) * width, 1000 * found[min(len(found) - 1, len(found) * percent // 100)]
