"""What :class:`SQLStore` needs of a database."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util import await_only

from .gate import Gate
from .schema import Schema
from .statements import Execute, Statements
from .threads import Threads

Work: TypeAlias = Callable[[Execute], Any]
"""Something to do with the means to run a statement."""

PURGE_EVERY: Final = 60.0
"""Seconds from one purge of what has expired to the next."""


class Backend(ABC):
    """One database, as one process sees it. Nothing is opened before it is needed."""

    def __init__(self, schema: Schema, statements: Statements, engine: Engine, places: int, timeout: float) -> None:
        self.schema = schema
        self.statements = statements
        self.engine = engine
        self.gate = Gate(places, timeout)
        # As many as there are places, so that a transaction that is open never waits for a thread.
        self.threads = Threads(places, "webhook_kit-transactions")
        leave_the_loop(engine, self.threads)
        self._async_engine = AsyncEngine(engine)

    @abstractmethod
    def call(self, work: Work) -> Any:
        """Do work in a transition of its own, and wait for it in this thread."""

    @abstractmethod
    async def acall(self, work: Work) -> Any:
        """Do work in a transition of its own, and wait for it on this event loop."""

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
