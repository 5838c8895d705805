"""What was seen, against what the cases expect and the reasons allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from .cases import CASES
from .cell import Cell, Result
from .reasons import reason_for


def complaint(result: Result) -> str:
    """Return what is wrong with a cell, empty where nothing is."""
    reason = reason_for(result.cell)
    if reason is None:
        return result.seen
    if not result.seen:
        return f"passes, though {_quoted(reason.seen)} has a reason: take it out of reasons.py"
    if result.seen != reason.seen:
        return f"{result.seen}; the reason is one for {_quoted(reason.seen)}"
    return ""


def complaints(expected: Iterable[Cell], results: Iterable[Result]) -> list[str]:
    """Return what is wrong with the cells of a run, those that agree in one line."""
    seen = {result.cell: result for result in results}
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for cell in expected:
        wrong = complaint(seen[cell]) if cell in seen else "not tried"
        if wrong:
            found[cell.server, cell.case, wrong].append(cell.host)
    return [
        f"{server}, {', '.join(hosts)}: {wrong}\n  instead of: {CASES[case].title} ({case})"
        for (server, case, wrong), hosts in found.items()
    ]


def _quoted(text: str) -> str:
    return f'"{text}"'
