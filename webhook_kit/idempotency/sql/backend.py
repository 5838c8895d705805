"""What :class:`SQLStore` needs of a database."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util import await_only

from ..batching import Batcher, Call
from .gate import Gate
from .schema import Schema
from .statements import AT_ONCE, Statements, Steps
from .threads import Threads

PURGE_EVERY: Final = 60.0
"""Seconds from one purge of what has expired to the next."""

LAST: Final = "\x7f"
"""Sorts behind every key."""


class Work(NamedTuple):
    """A transition that may be begun again: ``key`` is the delivery that it changes."""

    key: str
    begin: Callable[[], Steps[Any]]


class Lost(Exception):
    """Carry an error after which nothing else can be done either."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class Backend(ABC):
    """One database, as one process sees it. Nothing is opened before it is needed.

    One thread runs the transitions: what waits shares a commit.
    """

    def __init__(self, schema: Schema, statements: Statements, engine: Engine, places: int, timeout: float) -> None:
        self.schema = schema
        self.statements = statements
        self.engine = engine
        self.gate = Gate(places, timeout)
        # As many as there are places, so that a transaction that is open never waits for a thread.
        self.threads = Threads(places, "webhook_kit-transactions")
        leave_the_loop(engine, self.threads)
        self._async_engine = AsyncEngine(engine)
        self._batcher: Batcher[Work] = Batcher(self.run, name=f"webhook_kit-{engine.dialect.name}", timeout=timeout)
        self._purged = time.monotonic()

    def call(self, work: Work) -> Any:
        """Do work, and wait for it in this thread."""
        return self._batcher.call(work)

    async def acall(self, work: Work) -> Any:
        """Do work, and wait for it on this event loop."""
        return await self._batcher.acall(work)

    def purging(self) -> Work:
        """Return the work of forgetting a batch of what has expired."""
        return Work(LAST, self.statements.purge)

    def run(self, calls: Sequence[Call[Work]]) -> None:
        """Do work together; what fails together, each by itself, because one delivery's trouble is not another's."""
        left = list(calls)
        try:
            self.together(left)
        except Lost as lost:
            raise lost.error from None
        except BaseException:
            if len(calls) == 1:
                raise
            self._one_by_one(left)
        self._purge_when_due()

    @abstractmethod
    def together(self, left: list[Call[Work]]) -> None:
        """Do work in one commit, and take what is done for good off the list.

        Raises :class:`Lost` where this is nobody's fault.
        """

    def _one_by_one(self, calls: Sequence[Call[Work]]) -> None:
        lost: Exception | None = None
        for call in calls:
            # Nobody may wait any more, after the waits of those before.
            if call.abandoned:
                continue
            try:
                # A wait for the database is not repeated for each.
                if lost is not None:
                    raise lost
                self.together([call])
            except Lost as error:
                lost = call.error = error.error
            except BaseException as error:
                call.error = error

    def _purge_when_due(self) -> None:
        if time.monotonic() - self._purged < PURGE_EVERY:
            return
        purge = Call(self.purging())
        self._one_by_one([purge])
        # While there is more, every batch of arrivals takes some along.
        if purge.error is not None or purge.result < AT_ONCE:
            self._purged = time.monotonic()

    @abstractmethod
    def create(self) -> None:
        """Make the tables."""

    @abstractmethod
    def check(self) -> None:
        """Raise :class:`ConfigurationError` unless the tables are what they should be."""

    def watch(self, connection: Connection) -> AbstractContextManager[None]:
        """Bound the time that a block may wait for the database."""
        return nullcontext()

    def awaitable(self, connection: Connection) -> AsyncConnection:
        """Return the same connection for use on an event loop."""
        return AsyncConnection(self._async_engine, connection)

    @abstractmethod
    def close(self) -> None:
        """Let go of connections and threads; what is needed later opens them anew."""


class NothingToClose:
    """What SQLAlchemy asks of the cursor of a connection that is used on an event loop."""

    async def _async_soft_close(self) -> None:
        # The rows are at hand: nothing has to be awaited.
        return


def leave_the_loop(engine: Engine, threads: Threads) -> None:
    """Let the engine's statements run in a thread when they are asked for on an event loop.

    So one engine, with a driver that blocks, serves threads and any number of event loops.
    """

    def hop(run: Callable[[], Any]) -> bool | None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return None

        def ran() -> bool:
            run()
            return True

        return await_only(threads.run(ran))

    @event.listens_for(engine, "do_execute")
    def execute(cursor: Any, statement: str, parameters: Any, context: object) -> bool | None:
        return hop(partial(cursor.execute, statement, parameters))

    @event.listens_for(engine, "do_executemany")
    def execute_many(cursor: Any, statement: str, parameters: Any, context: object) -> bool | None:
        return hop(partial(cursor.executemany, statement, parameters))

    @event.listens_for(engine, "do_execute_no_params")
    def execute_without_parameters(cursor: Any, statement: str, context: object) -> bool | None:
        return hop(partial(cursor.execute, statement))

    engine.dialect.is_async = True
