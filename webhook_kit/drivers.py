"""What the flow needs from outside, and the two drivers that get it: one blocks, one awaits."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures import wait as wait_for_futures
from functools import partial
from typing import Any, Final, Protocol, TypeAlias, TypeVar, cast

from .functions import Function
from .idempotency.base import Store
from .reporting import logger, own
from .runtime import Runtime

T = TypeVar("T")

ReadBody: TypeAlias = Callable[[int], bytes | None]
"""Return the body, or None as soon as it is longer than the limit."""

AsyncReadBody: TypeAlias = Callable[[int], Awaitable[bytes | None]]

RunSync: TypeAlias = Callable[..., Awaitable[Any]]
"""Call a sync function with its arguments somewhere that may block."""


CANCELLED_FROM_WITHIN: Final = "the function was cancelled from within"


class TimedOut(Exception):
    """Tell the flow that a function goes on, but its time is over."""


class Blocking:
    """A host whose caller waits in a thread."""

    def __init__(self, runtime: Runtime, read: ReadBody) -> None:
        self.runtime = runtime
        self.read = read


class Awaiting:
    """A host whose caller waits on an event loop.

    ``cancellation`` is set when the caller was cancelled while something ran that could not be stopped.
    """

    def __init__(self, runtime: Runtime, read: AsyncReadBody, run_sync: RunSync | None = None) -> None:
        self.runtime = runtime
        self.read = read
        self.run_sync = run_sync or self._in_pool
        self.cancellation: asyncio.CancelledError | None = None

    async def finish(self, awaitable: Awaitable[T]) -> T:
        """Wait for something that must not be stopped, also when cancelled meanwhile."""
        task = asyncio.ensure_future(awaitable)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError as cancellation:
            if task.cancelled():
                raise
            await _ended(task)
            self.cancellation = cancellation
            return task.result()

    async def _in_pool(self, function: Callable[..., Any], *arguments: Any) -> Any:
        call = partial(contextvars.copy_context().run, function, *arguments)
        return await asyncio.wrap_future(self.runtime.run(call))


class Step(Protocol):
    """One thing that the flow needs."""

    def block(self, host: Blocking) -> Any:
        """Get it in a thread."""
        ...

    async def wait(self, host: Awaiting) -> Any:
        """Get it on an event loop."""
        ...


Flow: TypeAlias = Generator[Step, Any, T]


class Read:
    """The body, or None where it is longer than the limit."""

    __slots__ = ("limit",)

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def block(self, host: Blocking) -> bytes | None:
        return host.read(self.limit)

    async def wait(self, host: Awaiting) -> bytes | None:
        return await host.read(self.limit)


class Ask:
    """An operation of the store."""

    __slots__ = ("arguments", "operation", "store")

    def __init__(self, store: Store, operation: str, *arguments: Any) -> None:
        self.store = store
        self.operation = operation
        self.arguments = arguments

    def block(self, host: Blocking) -> Any:
        return getattr(self.store, self.operation)(*self.arguments)

    async def wait(self, host: Awaiting) -> Any:
        awaitable = getattr(self.store, "a" + self.operation)(*self.arguments)
        # A claim whose result got lost would lock its key until the lease is over.
        return await (host.finish(awaitable) if self.store.blocks else awaitable)


class Call:
    """What a user's function returns; with a limit in seconds, :class:`TimedOut` while it goes on."""

    __slots__ = ("arguments", "function", "limit")

    def __init__(self, function: Function, *arguments: Any, limit: float | None = None) -> None:
        self.function = function
        self.arguments = arguments
        self.limit = limit

    def block(self, host: Blocking) -> Any:
        function = self.function
        try:
            if function.is_async:
                return _result(host.runtime.submit(function.call(*self.arguments)), self.limit)
            if self.limit is not None:
                context = contextvars.copy_context()
                return _result(host.runtime.run(lambda: context.run(self._call, host)), self.limit)
            return self._call(host)
        except asyncio.CancelledError as error:
            raise RuntimeError(CANCELLED_FROM_WITHIN) from error

    def _call(self, host: Blocking) -> Any:
        value = self.function.call(*self.arguments)
        if value is not None and inspect.isawaitable(value):
            return _result(host.runtime.submit(_await(value)), None)
        return value

    async def wait(self, host: Awaiting) -> Any:
        if self.limit is None:
            return await self._run(host)
        return await _within(host.runtime, self._run(host), self.limit)

    async def _run(self, host: Awaiting) -> Any:
        function = self.function
        try:
            if function.is_async:
                return await function.call(*self.arguments)
            if function.thread:
                failure, value = await host.finish(host.run_sync(_captured, function.call, *self.arguments))
                if failure is not None:
                    raise failure
            else:
                value = function.call(*self.arguments)
            if value is not None and inspect.isawaitable(value):
                return await value
            return value
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise RuntimeError(CANCELLED_FROM_WITHIN) from error


