"""The store for one process: development, tests, and a single worker that may forget at its restart."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from math import inf
from operator import itemgetter
from threading import Lock
from typing import Final, Literal, Never, TypeAlias

from ..errors import ConfigurationError, refuse_unknown
from ..http import RawResponse
from .base import Busy, Claim, Done, New, Store, StoreFull

logger = logging.getLogger("webhook_kit")

_NOBODY: tuple[str, ...] = ()

ABANDONED_AFTER: Final = 8 * 24 * 3600.0
"""Seconds that a claim which nobody completed is remembered after its lease: longer than vendors come back."""


_Held: TypeAlias = tuple[str | None, float, int, tuple[str, ...]]
"""A claim: its token, or None once it was released; the end of its lease; its attempt; the finished handlers."""

_Kept: TypeAlias = tuple[float, RawResponse, str]
"""An answer: when it is forgotten, what it is, and its key."""


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
        # The oldest lease first.
        self._claims: dict[str, _Held] = {}
        self._answers: dict[str, _Kept] = {}
        # retention → its answers: within one retention the order of completion is the order of expiry
        self._by_retention: dict[float, deque[_Kept]] = {}
        # Before this time nothing can be forgotten.
        self._due = inf
        self._warned = False

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        claims, answers = self._claims, self._answers
        attempt, done = 1, _NOBODY
        with self._lock:
            now = self._clock()
            if now >= self._due:
                self._expire(now)
            if key in answers:
                expiry, response, _ = answers[key]
                if expiry > now:
                    return Done(response)
                del answers[key]
            if key in claims:
                held, until, attempt, done = claims[key]
                if held is not None and until > now:
                    return Busy(until - now)
                attempt += 1
                # to the end of the order, because the lease starts anew
                del claims[key]
            elif len(claims) + len(answers) >= self._max_keys:
                self._make_room(now)
            token = str(next(self._tokens))
            until = now + lease
            claims[key] = (token, until, attempt, done)
            if until + ABANDONED_AFTER < self._due:
                self._due = until + ABANDONED_AFTER
        return New(token, attempt, done)

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        claims = self._claims
        with self._lock:
            if key not in claims or claims[key][0] != token:
                return False
            del claims[key]
            expiry = self._clock() + retention
            self._answers[key] = kept = (expiry, response, key)
            if (order := self._by_retention.get(retention)) is None:
                order = self._by_retention[retention] = deque()
            order.append(kept)
            if expiry < self._due:
                self._due = expiry
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

    async def acheck(self) -> None:
        self.check()

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
        return len(self._claims) + len(self._answers)

    def __bool__(self) -> bool:
        # An empty store is a store.
        return True

    def __repr__(self) -> str:
        return f"<MemoryStore: {len(self)} of {self._max_keys} keys>"

    def _held(self, key: str, token: str) -> _Held | None:
        held = self._claims.get(key)
        return held if held is not None and held[0] == token else None

    def _put(self, key: str, held: _Held) -> None:
        """Replace a claim, at the end of the order of their leases."""
        del self._claims[key]
        self._claims[key] = held
        self._due = min(self._due, held[1] + ABANDONED_AFTER)

    def _expire(self, now: float) -> None:
        """Forget at most two keys of each kind, so that expiry keeps up with arrival and never takes long."""
        self._due = inf
        for retention, order in list(self._by_retention.items()):
            for _ in range(2):
                if not order or order[0][0] > now:
                    break
                self._forget(order.popleft())
            if order:
                self._due = min(self._due, order[0][0])
            else:
                # A provider may give every event a retention of its own.
                del self._by_retention[retention]
        for _ in range(2):
            first = next(iter(self._claims), None)
            if first is None or self._claims[first][1] + ABANDONED_AFTER > now:
                break
            del self._claims[first]
        if self._claims:
            self._due = min(self._due, self._claims[next(iter(self._claims))][1] + ABANDONED_AFTER)

    def _forget(self, kept: _Kept) -> None:
        """Forget an answer, unless its key was completed anew."""
        key = kept[2]
        if self._answers.get(key) is kept:
            del self._answers[key]

    def _make_room(self, now: float) -> None:
        if self._refuses:
            raise StoreFull(f"all {self._max_keys} keys are in use")
        if not self._drop_oldest_answer():
            # A claim whose lease is over is held by nobody.
            idle = next((key for key, held in self._claims.items() if held[0] is None or held[1] <= now), None)
            if idle is None:
                raise StoreFull(f"all {self._max_keys} keys are claimed by running deliveries")
            del self._claims[idle]
        if not self._warned:
            self._warned = True
            logger.warning(
                "MemoryStore is full (%d keys) and forgets the oldest ones: a late retry of theirs will run again; "
                "raise max_keys, or use SQLStore",
                self._max_keys,
            )

    def _drop_oldest_answer(self) -> bool:
        orders = [(order[0][0] - retention, order) for retention, order in self._by_retention.items() if order]
        if not orders:
            return False
        # Its answer is still there: what expired goes twice as fast as anything is added.
        self._forget(min(orders, key=itemgetter(0))[1].popleft())
        return True
