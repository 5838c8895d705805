"""PostgreSQL by psycopg 3: a pool of autocommitting connections for transitions, and one for handlers' transactions."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final, cast

import psycopg
from psycopg import errors
from sqlalchemy import URL, Connection, Dialect, Engine, PoolProxiedConnection, create_engine, text
from sqlalchemy.dialects.postgresql.psycopg import dialect as PsycopgDialect

from .backend import PURGE_EVERY, Backend, NothingToClose, Work
from .schema import Schema
from .statements import AT_ONCE, Execute, Statements
from .threads import Threads
from .watchdog import Watchdog

# now() would be the start of the transaction.
NOW: Final = "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"

# Any number will do: it keeps two processes from making the tables at once.
_CREATING: Final = 7_236_118_940_551


class PostgreSQL(Backend):
    """A PostgreSQL server.

    The asynchronous half runs the synchronous one in as many threads as there are connections: psycopg waits outside
    of the interpreter's lock, and nothing is bound to an event loop. Connecting, waiting for a connection and running
    a statement may each take half of ``timeout``.
    """

    def __init__(self, url: URL, schema: Schema, timeout: float, connections: int) -> None:
        self._patience = timeout / 2
        self._timeout = timeout
        self._connections = connections
        milliseconds = max(1, int(self._patience * 1000))
        limits = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
        self._engine = self._engine_of(url, connections, limits, autocommit=True)
        self._watchdog = Watchdog(self._patience)
        self._callers = Threads(connections, "webhook_kit-postgresql")
        self._checked = False
        self._purged = time.monotonic()
        dialect = cast(Dialect, PsycopgDialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's
        statements = Statements(schema, dialect, NOW, skip_locked="FOR UPDATE SKIP LOCKED")
        super().__init__(schema, statements, self._engine_of(url, connections), connections, timeout)

    def _engine_of(self, url: URL, connections: int, limits: str = "", **options: Any) -> Engine:
        given = url.query.get("options", ())
        text_of = given if isinstance(given, str) else " ".join(given)
        return create_engine(
            url.difference_update_query(["options"]),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=self._patience,
            pool_reset_on_return=None if options else "rollback",
            use_native_hstore=False,
            connect_args={
                # libpq takes whole seconds, two at least.
                "connect_timeout": max(2, int(self._patience)),
                "tcp_user_timeout": max(1, int(self._timeout * 1000)),
                "application_name": "webhook_kit",
                **{name: value for name, value in url.query.items() if name != "options"},
                "options": f"{text_of} {limits}".strip(),
                "cursor_factory": _Cursor,
                **options,
            },
        )

    def call(self, work: Work) -> Any:
        if not self._checked:
            self.check()
        hopeful = time.monotonic() + self._patience / 2
        # After a restart of the server every connection from before says at once that it is none, and the work may be
        # done again: its token is the same.
        stale = 0
        while True:
            try:
                result = self._run(work)
            except _Broken as broken:
                stale += 1
                if stale > self._connections or time.monotonic() > hopeful:
                    raise broken.error from None
            else:
                break
        self._purge_when_due()
        return result

    async def acall(self, work: Work) -> Any:
        return await self._callers.run(partial(self._call_before, time.monotonic() + self._timeout, work))

    def create(self) -> None:
        with self.engine.connect() as connection, self.watch(connection), connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _CREATING})
            self.schema.create(connection)

    def check(self) -> None:
        with self._engine.connect() as connection, self.watch(connection):
            self.schema.check(connection)
        self._checked = True

    def watch(self, connection: Connection) -> AbstractContextManager[None]:
        return self._watchdog.watch(_driver(connection.connection))

    def close(self) -> None:
        self._callers.close()
        self.threads.close()
        self._engine.dispose()
        self.engine.dispose()
        self._watchdog.close()

    def _call_before(self, deadline: float, work: Work) -> Any:
        if time.monotonic() > deadline:
            raise TimeoutError(f"no connection became free within {self._timeout:g} seconds")
        return self.call(work)

    def _run(self, work: Work) -> Any:
        pooled = self._engine.raw_connection()
        connection = _driver(pooled)
        try:
            with self._watchdog.watch(connection):
                return work(cast(Execute, connection.execute))
        except errors.UndefinedTable:
            self._checked = False
            raise self.schema.missing() from None
        except psycopg.OperationalError as error:
            if connection.closed:
                raise _Broken(error) from None
            raise
        finally:
            if connection.closed:
                pooled.invalidate()
            pooled.close()

    def _purge_when_due(self) -> None:
        if time.monotonic() - self._purged < PURGE_EVERY:
            return
        self._purged = time.monotonic()
        self._callers.submit(self._purge)

    def _purge(self) -> None:
        # What fails here is tried again in a minute, and whoever needs the database now hears of it.
        while self._run(self.statements.purge) == AT_ONCE:
            continue


class _Cursor(NothingToClose, psycopg.Cursor[Any]):
    pass


class _Broken(Exception):
    """Carry the error of a connection that is no more."""

    def __init__(self, error: psycopg.OperationalError) -> None:
        self.error = error


def _driver(pooled: PoolProxiedConnection) -> psycopg.Connection[Any]:
    connection: Any = pooled.driver_connection
    driver: psycopg.Connection[Any] = connection
    return driver