class Apart:
    """The result of a part of the flow, or None when the limit (seconds) is over while that part goes on."""

    __slots__ = ("flow", "limit")

    def __init__(self, flow: Flow[Any], limit: float) -> None:
        self.flow = flow
        self.limit = limit

    def block(self, host: Blocking) -> Any:
        context = contextvars.copy_context()
        try:
            return _result(host.runtime.run(lambda: context.run(drive, self.flow, host)), self.limit)
        except TimedOut:
            return None

    async def wait(self, host: Awaiting) -> Any:
        try:
            own = Awaiting(host.runtime, host.read, host.run_sync)
            return await _within(host.runtime, adrive(self.flow, own), self.limit)
        except TimedOut:
            return None


def drive(flow: Flow[T], host: Blocking) -> T:
    """Run the flow to its end in this thread."""
    advance: Callable[[Any], Step] = flow.send
    value: Any = None
    while True:
        try:
            step = advance(value)
        except StopIteration as stop:
            return cast(T, stop.value)
        try:
            value, advance = step.block(host), flow.send
        except BaseException as error:
            value, advance = error, flow.throw


async def adrive(flow: Flow[T], host: Awaiting) -> T:
    """Run the flow to its end on this event loop. Once it is cancelled, what it still needs is finished."""
    advance: Callable[[Any], Step] = flow.send
    value: Any = None
    cancelled = False
    while True:
        try:
            step = advance(value)
        except StopIteration as stop:
            if host.cancellation is not None and not cancelled:
                raise host.cancellation from None
            return cast(T, stop.value)
        if host.cancellation is not None and not cancelled:
            cancelled = True
            value, advance = host.cancellation, flow.throw
            continue
        try:
            value = await (host.finish(step.wait(host)) if cancelled else step.wait(host))
            advance = flow.send
        except BaseException as error:
            cancelled = cancelled or isinstance(error, asyncio.CancelledError)
            value, advance = error, flow.throw


def _captured(call: Callable[..., Any], *arguments: Any) -> tuple[BaseException | None, Any]:
    """Return what a call raised or returned: futures cannot carry every exception across threads."""
    try:
        return None, call(*arguments)
    except BaseException as error:
        return error, None


async def _await(value: Awaitable[Any]) -> Any:
    return await value


def _result(future: Future[Any], limit: float | None) -> Any:
    """Wait for a function that runs elsewhere. A caller that is interrupted waits for its end all the same."""
    try:
        return future.result(limit)
    except FutureTimeout:
        if future.done():
            return future.result()
        future.add_done_callback(_report_late)
        raise TimedOut from None
    except BaseException:
        if not future.done():
            wait_for_futures([future])
        raise


async def _within(runtime: Runtime, coroutine: Coroutine[Any, Any, Any], limit: float) -> Any:
    task = asyncio.get_running_loop().create_task(coroutine)
    runtime.keep(task)
    try:
        done, _ = await asyncio.wait({task}, timeout=limit)
    except asyncio.CancelledError:
        task.cancel()
        await _ended(task)
        raise
    if not done:
        task.add_done_callback(_report_late)
        raise TimedOut
    return task.result()


def _report_late(future: Future[Any] | asyncio.Future[Any]) -> None:
    """Log what a function raised after nobody waited for it any more."""
    if not future.cancelled() and (error := future.exception()) is not None:
        logger.error("a handler failed after its time was over", exc_info=own(error))


async def _ended(task: asyncio.Future[Any]) -> None:
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            continue
