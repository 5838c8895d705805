"""How all commands print: to a screen of some width, or to a file that has none."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer
from rich.console import Console

ENDLESS: Final = 10_000
_CONTROLS: Final = re.compile("[\x7f-\x9f]")
"""Terminals obey them too, and JSON leaves them as they are."""


def console(*, err: bool = False) -> Console:
    """Return where a command prints; a file has no width, a screen does, and so does a pipe with COLUMNS set.

    Brackets and colons mean nothing there: what is printed holds names and texts of others.
    """
    screen = Console(highlight=False, markup=False, emoji=False, stderr=err)
    if not screen.is_terminal and "COLUMNS" not in os.environ:
        screen.width = ENDLESS
    return screen


@contextmanager
def trimmed(screen: Console) -> Iterator[None]:
    """Print what is printed meanwhile without the spaces with which rich fills its lines."""
    with screen.capture() as captured:
        yield
    screen.file.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the lines that the kit logs about deliveries off the screen."""
    logger = logging.getLogger("webhook_kit")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def print_json(value: Any) -> None:
    """Print for machines."""
    typer.echo(_CONTROLS.sub(_escaped, json.dumps(value, indent=2, ensure_ascii=False)))


def visible(text: str) -> str:
    """Return a text of somebody else's without what would tell a terminal to do something."""
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def many(number: int, what: str) -> str:
    """Return a number of things as it is said."""
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"


def _escape(sign: str) -> str:
    return repr(sign)[1:-1]


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def milliseconds(seconds: float) -> str:
    """Return a duration as it is shown."""
    return f"{seconds * 1000:.1f} ms" if seconds < 10 else f"{seconds:.1f} s"
