"""What the flow needs from outside, and the two hosts that get it: one blocks, one awaits."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Coroutine
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

Inject: TypeAlias = Callable[[Function, tuple[Any, ...], Callable[..., Awaitable[Any]]], Awaitable[Any]]
"""Call a function that takes more than the flow gives.

Gets the function, what the flow gives, and what calls the one with the other and with keyword arguments. It is not
stopped by a cancellation, which ends the call inside only, so that what was opened for the call is also closed.
"""

RunAsync: TypeAlias = Callable[[Coroutine[Any, Any, Any]], Any]
"""Wait in this thread for a coroutine that runs on an event loop elsewhere."""

CANCELLED_FROM_WITHIN: Final = "the function was cancelled from within"

# The two halves of a store's operations.
_AWAITED: Final = {name: f"a{name}" for name in ("claim", "complete", "release")}


class TimedOut(Exception):
    """Tell the flow that a function goes on, but its time is over."""


class Host(Protocol):
    """Where the flow runs. What it awaits there is all that it needs from outside."""

    @property
    def injects(self) -> bool:
        """Whether it gives functions what only it can give."""
        ...

    def read(self, limit: int) -> Awaitable[bytes | None]:
        """Return the body, or None where it is longer than the limit (bytes)."""
        ...

    def ask(self, store: Store, operation: str, *arguments: Any) -> Awaitable[Any]:
        """Return the result of a store's operation."""
        ...

    def call(self, function: Function, arguments: tuple[Any, ...], limit: float | None = None) -> Awaitable[Any]:
        """Return what a user's function returns; with a limit in seconds, :class:`TimedOut` while it goes on."""
        ...

    def apart(self, part: Callable[[Host], Coroutine[Any, Any, T]], limit: float) -> Awaitable[T | None]:
        """Return the result of a part of the flow, or None when the limit is over while that part goes on."""
        ...

    def go_on(self) -> None:
        """Raise the cancellation that the flow was not told of yet."""
        ...

    def interrupted(self) -> None:
        """Finish whatever the flow still needs: it was interrupted, and only tidies up."""
        ...


class Blocking:
    """A host whose caller waits in a thread: nothing that is awaited here ever suspends."""

    __slots__ = ("_read", "_run_async", "_runtime")

    injects = False

    def __init__(self, runtime: Runtime, read: ReadBody, run_async: RunAsync | None = None) -> None:
        self._runtime = runtime
        self._read = read
        self._run_async = run_async

    async def read(self, limit: int) -> bytes | None:
        return self._read(limit)

    async def ask(self, store: Store, operation: str, *arguments: Any) -> Any:
        return getattr(store, operation)(*arguments)

    async def call(self, function: Function, arguments: tuple[Any, ...], limit: float | None = None) -> Any:
        try:
            if limit is None:
                return self._call(function, arguments)
            if function.is_async and self._run_async is None:
                return _result(self._runtime.submit(function.call(*arguments)), limit)
            context = contextvars.copy_context()
            return _result(self._runtime.run(lambda: context.run(self._call, function, arguments)), limit)
        except asyncio.CancelledError as error:
            raise RuntimeError(CANCELLED_FROM_WITHIN) from error
        except StopIteration as error:
            raise _no_stop(error) from error

    async def apart(self, part: Callable[[Host], Coroutine[Any, Any, T]], limit: float) -> T | None:
        context = contextvars.copy_context()
        try:
            return cast(T, _result(self._runtime.run(lambda: context.run(lambda: drive(part(self)))), limit))
        except TimedOut:
            return None

    def go_on(self) -> None:
        """Do nothing: nobody cancels a thread."""

    def interrupted(self) -> None:
        """Do nothing: whatever is asked of this host is finished."""

    def _call(self, function: Function, arguments: tuple[Any, ...]) -> Any:
        value = function.call(*arguments)
        if function.is_async:
            return self._wait(value)
        if value is not None and inspect.isawaitable(value):
            return self._wait(_await(value))
        return value

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        if self._run_async is not None:
            return self._run_async(coroutine)
        return _result(self._runtime.submit(coroutine), None)


