"""A delivery that is ours for a while: claimed, and to be completed or released."""

from __future__ import annotations

from collections.abc import Sequence

from .delivery import Transaction
from .drivers import Host
from .http import RawResponse
from .idempotency.base import New, Store
from .reporting import logger


class Lease:
    """A claim that a store granted, and what can be done with it."""

    __slots__ = ("_seconds", "_store", "_token", "attempt", "done", "key")

    def __init__(self, store: Store, key: str, claim: New, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self.key = key
        self._token, self.attempt, self.done = claim

    def extend(self) -> bool:
        """Let it run on; False where another worker took over."""
        return self._store.extend(self.key, self._token, self._seconds)

    async def complete(self, host: Host, response: RawResponse, retention: float) -> bool:
        """Keep the answer for this time (seconds); False where another worker took over."""
        store = self._store
        if store.blocks:
            completed: bool = await host.ask(store, "complete", self.key, self._token, response, retention)
            return completed
        host.go_on()
        return store.complete(self.key, self._token, response, retention)

    async def release(self, host: Host, finished: Sequence[str]) -> None:
        """Give it back, with the names of the handlers that did finish."""
        try:
            await host.ask(self._store, "release", self.key, self._token, tuple(finished))
        except Exception as error:
            # The lease runs out by itself.
            logger.warning("a claim could not be released: %s", type(error).__name__)

    def transaction(self, handler: str) -> Transaction:
        """Open a transaction in which the writes of the handler of this name commit together with its being done."""
        return self._store.transaction(self.key, self._token, handler)
