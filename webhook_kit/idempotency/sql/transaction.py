"""A handler's writes and "this handler is done", committed together or not at all."""

from __future__ import annotations

import asyncio
from functools import partial
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.ext.asyncio import AsyncConnection

from ...errors import ConfigurationError
from .backend import Backend
from .statements import run


class SQLTransaction:
    """One transaction of one handler, for ``with`` and for ``async with``.

    Raises :class:`Fenced` where another worker has taken the delivery over, at the start or at the end; then nothing
    of it is kept.
    """

    def __init__(self, backend: Backend, key: str, token: str, handler: str) -> None:
        self._backend = backend
        self._key = key
        self._token = token
        self._handler = handler
        self._done: tuple[str, ...] = ()
        self._connection: Connection | None = None
        self._transaction: RootTransaction | None = None

    def __enter__(self) -> Connection:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise ConfigurationError(
                "this would block the event loop: write `async with delivery.transaction() as connection:` in an async "
                "function, and await what the connection does"
            )
        self._backend.gate.enter()
        try:
            return self._begin()
        except BaseException:
            self._backend.gate.leave()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._end(keep=error is None)
        finally:
            self._backend.gate.leave()

    async def __aenter__(self) -> AsyncConnection:
        backend = self._backend
        await backend.gate.aenter()
        try:
            return backend.awaitable(await backend.threads.run(self._begin))
        except BaseException:
            if self._connection is not None:
                # Cancelled while it began.
                await backend.threads.run(partial(self._end, keep=False))
            backend.gate.leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._backend.threads.run(partial(self._end, keep=error is None))
        finally:
            self._backend.gate.leave()

    def _begin(self) -> Connection:
        connection = self._backend.engine.connect()
        try:
            with self._backend.watch(connection):
                transaction = connection.begin()
                done = run(self._backend.statements.done(self._key, self._token), _execute(connection))
            if self._handler in done:
                raise ConfigurationError(
                    f"{self._handler} has committed already, and counts as done: a handler writes in one transaction"
                )
        except BaseException:
            self._abandon(connection)
            raise
        self._connection, self._transaction, self._done = connection, transaction, done
        return connection

    def _end(self, *, keep: bool) -> None:
        connection, transaction = self._connection, self._transaction
        assert connection is not None
        assert transaction is not None
        self._connection = None
        try:
            with self._backend.watch(connection):
                if keep:
                    self._commit(connection, transaction)
                else:
                    transaction.rollback()
                connection.close()
        except BaseException:
            self._abandon(connection)
            if keep:
                raise

    def _commit(self, connection: Connection, transaction: RootTransaction) -> None:
        if not transaction.is_active:
            raise ConfigurationError(
                f"{self._handler} ended the transaction itself; leave commit and rollback to delivery.transaction()"
            )
        marking = self._backend.statements.mark(self._key, self._token, self._done, self._handler)
        run(marking, _execute(connection))
        transaction.commit()

    def _abandon(self, connection: Connection) -> None:
        """Roll back what was begun, or leave that to the database."""
        try:
            with self._backend.watch(connection):
                connection.close()
        except Exception:
            connection.invalidate()


def _execute(connection: Connection) -> Any:
    """Return how the driver runs a statement within the connection's transaction."""
    driver: Any = connection.connection.driver_connection
    return driver.execute
