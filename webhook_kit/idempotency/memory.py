"""The store for one process: development, tests, and a single worker that may forget at its restart."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from threading import Lock
from typing import Literal, Never

from ..errors import ConfigurationError, refuse_unknown
from ..http import RawResponse
from .base import Busy, Claim, Done, New, Store, StoreFull

logger = logging.getLogger("webhook_kit")

_NOBODY: tuple[str, ...] = ()

# How long a claim that nobody completed is remembered after its lease: longer than vendors come back.
ABANDONED_AFTER = 8 * 24 * 3600.0


class MemoryStore(Store):
    """Keep keys in this process only.

    With several worker processes each has its own memory, and a retry that reaches another one runs again.
    ``max_keys`` bounds the memory: when full, the oldest completed key is dropped with one warning, never a live claim;
    ``when_full="refuse"`` answers 503 instead. ``clock`` returns seconds that never run backwards.
    """

    blocks = False

    def __init__(
        self,
        max_keys: int = 100_000,
        *,
        when_full: Literal["drop", "refuse"] = "drop",
        clock: Callable[[], float] = time.monotonic,
        **others: Never,
    ) -> None:
        refuse_unknown("MemoryStore", others, ("max_keys", "when_full", "clock"))
        if isinstance(max_keys, bool) or not isinstance(max_keys, int) or max_keys < 1:
            raise ConfigurationError(f"max_keys is {max_keys!r}; a store needs room for at least one key")
        if when_full not in ("drop", "refuse"):
            raise ConfigurationError(f'when_full is {when_full!r}; write "drop" or "refuse"')
        if not callable(clock):
            raise ConfigurationError("clock is a callable that returns seconds, such as time.monotonic")
        self._max_keys = max_keys
        self._refuses = when_full == "refuse"
        self._clock = clock
        self.after_fork()

    def after_fork(self) -> None:
        self._lock = Lock()
        self._tokens = count(1)
        # key → (token or None once released, end of the lease, attempt, finished handlers), oldest lease first
        self._claims: OrderedDict[str, tuple[str | None, float, int, tuple[str, ...]]] = OrderedDict()
        # An ordered dictionary finds its first key at once, also after the ones before it were deleted.
        # retention → key → (expiry, answer): within one retention the order of insertion is the order of expiry
        self._completed: dict[float, OrderedDict[str, tuple[float, RawResponse]]] = {}
        self._size = 0
        self._warned = False

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        with self._lock:
            now = self._clock()
            self._expire(now)
            for answers in self._completed.values():
                if (kept := answers.get(key)) is not None:
                    if kept[0] > now:
                        return Done(kept[1])
                    del answers[key]
                    self._size -= 1
            attempt, done = 1, _NOBODY
            if (held := self._claims.get(key)) is not None:
                token, until, attempt, done = held
                if token is not None and until > now:
                    return Busy(until - now)
                attempt += 1
                # to the end of the order, because the lease starts anew
                del self._claims[key]
                self._size -= 1
            elif self._size >= self._max_keys:
                self._make_room(now)
            token = str(next(self._tokens))
            self._claims[key] = (token, now + lease, attempt, done)
            self._size += 1
            return New(token, attempt, done)

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        with self._lock:
            if self._held(key, token) is None:
                return False
            del self._claims[key]
            self._completed.setdefault(retention, OrderedDict())[key] = (self._clock() + retention, response)
            return True

    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        with self._lock:
            if (held := self._held(key, token)) is None:
                return False
            self._put(key, (None, self._clock(), held[2], done))
            return True

    def extend(self, key: str, token: str, lease: float) -> bool:
        with self._lock:
            if (held := self._held(key, token)) is None:
                return False
            self._put(key, (token, self._clock() + lease, held[2], held[3]))
            return True

    # Nothing here blocks, so the asynchronous half needs no thread.

    async def aclaim(self, key: str, fingerprint: str, lease: float) -> Claim:
        return self.claim(key, fingerprint, lease)

    async def acomplete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return self.complete(key, token, response, retention)

    async def arelease(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return self.release(key, token, done)

    async def aextend(self, key: str, token: str, lease: float) -> bool:
        return self.extend(key, token, lease)

    async def aclose(self) -> None:
        self.close()

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        # An empty store is a store.
        return True

    def __repr__(self) -> str:
        return f"<MemoryStore: {self._size} of {self._max_keys} keys>"

    def _held(self, key: str, token: str) -> tuple[str | None, float, int, tuple[str, ...]] | None:
        held = self._claims.get(key)
        return held if held is not None and held[0] == token else None

    def _put(self, key: str, claim: tuple[str | None, float, int, tuple[str, ...]]) -> None:
        """Replace a claim, at the end of the order of their leases."""
        del self._claims[key]
        self._claims[key] = claim

    def _expire(self, now: float) -> None:
        """Forget at most two keys of each kind, so that expiry keeps up with arrival and never takes long."""
        for answers in self._completed.values():
            for _ in range(2):
                oldest = next(iter(answers), None)
                if oldest is None or answers[oldest][0] > now:
                    break
                del answers[oldest]
                self._size -= 1
        for _ in range(2):
            first = next(iter(self._claims), None)
            if first is None or self._claims[first][1] + ABANDONED_AFTER > now:
                break
            del self._claims[first]
            self._size -= 1

    def _make_room(self, now: float) -> None:
        if self._refuses:
            raise StoreFull(f"all {self._max_keys} keys are in use")
        oldest: tuple[float, dict[str, tuple[float, RawResponse]], str] | None = None
        for retention, answers in self._completed.items():
            if answers:
                key = next(iter(answers))
                completed = answers[key][0] - retention
                if oldest is None or completed < oldest[0]:
                    oldest = completed, answers, key
        if oldest is not None:
            del oldest[1][oldest[2]]
        else:
            # A claim whose lease is over is held by nobody.
            idle = next((key for key, held in self._claims.items() if held[0] is None or held[1] <= now), None)
            if idle is None:
                raise StoreFull(f"all {self._max_keys} keys are claimed by running deliveries")
            del self._claims[idle]
        self._size -= 1
        if not self._warned:
            self._warned = True
            logger.warning(
                "MemoryStore is full (%d keys) and forgets the oldest ones: a late retry of theirs will run again; "
                "raise max_keys, or use SQLStore",
                self._max_keys,
            )