class Awaiting:
    """A host whose caller waits on an event loop.

    A cancellation that comes while something runs that must not be stopped is raised where the flow needs the next
    thing, and after the flow at the latest.
    """

    __slots__ = ("_cancellation", "_finishes", "_inject", "_read", "_run_sync", "_runtime")

    def __init__(
        self,
        runtime: Runtime,
        read: AsyncReadBody | None = None,
        run_sync: RunSync | None = None,
        inject: Inject | None = None,
    ) -> None:
        self._runtime = runtime
        self._read = read
        self._run_sync = run_sync
        self._inject = inject
        self._cancellation: asyncio.CancelledError | None = None
        self._finishes = False

    @property
    def injects(self) -> bool:
        return self._inject is not None

    def read(self, limit: int) -> Awaitable[bytes | None]:
        assert self._read is not None, "a host that knows of no body has its own way to read one"
        return self._read(limit)

    def ask(self, store: Store, operation: str, *arguments: Any) -> Awaitable[Any]:
        self.go_on()
        answer: Awaitable[Any] = getattr(store, _AWAITED[operation])(*arguments)
        # A claim whose result got lost would lock its key until the lease is over.
        return self._finish(answer) if store.blocks or self._finishes else answer

    def call(self, function: Function, arguments: tuple[Any, ...], limit: float | None = None) -> Awaitable[Any]:
        if self._cancellation is not None:
            self.go_on()
        run: Awaitable[Any]
        if limit is not None:
            run = _within(self._runtime, partial(self._aside().call, function, arguments), limit)
        elif function.injected:
            run = self._call_injected(function, arguments)
        else:
            run = self._call(function, function.call, arguments)
        return self._finish(run) if self._finishes else run

    def apart(self, part: Callable[[Host], Coroutine[Any, Any, T]], limit: float) -> Awaitable[T | None]:
        self.go_on()
        return self._apart(part, limit)

    def interrupted(self) -> None:
        self._finishes = True

    def go_on(self) -> None:
        if self._cancellation is not None and not self._finishes:
            raise self._cancellation

    def _aside(self) -> Awaiting:
        """Return a host for what may outlive the request, and so must not run in a thread that is the request's."""
        return Awaiting(self._runtime, self._read, inject=self._inject)

    async def _apart(self, part: Callable[[Host], Coroutine[Any, Any, T]], limit: float) -> T | None:
        host = self._aside()

        async def whole() -> T:
            result = await part(host)
            host.go_on()
            return result

        try:
            return cast(T, await _within(self._runtime, whole, limit))
        except TimedOut:
            return None

    async def _call_injected(self, function: Function, arguments: tuple[Any, ...]) -> Any:
        assert self._inject is not None, "the dispatcher has checked that the host gives it"
        inside = _Inside(partial(self._call, function), function, arguments)
        try:
            return await self._finish(self._inject(function, arguments, inside), inside.stop)
        except asyncio.CancelledError as error:
            _refuse_own(error)
            raise

    async def _call(self, function: Function, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Call a function, or what stands for it, as its colour demands."""
        try:
            if function.is_async:
                return await call(*arguments)
            if function.thread:
                run = self._run_sync or self._in_pool
                failure, value = await self._finish(run(_captured, call, *arguments))
                if failure is not None:
                    raise failure
            else:
                value = call(*arguments)
            if value is not None and inspect.isawaitable(value):
                return await value
            return value
        except asyncio.CancelledError as error:
            _refuse_own(error)
            raise
        except StopIteration as error:
            raise _no_stop(error) from error

    async def _finish(self, awaitable: Awaitable[T], stop: Callable[[], None] | None = None) -> T:
        """Wait for something that must not be stopped, also when cancelled meanwhile; ``stop`` hastens its end."""
        task = asyncio.ensure_future(awaitable)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError as cancellation:
            if task.cancelled():
                raise
            if stop is not None:
                stop()
            await _ended(task)
            self._cancellation = cancellation
            return task.result()

    async def _in_pool(self, function: Callable[..., Any], *arguments: Any) -> Any:
        call = partial(contextvars.copy_context().run, function, *arguments)
        return await asyncio.wrap_future(self._runtime.run(call))


class _Inside:
    """The call inside of what a host opens and closes for it: the part of it that a cancellation stops."""

    __slots__ = ("_arguments", "_call", "_function", "_stopped", "_task")

    def __init__(
        self,
        call: Callable[[Callable[..., Any], tuple[Any, ...]], Awaitable[Any]],
        function: Function,
        arguments: tuple[Any, ...],
    ) -> None:
        self._call = call
        self._function = function
        self._arguments = arguments
        self._stopped = False
        self._task: asyncio.Task[Any] | None = None

    async def __call__(self, **injected: Any) -> Any:
        if self._stopped:
            raise asyncio.CancelledError
        self._task = asyncio.current_task()
        try:
            return await self._call(partial(self._function.call, **injected), self._arguments)
        finally:
            self._task = None

    def stop(self) -> None:
        self._stopped = True
        if self._task is not None:
            self._task.cancel()


def drive(flow: Coroutine[Any, Any, T]) -> T:
    """Run a flow whose host blocks to its end in this thread."""
    try:
        flow.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    flow.close()
    raise RuntimeError("a flow without an event loop was about to wait for one")


def _no_stop(error: StopIteration) -> RuntimeError:
    """Return what stands for an error that no coroutine can raise."""
    own(error)
    return RuntimeError("the function raised StopIteration")


def _captured(call: Callable[..., Any], *arguments: Any) -> tuple[BaseException | None, Any]:
    """Return what a call raised or returned: futures cannot carry every exception across threads."""
    try:
        return None, call(*arguments)
    except BaseException as error:
        return error, None


def _refuse_own(error: asyncio.CancelledError) -> None:
    """Raise RuntimeError for a cancellation that nobody has asked for."""
    task = asyncio.current_task()
    if task is None or not task.cancelling():
        raise RuntimeError(CANCELLED_FROM_WITHIN) from error


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


async def _within(runtime: Runtime, run: Callable[[], Awaitable[Any]], limit: float) -> Any:
    task = asyncio.get_running_loop().create_task(runtime.aside.wait(run))
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
