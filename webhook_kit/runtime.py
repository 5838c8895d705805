"""Threads, the event loop and the heartbeat of one process: started when first needed, forgotten by a forked child."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

logger = logging.getLogger("webhook_kit")

T = TypeVar("T")

MOST_THREADS = 32


class Aside:
    """What is done around functions that run in threads of the kit's own, and may outlive the request they belong to.

    A host that keeps something for each thread, such as connections, has a subclass that cleans up.
    """

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in one of the threads."""
        return function()

    async def wait(self, function: Callable[[], Awaitable[T]]) -> T:
        """Call an async function on whichever event loop it runs."""
        return await function()


class Runtime:
    """What outlives a single request.

    ``run`` runs sync functions that must leave an event loop or be waited for with a limit. ``submit`` runs coroutines
    on one long-lived loop, so that clients which are bound to a loop keep working.
    """

    def __init__(self) -> None:
        self.aside = Aside()
        self._reset()
        _runtimes.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def run(self, call: Callable[[], Any]) -> Future[Any]:
        """Run a function on a worker thread of the bounded pool."""
        # Under the lock, so that nothing is handed to a pool or a loop that is being closed.
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="webhook_kit")
            return self._pool.submit(self.aside.call, call)

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run a coroutine on the long-lived loop, in a copy of the caller's context."""
        with self._lock:
            return asyncio.run_coroutine_threadsafe(coroutine, self._running_loop())

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold a task that nobody waits for until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Wait for running functions, then stop every thread; what is needed later starts anew."""
        with self._lock:
            pool, self._pool = self._pool, None
            loop, self._loop = self._loop, None
            thread, self._loop_thread = self._loop_thread, None
        if pool is not None:
            pool.shutdown()
        if loop is not None and thread is not None:
            asyncio.run_coroutine_threadsafe(_finish_tasks(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    async def finish(self) -> None:
        """Wait for what still runs on this event loop after its delivery was answered."""
        here = asyncio.get_running_loop()
        await asyncio.gather(*(task for task in self._tasks if task.get_loop() is here), return_exceptions=True)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._loop_thread = threading.Thread(
                target=_run_loop, args=(self._loop,), name="webhook_kit-loop", daemon=True
            )
            self._loop_thread.start()
            _at_the_end_of(self, partial(_stop_loop, self._loop))
        return self._loop


class Heartbeat:
    """Extend the leases of running deliveries, from one thread that sleeps a third of a lease."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._reset()
        _heartbeats.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._beats: set[Callable[[], bool]] = set()

    def add(self, extend: Callable[[], bool]) -> None:
        """Call ``extend`` at every beat until it returns False or is removed."""
        self._beats.add(extend)
        if self._thread is None:
            self._start()

    @property
    def is_needed(self) -> bool:
        """Whether a delivery has a lease."""
        return bool(self._beats)

    def remove(self, extend: Callable[[], bool]) -> None:
        """Stop calling this one, if it is still called."""
        self._beats.discard(extend)

    def beat(self) -> None:
        """Extend every lease once."""
        for extend in self._beats.copy():
            try:
                if extend():
                    continue
            except Exception as error:
                # The store may be back at the next beat; until then the lease runs on.
                logger.warning("a lease could not be extended: %s", type(error).__name__)
                continue
            self._beats.discard(extend)

    def close(self) -> None:
        """Stop the thread, unless a delivery still runs in a thread of others; the next delivery starts it anew."""
        with self._lock:
            thread, self._thread = self._thread, None
            # Looked at only now, because whoever comes after this finds no thread, and starts one.
            if self._beats:
                self._thread = thread
                return
            self._stop.set()
            self._stop = threading.Event()
        if thread is not None:
            thread.join()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_run_heartbeat,
                    args=(weakref.ref(self), self._stop, self._interval),
                    name="webhook_kit-heartbeat",
                    daemon=True,
                )
                self._thread.start()
                # A dispatcher that is dropped without being closed takes its thread along.
                _at_the_end_of(self, self._stop.set)


def _at_the_end_of(owner: object, call: Callable[[], object]) -> None:
    # At the interpreter's exit the owner is closed in order instead.
    weakref.finalize(owner, call).atexit = False


def _run_heartbeat(reference: weakref.ref[Heartbeat], stop: threading.Event, interval: float) -> None:
    while not stop.wait(interval):
        heartbeat = reference()
        if heartbeat is None:
            return
        heartbeat.beat()
        del heartbeat


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _stop_loop(loop: asyncio.AbstractEventLoop) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)


async def finish(running: asyncio.Future[T]) -> T:
    """Wait for the end of what cannot be stopped, also when cancelled meanwhile; then raise the cancellation."""
    cancellation: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        # Looked at, so that asyncio does not report an error that nobody saw.
        running.exception()
        raise cancellation
    return running.result()


async def _finish_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*tasks, return_exceptions=True)


_runtimes: weakref.WeakSet[Runtime] = weakref.WeakSet()
_heartbeats: weakref.WeakSet[Heartbeat] = weakref.WeakSet()


def at_fork(**calls: Callable[[], None]) -> None:
    """Register what :func:`os.register_at_fork` takes, on systems that fork."""
    getattr(os, "register_at_fork", lambda **hooks: None)(**calls)


def _after_fork() -> None:
    # The threads stayed in the parent, and their locks may be held by nobody that could let go.
    for runtime in _runtimes:
        runtime._reset()
    for heartbeat in _heartbeats:
        heartbeat._reset()


at_fork(after_in_child=_after_fork)
