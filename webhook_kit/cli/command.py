"""The commands, their options, and what they print."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

import webhook_kit
from webhook_kit import RedactQuery

from .check import check
from .demo import Row, Script, run
from .demo_application import DemoApplication
from .demo_deliveries import deliveries
from .demo_server import Server
from .events import events
from .explain import explain
from .purge import purge
from .send import send
from .serve import serve
from .simulate import simulate
from .table import broken_promises, natural_width, table

script: Script = deliveries
"""What the demo sends."""

SHORTENED: Final = "Bodies are shortened to fit; --json has every byte."

cli = typer.Typer(
    help="Receive webhooks in any Python web framework.",
    epilog="Start with: webhook-kit demo",
    no_args_is_help=True,
    # Flows paragraphs; "rich" would keep the line breaks of this source.
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        number = webhook_kit.__version__
    except PackageNotFoundError:
        number = "(a checkout that is not installed)"
    typer.echo(f"webhook-kit {number}")
    raise typer.Exit


@cli.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Receive webhooks in any Python web framework."""


@cli.command()
def demo(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show the log lines of the kit and the server.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON, for machines.")] = False,
) -> None:
    """Send real deliveries to a real server, and show how each is answered.

    Starts an application with Tencent Cloud Chat, Tencent Room, Meeting BaaS and HiLink VCaaS on a free port of this
    machine, and sends it every event of theirs over HTTP, and everything that can be wrong with a delivery: a forged
    one, a stale one, one sent twice, two at the same time, an unknown one, a broken one, one that is too large, one
    whose handler fails at first.

    Exits with 0 if every answer, every outcome and what the handlers saw is as promised, else with 1.
    """
    screen, margin = Console(), Console(stderr=True)
    started = time.perf_counter()
    with _logging(margin if verbose else None):
        application = DemoApplication()
        with Server(application.asgi) as server:
            if not as_json:
                screen.print(f"Every provider listens at [bold]{server.url}[/bold] and gets real deliveries.\n")
            total, arriving = run(application, server.url, script)
            rows = list(_with_progress(arriving, total, margin))
    seconds = time.perf_counter() - started
    if as_json:
        _print_json(rows, server.url, seconds)
    else:
        _print_table(rows, screen, seconds)
    if not all(row.kept for row in rows):
        raise typer.Exit(1)


for command in (events, send, simulate, serve, check, explain, purge):
    cli.command()(command)


def _with_progress(rows: Iterator[Row], total: int, console: Console) -> Iterator[Row]:
    progress = Progress(
        TextColumn("sending"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[last]}", style="dim"),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=total, last="")
        for row in rows:
            progress.update(task, advance=1, last=f"{row.planned.vendor}: {row.planned.name}")
            yield row


def _print_table(rows: Sequence[Row], screen: Console, seconds: float) -> None:
    # A file has no width; a screen does, and so does a pipe for which somebody set one.
    limited = screen.is_terminal or "COLUMNS" in os.environ
    result = table(rows, screen.width if limited else None)
    if not limited:
        screen.width = natural_width(result)
    with screen.capture() as captured:
        screen.print(result)
    screen.file.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
    broken = list(broken_promises(rows))
    if broken:
        screen.print()
        screen.print(*broken, sep="\n", soft_wrap=True)
    screen.print()
    if limited and natural_width(table(rows, None)) > screen.width:
        screen.print(SHORTENED, style="dim")
    screen.print(_summary(rows, seconds), style="bold red" if broken else "bold green", highlight=False)


def _summary(rows: Sequence[Row], seconds: float) -> str:
    return f"{len(rows)} deliveries, {sum(row.kept for row in rows)} as promised, {seconds:.1f} s"


def _print_json(rows: Sequence[Row], url: str, seconds: float) -> None:
    result: dict[str, Any] = {
        "url": url,
        "deliveries": [row.as_json() for row in rows],
        "total": len(rows),
        "as_promised": sum(row.kept for row in rows),
        "seconds": round(seconds, 3),
    }
    typer.echo(json.dumps(result, indent=2, ensure_ascii=False))


class _ConsoleHandler(logging.Handler):
    """Write log lines above the progress bar, each as one line that the terminal folds."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self.setFormatter(logging.Formatter("%(levelname)-7s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.console.print(Text(self.format(record), style="dim"), soft_wrap=True)


@contextmanager
def _logging(console: Console | None) -> Iterator[None]:
    """Show the lines of the kit and the server, with credentials masked, or keep them off the screen."""
    handler = _ConsoleHandler(console) if console else logging.NullHandler()
    redact, access = RedactQuery(), logging.getLogger("uvicorn.access")
    access.addFilter(redact)
    loggers = [logging.getLogger(name) for name in ("webhook_kit", "uvicorn")]
    before = [(each.level, each.propagate) for each in loggers]
    for each in loggers:
        each.setLevel(logging.INFO)
        each.propagate = False
        each.addHandler(handler)
    try:
        yield
    finally:
        access.removeFilter(redact)
        for each, (level, propagate) in zip(loggers, before, strict=True):
            each.setLevel(level)
            each.propagate = propagate
            each.removeHandler(handler)
