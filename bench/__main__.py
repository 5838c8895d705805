"""Measure, show, and tell by the exit code whether every bar is met."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from .bars import Verdict
from .plots import plot
from .report import as_json, bars_of, measurements, verdicts
from .subject import FULL, QUICK, Comparison, Effort, Results, Subject, Unavailable
from .subjects import SUBJECTS

OUT: Final = Path("build/bench")


def main(
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Measure this subject only; may be given several times.", show_default=False),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Measure less, and see more noise.")] = False,
    out: Annotated[Path, typer.Option(help="The folder for the JSON file and the plots.")] = OUT,
) -> None:
    """Measure this kit against what it is compared with, and write figures and plots into a folder.

    Exits with 1 if a bar is missed by more than the noise.
    """
    known = {subject.name: subject for subject in SUBJECTS}
    for name in only or ():
        if name not in known:
            raise typer.BadParameter(f"there is no {name}; there is {', '.join(known)}", param_hint="--only")
    effort, screen = QUICK if quick else FULL, _screen()
    results: Results = {}
    for name in only or known:
        results[name] = list(_measured(known[name], effort, screen))
    bars = bars_of(results)
    screen.print(verdicts(bars))
    _write(results, effort, out)
    screen.print(f"\nFigures and plots are in {out}.", style="dim")
    if any(bar.verdict is Verdict.MISSED for bar in bars):
        raise typer.Exit(1)


def _screen() -> Console:
    screen = Console(highlight=False)
    if not screen.is_terminal and "COLUMNS" not in os.environ:
        # A file has no width.
        screen.width = 160
    return screen


def _measured(subject: Subject, effort: Effort, screen: Console) -> Iterator[Comparison]:
    """Yield each comparison after it was shown; what cannot be measured here is left out unless it is required."""
    screen.print(Text.assemble((subject.name, "bold cyan"), f": {subject.about}\n"))
    for compare in subject.comparisons:
        try:
            with screen.status("measuring …"):
                done = compare(effort)
        except Unavailable as error:
            if os.environ.get("WEBHOOK_KIT_REQUIRE_SERVICES") == "1":
                raise
            screen.print(f"left out: {error}\n", style="yellow")
        else:
            screen.print(measurements(done), "")
            yield done


def _write(results: Results, effort: Effort, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(as_json(results, effort), indent=2) + "\n", encoding="utf-8")
    for name, comparisons in results.items():
        for comparison in comparisons:
            plot(comparison, out, name)


if __name__ == "__main__":
    typer.run(main)
