"""How far a proof has come: a bar on a terminal, a line for every tenth elsewhere."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from .crashes import Crashes
from .targets import Target
from .vendor import Vendor


class Progress:
    """Show one proof."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("  acknowledged"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tenths = 0

    def begin(self, target: Target, about: str, sends: int) -> None:
        """Announce the proof."""
        self._target = target
        self._sends = sends
        self._console.print(f"\n[bold]{target.store}[/bold]: {about}", soft_wrap=True)
        self._task = self._bars.add_task("", total=sends)
        self._bars.start()

    def show(self, vendor: Vendor, crashes: Crashes) -> None:
        """Tell how many of the sends are acknowledged, and what they went through."""
        acknowledged = len(vendor.acknowledgements)
        told = f"{len(vendor.retries):,} retries, {crashes.count('kill')}/{self._target.kills} kills"
        if self._target.restarts:
            told += f", {crashes.count('restart')}/{self._target.restarts} restarts"
        self._bars.update(self._task, completed=acknowledged, description=told)
        tenths = acknowledged * 10 // self._sends
        if not self._console.is_terminal and tenths > self._tenths:
            self._tenths = tenths
            self._console.print(f"  {tenths * 10:>3} %  {acknowledged:,} acknowledged, {told}", soft_wrap=True)

    def end(self) -> None:
        """Leave the last state standing."""
        self._bars.stop()
