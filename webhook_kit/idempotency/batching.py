"""One thread in which the operations that wait share a commit, or a round trip."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Final, Generic, TypeVar

W = TypeVar("W")

LARGEST_BATCH: Final = 256


class Call(Generic[W]):
    """Work that somebody waits for. Whoever runs it sets ``result`` or ``error``."""

    __slots__ = ("abandoned", "error", "future", "lock", "result", "work")

    def __init__(self, work: W, future: asyncio.Future[None] | None = None) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.future = future
        self.lock = threading.Lock()
        self.lock.acquire()
        self.abandoned = False
        """Whether nobody waits any more: what has not begun then must not begin."""

    def outcome(self) -> Any:
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.result


class Batcher(Generic[W]):
    """Run work in batches, in the order of arrival.

    While one batch runs, the next one gathers: the busier, the larger. ``run`` gets the calls of a batch; what it
    raises is the error of all of them. Nobody waits longer than ``timeout`` seconds. The thread starts when first
    needed, and again after :meth:`close`.
    """

    def __init__(self, run: Callable[[Sequence[Call[W]]], None], *, name: str, timeout: float) -> None:
        self._run = run
        self._name = name
        self._timeout = timeout
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Call[W] | None] | None = None
        self._thread: threading.Thread | None = None

    def call(self, work: W) -> Any:
        """Run work and wait for it in this thread."""
        call = Call(work)
        self._put(call)
        if not call.lock.acquire(timeout=self._timeout):
            call.abandoned = True
            raise self._late()
        return call.outcome()

    async def acall(self, work: W) -> Any:
        """Run work and wait for it on this event loop."""
        loop = asyncio.get_running_loop()
        call = Call(work, loop.create_future())
        assert call.future is not None
        timer = loop.call_later(self._timeout, _give_up, call, self._late())
        try:
            self._put(call)
            await call.future
        except asyncio.CancelledError:
            call.abandoned = True
            raise
        finally:
            timer.cancel()
        return call.outcome()

    def close(self) -> None:
        """Finish what waits, and end the thread."""
        with self._lock:
            queue, self._queue = self._queue, None
            thread, self._thread = self._thread, None
        if queue is not None and thread is not None:
            queue.put(None)
            if thread is not threading.current_thread():
                thread.join()

    def _put(self, call: Call[W]) -> None:
        # Under the lock, so that nothing is queued behind the mark that ends the thread.
        with self._lock:
            if self._queue is None:
                self._queue = SimpleQueue()
                self._thread = threading.Thread(
                    target=_work, args=(self._queue, self._run), name=self._name, daemon=True
                )
                self._thread.start()
            self._queue.put(call)

    def _late(self) -> TimeoutError:
        return TimeoutError(f"the store did not answer within {self._timeout:g} seconds")


def _work(queue: SimpleQueue[Call[W] | None], run: Callable[[Sequence[Call[W]]], None]) -> None:
    go_on = True
    while go_on:
        batch, go_on = _next_batch(queue)
        calls = [call for call in batch if not call.abandoned]
        if calls:
            try:
                run(calls)
            except BaseException as error:
                for call in calls:
                    call.error = error
        _settle(calls)
        # An idle thread keeps nothing alive.
        del batch, calls


def _next_batch(queue: SimpleQueue[Call[W] | None]) -> tuple[list[Call[W]], bool]:
    """Wait for one call and take along what waits behind it; False once the thread is to end."""
    batch: list[Call[W]] = []
    call = queue.get()
    try:
        while call is not None:
            batch.append(call)
            if len(batch) == LARGEST_BATCH:
                return batch, True
            call = queue.get_nowait()
    except Empty:
        return batch, True
    return batch, False


def _settle(calls: Sequence[Call[Any]]) -> None:
    """Wake whoever waits; each event loop once for all of its calls."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for call in calls:
        if call.future is None:
            call.lock.release()
        else:
            loops.setdefault(call.future.get_loop(), []).append(call.future)
    for loop, futures in loops.items():
        try:
            loop.call_soon_threadsafe(_wake, futures)
        except RuntimeError:
            # The loop was closed under its callers.
            continue


def _wake(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


def _give_up(call: Call[Any], error: TimeoutError) -> None:
    assert call.future is not None
    if not call.future.done():
        call.abandoned = True
        call.future.set_exception(error)
