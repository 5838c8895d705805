"""What a case is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ..servers import Server
from ..site import Site

Play: TypeAlias = Callable[[Site], None]
"""Does what the case is about; raises :class:`Otherwise` where something else happens than its title says."""

Applies: TypeAlias = Callable[[str, Server], bool]


def everywhere(host: str, server: Server) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Case:
    """Something that happens between a vendor and a site."""

    name: str
    title: str
    play: Play
    applies: Applies = everywhere
    """Whether it has a meaning for a host on a server."""

    quick: bool = False
    """Whether it is in the short form."""

    prefix: str = ""
    """Below which path the server serves, where it is not the root."""

    ends: bool = False
    """Whether it ends the server, and so comes last."""


class Group:
    """Cases of one kind; their names are those of their functions."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cases: list[Case] = []

    def case(
        self, title: str, *, applies: Applies = everywhere, quick: bool = False, prefix: str = "", ends: bool = False
    ) -> Callable[[Play], Play]:
        """Register a case."""

        def register(play: Play) -> Play:
            name = play.__name__.replace("_", "-")
            self.cases.append(Case(name, title, play, applies, quick, prefix, ends))
            return play

        return register
