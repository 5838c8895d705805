"""How far the run has come, and what came of it, on 80 columns."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .cell import Cell, Result
from .verdict import complaint


class Screen:
    """A line for each server that is done; on a terminal a bar below them."""

    def __init__(self, console: Console, cells: Sequence[Cell]) -> None:
        self.cells = cells
        self.results: list[Result] = []
        self._console = console
        self._left = Counter(cell.server for cell in cells)
        self._seen: dict[str, Counter[str]] = {server: Counter() for server in self._left}
        self._lock = Lock()
        self._started = time.monotonic()
        self._bar = Progress(
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=len(cells))

    def __enter__(self) -> Self:
        cases = _counted(len({cell.case for cell in self.cells}), "case")
        hosts = _counted(len({cell.host for cell in self.cells}), "host")
        servers = _counted(len(self._left), "server")
        self._console.print(f"{cases}, {hosts}, {servers}: {_counted(len(self.cells), 'cell')}\n")
        self._console.print("[bold]server             cells   pass  the server's   wrong[/bold]")
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def told(self, result: Result) -> None:
        """Take a result, from whichever thread."""
        wrong = complaint(result)
        with self._lock:
            self.results.append(result)
            server = result.cell.server
            self._seen[server]["wrong" if wrong else "reason" if result.seen else "pass"] += 1
            self._left[server] -= 1
            busy = [name for name, left in self._left.items() if 0 < left < self._seen[name].total() + left]
            self._bar.update(self._task, advance=1, description=", ".join(busy)[:24])
            if not self._left[server]:
                self._show(server)

    def conclude(self, wrong: Sequence[str], folder: Path, page: str) -> None:
        """Tell what came of it all."""
        for server, left in self._left.items():
            if left:
                self._show(server)
        seen = sum(self._seen.values(), Counter[str]())
        self._console.print()
        for line in wrong:
            self._console.print(line, style="red", markup=False, soft_wrap=True)
        told = f"{seen['pass']:,} pass, {seen['reason']:,} as the server's reason says"
        seconds = time.monotonic() - self._started
        if wrong:
            told += f", {len(self.cells) - seen['pass'] - seen['reason']:,} wrong; the servers' logs are in {folder}"
        self._console.print(f"{told}. {seconds // 60:.0f}:{seconds % 60:02.0f}", soft_wrap=True)
        if page:
            self._console.print(f"{page}.", soft_wrap=True)

    def _show(self, server: str) -> None:
        seen, left = self._seen[server], self._left[server]
        wrong = seen["wrong"] + left
        line = f"{server:<18} {seen.total() + left:>5} {seen['pass']:>6} {seen['reason']:>13} {wrong or '':>7}"
        self._console.print(line, style="red" if wrong else "", markup=False)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
