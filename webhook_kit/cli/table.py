"""The demo's screen: a table with a block for each vendor, and what was not as promised."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .demo import Answer, Row

ENDLESS: Final = 10_000
WRONG: Final = "bold red"
NOTHING: Final = "-"


class Style(NamedTuple):
    """How a table is laid out: whether bodies are shown whole, the spaces between columns, and those before rows."""

    whole: bool
    gap: int
    indent: int


# The first one that fits is taken.
STYLES: Final = (Style(True, 2, 2), Style(True, 1, 0), Style(False, 2, 2), Style(False, 1, 0))
LONGEST_ANSWER: Final = 76
SHORTEST_NAME: Final = 26
SHORTEST_OUTCOME: Final = 15


def table(rows: Sequence[Row], width: int | None) -> Table:
    """Return the table for a screen of this width, None for no limit.

    Where it does not fit, bodies are shortened to what they say, and names are cut; where that is not enough, outcomes
    and what handlers saw are cut as well.
    """
    everything = _table(rows, STYLES[0])
    if width is None or natural_width(everything) <= width:
        return everything
    longest = max(len(row.planned.name) for row in rows)
    for style in STYLES:
        missing = natural_width(_table(rows, style, answer=LONGEST_ANSWER)) - width
        name = longest + style.indent - max(0, missing)
        if missing <= 0 or name >= SHORTEST_NAME:
            return _table(rows, style, name=name, answer=LONGEST_ANSWER)
    return _table(rows, STYLES[-1], name=SHORTEST_NAME, outcome=SHORTEST_OUTCOME)


def natural_width(table: Table) -> int:
    """Return the width at which nothing is cut."""
    return Console(width=ENDLESS).measure(table).maximum


def broken_promises(rows: Sequence[Row]) -> Iterator[Text]:
    """Return, for each row that came out otherwise, what came and what was promised."""
    for row in rows:
        if row.kept:
            continue
        promise = row.planned.promise
        promised = Answer(promise.status, promise.body, "some seconds" if promise.retry_after else None)
        yield Text(f"{row.planned.vendor}: {row.planned.name}", style=WRONG)
        for kept, heading, came, due in (
            (row.answer_kept, "answered", _in_full(row.answer), _in_full(promised)),
            (row.outcome_kept, "outcome", row.outcome, promise.outcome),
            (row.saw_kept, "saw", _together(row.saw), _together(promise.saw)),
        ):
            if not kept:
                yield Text(f"  {heading:<8}  {came}\n  promised  {due}")


def _table(
    rows: Sequence[Row], style: Style, *, name: int | None = None, answer: int | None = None, outcome: int | None = None
) -> Table:
    """Return the table with columns that are at most so wide."""
    # The box has a space of its own between columns.
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, style.gap - 1, 0, 0))
    for heading, longest in (("delivery", name), ("answered", answer), ("outcome", outcome)):
        table.add_column(heading, no_wrap=True, max_width=longest)
    # The only column that gives way to the others, because it may be folded; its cells are cut instead.
    table.add_column(Text("the handler saw", no_wrap=True, overflow="ellipsis"))
    for number, (vendor, of_vendor) in enumerate(groupby(rows, key=lambda row: row.planned.vendor)):
        if number:
            table.add_row()
        table.add_row(Text(vendor, style="bold"))
        for row in of_vendor:
            table.add_row(*_cells(row, style, name or ENDLESS))
    return table


def _cells(row: Row, style: Style, longest: int) -> tuple[Text, ...]:
    name = "" if row.kept else WRONG
    status, body = row.answer.status, row.answer.body.decode(errors="replace")
    colour = _colour(status)
    return (
        Text(shortened(" " * style.indent + row.planned.name if row.kept else f"✗ {row.planned.name}", longest), name),
        _cell(f"{status or '---'} {body if style.whole else telling(body)}", row.answer_kept, colour),
        _cell(row.outcome, row.outcome_kept, colour),
        _cell(_together(row.saw), row.saw_kept, "" if row.saw else "dim"),
    )


def _cell(text: str, kept: bool, style: str) -> Text:
    return Text(text if kept else f"✗ {text}", style=style if kept else WRONG, no_wrap=True, overflow="ellipsis")


def shortened(text: str, longest: int) -> str:
    """Cut in the middle: names that begin alike differ at their ends."""
    if len(text) <= longest:
        return text
    end = (longest - 1) // 3
    return f"{text[: longest - 1 - end]}…{text[-end:]}"


def telling(body: str) -> str:
    """Return what a body says: the last text in a JSON object that is not empty, else the body itself."""
    try:
        values = list(json.loads(body).values())
    except (ValueError, AttributeError):
        return body
    return next((value for value in reversed(values) if isinstance(value, str) and value), body)


def _colour(status: int | None) -> str:
    if status is None:
        return WRONG
    return "green" if status < 300 else "yellow" if status < 500 else "magenta"


def _in_full(answer: Answer) -> str:
    retry_after = "" if answer.retry_after is None else f", Retry-After: {answer.retry_after}"
    return f"{answer.status} {answer.body.decode(errors='replace')}{retry_after}"


def _together(texts: Sequence[str]) -> str:
    return ", ".join(texts) or NOTHING
