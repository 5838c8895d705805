"""``webhook-kit simulate``: a vendor that sends for a while, on its own schedule, through everything that happens."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from secrets import randbelow
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, Progress, TextColumn

from webhook_kit.errors import ConfigurationError
from webhook_kit.testing.simulation.chaos import Chaos
from webhook_kit.testing.simulation.plan import plan
from webhook_kit.testing.simulation.report import Fate, Report, Try
from webhook_kit.testing.simulation.run import WORKERS, Pace, Simulation
from webhook_kit.testing.wire import Unanswered, Wire

from . import exits
from .exits import Exit
from .screen import console, print_json, trimmed
from .simulate_screen import show
from .vendors import (
    Address,
    Insecure,
    Json,
    Keywords,
    ProviderName,
    Scheme,
    SecretText,
    complete_event,
    make_provider,
    provider_class,
    resolve,
)

NEXT_SECRET: Final = "WEBHOOK_KIT_NEXT_SECRET"


def simulate(
    provider: ProviderName,
    to: Address,
    secret: SecretText = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            "--event",
            metavar="EVENT",
            help="Send this event only; may be repeated.",
            autocompletion=complete_event,
            show_default=False,
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many events are sent.")] = 100,
    rate: Annotated[float, typer.Option(min=0.001, help="How many events are sent in a second.")] = 20.0,
    speed: Annotated[
        float, typer.Option(min=0.001, help="How many seconds of the vendor's waiting pass in one second.")
    ] = 60.0,
    chaos: Annotated[bool, typer.Option("--chaos", help="Let everything happen that happens to deliveries.")] = False,
    without: Annotated[
        list[Chaos] | None, typer.Option(help="Let this not happen; may be repeated.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Decide as an earlier run did.", show_default=False, metavar="NUMBER")
    ] = None,
    next_secret: Annotated[
        str | None,
        typer.Option(
            "--next-secret",
            metavar="TEXT",
            help=f"Sign the second half with this secret. Better the variable {NEXT_SECRET}.",
            show_default=False,
        ),
    ] = None,
    scheme: Scheme = None,
    option: Keywords = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="How many deliveries are made at once.")] = WORKERS,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write a report as JSON.", show_default=False)
    ] = None,
    insecure: Insecure = False,
    as_json: Json = False,
) -> None:
    """Send events as a vendor does, and come again when the vendor does.

    Waiting is compressed by --speed; how long the vendor waits for an answer is not, because handlers take the time
    that they take. With --chaos deliveries are sent twice at once, reordered, drifted, cut off, sent in pieces and
    signed by clocks that are wrong; and unknown, forged and stale ones are sent beside them.

    Exits with 0 if every event was delivered and every forgery refused, with 1 if not; with 3 if the server cannot be
    reached at the start, 4 if it does not answer then, 5 without TLS, 6 if it does nothing but redirect.
    """
    if without and not chaos:
        raise typer.BadParameter("it says what --chaos leaves out: write --chaos, too", param_hint="--without")
    if not event and not provider_class(provider).catalog:
        raise typer.BadParameter(f"{provider} has no events of its own: name some with --event")
    made = make_provider(provider, secret=secret, scheme=scheme, keywords=option, events=event or ())
    names = [resolve(made, each) for each in event or ()]
    seed = randbelow(1_000_000) if seed is None else seed
    random = Random(seed)  # noqa: S311  # nothing secret is made with it
    happening = set(Chaos) - set(without or ()) if chaos else set()
    try:
        wire = Wire(to, insecure=insecure)
        sendings = plan(
            made,
            count=count,
            rate=rate,
            random=random,
            types=names,
            chaos=happening,
            next_secret=next_secret or os.environ.get(NEXT_SECRET),
        )
        wire.knock()
    except ConfigurationError as error:
        raise typer.BadParameter(str(error)) from None
    except Unanswered as error:
        exits.end_unanswered(error)
    started = time.perf_counter()
    simulation = Simulation(made, wire, sendings, random=random, pace=Pace(speed), workers=workers)
    try:
        with suppress(KeyboardInterrupt):
            for _ in _with_progress(simulation.run(), simulation.report):
                pass
    except ConfigurationError as error:
        # Nothing can be sent with such a secret.
        raise typer.BadParameter(str(error)) from None
    facts: dict[str, Any] = {
        "provider": made.name,
        "to": wire.shown,
        "seed": seed,
        "rate": rate,
        "speed": speed,
        "chaos": sorted(happening),
        "seconds": round(time.perf_counter() - started, 3),
        **simulation.report.as_json(),
    }
    if as_json:
        print_json(facts)
    else:
        screen = console()
        with trimmed(screen):
            show(screen, facts, simulation.report)
    if report is not None:
        _write(report, facts)
    raise typer.Exit(_code(simulation.report))


def _code(report: Report) -> Exit:
    if report.all_well:
        return Exit.OK
    return Exit.REDIRECTED if report.redirected else Exit.FAILED


def _with_progress(tries: Iterator[Try], report: Report) -> Iterator[Try]:
    screen = console(err=True)
    progress = Progress(
        TextColumn("sending"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[fates]}", style="dim"),
        console=screen,
        disable=not screen.is_terminal,
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=len(report.sendings), fates="")
        for made in tries:
            fates = report.fates()
            waiting = f"{fates[Fate.OPEN]} to come, {fates[Fate.LOST]} lost"
            progress.update(task, completed=len(report.sendings) - fates[Fate.OPEN], fates=waiting)
            yield made


def _write(file: Path, facts: dict[str, Any]) -> None:
    try:
        file.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        exits.end(f"the report cannot be written to {file}: {error.strerror}", Exit.FAILED)
