"""Handlers open connections in threads where somebody closes them."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, async_to_sync, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.db.backends.signals import connection_created
from django.urls import path

from tests.conformance import django_site
from tests.conformance.deliveries import meeting
from tests.conformance.wire import Answer, Sent, call_asgi, call_wsgi
from tests.core.plain import SECRET, SIGNATURE, Knocked, Opened, Plain, body
from webhook_kit import Delivery, Dispatcher
from webhook_kit.adapters.django import DjangoStore, urls
from webhook_kit.adapters.django.threads import finish_sync, own_thread, run_async
from webhook_kit.runtime import Runtime

from .shop.models import Effect
from .sites import DjangoSite

Post = Callable[[bytes], int]


def delivery(content: bytes) -> Sent:
    headers = [(name.encode(), value.encode()) for name, value in SIGNATURE.sign(SECRET, content, now=0).headers]
    return meeting().but(path="/webhooks/plain", body=content, headers=headers)


class Opening:
    """The connections that were opened, and the threads that opened them."""

    def __init__(self) -> None:
        self.opened: list[tuple[int, Any]] = []

    def note(self, connection: Any, **_: Any) -> None:
        self.opened.append((threading.get_ident(), connection))

    @property
    def threads(self) -> set[int]:
        return {thread for thread, _ in self.opened}

    def left_open(self) -> list[Any]:
        return [connection for _, connection in self.opened if connection.connection is not None]


@pytest.fixture
def opening(at: DjangoSite) -> Iterator[Opening]:
    opening = Opening()
    connections[at.alias].close()
    connection_created.connect(opening.note)
    yield opening
    connection_created.disconnect(opening.note)


@pytest.fixture
def hooks(at: DjangoSite) -> Iterator[Dispatcher]:
    hooks = Dispatcher(idempotency=DjangoStore(using=at.alias))
    hooks.add(Plain(secret=SECRET))
    yield hooks
    hooks.close()


@pytest.fixture(params=["wsgi", "asgi"])
def post(request: pytest.FixtureRequest, hooks: Dispatcher) -> Iterator[Post]:
    """Deliver to a Django that is served by the one or the other, in a thread of the server's."""
    asynchronous = request.param == "asgi"
    with django_site.site(path("webhooks/", urls(hooks, asynchronous=asynchronous))), ThreadPoolExecutor(1) as server:
        if not asynchronous:
            wsgi = WSGIHandler()
            yield lambda content: status(server.submit(call_wsgi, wsgi, delivery(content)).result())
            return
        asgi, loop = ASGIHandler(), asyncio.new_event_loop()
        server.submit(loop.run_forever)

        def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

        yield lambda content: status(run(call_asgi(asgi, delivery(content))))
        run(hooks.aclose())
        run(loop.shutdown_default_executor())
        loop.call_soon_threadsafe(loop.stop)
    loop.close()


def status(answer: Answer | None) -> int:
    assert answer is not None
    return answer.status


def test_an_async_handler_uses_the_connection_of_the_request(
    at: DjangoSite, hooks: Dispatcher, post: Post, opening: Opening
) -> None:
    @hooks.on(Opened)
    async def handle(event: Opened) -> None:
        await Effect.objects.using(at.alias).acreate(door=event.door)

    assert post(body()) == 200
    assert len(opening.opened) == 1, "the claim, the handler and the completion share one"
    assert opening.left_open() == []


def test_so_does_a_sync_one(at: DjangoSite, hooks: Dispatcher, post: Post, opening: Opening) -> None:
    @hooks.on(Opened)
    def handle(event: Opened) -> None:
        Effect.objects.using(at.alias).create(door=event.door)

    assert post(body()) == 200
    assert len(opening.opened) == 1
    assert opening.left_open() == []


def test_and_one_that_returns_an_awaitable(at: DjangoSite, hooks: Dispatcher, post: Post, opening: Opening) -> None:
    hooks.on(Opened)(lambda event: Effect.objects.using(at.alias).acreate(door=event.door))
    assert post(body()) == 200
    assert len(opening.opened) == 1
    assert opening.left_open() == []


