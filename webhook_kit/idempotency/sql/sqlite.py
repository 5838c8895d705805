"""SQLite: one writer thread, in which waiting transitions share a commit."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from weakref import WeakSet, finalize

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.dialects.sqlite.pysqlite import dialect as SQLiteDialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

from ...errors import ConfigurationError
from ...runtime import at_fork
from ..batching import Call
from .backend import LAST, Backend, Lost, NothingToClose, Work
from .files import identity_of, network_of
from .schema import Schema
from .statements import Statements, Steps, run

logger = logging.getLogger("webhook_kit")

AGAIN: Final = 0.01
"""Seconds until the next try to switch a new file to a write-ahead log."""

# unixepoch('subsec') is null, without an error, before SQLite 3.42.
NOW: Final = "((julianday('now') - 2440587.5) * 86400.0)"


class SQLite(Backend):
    """A SQLite file, or a database in memory that lives as long as the store.

    Transactions of handlers and the writer take turns, so that nobody in this process polls for the file's lock.
    """

    def __init__(self, url: URL, schema: Schema, timeout: float) -> None:
        dialect = SQLiteDialect(paramstyle="named")
        [database], options = dialect.create_connect_args(url)
        self._connect: Callable[[], _Connection] = partial(
            _Connection,
            database,
            **{**options, "timeout": timeout, "isolation_level": None, "check_same_thread": False},
        )
        self._in_memory = _is_in_memory(url)
        self._connection: _Connection | None = None
        engine = create_engine(
            "sqlite://", creator=self._shared if self._in_memory else self._open, poolclass=QueuePool, pool_size=1
        )
        event.listen(engine, "begin", _begin_immediate)
        event.listen(engine, "checkout", _check_out)
        super().__init__(schema, Statements(schema, dialect, NOW), engine, 1, timeout)
        _living.add(self)

    def create(self) -> None:
        # Whoever opens the file first makes the tables.
        self.check()

    def check(self) -> None:
        self.call(Work(LAST, _nothing))

    def close(self) -> None:
        self._batcher.close()
        self.threads.close()
        if self._in_memory:
            return
        # Another thread may be at work again, and a connection that is closed under its hands takes the process along.
        with contextlib.suppress(TimeoutError):
            self.gate.enter()
            try:
                self.engine.dispose()
                self._drop()
            finally:
                self.gate.leave()

    def let_go(self) -> bool:
        """Close the file, and let nobody open it until the gate is left; False where that cannot be."""
        if self._in_memory:
            return False
        try:
            if self.gate.is_taken_here:
                raise TimeoutError
            self.gate.enter()
        except TimeoutError:
            logger.warning(
                "this process is forked while a transaction of SQLStore goes on: the child cannot use the file; "
                "fork before delivery.transaction() or after it, or start the child anew (spawn)"
            )
            return False
        self.engine.dispose()
        self._drop()
        return True

    def run(self, calls: Sequence[Call[Work]]) -> None:
        self.gate.enter()
        try:
            super().run(calls)
        finally:
            self.gate.leave()

    def together(self, left: list[Call[Work]]) -> None:
        try:
            connection = self._begin()
        except Exception as error:
            raise Lost(error) from None
        try:
            for call in left:
                # Nobody may wait any more, after a wait for the file's lock.
                if not call.abandoned:
                    call.result = run(call.work.begin(), connection.execute)
            connection.execute("COMMIT")
        except BaseException:
            self._recover()
            raise
        left.clear()

    def _begin(self) -> sqlite3.Connection:
        try:
            connection = self._shared()
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._recover()
            raise
        return connection

    def _shared(self) -> _Connection:
        """Return the writer's connection, which is the only one to a database in memory."""
        if self._connection is not None and self._connection.is_gone():
            logger.error(
                "the database file of SQLStore was removed or replaced while it was in use: what it remembered is "
                "forgotten, and a retry of what it had completed runs again"
            )
            self._drop()
        if self._connection is None:
            self._connection = self._open()
            if self._in_memory:
                # It lives as long as the store does, also while that is closed.
                finalize(self, self._connection.close)
            try:
                with self.engine.connect() as proxy, proxy.begin():
                    self.schema.create(proxy)
            except BaseException:
                self._recover()
                raise
        return self._connection

    def _open(self) -> _Connection:
        connection = self._connect()
        try:
            connection.prepare()
        except BaseException:
            connection.close()
            raise
        return connection

    def _recover(self) -> None:
        """Undo what was begun, and open a file anew the next time: it may be another one by then, or writable."""
        if self._connection is None:
            return
        if not self._in_memory:
            self._drop()
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


class _Cursor(NothingToClose, sqlite3.Cursor):
    pass


class _Connection(sqlite3.Connection):
    _path = ""
    _identity: tuple[int, int] | None = None

    def __init__(self, database: str, timeout: float, **options: Any) -> None:
        super().__init__(database, timeout=timeout, **options)
        self._timeout = timeout

    def prepare(self) -> None:
        """Make it durable; raises :class:`ConfigurationError` for a file that several machines may share."""
        [[_, _, self._path]] = self.execute("PRAGMA database_list")
        if self._path and (kind := network_of(self._path)):
            raise ConfigurationError(
                f"the database file is on a network file system ({kind}), where SQLite cannot keep its promises: "
                "put it on a disk of this machine, or use PostgreSQL, which serves several"
            )
        self._write_ahead()
        self.execute("PRAGMA synchronous = FULL")
        self._identity = identity_of(self._path)

    def _write_ahead(self) -> None:
        # Of several workers that start with a new file, one switches it. The others are refused at once, whatever they
        # would wait for its lock.
        until = time.monotonic() + self._timeout
        while True:
            try:
                self.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                # The rest of the code says why it is busy.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            time.sleep(AGAIN)

    def is_gone(self) -> bool:
        """Say whether the path leads to another file by now, which everybody else uses."""
        return self._identity is not None and identity_of(self._path) != self._identity

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


def settled(url: URL) -> URL:
    """Return a URL that leads to the same file from everywhere; raises ``ArgumentError`` for one that leads nowhere."""
    # Checks it, and makes a relative path an absolute one.
    [database], _ = SQLiteDialect().create_connect_args(url)
    # A database in memory has no path, and that of a URI is SQLite's to read.
    return url.set(database=database) if os.path.isabs(database) else url


def _nothing() -> Steps[None]:
    yield "SELECT 1", {}


def _is_in_memory(url: URL) -> bool:
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"


def _check_out(connection: Any, record: object, proxy: object) -> None:
    if connection.is_gone():
        # The pool then opens another one.
        raise DisconnectionError


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first cannot wait for the lock that its first write needs.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


# SQLite keeps an account of a process's locks, and a forked child inherits it, but not the locks. With a file that was
# open at the fork the child would believe that it has them, and others would remove the log that it writes.
# https://www.sqlite.org/howtocorrupt.html (2.6)

_living: WeakSet[SQLite] = WeakSet()
_let_go: list[SQLite] = []


def _before_fork() -> None:
    _let_go.extend(backend for backend in list(_living) if backend.let_go())


def _after_fork_in_parent() -> None:
    while _let_go:
        _let_go.pop().gate.leave()


def _after_fork_in_child() -> None:
    # Nobody has their places, and the locks of these may be held by threads that stayed in the parent.
    while _let_go:
        _living.discard(_let_go.pop())


at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
