"""The store itself: which database, and which of its transitions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, cast
from weakref import finalize

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ...errors import ConfigurationError
from ...http import RawResponse
from ..base import Claim, Store
from .backend import LAST, Backend, Work
from .schema import Schema
from .sqlite import SQLite, settled
from .statements import AT_ONCE, new_token
from .transaction import SQLTransaction

logger = logging.getLogger("webhook_kit")

# What a forked child inherited and must neither use nor close: that would end the parent's sessions and locks.
_left_to_the_parent: list[Backend] = []


class SQLStore(Store):
    """Keep deliveries in SQLite or PostgreSQL, and let handlers write in one transaction with "this handler is done".

    ``url`` is SQLAlchemy's: ``sqlite:///webhooks.db`` (a file of this machine), ``sqlite://`` (in memory),
    ``postgresql://user:password@host/database``. A SQLite file gets its tables by itself; for a server run
    ``SQLStore(url).create()`` once. ``timeout`` (seconds) bounds the wait for the database. ``pool_size`` bounds the
    connections to a server for transactions, beside the one that claims. ``prefix`` begins the tables' names.
    """

    def __init__(
        self, url: str | URL, *, timeout: float = 5.0, pool_size: int = 8, prefix: str = "webhook_kit_"
    ) -> None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < float("inf"):
            raise ConfigurationError(f"timeout is {timeout!r}; give seconds above 0, such as 5")
        if isinstance(pool_size, bool) or not isinstance(pool_size, int) or pool_size < 1:
            raise ConfigurationError(f"pool_size is {pool_size!r}; give a number of connections, such as 8")
        self._make = partial(_backend, _parsed(url), Schema(prefix), float(timeout), pool_size)
        self._open()

    def _open(self) -> None:
        self._backend: Backend = self._make()
        self._reported = False
        # A store that is dropped without being closed takes its threads along.
        self._end = finalize(self, self._backend.close)
        self._end.atexit = False

    def create(self) -> None:
        """Make the tables unless they are there.

        Raises :class:`ConfigurationError` where they are of another version.
        """
        self._backend.create()

    def check(self) -> None:
        """Raise :class:`ConfigurationError` unless the tables are there, and of this version."""
        self._backend.check()

    def expired(self) -> int:
        """Return how many deliveries have expired, and would be forgotten by :meth:`purge`."""
        return cast(int, self._call(Work(LAST, self._backend.statements.expired)))

    def purge(self, progress: Callable[[int], object] | None = None) -> int:
        """Forget everything that has expired, in batches, and return how many deliveries that were.

        The store does so by itself, a batch a minute at least. ``progress`` is told after each batch how many it were
        so far.
        """
        purged, batch = 0, AT_ONCE
        while batch == AT_ONCE:
            batch = cast(int, self._call(self._backend.purging()))
            purged += batch
            if progress is not None:
                progress(purged)
        return purged

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        return cast(Claim, self._call(self._claiming(key, lease)))

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return cast(bool, self._call(self._completing(key, token, response, retention)))

    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return cast(bool, self._call(self._releasing(key, token, done)))

    def extend(self, key: str, token: str, lease: float) -> bool:
        return cast(bool, self._call(self._extending(key, token, lease)))

    async def aclaim(self, key: str, fingerprint: str, lease: float) -> Claim:
        return cast(Claim, await self._acall(self._claiming(key, lease)))

    async def acomplete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return cast(bool, await self._acall(self._completing(key, token, response, retention)))

    async def arelease(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return cast(bool, await self._acall(self._releasing(key, token, done)))

    async def aextend(self, key: str, token: str, lease: float) -> bool:
        return cast(bool, await self._acall(self._extending(key, token, lease)))

    def transaction(self, key: str, token: str, handler: str) -> SQLTransaction:
        """Open a transaction: a ``Connection`` in ``with``, an ``AsyncConnection`` in ``async with``.

        Keep it short on SQLite, which has one writer: every other delivery waits for its end.

        Raises :class:`Fenced` at its start or end where another worker took the delivery over, and
        :class:`ConfigurationError` for a second one of the same handler, or a plain ``with`` on an event loop.
        """
        return SQLTransaction(self._backend, key, token, handler)

    def close(self) -> None:
        self._backend.close()

    def after_fork(self) -> None:
        self._end.detach()
        _left_to_the_parent.append(self._backend)
        self._open()

    def __repr__(self) -> str:
        return f"<SQLStore: {self._backend.engine.dialect.name}>"

    def _claiming(self, key: str, lease: float) -> Work:
        return Work(key, partial(self._backend.statements.claim, key, new_token(), lease))

    def _completing(self, key: str, token: str, response: RawResponse, retention: float) -> Work:
        return Work(key, partial(self._backend.statements.complete, key, token, response, retention))

    def _releasing(self, key: str, token: str, done: tuple[str, ...]) -> Work:
        return Work(key, partial(self._backend.statements.release, key, token, done))

    def _extending(self, key: str, token: str, lease: float) -> Work:
        return Work(key, partial(self._backend.statements.extend, key, token, lease))

    def _call(self, work: Work) -> Any:
        try:
            return self._backend.call(work)
        except ConfigurationError as error:
            self._report(error)
            raise

    async def _acall(self, work: Work) -> Any:
        try:
            return await self._backend.acall(work)
        except ConfigurationError as error:
            self._report(error)
            raise

    def _report(self, error: ConfigurationError) -> None:
        """Say once what is wrong, because a delivery's own line names only the kind of error."""
        if not self._reported:
            self._reported = True
            logger.error("%s", error)


def _parsed(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
            return settled(parsed)
    except (ArgumentError, ValueError):
        # Without the text, which may hold a password.
        raise ConfigurationError(
            "SQLStore takes a URL of SQLAlchemy's, such as sqlite:///webhooks.db or postgresql://user@host/database"
        ) from None
    if parsed.drivername in ("postgresql", "postgresql+psycopg", "postgresql+psycopg_async", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError(
        f"SQLStore knows no {parsed.drivername}; write sqlite:///... or postgresql://..., whose driver is psycopg 3"
    )


def _backend(url: URL, schema: Schema, timeout: float, pool_size: int) -> Backend:
    if url.get_backend_name() == "sqlite":
        return SQLite(url, schema, timeout)
    try:
        from .postgresql import PostgreSQL
    except ImportError as error:
        raise ConfigurationError(
            'SQLStore("postgresql://...") needs psycopg 3: pip install "webhook-kit[postgresql]"'
        ) from error
    return PostgreSQL(url, schema, timeout, pool_size)
