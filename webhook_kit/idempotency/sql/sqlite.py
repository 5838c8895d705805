"""SQLite: one writer thread, in which waiting transitions share a commit."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from weakref import finalize

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.dialects.sqlite.pysqlite import dialect as SQLiteDialect
from sqlalchemy.pool import QueuePool

from ..batching import Batcher, Call
from .backend import PURGE_EVERY, Backend, NothingToClose, Work
from .schema import Schema
from .statements import AT_ONCE, Statements

# unixepoch('subsec') is null, without an error, before SQLite 3.42.
NOW: Final = "((julianday('now') - 2440587.5) * 86400.0)"


class SQLite(Backend):
    """A SQLite file, or a database in memory that lives as long as the store.

    Transactions of handlers and the writer take turns, so that nobody in this process polls for the file's lock.
    """

    def __init__(self, url: URL, schema: Schema, timeout: float) -> None:
        dialect = SQLiteDialect(paramstyle="named")
        [database], options = dialect.create_connect_args(url)
        self._connect: Callable[[], sqlite3.Connection] = partial(
            _Connection,
            database,
            **{**options, "timeout": timeout, "isolation_level": None, "check_same_thread": False},
        )
        self._in_memory = _is_in_memory(url)
        self._connection: sqlite3.Connection | None = None
        self._purged = time.monotonic()
        self._writer: Batcher[Work] = Batcher(self._write, name="webhook_kit-sqlite", timeout=timeout)
        engine = create_engine(
            "sqlite://", creator=self._shared if self._in_memory else self._open, poolclass=QueuePool, pool_size=1
        )
        event.listen(engine, "begin", _begin_immediate)
        super().__init__(schema, Statements(schema, dialect, NOW), engine, 1, timeout)

    def call(self, work: Work) -> Any:
        return self._writer.call(work)

    async def acall(self, work: Work) -> Any:
        return await self._writer.acall(work)

    def create(self) -> None:
        # Whoever opens the file first makes the tables.
        self.check()

    def check(self) -> None:
        self._writer.call(lambda execute: None)

    def close(self) -> None:
        self._writer.close()
        self.threads.close()
        if not self._in_memory:
            self.engine.dispose()
            self._drop()

    def _write(self, calls: Sequence[Call[Work]]) -> None:
        self.gate.enter()
        try:
            connection = self._begin()
            try:
                self._commit(connection, calls)
            except BaseException:
                if len(calls) == 1:
                    raise
                self._one_by_one(calls)
            self._purge_when_due()
        finally:
            self.gate.leave()

    def _one_by_one(self, calls: Sequence[Call[Work]]) -> None:
        """Try what failed together: one delivery's trouble is not another's."""
        failure: BaseException | None = None
        for call in calls:
            try:
                # The wait for the file's lock is not repeated for each.
                if failure is not None:
                    raise failure
                try:
                    connection = self._begin()
                except BaseException as error:
                    failure = error
                    raise
                self._commit(connection, [call])
            except BaseException as error:
                call.error = error

    def _begin(self) -> sqlite3.Connection:
        try:
            connection = self._shared()
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._recover()
            raise
        return connection

    def _commit(self, connection: sqlite3.Connection, calls: Sequence[Call[Work]]) -> None:
        try:
            for call in calls:
                # Nobody may wait any more, after a wait for the file's lock.
                if not call.abandoned:
                    call.result = call.work(connection.execute)
            connection.execute("COMMIT")
        except BaseException:
            self._recover()
            raise

    def _purge_when_due(self) -> None:
        if time.monotonic() - self._purged < PURGE_EVERY:
            return
        purge: Call[Work] = Call(self.statements.purge)
        self._one_by_one([purge])
        # While there is more, every batch of arrivals takes some along.
        if purge.error is not None or purge.result < AT_ONCE:
            self._purged = time.monotonic()

    def _shared(self) -> sqlite3.Connection:
        """Return the writer's connection, which is the only one to a database in memory."""
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

    def _open(self) -> sqlite3.Connection:
        connection = self._connect()
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
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
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


def _is_in_memory(url: URL) -> bool:
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first cannot wait for the lock that its first write needs.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
