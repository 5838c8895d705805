"""The cases of one host on one server, played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from .cases import Case
from .cell import Cell, Result
from .connection import Silence
from .servers import Server
from .site import Otherwise, Site


def run(server: Server, host: str, cases: Sequence[Case], folder: Path, told: Callable[[Result], None]) -> None:
    """Play the cases that apply, with as few starts of the server as they allow.

    Raises :class:`Trouble` where it does not start; what ``told`` raises ends it.
    """
    mine = [case for case in cases if case.applies(host, server)]
    for prefix in dict.fromkeys(case.prefix for case in mine):
        those = sorted((case for case in mine if case.prefix == prefix), key=lambda case: case.ends)
        with Site(server, host, folder / ("below-a-path" if prefix else "at-the-root"), prefix) as site:
            for case in those:
                told(Result(Cell(server.name, host, case.name), _play(case, site)))


def _play(case: Case, site: Site) -> str:
    try:
        site.begin()
        if not case.ends:
            site.process.check()
        case.play(site)
    except Otherwise as otherwise:
        return str(otherwise)
    except Silence:
        return "no answer"
    except Exception as error:  # whatever it is, the other cells are still to be tried
        return f"{type(error).__name__}: {error}"
    return ""
