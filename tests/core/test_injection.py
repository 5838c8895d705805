"""Functions that take what only a host can give, and the hook by which a host gives it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.core.plain import SECRET, Knocked, Opened, Plain, body, request
from webhook_kit import ConfigurationError, Delivery, Dispatcher, Event, Outcome, RawResponse, Record
from webhook_kit.functions import Function
from webhook_kit.idempotency import MemoryStore


class Depends:
    """What FastAPI's looks like from here."""

    __module__ = "fastapi.params"


GIVEN: Any = Depends()


def dispatcher(**options: Any) -> tuple[Dispatcher, list[Record]]:
    hooks = Dispatcher(idempotency=MemoryStore(), **options)
    hooks.add(Plain(secret=SECRET))
    records: list[Record] = []
    hooks.observe(thread=False)(records.append)
    return hooks, records


async def nothing() -> None: ...


class Host:
    """Gives every parameter its name, between an opening and a closing that tests may hold up."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.given: list[tuple[Any, ...]] = []
        self.opening: Callable[[], Awaitable[None]] = nothing
        self.closing: Callable[[], Awaitable[None]] = nothing
        self.here, self.go = asyncio.Event(), asyncio.Event()

    async def hold(self) -> None:
        self.here.set()
        await self.go.wait()

    async def __call__(
        self, function: Function, arguments: tuple[Any, ...], call: Callable[..., Awaitable[Any]]
    ) -> Any:
        self.given.append(arguments)
        self.story.append("open")
        await self.opening()
        try:
            value = await call(**{name: name for name in function.injected})
        except BaseException as error:
            self.story.append(f"close after {type(error).__name__}")
            raise
        await self.closing()
        self.story.append("close")
        return value


@pytest.fixture
def host() -> Host:
    return Host()


async def cancelled(task: asyncio.Task[RawResponse]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await task


async def stop(task: asyncio.Task[RawResponse], host: Host) -> None:
    """Cancel twice where the host holds up, and let it go on when the cancellations have arrived."""
    await host.here.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    host.go.set()


def sent() -> Any:
    return request(sign=True)


class Counting:
    """A handler that counts."""

    def __init__(self, reply: object = None) -> None:
        self.calls = 0
        self.reply = reply

    async def __call__(self, event: Event, session: object = GIVEN) -> object:
        assert session == "session"
        self.calls += 1
        return self.reply


def raising(error: BaseException) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise error

    return fail


class TestRefused:
    """Where nobody gives it."""

    @pytest.fixture
    def hooks(self) -> Dispatcher:
        hooks, _ = dispatcher()
        hooks.on(Opened)(self.handle)
        return hooks

    @staticmethod
    def handle(event: Opened, session: object = GIVEN, *, tenant: object = GIVEN) -> None: ...

    MESSAGE = r"TestRefused\.handle takes session, tenant, which only FastAPI gives: write mount\(app, hooks\) with"

    def test_at_the_check(self, hooks: Dispatcher) -> None:
        with pytest.raises(ConfigurationError, match=self.MESSAGE):
            hooks.check()
        hooks.check(injects=True)

    async def test_at_every_dispatch(self, hooks: Dispatcher, host: Host) -> None:
        await hooks.adispatch(sent(), inject=host)
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=self.MESSAGE):
                hooks.dispatch(sent())
            with pytest.raises(ConfigurationError, match=self.MESSAGE):
                await hooks.adispatch(sent())

    def test_in_observers_everywhere(self, hooks: Dispatcher) -> None:
        def meter(record: Record, session: object = GIVEN) -> None: ...

        hooks.observe(meter)
        with pytest.raises(ConfigurationError, match=r"meter observes, .* alone; get 'session' inside the function"):
            hooks.check(injects=True)


async def test_a_host_is_asked_for_those_functions_only(host: Host) -> None:
    hooks, records = dispatcher()
    seen: list[object] = []

    @hooks.on(Opened)
    def plain(event: Opened, delivery: Delivery) -> None:
        seen.append(delivery)

    @hooks.on(Opened)
    async def with_session(event: Opened, delivery: Delivery, session: object = GIVEN) -> None:
        seen.append((event, delivery, session))

    @hooks.on(Opened)
    def without_delivery(event: Opened, *, tenant: object = GIVEN) -> None:
        seen.append((event, tenant, threading.current_thread() is threading.main_thread()))

    await hooks.adispatch(sent(), inject=host)
    [(event, delivery), (same,)] = host.given
    assert seen[1:] == [(event, delivery, "session"), (event, "tenant", False)]
    assert same is event
    assert host.story == ["open", "close"] * 2
    assert [record.outcome for record in records] == [Outcome.PROCESSED]


async def test_what_a_host_raises_is_the_handlers_failure(host: Host) -> None:
    hooks, records = dispatcher()
    hooks.on(Opened)(handler := Counting())
    host.opening = raising(KeyError("no session"))
    assert (await hooks.adispatch(sent(), inject=host)).status == 500
    assert [(record.outcome, repr(record.error)) for record in records] == [
        (Outcome.HANDLER_FAILED, "KeyError('no session')")
    ]
    host.opening, host.closing = nothing, raising(KeyError("no commit"))
    assert (await hooks.adispatch(sent(), inject=host)).status == 500
    host.closing = nothing
    assert (await hooks.adispatch(sent(), inject=host)).status == 200
    assert handler.calls == 2


async def test_a_host_that_cancels_itself_failed(host: Host) -> None:
    hooks, records = dispatcher()
    hooks.on(Opened)(Counting())
    host.opening = raising(asyncio.CancelledError())
    assert (await hooks.adispatch(sent(), inject=host)).status == 500
    assert [repr(record.error) for record in records] == ["RuntimeError('the function was cancelled from within')"]


class TestCancelled:
    """Only the function is stopped: what was opened for it is closed."""

    async def test_while_an_async_handler_runs(self, host: Host) -> None:
        hooks, records = dispatcher()

        @hooks.on(Opened)
        async def forever(event: Opened, session: object = GIVEN) -> None:
            host.here.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(hooks.adispatch(sent(), inject=host))
        await host.here.wait()
        task.cancel()
        await cancelled(task)
        assert host.story == ["open", "close after CancelledError"]
        assert [record.outcome for record in records] == [Outcome.CANCELLED]

    @pytest.mark.parametrize("limits", [{}, {"handler_timeout": 60.0}])
    async def test_while_a_sync_handler_runs(self, host: Host, limits: dict[str, float]) -> None:
        """It is waited for, and not run again."""
        hooks, _ = dispatcher(**limits)
        go = threading.Event()
        loop = asyncio.get_running_loop()
        calls: list[object] = []

        @hooks.on(Opened)
        def slow(event: Opened, session: object = GIVEN) -> None:
            calls.append(session)
            loop.call_soon_threadsafe(host.here.set)
            assert go.wait(30)

        task = asyncio.create_task(hooks.adispatch(sent(), inject=host))
        await host.here.wait()
        task.cancel()
        await asyncio.sleep(0)
        go.set()
        await cancelled(task)
        assert host.story == ["open", "close"]
        assert (await hooks.adispatch(sent(), inject=host)).status == 200
        assert calls == ["session"]
        await hooks.aclose()

    async def test_while_a_host_opens(self, host: Host) -> None:
        """The handler is not begun."""
        hooks, _ = dispatcher()
        hooks.on(Opened)(handler := Counting())
        host.opening = host.hold
        task = asyncio.create_task(hooks.adispatch(sent(), inject=host))
        await stop(task, host)
        await cancelled(task)
        assert host.story == ["open", "close after CancelledError"]
        assert handler.calls == 0
        host.opening = nothing
        assert (await hooks.adispatch(sent(), inject=host)).status == 200
        assert handler.calls == 1

    async def test_while_a_host_closes(self, host: Host) -> None:
        """The handler is done, and is not run again."""
        hooks, _ = dispatcher()
        hooks.on(Opened)(handler := Counting())
        host.closing = host.hold
        task = asyncio.create_task(hooks.adispatch(sent(), inject=host))
        await stop(task, host)
        await cancelled(task)
        assert host.story == ["open", "close"]
        assert (await hooks.adispatch(sent(), inject=host)).status == 200
        assert handler.calls == 1


class TestLimits:
    """Limits hold for opening, handling and closing together."""

    async def test_a_deadline(self, host: Host) -> None:
        hooks, records = dispatcher()
        hooks.on(Knocked, deadline=0.01, default="stay shut")(handler := Counting("open"))
        host.opening = host.hold
        answer = await hooks.adispatch(request(body("door.knocked"), sign=True), inject=host)
        assert answer.body == b'{"door": "stay shut"}'
        assert [record.outcome for record in records] == [Outcome.DECIDED_BY_DEFAULT]
        host.go.set()
        await hooks.aclose()
        assert (host.story, handler.calls) == (["open", "close"], 1)

    async def test_a_time_out_of_all_handlers(self, host: Host) -> None:
        hooks, _ = dispatcher(handler_timeout=0.01)
        hooks.on(Opened)(handler := Counting())
        host.opening = host.hold
        assert (await hooks.adispatch(sent(), inject=host)).status == 503
        host.go.set()
        await hooks.aclose()
        assert (host.story, handler.calls) == (["open", "close"], 1)
        assert (await hooks.adispatch(sent(), inject=host)).status == 200
        assert handler.calls == 1