def test_its_transaction_is_that_of_the_request_too(
    at: DjangoSite, hooks: Dispatcher, post: Post, opening: Opening
) -> None:
    @hooks.on(Opened)
    async def handle(event: Opened, delivery: Delivery) -> None:
        async with delivery.transaction():
            await Effect.objects.using(at.alias).acreate(door=event.door)

    assert post(body()) == 200
    assert len(opening.opened) == 1
    assert Effect.objects.using(at.alias).count() == 1


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_handler_with_a_time_limit_has_a_connection_that_is_closed_behind_it(
    at: DjangoSite, post: Post, hooks: Dispatcher, opening: Opening, colour: str
) -> None:
    """The handler may outlive the request, so it cannot have the request's."""
    finished = threading.Event()
    effects = Effect.objects.using(at.alias)

    if colour == "sync":
        hooks.on(Opened)(lambda event: effects.create(door=event.door) and None)
    else:

        @hooks.on(Opened)
        async def handle(event: Opened) -> None:
            await effects.acreate(door=event.door)

    hooks.observe(thread=False)(lambda record: finished.set())
    hooks.handler_timeout = 20.0
    assert post(body()) == 200
    assert finished.wait(20)
    assert effects.count() == 1
    assert len(opening.threads) >= 2
    wait_until_closed(opening, besides=connections[at.alias])


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_one_that_decides_late_has_too(
    at: DjangoSite, post: Post, hooks: Dispatcher, opening: Opening, colour: str
) -> None:
    answered, decided = threading.Event(), threading.Event()
    effects = Effect.objects.using(at.alias)

    if colour == "sync":

        @hooks.on(Knocked, deadline=0.05, default="stay shut")
        def decide(event: Knocked) -> None:
            answered.wait(20)
            effects.create(door=event.door)
            decided.set()
    else:

        @hooks.on(Knocked, deadline=0.05, default="stay shut")
        async def adecide(event: Knocked) -> None:
            while not answered.is_set():
                await asyncio.sleep(0.005)
            await effects.acreate(door=event.door)
            decided.set()

    assert post(body("door.knocked")) == 200
    answered.set()
    assert decided.wait(20)
    assert effects.count() == 1
    wait_until_closed(opening, besides=connections[at.alias])


def wait_until_closed(opening: Opening, besides: Any) -> None:
    """Wait for a thread that closes its connection after everybody was answered."""
    deadline = threading.Event()
    for _ in range(400):
        if all(each is besides for each in opening.left_open()):
            return
        deadline.wait(0.01)
    raise AssertionError(f"left open: {opening.left_open()}")


