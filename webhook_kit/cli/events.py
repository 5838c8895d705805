"""``webhook-kit events``: the events of each provider, with their fields."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import zip_longest
from textwrap import wrap
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from webhook_kit.errors import ConfigurationError
from webhook_kit.events import Event, Part
from webhook_kit.providers import registry

from .event_models import as_json, fields_of, home, models_of, summary, types_of
from .vendors import complete_provider

INDENT: Final = "  "
GAP: Final = "  "
NARROWEST: Final = 16
"""Columns that a cell which is folded has at least."""
ENDLESS: Final = 10_000
OWN: Final = "its events are models of your own, which its constructor takes"


class Group(NamedTuple):
    """Providers that have the same events."""

    names: tuple[str, ...]
    models: tuple[type[Event], ...]


def events(
    provider: Annotated[
        str | None,
        typer.Argument(
            metavar="PROVIDER",
            help="Show this provider's events, with their fields.",
            autocompletion=complete_provider,
            show_default=False,
        ),
    ] = None,
    with_fields: Annotated[bool, typer.Option("--fields", help="Show the fields of all providers' events.")] = False,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print everything as JSON, for machines.")] = False,
) -> None:
    """List the events that handlers can be registered for.

    Those of this kit's providers and of every installed distribution that brings one: the class, its names on the wire,
    and, for one PROVIDER or with --fields, its fields with their types.
    """
    known = registry.names()
    if provider is not None and provider not in known:
        try:
            registry.provider_class(provider)
        except ConfigurationError as error:
            raise typer.BadParameter(str(error), param_hint="PROVIDER") from None
    groups, broken = _load(known if provider is None else (provider,))
    if json_wanted:
        typer.echo(json.dumps([as_json(group.names, group.models) for group in groups], indent=2, ensure_ascii=False))
    else:
        screen = Console(highlight=False)
        # A file has no width; a screen does, and so does a pipe for which somebody set one.
        width = screen.width if screen.is_terminal or "COLUMNS" in os.environ else ENDLESS
        for line in _lines(groups, width, with_fields or provider is not None):
            screen.print(line, soft_wrap=True)
    for message in broken:
        typer.echo(message, err=True)
    if broken and provider is not None:
        raise typer.Exit(1)


def _load(names: Iterable[str]) -> tuple[list[Group], list[str]]:
    """Return the providers by what they know, and what is wrong with those that cannot be loaded."""
    found: dict[tuple[type[Event], ...], list[str]] = {}
    broken = []
    for name in names:
        try:
            models = tuple(models_of(registry.provider_class(name)))
        except ConfigurationError as error:
            broken.append(str(error))
        else:
            found.setdefault(models, []).append(name)
    return [Group(tuple(of_models), models) for models, of_models in found.items()], broken


def _lines(groups: Sequence[Group], width: int, with_fields: bool) -> Iterator[Text]:
    for number, group in enumerate(groups):
        if number:
            yield Text()
        yield Text(", ".join(group.names), style="bold")
        if not group.models:
            yield Text(f"{INDENT}{OWN}", style="dim")
        elif with_fields:
            yield from _described(group.models, width)
        else:
            yield from _listed(group.models, width)


def _listed(models: Sequence[type[Event]], width: int) -> Iterator[Text]:
    """Yield each class beside its wire names, or above them where the screen is too narrow for both."""
    names = max(len(model.__name__) for model in models)
    wires = max(len(wire) for model in models for wire in model.wire_types)
    beside = len(INDENT) + names + len(GAP) + wires <= width
    for model in models:
        if not beside:
            yield Text(f"{INDENT}{model.__name__}")
            yield from (Text(f"{3 * INDENT}{wire}", style="dim") for wire in model.wire_types)
            continue
        for name, wire in zip_longest((model.__name__,), model.wire_types, fillvalue=""):
            yield Text.assemble(f"{INDENT}{name:<{names}}{GAP}", (wire, "dim"))


def _described(models: Sequence[type[Event]], width: int) -> Iterator[Text]:
    for model in models:
        yield Text()
        yield from _headed(model, model.wire_types, width)
        if model.decides:
            yield Text(f"{INDENT}Asks for a decision.", style="italic")
        yield from _fields(model, width)
    types = types_of(models)
    if types:
        yield Text()
        yield Text("Types of fields", style="bold")
    for each in types:
        yield Text()
        yield from _headed(each, (), width)
        yield from _fields(each, width) if issubclass(each, Part) else _members(each, width)


def _headed(model: type[Any], wires: Sequence[str], width: int) -> Iterator[Text]:
    """Yield a class's name and where it is imported from, its wire names, and what it is."""
    yield Text.assemble((f"{home(model)}.", "dim"), (model.__name__, "bold cyan"))
    for wire in wires:
        yield Text(f"{INDENT}{wire}")
    for line in _folded(summary(model), width, len(INDENT)):
        yield Text(f"{INDENT}{line}", style="italic")


def _fields(model: type[Part], width: int) -> Iterator[Text]:
    """Yield each field with its type and its wire name where that is another.

    Where the three do not fit, the type is folded; where a word of it does not fit, the wire name stands below it.
    """
    fields = fields_of(model)
    names = max((len(field.name) for field in fields), default=0)
    wires = max((len(field.wire) + len(GAP) for field in fields if field.wire != field.name), default=0)
    longest = max((len(field.type) for field in fields), default=0)
    word = max((len(each) for field in fields for each in field.type.split()), default=0)
    left = width - 2 * len(INDENT) - names - len(GAP)
    beside = left - wires >= word
    room = max(NARROWEST, min(longest, left - wires if beside else left))
    for field in fields:
        other = field.wire if field.wire != field.name else ""
        first, *more = wrap(field.type, room, break_long_words=False)
        shown = f"{' ' * (room - len(first))}{GAP}{other}" if other and beside else ""
        yield Text.assemble(f"{2 * INDENT}{field.name:<{names}}{GAP}", (first, "green"), (shown, "dim"))
        margin = f"{2 * INDENT}{' ' * names}{GAP}"
        yield from (Text(f"{margin}{line}", style="green") for line in more)
        if other and not beside:
            yield Text(f"{margin}{other}", style="dim")


def _members(enum: type[Enum], width: int) -> Iterator[Text]:
    """Yield the documented values; numbers with their names."""
    values = [str(each.value) if not str(each.value).isdigit() else f"{each.value} {each.name}" for each in enum]
    for line in _folded(", ".join(values), width, 2 * len(INDENT)):
        yield Text(f"{2 * INDENT}{line}")


def _folded(text: str, width: int, indent: int) -> list[str]:
    return wrap(text, max(NARROWEST, width - indent), break_long_words=False, break_on_hyphens=False)
