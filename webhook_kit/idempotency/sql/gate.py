"""Places that are taken in turn, by threads and by tasks of any event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout


class Gate:
    """Let in so many at a time, in the order of arrival; whoever waits longer than ``timeout`` seconds gives up."""

    def __init__(self, places: int, timeout: float) -> None:
        self._free = places
        self._timeout = timeout
        self._lock = threading.Lock()
        self._waiting: deque[Future[None]] = deque()
        self._last: int | None = None

    @property
    def is_taken_here(self) -> bool:
        """Whether this thread, or its event loop, has the place that was taken last."""
        return self._last == threading.get_ident()

    def enter(self) -> None:
        """Take a place, waiting in this thread; raises :class:`TimeoutError`."""
        if (turn := self._queue()) is not None:
            try:
                turn.result(self._timeout)
            except FutureTimeout:
                # Where it cannot be cancelled any more, the turn came at the last moment.
                if turn.cancel():
                    raise self._late() from None
            except BaseException:
                self._forgo(turn)
                raise
        self._last = threading.get_ident()

    async def aenter(self) -> None:
        """Take a place, waiting on this event loop; raises :class:`TimeoutError`."""
        if (turn := self._queue()) is not None:
            waiting = asyncio.wrap_future(turn)
            try:
                done, _ = await asyncio.wait({waiting}, timeout=self._timeout)
            except BaseException:
                self._forgo(turn)
                raise
            if not done and turn.cancel():
                raise self._late()
        self._last = threading.get_ident()

    def leave(self) -> None:
        """Give the place to the next one who waits."""
        with self._lock:
            self._last = None
            while self._waiting:
                turn = self._waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    turn.set_result(None)
                    return
            self._free += 1

    def _queue(self) -> Future[None] | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            turn: Future[None] = Future()
            self._waiting.append(turn)
            return turn

    def _forgo(self, turn: Future[None]) -> None:
        if not turn.cancel():
            self.leave()

    def _late(self) -> TimeoutError:
        return TimeoutError(f"other transactions of this process held the store for {self._timeout:g} seconds")
