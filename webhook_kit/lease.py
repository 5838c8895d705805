"""A delivery that is ours for a while: claimed, and to be completed or released."""

from __future__ import annotations

from collections.abc import Sequence

from .delivery import Transaction
from .drivers import Host
from .idempotency.base import New, Store
from .reporting import logger


class Lease:
    """A claim that a store granted, and what can be done with it."""

    __slots__ = ("_seconds", "attempt", "done", "key", "store", "token")

    def __init__(self, store: Store, key: str, claim: New, seconds: float) -> None:
        self.store = store
        self._seconds = seconds
        self.key = key
        self.token, self.attempt, self.done = claim

    def extend(self) -> bool:
        """Let it run on; False where another worker took over."""
        return self.store.extend(self.key, self.token, self._seconds)

    async def release(self, host: Host, finished: Sequence[str]) -> None:
        """Give it back, with the names of the handlers that did finish."""
        try:
            await host.ask(self.store, "release", self.key, self.token, tuple(finished))
        except Exception as error:
            # The lease runs out by itself.
            logger.warning("a claim could not be released: %s", type(error).__name__)

    def transaction(self, handler: str) -> Transaction:
        """Open a transaction in which the writes of the handler of this name commit together with its being done."""
        return self.store.transaction(self.key, self.token, handler)
