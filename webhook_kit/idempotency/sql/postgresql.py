"""PostgreSQL by psycopg 3: one connection for the transitions that wait, and a pool for handlers' transactions."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import Any, Final, cast

import psycopg
from psycopg import errors
from sqlalchemy import URL, Connection, Dialect, Engine, PoolProxiedConnection, create_engine, event, text
from sqlalchemy.dialects.postgresql.psycopg import dialect as PsycopgDialect

from ...errors import ConfigurationError
from ..batching import Call
from .backend import Backend, Lost, NothingToClose, Work
from .schema import Schema
from .statements import Execute, Rows, Statements, run
from .watchdog import Watchdog

# now() would be the start of the transaction.
NOW: Final = "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"

# Any number will do: it keeps two processes from making the tables at once.
_CREATING: Final = 7_236_118_940_551


class PostgreSQL(Backend):
    """A PostgreSQL server.

    Transitions that wait go through one connection together: they share round trips (libpq's pipeline mode) and
    commits. Connecting and running them may each take half of ``timeout``.
    """

    def __init__(self, url: URL, schema: Schema, timeout: float, connections: int) -> None:
        self._patience = timeout / 2
        self._timeout = timeout
        # Nobody holds the row of a delivery for longer than a commit takes, unless frozen.
        limits = {"statement_timeout": self._patience, "lock_timeout": self._patience / 4}
        settings = [f"-c {name}={max(1, int(seconds * 1000))}" for name, seconds in limits.items()]
        self._watchdog = Watchdog(self._patience)
        self._engine = self._engine_of(
            url, 1, *settings, r"-c default_transaction_isolation=read\ committed", autocommit=True
        )
        self._checked = False
        dialect = cast(Dialect, PsycopgDialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's
        statements = Statements(schema, dialect, NOW, skip_locked="FOR UPDATE SKIP LOCKED")
        super().__init__(schema, statements, self._engine_of(url, connections), connections, timeout)

    def _engine_of(self, url: URL, connections: int, *settings: str, **options: Any) -> Engine:
        given = url.query.get("options", ())
        settings = (given, *settings) if isinstance(given, str) else (*given, *settings)
        engine = create_engine(
            url.difference_update_query(["options"]),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=self._patience,
            pool_reset_on_return=None if options else "rollback",
            use_native_hstore=False,
            connect_args={
                # libpq takes whole seconds, two at least.
                "connect_timeout": max(2, int(self._patience)),
                # A handler's own statements take as long as they need, but no longer than the server is there.
                "tcp_user_timeout": max(1, int(self._timeout * 1000)),
                "keepalives_idle": max(1, int(self._timeout)),
                "keepalives_interval": max(1, int(self._timeout)),
                "application_name": "webhook_kit",
                # A session that began while the server was read-only, as in a failover, would stay so.
                "target_session_attrs": "read-write",
                **{name: value for name, value in url.query.items() if name != "options"},
                "options": " ".join(settings),
                "cursor_factory": _Cursor,
                **options,
            },
        )
        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "checkout", self._connected)
        return engine

    def _connect(self, dialect: Dialect, record: object, arguments: Any, options: Any) -> Any:
        try:
            connection: Any = dialect.connect(*arguments, **{**options, "autocommit": True})
        except psycopg.OperationalError as error:
            if "unsupported startup parameter" not in str(error):
                raise
            raise ConfigurationError(
                "the server in front of PostgreSQL takes no options; in pgbouncer.ini write "
                "ignore_startup_parameters = options"
            ) from None
        # SQLAlchemy asks a server that it does not know before it hands out the first connection.
        self._watchdog.begin(connection)
        try:
            [session] = connection.execute("SELECT pg_backend_pid()").fetchone()
            if session != connection.info.backend_pid:
                # A pooler stands between, and each transaction may be in another session, which has prepared nothing.
                connection.prepare_threshold = None
            connection.autocommit = options.get("autocommit", False)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self, connection: Any, record: object, proxy: object) -> None:
        self._watchdog.end(connection)

    # In a thread, because where an event loop runs the engine's statements want to be awaited.

    def create(self) -> None:
        self.threads.submit(self._create).result()

    def check(self) -> None:
        self.threads.submit(self._check).result()

    def _create(self) -> None:
        with self.engine.connect() as connection, self.watch(connection), connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _CREATING})
            self.schema.create(connection)

    def _check(self) -> None:
        with self.engine.connect() as connection, self.watch(connection):
            self.schema.check(connection)
        self._checked = True

    def watch(self, connection: Connection) -> AbstractContextManager[None]:
        return self._watchdog.watch(_driver(connection.connection))

    def close(self) -> None:
        self._batcher.close()
        self.threads.close()
        self._engine.dispose()
        self.engine.dispose()
        self._watchdog.close()

    def together(self, left: list[Call[Work]]) -> None:
        # Two processes that lock several rows each do it in one order, and do not wait for each other in a circle.
        left.sort(key=_key)
        hopeful = time.monotonic() + self._patience / 2
        try:
            self._attempt(left)
        except _Broken:
            # A connection from before a restart of the server says at once that it is none, and the work may be done
            # again: its tokens are the same.
            if time.monotonic() > hopeful:
                raise
            self._attempt(left)

    def _attempt(self, left: list[Call[Work]]) -> None:
        pooled = self._checked_out()
        connection = _driver(pooled)
        try:
            with self._watchdog.watch(connection):
                _run(left, connection)
        except errors.UndefinedTable:
            self._checked = False
            raise Lost(self.schema.missing()) from None
        except psycopg.OperationalError as error:
            if connection.closed:
                raise _Broken(error) from None
            raise
        finally:
            if connection.closed:
                pooled.invalidate()
            pooled.close()

    def _checked_out(self) -> PoolProxiedConnection:
        try:
            if not self._checked:
                self._check()
            return self._engine.raw_connection()
        except Exception as error:
            raise Lost(error) from None


class _Cursor(NothingToClose, psycopg.Cursor[Any]):
    pass


class _Broken(Lost):
    """Carry the error of a connection that is no more."""


class _Transition:
    """A transition under way, with the statement that is next."""

    __slots__ = ("call", "request", "steps")

    def __init__(self, call: Call[Work]) -> None:
        self.call = call
        self.steps = call.work.begin()
        self.request = next(self.steps)

    def goes_on(self, rows: Rows) -> bool:
        """Take what the statement gave back; False at the end."""
        try:
            self.request = self.steps.send(rows)
        except StopIteration as end:
            self.call.result = end.value
        except Exception as error:
            self.call.error = error
        else:
            return True
        return False


def _run(left: list[Call[Work]], connection: psycopg.Connection[Any]) -> None:
    """Run transitions side by side: a statement of each in one round trip, and what these change in one commit."""
    execute = cast(Execute, connection.execute)
    if len(left) == 1:
        left[0].result = run(left[0].work.begin(), execute)
        return
    running = [_Transition(call) for call in left]
    while running:
        with connection.pipeline():
            given = [execute(*each.request) for each in running]
        running = [each for each, rows in zip(running, given, strict=True) if each.goes_on(rows)]
        left[:] = [each.call for each in running]


def _key(call: Call[Work]) -> str:
    return call.work.key


def _driver(pooled: PoolProxiedConnection) -> psycopg.Connection[Any]:
    connection: Any = pooled.driver_connection
    driver: psycopg.Connection[Any] = connection
    return driver
