"""``webhook-kit check``: what a dispatcher serves, whether it believes its own vendors, and what is weak."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.endpoint import Endpoint
from webhook_kit.handlers import Handler

from .exits import Exit
from .findings import Finding, checked_by, findings, tried
from .loading import HooksReference, load_hooks
from .screen import console, print_json, trimmed
from .serve import handlers_at
from .vendors import Json


def _workers() -> int:
    text = os.environ.get("WEB_CONCURRENCY", "")
    return int(text) if text.isdigit() else 1


def check(
    hooks: HooksReference,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many processes serve it; by default what WEB_CONCURRENCY says.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what a dispatcher serves, try each endpoint, and tell what is weak.

    Each endpoint gets a delivery that is signed with its own secret, up to its handlers and never into them: no
    handler is called and nothing is remembered.

    Exits with 0 if nothing is weak, with 1 if something is, or if the dispatcher cannot be imported.
    """
    dispatcher = load_hooks(hooks, injects=True)
    results = {each.path: tried(dispatcher, each) for each in dispatcher.endpoints}
    found = list(findings(dispatcher, results, workers or _workers()))
    weak = [each for each in found if each.level == "weak"]
    if as_json:
        print_json(_as_json(dispatcher, results, found))
    else:
        screen = console()
        with trimmed(screen):
            _show(screen, dispatcher, results, found)
    dispatcher.close()
    raise typer.Exit(Exit.FAILED if weak else Exit.OK)


def _as_json(hooks: Dispatcher, results: Mapping[str, str], found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "endpoints": [
            {
                "endpoint": each.path,
                "provider": each.provider.name,
                "checked_by": checked_by(each.provider),
                "tried": results[each.path],
                "handlers": handlers_at(hooks, each),
            }
            for each in hooks.endpoints
        ],
        "handlers": [{"name": each.name, "events": what_of(each)} for each in hooks.plan.handlers],
        "store": None if hooks.store is None else type(hooks.store).__name__,
        "findings": [{"level": each.level, "where": each.where, "text": each.text} for each in found],
    }


def what_of(handler: Handler) -> str:
    """Return what a handler is registered for."""
    what = ", ".join([*(each.__name__ for each in handler.classes), *handler.patterns])
    where = [each for each in (handler.provider, handler.endpoint) if each is not None]
    return f"{what} of {' at '.join(where)}" if where else what


def _show(screen: Console, hooks: Dispatcher, results: Mapping[str, str], found: Sequence[Finding]) -> None:
    if hooks.endpoints:
        screen.print(_endpoints(hooks, results))
        screen.print()
    if hooks.plan.handlers:
        table = _table("handler", "events")
        for handler in hooks.plan.handlers:
            table.add_row(handler.name, what_of(handler))
        screen.print(table)
        screen.print()
    screen.print(Text.assemble(("store  ", "bold"), "none" if hooks.store is None else type(hooks.store).__name__))
    screen.print()
    if found:
        screen.print(_findings(found))
        screen.print()
    weak = sum(each.level == "weak" for each in found)
    if weak:
        screen.print(Text(f"{weak} {'weakness' if weak == 1 else 'weaknesses'}", style="bold red"))
    else:
        screen.print(Text("nothing is weak", style="bold green"))


def _endpoints(hooks: Dispatcher, results: Mapping[str, str]) -> Table:
    table = _table("endpoint", "provider", "checked by", "tried", "handlers")
    for endpoint in hooks.endpoints:
        table.add_row(*_cells(hooks, endpoint, results[endpoint.path]))
    return table


def _cells(hooks: Dispatcher, endpoint: Endpoint, result: str) -> Iterator[Text | str]:
    yield endpoint.path
    yield endpoint.provider.name
    yield checked_by(endpoint.provider)
    shown = result.partition(":")[0]
    yield Text(shown, style="green" if result == "verified" else "red")
    yield str(handlers_at(hooks, endpoint))


def _table(*headings: str) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _findings(found: Sequence[Finding]) -> Table:
    """Return the findings, the weak ones first."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for each in sorted(found, key=lambda each: each.level, reverse=True):
        table.add_row(Text(each.level, style="bold red" if each.level == "weak" else "dim"), each.where, each.text)
    return table
