"""The figures of proofs: a table for readers, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeAlias

from rich import box
from rich.table import Table

from .result import Result

Figures: TypeAlias = dict[str, int | float]


def figures(result: Result) -> Figures:
    """Return what a proof comes down to, in the order in which it is read."""
    verdict = result.verdict
    return {
        "deliveries": result.target.deliveries,
        "duplicates": result.duplicates,
        "requests": result.requests,
        "retries": len(result.retries),
        "kills": result.crashed("kill"),
        "restarts": result.crashed("restart"),
        "requests cut off": sum(crash.cut_off for crash in result.crashes),
        "effects of a later attempt": verdict.taken_over,
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "acknowledged without effect": len(verdict.acknowledged_without_effect),
        "never acknowledged": len(verdict.unacknowledged),
        "requests per second": round(result.requests / result.seconds),
        "seconds": round(result.seconds, 1),
    }


def table(results: Sequence[Result]) -> Table:
    """Return a table with a column for each store."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("")
    for result in results:
        made.add_column(result.target.store, justify="right")
    columns = [figures(result) for result in results]
    for name in columns[0]:
        made.add_row(name, *(f"{column[name]:,}" for column in columns))
    made.add_row(
        "promise", *("[red]broken[/red]" if result.complaints() else "[green]kept[/green]" for result in results)
    )
    return made


def as_json(result: Result) -> str:
    """Return the figures, the crashes, and what it takes to run the same again."""
    target, verdict = result.target, result.verdict
    return json.dumps(
        {
            "store": target.store,
            "about": result.about,
            "seed": result.seed,
            "figures": {name.replace(" ", "_"): value for name, value in figures(result).items()},
            "doubled_at_most": target.doubled,
            "complaints": result.complaints(),
            "answers": dict(result.answers.most_common()),
            "crashes": [
                {
                    "kind": crash.kind,
                    "second": round(crash.at - result.started, 3),
                    "acknowledged": crash.acknowledged,
                    "in_flight": len(crash.in_flight),
                    "cut_off": crash.cut_off,
                }
                for crash in result.crashes
            ],
            "lost": sorted(verdict.lost),
            "doubled": sorted(verdict.doubled),
            "doubled_without_kill": sorted(verdict.doubled_without_kill),
            "acknowledged_without_effect": sorted(verdict.acknowledged_without_effect),
            "unacknowledged": sorted(verdict.unacknowledged),
            "unexpected": sorted(verdict.unexpected),
        },
        indent=1,
    )
