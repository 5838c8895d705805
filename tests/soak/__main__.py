"""Receive for minutes at a steady rate, and see that memory does not grow."""

from __future__ import annotations

import json
import os
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from tests.reliability.arguments import number_above_0
from tests.reliability.errors import Missing, Trouble
from tests.reliability.server import ROOT

from .plot import plot
from .result import Result
from .run import SERVERS, STORES, TARGETS, soak

BUILD: Final = ROOT / "build" / "soak"
RATE: Final = 40.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and return the exit code: 1 if something grew, or was answered wrongly."""
    options = _parser().parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    targets = [
        target
        for target in TARGETS
        if target.server in (options.server or SERVERS) and target.store in (options.store or STORES)
    ]
    console = Console(highlight=False)
    console.print(
        f"Seed {seed}; {options.minutes:g} minutes, {options.rate:g} requests per second to each of {len(targets)}",
        soft_wrap=True,
    )
    try:
        results = soak(targets, options.rate, 60 * options.minutes, seed, BUILD)
    except Missing as missing:
        console.print(f"skipped, because {missing}; leave it out by --store", soft_wrap=True)
        return int(os.environ.get("WEBHOOK_KIT_REQUIRE_SERVICES") == "1")
    except Trouble as trouble:
        console.print(str(trouble), style="red", markup=False, soft_wrap=True)
        return 1
    complaints = [f"{result.name}: {complaint}" for result in results for complaint in result.complaints()]
    (BUILD / "figures.json").write_text(_as_json(results, seed, complaints))
    plot(results, BUILD / "soak.png")
    console.print(_table(results))
    console.print(f"The picture, the figures and the logs are in {BUILD.relative_to(ROOT)}.")
    for complaint in complaints:
        console.print(complaint, style="red", markup=False, soft_wrap=True)
    return 1 if complaints else 0


def _table(results: Sequence[Result]) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("")
    for result in results:
        made.add_column(result.name, justify="right")
    columns = [result.figures() for result in results]
    for name in columns[0]:
        made.add_row(name, *(f"{column[name]:,}" for column in columns))
    return made


def _as_json(results: Sequence[Result], seed: int, complaints: Sequence[str]) -> str:
    return json.dumps(
        {
            "seed": seed,
            "targets": {
                result.name: {
                    "about": result.about,
                    "figures": {name.replace(" ", "_"): value for name, value in result.figures().items()},
                    "unexpected": dict(result.unexpected.most_common()),
                }
                for result in results
            },
            "complaints": list(complaints),
        },
        indent=1,
    )


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=number_above_0, default=10.0, help="how long, such as 1 for a short form")
    parser.add_argument("--rate", type=number_above_0, default=RATE, help="requests per second to each server")
    parser.add_argument("--server", action="append", choices=SERVERS, help="only this server; may be repeated")
    parser.add_argument("--store", action="append", choices=STORES, help="only this store; may be repeated")
    parser.add_argument("--seed", type=int, help="what to send, as in an earlier run")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
