"""A handler's writes and "this handler is done", in one atomic block of the ORM."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from webhook_kit.errors import ConfigurationError

from . import transitions
from .threads import finish_sync, has_thread, own_thread

if TYPE_CHECKING:
    from .models import StoredDeliveries


class DjangoTransaction:
    """One transaction of one handler, for ``with`` and for ``async with``.

    Raises :class:`Fenced` where another worker has taken the delivery over, at the start or at the end; then nothing
    of it is kept.
    """

    def __init__(self, deliveries: StoredDeliveries, key: str, token: str, handler: str) -> None:
        self._deliveries = deliveries
        self._key = key
        self._token = token
        self._handler = handler
        self._done: tuple[str, ...] = ()
        self._atomic: transaction.Atomic | None = None
        self._thread: AbstractContextManager[None] | None = None

    def __enter__(self) -> BaseDatabaseWrapper:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._begin()
        raise ConfigurationError(
            "this would block the event loop: write `async with delivery.transaction():` in an async function, and "
            "await what the ORM does"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end(kind, error, traceback)

    async def __aenter__(self) -> BaseDatabaseWrapper:
        if not has_thread():
            self._thread = own_thread()
            self._thread.__enter__()
        try:
            return await finish_sync(self._begin)
        except BaseException:
            if self._atomic is not None:
                # Cancelled while it began.
                await finish_sync(self._end, *sys.exc_info())
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await finish_sync(self._end, kind, error, traceback)
        finally:
            self._leave()

    def _begin(self) -> BaseDatabaseWrapper:
        alias = self._deliveries.db
        atomic = transaction.atomic(alias, durable=True)
        try:
            atomic.__enter__()
        except RuntimeError:
            raise ConfigurationError(
                f"{self._handler} is within transaction.atomic() already, which may take back what this one committed; "
                "let delivery.transaction() be the outer one, or the only one"
            ) from None
        try:
            done = transitions.begin(self._deliveries, self._key, self._token)
            if self._handler in done:
                raise ConfigurationError(
                    f"{self._handler} has committed already, and counts as done: a handler writes in one transaction"
                )
        except BaseException:
            atomic.__exit__(*sys.exc_info())
            raise
        self._atomic, self._done = atomic, done
        return connections[alias]

    def _end(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        atomic, self._atomic = self._atomic, None
        assert atomic is not None
        if error is None:
            try:
                transitions.mark(self._deliveries, self._key, self._token, self._done, self._handler)
            except BaseException:
                atomic.__exit__(*sys.exc_info())
                raise
        atomic.__exit__(kind, error, traceback)

    def _leave(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.__exit__(None, None, None)
