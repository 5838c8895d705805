"""The store in the project's own database, by way of the ORM."""

from __future__ import annotations

import contextvars
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, Never, TypeVar

from django.db import Error, connections, transaction

from webhook_kit.errors import ConfigurationError, nearest, refuse_unknown
from webhook_kit.http import RawResponse
from webhook_kit.idempotency.base import Claim, Store

from . import transitions
from .tables import database, model, require_table
from .threads import run_sync
from .transaction import DjangoTransaction

if TYPE_CHECKING:
    from .models import StoredDeliveries

logger = logging.getLogger("webhook_kit")

T = TypeVar("T")

PURGE_EVERY: Final = 60.0
"""Seconds from one purge of what has expired to the next."""


class DjangoStore(Store):
    """Keep deliveries in the project's database, and let handlers write in one transaction with "this handler is done".

    Needs ``"webhook_kit.adapters.django"`` in INSTALLED_APPS, and ``manage.py migrate``. ``using`` is the alias of the
    database, by default ``WEBHOOK_KIT["DATABASE"]`` or else the one that the project's routers choose.

    It uses Django's own connection of the thread, so that nothing else has to be closed or configured. Where somebody
    has opened a transaction on that one, it uses another: a claim is neither hidden nor taken back.
    """

    def __init__(self, *, using: str | None = None, **others: Never) -> None:
        refuse_unknown("DjangoStore", others, ("using",))
        if using is not None and (not isinstance(using, str) or not using):
            raise ConfigurationError('using is the alias of a database in DATABASES, such as using="default"')
        self._using = using
        self._purged = time.monotonic()
        self._reported = False

    @property
    def using(self) -> str:
        """The alias of its database."""
        alias = self._using or database()
        if alias not in connections:
            raise ConfigurationError(f"there is no {alias!r} in DATABASES; did you mean {nearest(alias, connections)}?")
        return alias

    def check(self) -> None:
        """Raise :class:`ConfigurationError` unless the database has the table."""
        self._run(lambda deliveries: require_table(deliveries.db), last=True)

    async def acheck(self) -> None:
        await run_sync(self.check)

    def expired(self) -> int:
        """Return how many deliveries have expired, and would be forgotten by :meth:`purge`."""
        return self._run(lambda deliveries: deliveries.expired().count())

    def purge(self, progress: Callable[[int], object] | None = None) -> int:
        """Forget everything that has expired, in batches, and return how many deliveries that were.

        The store does so by itself, a batch a minute at least. ``progress`` is told after each batch how many it were
        so far.
        """
        purged = 0
        while batch := self._run(lambda deliveries: deliveries.purge_some()):
            purged += batch
            if progress is not None:
                progress(purged)
        return purged

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        return self._run(lambda deliveries: transitions.claim(deliveries, key, float(lease)))

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        def finish(deliveries: StoredDeliveries) -> bool:
            completed = transitions.complete(deliveries, key, token, response, float(retention))
            self._purge_when_due(deliveries)
            return completed

        return self._run(finish, last=True)

    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return self._run(lambda deliveries: transitions.release(deliveries, key, token, done), last=True)

    def extend(self, key: str, token: str, lease: float) -> bool:
        return self._run(lambda deliveries: transitions.extend(deliveries, key, token, float(lease)), last=True)

    async def aclaim(self, key: str, fingerprint: str, lease: float) -> Claim:
        return await run_sync(self.claim, key, fingerprint, lease)

    async def acomplete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return await run_sync(self.complete, key, token, response, retention)

    async def arelease(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return await run_sync(self.release, key, token, done)

    async def aextend(self, key: str, token: str, lease: float) -> bool:
        return await run_sync(self.extend, key, token, lease)

    async def aclose(self) -> None:
        """Do as :meth:`close`: there is nothing to close that is not Django's."""

    def transaction(self, key: str, token: str, handler: str) -> DjangoTransaction:
        """Open an atomic block of the ORM, in ``with`` or ``async with``; it hands out Django's connection.

        Raises :class:`Fenced` at its start or end where another worker took the delivery over, and
        :class:`ConfigurationError` for a second one of the same handler, one within another transaction, or a plain
        ``with`` on an event loop.
        """
        return DjangoTransaction(self.deliveries(), key, token, handler)

    def deliveries(self) -> StoredDeliveries:
        """Return what is kept in its database, as a query of the ORM."""
        return model().in_database(self.using)

    def __repr__(self) -> str:
        return f"<DjangoStore: {self._using or 'the default database'}>"

    def _run(self, operation: Callable[[StoredDeliveries], T], *, last: bool = False) -> T:
        """Do something outside of any transaction.

        ``last`` says that nothing follows, so that a connection that it had to open is closed: then the thread is not
        one of those that Django looks after.
        """
        alias = self.using
        if in_transaction(alias):
            context = contextvars.copy_context()
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(context.run, partial(self._run, operation, last=True)).result()
        connection = connections[alias]
        closes = last and connection.connection is None
        try:
            return operation(self.deliveries())
        except Error:
            if not connection.in_atomic_block:
                # After a restart of the server the next operation gets another connection.
                connection.close_if_unusable_or_obsolete()
                self._explain(alias)
            raise
        finally:
            if closes:
                connection.close()

    def _explain(self, alias: str) -> None:
        """Raise :class:`ConfigurationError` where the table is missing, and say so once in full."""
        try:
            require_table(alias)
        except Error:  # the server is not there
            return
        except ConfigurationError as error:
            if not self._reported:
                self._reported = True
                logger.error("%s", error)
            raise error from None

    def _purge_when_due(self, deliveries: StoredDeliveries) -> None:
        """Forget a batch now and then, and the next one soon where there is more."""
        if time.monotonic() - self._purged < PURGE_EVERY or connections[deliveries.db].in_atomic_block:
            return
        try:
            more = deliveries.purge_some() > 0
        except Error:
            # What fails here is tried again in a minute, and whoever needs the database now hears of it.
            more = False
        if not more:
            self._purged = time.monotonic()


def in_transaction(alias: str) -> bool:
    """Whether somebody has opened a transaction; that of a ``TestCase`` does not count."""
    if not connections[alias].in_atomic_block:
        return False
    try:
        with transaction.atomic(alias, durable=True):
            return False
    except RuntimeError:
        return True
