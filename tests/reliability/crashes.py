"""When the server and its database are crashed: at marks of progress, never after a sleep."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator
from random import Random
from typing import Literal, NamedTuple, TypeAlias

from .databases import Database
from .server import Server
from .vendor import Request, Vendor

Kind: TypeAlias = Literal["kill", "restart"]
"""Signal 9 for the server, or an immediate restart of the database."""


class Mark(NamedTuple):
    """What to do when so many sends are acknowledged."""

    acknowledged: int
    kind: Kind


class Crash(NamedTuple):
    """What was done, when, and which requests were in flight."""

    kind: Kind
    at: float
    acknowledged: int
    in_flight: tuple[Request, ...]

    @property
    def cut_off(self) -> int:
        """How many requests in flight were not answered with success."""
        return sum(not request.accepted for request in self.in_flight)


def marks(kills: int, restarts: int, sends: int, random: Random) -> Iterator[Mark]:
    """Spread crashes over a run, not quite evenly, in any order of their kinds."""
    kinds: list[Kind] = ["kill" if number < kills else "restart" for number in range(kills + restarts)]
    random.shuffle(kinds)
    distance = sends / (len(kinds) + 1)
    for number, kind in enumerate(kinds, 1):
        yield Mark(round(distance * (number + random.uniform(-0.4, 0.4))), kind)


class Crashes:
    """Strike whenever the vendor's progress reaches the next mark."""

    def __init__(self, planned: Iterable[Mark], server: Server, database: Database) -> None:
        self._planned = deque(planned)
        self._server = server
        self._database = database
        self._recovery: asyncio.Task[None] | None = None
        self.done: list[Crash] = []

    def count(self, kind: Kind) -> int:
        return sum(crash.kind == kind for crash in self.done)

    def look(self, vendor: Vendor) -> None:
        """Strike if it is time."""
        acknowledged = len(vendor.acknowledgements)
        if not self._planned or acknowledged < self._planned[0].acknowledged:
            return
        kind = self._planned.popleft().kind
        if kind == "kill":
            self._server.kill()
        else:
            self._database.crash()
            self._recovery = asyncio.create_task(asyncio.to_thread(self._database.recover))
        self.done.append(Crash(kind, time.monotonic(), acknowledged, tuple(vendor.in_flight)))

    def check(self) -> None:
        """Raise :class:`Trouble` where something has ended that nobody crashed."""
        self._server.check()
        if self._recovery is None:
            self._database.check()
        elif self._recovery.done():
            self._recovery.result()
            self._recovery = None
