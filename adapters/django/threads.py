"""In which thread the code of handlers runs that uses Django's connections, each of which belongs to one thread.

Django closes the connections of the thread that serves a request, so that is where they should be opened: also by async
handlers under WSGI, whose event loop is elsewhere. What may outlive its request gets a thread of its own, whose
connections are closed behind it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

from asgiref.sync import AsyncToSync, SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.db import close_old_connections, connections

from webhook_kit.runtime import Aside, Runtime, finish

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

POLLING: Final = 0.05
"""Seconds."""


async def run_sync(function: Callable[[Unpack[Ts]], T], *arguments: *Ts) -> T:
    """Call a function in the thread whose connections Django closes."""
    return await sync_to_async(function, thread_sensitive=True)(*arguments)


async def finish_sync(function: Callable[[Unpack[Ts]], T], *arguments: *Ts) -> T:
    """Do as :func:`run_sync`, and wait for the end of the function even when cancelled meanwhile."""
    return await finish(asyncio.ensure_future(run_sync(function, *arguments)))


def run_async(runtime: Runtime, coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Wait for a coroutine on the long-lived loop, and lend it this thread meanwhile."""
    thread = _Lent()

    async def borrowing() -> Any:
        with _thread_sensitive(thread):
            return await coroutine

    try:
        return thread.wait(runtime.submit(borrowing()))
    finally:
        thread.leave()


class ClosingBehind(Aside):
    """Close the connections of functions that run outside of a request, as Django does around one."""

    def call(self, function: Callable[[], T]) -> T:
        return _between_closings(function)

    async def wait(self, function: Callable[[], Awaitable[T]]) -> T:
        with own_thread():
            return await function()


@contextmanager
def own_thread() -> Iterator[None]:
    """Give this task a thread of its own for what uses connections; they are closed when the block ends."""
    thread = _Own()
    try:
        with _thread_sensitive(thread):
            yield
    finally:
        thread.leave()


def has_thread() -> bool:
    """Whether there is a thread for this task alone: otherwise it would share connections with every other task."""
    return bool(
        getattr(AsyncToSync.executors, "current", None)
        or SyncToAsync.thread_sensitive_context.get(None)
        or asyncio.get_running_loop() in AsyncToSync.loop_thread_executors
    )


class _Lent(Executor):
    """The thread that waits for a coroutine, for what the coroutine must not do on its event loop."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waits = True
        self._work: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._bell: SimpleQueue[None] = SimpleQueue()

    def submit(self, function: Callable[..., T], /, *arguments: Any, **keywords: Any) -> Future[T]:
        call = partial(function, *arguments, **keywords)
        with self._lock:
            if self._waits:
                future: Future[T] = Future()
                self._work.append((future, call))
                self._bell.put(None)
                return future
        return _left_behind(call)

    def wait(self, future: Future[T]) -> T:
        """Do the work until the future is done. A caller that is interrupted waits for its end all the same."""
        future.add_done_callback(self._stop)
        interruption: BaseException | None = None
        while True:
            try:
                self._work_until_stopped(None if interruption is None else POLLING)
                break
            except BaseException as error:
                interruption = error
        if interruption is not None:
            raise interruption
        return future.result()

    def leave(self) -> None:
        """Leave what is asked for from now on to another thread."""
        with self._lock:
            self._waits = False
        for future, call in self._work:  # of one who was interrupted before it could wait
            _left_behind(partial(_settle, future, call))

    def _work_until_stopped(self, patience: float | None) -> None:
        """Work, and look every so many seconds for what somebody who was interrupted may not have heard of."""
        while self._waits or self._work:
            with suppress(Empty):
                self._bell.get(timeout=patience)
            while self._work:
                _settle(*self._work[0])
                self._work.popleft()

    def _stop(self, _: object) -> None:
        with self._lock:
            self._waits = False
            self._bell.put(None)


class _Own(ThreadPoolExecutor):
    """A thread that starts when it is needed."""

    def __init__(self) -> None:
        super().__init__(1, thread_name_prefix="webhook_kit-django")
        self._needed = False
        self._left = False

    def submit(self, function: Callable[..., T], /, *arguments: Any, **keywords: Any) -> Future[T]:
        if self._left:
            return _left_behind(partial(function, *arguments, **keywords))
        self._needed = True
        return super().submit(function, *arguments, **keywords)

    def leave(self) -> None:
        """Close its connections after everything that was asked of it."""
        self._left = True
        if self._needed:
            super().submit(connections.close_all)
        self.shutdown(wait=False)


@contextmanager
def _thread_sensitive(executor: Executor) -> Iterator[None]:
    """Let what this task does with ``thread_sensitive=True`` run there."""
    room = ThreadSensitiveContext()
    SyncToAsync.context_to_thread_executor[room] = executor
    entered = SyncToAsync.thread_sensitive_context.set(room)
    # Otherwise it would take precedence, and may be the thread that waits for us.
    parent = getattr(AsyncToSync.executors, "current", None)
    AsyncToSync.executors.current = None
    try:
        yield
    finally:
        AsyncToSync.executors.current = parent
        SyncToAsync.thread_sensitive_context.reset(entered)


def _left_behind(call: Callable[[], T]) -> Future[T]:
    """Run what a task asks for that a handler started and did not wait for."""
    return SyncToAsync.single_thread_executor.submit(_between_closings, call)


def _between_closings(function: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()


def _settle(future: Future[T], call: Callable[[], T]) -> None:
    """Run a call for its future, unless that was tried before."""
    if future.running():
        # Not the interruption itself, which would end the event loop.
        future.set_exception(RuntimeError("the thread was interrupted"))
    elif not future.done() and future.set_running_or_notify_cancel():
        try:
            result = call()
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(result)
