"""Prove on each store what crashes may do to deliveries, and what they may not."""

from __future__ import annotations

import os
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Final

from rich.console import Console

from .application import LEASE
from .arguments import number_above_0
from .errors import Missing, Trouble
from .figures import as_json, table
from .messages import DUPLICATES
from .plot import plot
from .progress import Progress
from .proof import prove
from .result import Result
from .server import ROOT
from .targets import TARGETS, Target
from .vendor import CONNECTIONS

BUILD: Final = ROOT / "build" / "reliability"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the proofs and return the exit code: 1 if a promise is broken."""
    options = _parser().parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    console = Console(highlight=False)
    console.print(
        f"Seed {seed}; {CONNECTIONS} requests at a time, {DUPLICATES:.0%} of deliveries twice, leases of {LEASE:g} s",
        soft_wrap=True,
    )
    results: list[Result] = []
    complaints: list[str] = []
    for store in options.store or TARGETS:
        try:
            results.append(_prove(TARGETS[store].scaled(options.scale), seed, console))
        except Missing as missing:
            console.print(f"\n[bold]{store}[/bold]: skipped, because {missing}", soft_wrap=True)
            if os.environ.get("WEBHOOK_KIT_REQUIRE_SERVICES") == "1":
                complaints.append(f"{store}: {missing}")
        except Trouble as trouble:
            complaints.append(f"{store}: {trouble}")
    if results:
        console.print()
        console.print(table(results))
        console.print(f"Pictures, figures and logs are in {BUILD.relative_to(ROOT)}.")
    complaints += [f"{result.target.store}: {complaint}" for result in results for complaint in result.complaints()]
    for complaint in complaints:
        console.print(complaint, style="red", markup=False, soft_wrap=True)
    return 1 if complaints else 0


def _prove(target: Target, seed: int, console: Console) -> Result:
    folder = BUILD / target.store
    progress = Progress(console)
    try:
        result = prove(target, seed, folder, progress)
    finally:
        progress.end()
    (folder / "figures.json").write_text(as_json(result))
    plot(result, folder / "crashes.png")
    return result


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument(
        "--scale", type=number_above_0, default=1.0, help="how much of the full form to run, such as 0.1"
    )
    parser.add_argument("--store", action="append", choices=TARGETS, help="only this store; may be repeated")
    parser.add_argument("--seed", type=int, help="what to send and when to crash, as in an earlier run")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