class TestLending:
    """What a coroutine asks for runs in the thread that waits for it."""

    @pytest.fixture
    def runtime(self) -> Iterator[Runtime]:
        runtime = Runtime()
        yield runtime
        runtime.close()

    def test_what_is_thread_sensitive_runs_in_the_thread_that_waits(self, runtime: Runtime) -> None:
        async def coroutine() -> tuple[int, int]:
            return threading.get_ident(), await sync_to_async(threading.get_ident)()

        loop, here = run_async(runtime, coroutine())
        assert loop != here == threading.get_ident()

    def test_an_error_is_the_coroutines(self, runtime: Runtime) -> None:
        async def coroutine() -> str:
            try:
                return str(await sync_to_async(lambda: 1 // 0)())
            except ZeroDivisionError:
                return "caught"

        assert run_async(runtime, coroutine()) == "caught"

    def test_it_goes_back_and_forth(self, runtime: Runtime) -> None:
        """Sync code below async code below sync code, as a project with helpers of either colour has."""

        async def leaf() -> int:
            return await sync_to_async(threading.get_ident)()

        async def coroutine() -> int:
            return await sync_to_async(async_to_sync(leaf))()

        assert run_async(runtime, coroutine()) == threading.get_ident()

    def test_a_caller_that_runs_for_a_loop_itself_is_no_deadlock(self, runtime: Runtime) -> None:
        """A sync view under an async test client: the thread that such code would wait for is the one that waits."""

        def view() -> tuple[int, int]:
            async def coroutine() -> int:
                return await sync_to_async(threading.get_ident)()

            return threading.get_ident(), run_async(runtime, coroutine())

        async def served() -> tuple[int, int]:
            return await sync_to_async(view)()

        here, ran = async_to_sync(served)()
        assert here == ran == threading.get_ident()

    def test_a_task_that_is_left_behind_gets_another_thread(self, runtime: Runtime) -> None:
        proceed, left = threading.Event(), []

        async def background() -> int:
            await asyncio.to_thread(proceed.wait, 20)
            return await sync_to_async(threading.get_ident)()

        async def coroutine() -> None:
            left.append(asyncio.create_task(background()))

        run_async(runtime, coroutine())
        proceed.set()
        runtime.close()
        assert left[0].result() != threading.get_ident()

    @pytest.mark.parametrize("where", ["waiting", "working"])
    def test_one_who_is_interrupted_waits_for_the_end(self, runtime: Runtime, where: str) -> None:
        story: list[str] = []

        def work() -> None:
            raise KeyboardInterrupt

        async def coroutine() -> None:
            await sync_to_async(story.append)("waits")
            if where == "working":
                with pytest.raises(RuntimeError, match="the thread was interrupted"):
                    await sync_to_async(work)()
            else:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            await sync_to_async(story.append)("finished")

        with pytest.raises(KeyboardInterrupt):
            run_async(runtime, coroutine())
        assert story == ["waits", "finished"]
        assert runtime.submit(asyncio.sleep(0, "alive")).result(10) == "alive"

    def test_one_who_is_interrupted_before_leaves_no_coroutine_behind_that_waits(self, runtime: Runtime) -> None:
        story: list[str] = []
        asked = threading.Event()

        async def coroutine() -> None:
            task = asyncio.ensure_future(sync_to_async(story.append)("finished"))
            await asyncio.sleep(0)
            asked.set()
            await task

        class Interrupted(Runtime):
            def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
                runtime.submit(coroutine)
                asked.wait(20)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_async(Interrupted(), coroutine())
        runtime.close()
        assert story == ["finished"]

    def test_what_is_cancelled_before_its_turn_is_left_out(self, runtime: Runtime) -> None:
        ran: list[str] = []

        async def coroutine() -> None:
            entered, proceed = threading.Event(), threading.Event()

            def first() -> None:
                entered.set()
                proceed.wait(20)

            busy = asyncio.ensure_future(sync_to_async(first)())
            await asyncio.to_thread(entered.wait, 20)
            second = asyncio.ensure_future(sync_to_async(ran.append)("second"))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.wait({second})
            proceed.set()
            await busy

        run_async(runtime, coroutine())
        assert ran == []


class TestOwnThread:
    async def test_everything_of_the_task_runs_in_it(self) -> None:
        with own_thread():
            threads = {await sync_to_async(threading.get_ident)() for _ in range(3)}
            assert len(threads) == 1
        assert await sync_to_async(threading.get_ident)() not in threads

    async def test_a_task_that_is_left_behind_gets_another(self) -> None:
        proceed = asyncio.Event()

        async def background() -> int:
            await proceed.wait()
            return await sync_to_async(threading.get_ident)()

        with own_thread():
            inside = await sync_to_async(threading.get_ident)()
            task = asyncio.create_task(background())
            await asyncio.sleep(0)
        proceed.set()
        assert await task != inside

    async def test_it_goes_before_the_thread_of_a_request(self) -> None:
        async with ThreadSensitiveContext():
            outside = await sync_to_async(threading.get_ident)()
            with own_thread():
                assert await sync_to_async(threading.get_ident)() != outside
            assert await sync_to_async(threading.get_ident)() == outside


async def test_a_function_that_was_begun_is_waited_for() -> None:
    """However often the one who waits is cancelled."""
    begun, proceed, finished = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        proceed.wait(20)
        finished.set()

    async with ThreadSensitiveContext():
        task = asyncio.ensure_future(finish_sync(slow))
        await asyncio.to_thread(begun.wait, 20)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        proceed.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert finished.is_set()
