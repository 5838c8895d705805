"""The results on the screen and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from .bars import Bar, Verdict
from .figures import Figure
from .subject import Comparison, Effort, Results

STYLES: Final[Mapping[Verdict, str]] = {Verdict.MET: "green", Verdict.NOISY: "yellow", Verdict.MISSED: "bold red"}


def measurements(comparison: Comparison) -> Table:
    """Return the contenders of a comparison, one a line."""
    table = Table(title=Text(comparison.name, style="bold"), title_justify="left", box=None, pad_edge=False)
    table.add_column("contender")
    table.add_column(comparison.unit, justify="right")
    table.add_column("middle half", justify="right", style="dim")
    for name, figure in comparison.figures.items():
        table.add_row(Text(name), number(figure.median), between(figure))
    return table


def verdicts(bars: Iterable[Bar]) -> Table:
    """Return the bars with their figures and limits."""
    table = Table(title=Text("Bars", style="bold"), title_justify="left", box=None, pad_edge=False)
    table.add_column("bar")
    table.add_column("figure", justify="right")
    table.add_column("middle half", justify="right", style="dim")
    table.add_column("limit", justify="right")
    table.add_column("")
    for bar in bars:
        verdict = bar.verdict
        table.add_row(
            Text(bar.name),
            f"{number(bar.figure.median)} {bar.unit}",
            between(bar.figure),
            f"{bar.direction} {number(bar.limit)}",
            Text(verdict.value, style=STYLES[verdict]),
        )
    return table


def number(value: float) -> str:
    """Return three digits of a number, and all those before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def between(figure: Figure) -> str:
    """Return the quartiles."""
    low, high = figure.quartiles
    return f"{number(low)} to {number(high)}" if len(figure.samples) > 1 else ""


def bars_of(results: Results) -> list[Bar]:
    """Return every bar that was measured."""
    return [bar for comparisons in results.values() for comparison in comparisons for bar in comparison.bars]


def as_json(results: Results, effort: Effort) -> dict[str, Any]:
    """Return everything for machines: every measurement, and where it was made."""
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "webhook_kit": version("webhook-kit"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "rounds": effort.rounds,
        "scale": effort.scale,
        "subjects": {name: [_comparison(each) for each in comparisons] for name, comparisons in results.items()},
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "name": comparison.name,
        "unit": comparison.unit,
        "contenders": {name: _figure(figure) for name, figure in comparison.figures.items()},
        "bars": [
            {
                "name": bar.name,
                **_figure(bar.figure),
                "unit": bar.unit,
                "limit": bar.limit,
                "direction": bar.direction,
                "verdict": bar.verdict.value,
            }
            for bar in comparison.bars
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {"median": figure.median, "quartiles": list(figure.quartiles), "samples": list(figure.samples)}
