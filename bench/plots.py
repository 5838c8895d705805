"""A plot for each comparison."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import matplotlib

matplotlib.use("Agg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from .report import number
from .subject import Comparison

Draw: TypeAlias = Callable[[Axes, Comparison], None]


def plot(comparison: Comparison, folder: Path, subject: str) -> Path:
    """Draw a comparison into a file of the folder, and return its path."""
    canvas = Canvas(figsize=(8, 4), layout="constrained")
    axes = canvas.add_subplot()
    axes.set_title(comparison.name, loc="left")
    (comparison.draw or bars)(axes, comparison)
    path = folder / f"{subject}-{_slug(comparison.name)}.png"
    canvas.savefig(path, dpi=120)
    return path


def bars(axes: Axes, comparison: Comparison) -> None:
    """Draw a bar for each contender, with a line over its middle half."""
    names = list(comparison.figures)
    figures = list(comparison.figures.values())
    medians = [figure.median for figure in figures]
    below = [figure.median - figure.quartiles[0] for figure in figures]
    above = [figure.quartiles[1] - figure.median for figure in figures]
    drawn = axes.barh(names, medians, xerr=(below, above), color="#4878a8", ecolor="#222222", capsize=3)
    axes.bar_label(drawn, labels=[number(value) for value in medians], padding=6)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel(comparison.unit)
    axes.spines[["top", "right"]].set_visible(False)


def lines(xlabel: str, series: Mapping[str, Sequence[tuple[float, str]]]) -> Draw:
    """Return what draws contenders as points of lines: where each stands on the axis, and its name."""

    def draw(axes: Axes, comparison: Comparison) -> None:
        for name, points in series.items():
            medians = [comparison.figures[contender].median for _, contender in points]
            axes.plot([place for place, _ in points], medians, marker="o", label=name)
        axes.set_xscale("log")
        highest, lowest = axes.dataLim.y1, axes.dataLim.y0
        if highest > 10 * lowest:
            axes.set_yscale("log")
        else:
            axes.set_ylim(0, 1.3 * highest)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(comparison.unit)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)

    return draw


def stacked(stacks: Mapping[str, Mapping[str, str]]) -> Draw:
    """Return what draws a bar for each stack, out of contenders under the name of what they are a part of it."""

    def draw(axes: Axes, comparison: Comparison) -> None:
        stages = list(dict.fromkeys(stage for stack in stacks.values() for stage in stack))
        colours = matplotlib.colormaps["tab10"].colors  # type: ignore[attr-defined]
        ends = dict.fromkeys(stacks, 0.0)
        for stage, colour in zip(stages, colours, strict=False):
            for name, stack in stacks.items():
                # A difference of two measurements may be noise around nothing.
                width = max(0.0, comparison.figures[stack[stage]].median) if stage in stack else 0.0
                axes.barh(
                    name, width, left=ends[name], color=colour, label=stage if name == next(iter(stacks)) else None
                )
                ends[name] += width
        axes.invert_yaxis()
        axes.set_xlabel(comparison.unit)
        shown = [Patch(color=colour, label=stage) for stage, colour in zip(stages, colours, strict=False)]
        axes.legend(handles=shown, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3)
        axes.spines[["top", "right"]].set_visible(False)

    return draw


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
