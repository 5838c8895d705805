"""What the tests of stores share."""

from __future__ import annotations

import asyncio
from typing import Any

from webhook_kit import RawResponse
from webhook_kit.idempotency import Claim, MemoryStore, New, Store

LEASE = 60.0
RETENTION = 3600.0
ANSWER = RawResponse(200, [("content-type", "text/plain")], b"success")


class Half:
    """One half of a store, called the same way: the sync one, or the async one on a loop of its own."""

    def __init__(self, store: Store, asynchronous: bool) -> None:
        self.store = store
        self._asynchronous = asynchronous

    def _call(self, name: str, *arguments: Any) -> Any:
        if not self._asynchronous:
            return getattr(self.store, name)(*arguments)

        async def call() -> Any:
            return await getattr(self.store, "a" + name)(*arguments)

        return asyncio.run(call())

    def claim(self, key: str = "key", lease: float = LEASE) -> Claim:
        claim: Claim = self._call("claim", key, "fingerprint", lease)
        return claim

    def new(self, key: str = "key", lease: float = LEASE) -> New:
        claim = self.claim(key, lease)
        assert isinstance(claim, New)
        return claim

    def complete(
        self, token: str, key: str = "key", answer: RawResponse = ANSWER, retention: float = RETENTION
    ) -> bool:
        return bool(self._call("complete", key, token, answer, retention))

    def release(self, token: str, *done: str, key: str = "key") -> bool:
        return bool(self._call("release", key, token, done))

    def extend(self, token: str, lease: float = LEASE, key: str = "key") -> bool:
        return bool(self._call("extend", key, token, lease))


class Threaded(MemoryStore):
    """The same store with the async half that stores have by default."""

    blocks = True
    acheck = Store.acheck
    aclaim = Store.aclaim
    acomplete = Store.acomplete
    arelease = Store.arelease
    aextend = Store.aextend
    aclose = Store.aclose


def fill(store: MemoryStore, number: int, *, retention: float = RETENTION) -> None:
    for each in range(number):
        claim = store.claim(f"key {each}", "", LEASE)
        assert isinstance(claim, New)
        assert store.complete(f"key {each}", claim.token, ANSWER, retention)
