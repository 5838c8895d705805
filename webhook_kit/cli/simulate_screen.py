"""The simulator's screen: events, what happened to them, and how long answers took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from webhook_kit.testing.simulation.chaos import MEANING, REFUSED, Chaos
from webhook_kit.testing.simulation.plan import Sending
from webhook_kit.testing.simulation.report import GOOD, Fate, Report, Row, percentile

from .screen import ENDLESS, many, milliseconds
from .table import natural_width, shortened

BOUNDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, inf)
"""Upper ends of the histogram's bars, in seconds."""
WIDEST_BAR: Final = 40
MOST_TYPES: Final = 12
"""More types of events than this are not shown one by one."""
MOST_TOLD: Final = 10
SHORTEST_NAME: Final = 12
ALL: Final = "all"


def show(screen: Console, facts: dict[str, Any], report: Report) -> None:
    """Print what became of everything."""
    screen.print(Text.assemble((facts["provider"], "bold"), f" to {facts['to']}"), soft_wrap=True)
    screen.print(f"seed {facts['seed']}, {facts['speed']:g} times as fast", style="dim")
    screen.print()
    screen.print(_events(report, screen.width))
    if any(each.chaos for each in report.sendings):
        screen.print()
        screen.print(_happened(report))
    if report.seconds:
        screen.print()
        screen.print(Text("answers took", style="bold"))
        for line in histogram(report.seconds):
            screen.print(line, no_wrap=True)
    screen.print()
    for line in _told(report):
        screen.print(line)
    style = "bold green" if report.all_well else "bold red"
    screen.print(Text(_summary(facts), style=style))
    handled = [each for each in report.events if report.fate(each) is Fate.DELIVERED]
    if handled:
        screen.print(f"Your handlers should have seen {many(len(handled), 'event')}, each once.", style="dim")


def histogram(seconds: Sequence[float]) -> Iterator[Text]:
    """Yield a bar for each range of durations, from the shortest to the longest that occurred."""
    counts = [0] * len(BOUNDS)
    for each in seconds:
        counts[next(number for number, bound in enumerate(BOUNDS) if each <= bound)] += 1
    first = next(number for number, count in enumerate(counts) if count)
    last = max(number for number, count in enumerate(counts) if count)
    longest = max(counts)
    for number in range(first, last + 1):
        bound = BOUNDS[number]
        label = f"over {_bound(BOUNDS[number - 1])}" if bound == inf else f"up to {_bound(bound)}"
        bar = "█" * round(WIDEST_BAR * counts[number] / longest) or ("▏" if counts[number] else "")
        yield Text.assemble(f"  {label:>13}  ", (bar, "cyan"), f" {counts[number]}" if counts[number] else "")


def _bound(seconds: float) -> str:
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"


def _events(report: Report, width: int) -> Table:
    """Return the table of events; on a narrow screen their names are cut in the middle, and no number is."""
    rows = _rows(report)
    table = _of_rows(rows, ENDLESS)
    missing = natural_width(table) - width
    longest = max(len(row.name) for row in rows)
    return table if missing <= 0 else _of_rows(rows, max(SHORTEST_NAME, longest - missing))


def _of_rows(rows: Sequence[Row], longest: int) -> Table:
    table = _table("event", "sent", "tries", "delivered", "lost", "median", "95 %", "longest")
    for row in rows:
        table.add_row(*_cells(row, longest), style="bold" if row.name.startswith(ALL) else "")
    return table


def _rows(report: Report) -> list[Row]:
    """Return a row for each type, unless there are too many, and one for all."""
    rows = report.by_type()
    if len(rows) <= 1:
        return rows
    fates = {fate: sum(row.fates.get(fate, 0) for row in rows) for fate in Fate}
    seconds = sorted(each for row in rows for each in row.seconds)
    sent, tries = sum(row.sent for row in rows), sum(row.tries for row in rows)
    if len(rows) > MOST_TYPES:
        return [Row(f"{ALL} {len(rows)} types", sent, tries, fates, seconds)]
    return [*rows, Row(ALL, sent, tries, fates, seconds)]


def _cells(row: Row, longest: int) -> tuple[Text | str, ...]:
    lost = row.fates.get(Fate.LOST, 0) + row.fates.get(Fate.OPEN, 0)
    times = [milliseconds(percentile(row.seconds, part)) if row.seconds else "-" for part in (0.5, 0.95, 1.0)]
    return (
        shortened(row.name, longest),
        str(row.sent),
        str(row.tries),
        str(row.fates.get(Fate.DELIVERED, 0)),
        Text(str(lost), style="bold red" if lost else ""),
        *times,
    )


def _happened(report: Report) -> Table:
    table = _table("what happened", "", "sent", "as it should be")
    for row in report.by_chaos():
        kind = Chaos(row.name)
        good = sum(count for fate, count in row.fates.items() if fate in GOOD)
        due = "refused" if kind in REFUSED else "delivered"
        table.add_row(
            row.name,
            Text(MEANING[kind], style="dim"),
            str(row.sent),
            Text(f"{good} {due}", style="" if good == row.sent else "bold red"),
        )
    return table


def _table(*headings: str) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for number, heading in enumerate(headings):
        is_number = heading not in ("", "as it should be") and number > 0
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=True, overflow="ellipsis")
    return table


def _told(report: Report) -> Iterator[Text]:
    """Yield a line for everything that went wrong, what is the same once, as far as it is worth reading."""
    wrong = Counter(_why(report, each) for each in report.sendings if report.fate(each) not in GOOD)
    for (fate, text), count in wrong.most_common(MOST_TOLD):
        yield Text(f"✗ {fate}{f', {count} times' if count > 1 else ''}: {text}", style="red")
    if len(wrong) > MOST_TOLD:
        yield Text(f"✗ and {len(wrong) - MOST_TOLD} more; --report has all of them", style="red")
    if wrong:
        yield Text()


def _why(report: Report, sending: Sending) -> tuple[str, str]:
    """Return what became of a sending, and why."""
    tries, fate = report.tries_of(sending), report.fate(sending)
    last = tries[-1] if tries else None
    if last is None:
        why = "it was not sent"
    elif fate is Fate.LET_IN:
        why = f"the answer is {last.status}, and nobody may accept what is {sending.chaos[0]}"
    else:
        why = f"try {last.number}: {last.trouble or last.verdict}"
    happened = f" ({', '.join(sending.chaos)})" if sending.chaos else ""
    return fate.value, f"{sending.message.type}{happened}: {why}"


def _summary(facts: dict[str, Any]) -> str:
    parts = [f"{facts['lost']} lost"]
    if facts["open"]:
        parts.append(f"{facts['open']} left open")
    if facts["beside_events"]:
        parts.append(f"{facts['let_in']} let in")
    sent = many(facts["events"], "event")
    if facts["beside_events"]:
        sent += f" and {facts['beside_events']} more"
    return f"{sent} in {many(facts['tries'], 'try')}, {', '.join(parts)}, {facts['seconds']:.1f} s"
