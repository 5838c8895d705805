"""A place in the table, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .cases.case import Case
from .servers import Server


class Cell(NamedTuple):
    """A case on a host on a server."""

    server: str
    host: str
    case: str


class Result(NamedTuple):
    """What happened there instead of what the case expects, in a few words; empty where it passed."""

    cell: Cell
    seen: str = ""


def cells(server: Server, host: str, cases: Iterable[Case]) -> Iterator[Cell]:
    """Return the cells of those cases that apply."""
    return (Cell(server.name, host, case.name) for case in cases if case.applies(host, server))
