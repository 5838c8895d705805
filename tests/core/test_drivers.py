"""The drivers: colours, contexts, and what a cancellation does."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest

from tests.core.conftest import Send, blocking
from tests.core.plain import SECRET, Knocked, Opened, Plain, body, request
from webhook_kit import Delivery, Dispatcher, Event, RawResponse, Record
from webhook_kit.drivers import drive
from webhook_kit.http import ClientDisconnected
from webhook_kit.idempotency import Claim, MemoryStore
from webhook_kit.runtime import Aside

T = TypeVar("T")


def dispatcher(store: MemoryStore | None = None, **options: Any) -> tuple[Dispatcher, list[Record]]:
    hooks = Dispatcher(idempotency=store or MemoryStore(), **options)
    hooks.add(Plain(secret=SECRET))
    records: list[Record] = []
    hooks.observe(thread=False)(records.append)
    return hooks, records


async def cancelled(task: asyncio.Task[RawResponse]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await task


class TestColours:
    """Handlers of any colour, under both drivers."""

    def test_where_a_handler_runs(self) -> None:
        hooks, _ = dispatcher(None)
        hooks.store = None
        threads: dict[str, str] = {}

        @hooks.on(Opened)
        def sync(event: Opened) -> None:
            threads["sync"] = threading.current_thread().name

        @hooks.on(Opened, thread=False)
        def quick(event: Opened) -> None:
            threads["quick"] = threading.current_thread().name

        @hooks.on(Opened)
        async def awaited(event: Opened) -> None:
            threads["async"] = threading.current_thread().name

        here = threading.current_thread().name
        hooks.dispatch(request(sign=True))
        assert threads == {"sync": here, "quick": here, "async": "webhook_kit-loop"}
        asyncio.run(hooks.adispatch(request(sign=True)))
        assert threads.pop("sync").startswith("webhook_kit_")
        assert threads == {"quick": here, "async": here}
        hooks.close()

    def test_async_handlers_without_a_loop_share_a_long_lived_one(self) -> None:
        hooks, _ = dispatcher()
        loops: list[asyncio.AbstractEventLoop] = []

        @hooks.on(Opened)
        async def remember(event: Opened) -> None:
            loops.append(asyncio.get_running_loop())

        for door in "ab":
            hooks.dispatch(request(body(door=door), sign=True))
        assert loops[0] is loops[1]
        hooks.close()
        assert loops[0].is_closed()

    def test_a_sync_function_that_returns_a_coroutine_is_awaited(self, send: Send) -> None:
        hooks, _ = dispatcher()
        done: list[str] = []

        async def work() -> None:
            await asyncio.sleep(0)
            done.append("done")

        for thread in (True, False):
            hooks.on(Opened, thread=thread)(lambda event, thread=thread: work())
        assert send(hooks, request(sign=True)).status == 200
        assert done == ["done", "done"]

    def test_context_variables_reach_the_handler(self, send: Send) -> None:
        variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
        hooks, _ = dispatcher(handler_timeout=10)
        seen: list[str] = []

        @hooks.on(Opened)
        def sync(event: Opened) -> None:
            seen.append(variable.get())

        @hooks.on(Opened)
        async def awaited(event: Opened) -> None:
            seen.append(variable.get())

        @hooks.on(Knocked, deadline=10)
        def limited(event: Knocked) -> None:
            seen.append(variable.get())

        token = variable.set("set")
        send(hooks, request(sign=True))
        send(hooks, request(body("door.knocked"), sign=True))
        variable.reset(token)
        hooks.close()
        assert seen == ["set", "set", "set"]

    async def test_a_host_may_have_threads_of_its_own(self) -> None:
        hooks, _ = dispatcher()
        ran: list[str] = []
        hooks.on(Opened)(lambda event: ran.append("handler"))

        async def run_sync(function: Any, *arguments: Any) -> Any:
            ran.append("host")
            return function(*arguments)

        assert (await hooks.adispatch(request(sign=True), run_sync=run_sync)).status == 200
        assert ran == ["host", "handler"]

    async def test_a_host_that_gives_up_on_a_handler_failed(self) -> None:
        hooks, records = dispatcher()
        hooks.on(Opened)(lambda event: None)

        async def run_sync(function: Any, *arguments: Any) -> Any:
            raise asyncio.CancelledError

        assert (await hooks.adispatch(request(sign=True), run_sync=run_sync)).status == 500
        assert [each.outcome for each in records] == ["handler_failed"]

    def test_a_time_out_of_a_handlers_own_is_its_error(self, send: Send) -> None:
        hooks, records = dispatcher(handler_timeout=10)

        @hooks.on(Opened)
        async def late(event: Opened) -> None:
            raise TimeoutError("upstream")

        assert send(hooks, request(sign=True)).status == 500
        assert isinstance(records[0].error, TimeoutError)
        hooks.close()


class TestWhatAHostMayGive:
    """Ways of waiting and of cleaning up that only a host knows."""

    def test_it_waits_for_coroutines_in_its_own_way(self) -> None:
        hooks, _ = dispatcher()
        waited: list[str] = []

        def wait(coroutine: Coroutine[Any, Any, Any]) -> Any:
            waited.append(threading.current_thread().name)
            return hooks.runtime.submit(coroutine).result()

        async def handle(event: Event) -> None: ...

        hooks.on(Opened)(handle)
        hooks.on(Opened)(lambda event: handle(event))
        hooks.on(Knocked, deadline=20)(handle)
        for content in (body(), body("door.knocked")):
            assert hooks.dispatch(request(content, sign=True), run_async=wait).status == 200
        here = threading.current_thread().name
        assert waited[:2] == [here, here]
        assert waited[2].startswith("webhook_kit_"), "whoever has a time limit may not hold the caller's thread"
        hooks.close()

    @pytest.mark.parametrize("limit", ["deadline", "handler_timeout"])
    @pytest.mark.parametrize("colour", ["sync", "async"])
    def test_it_cleans_up_behind_what_may_outlive_a_request(self, send: Send, limit: str, colour: str) -> None:
        story: list[str] = []

        class Cleaning(Aside):
            def call(self, function: Callable[[], T]) -> T:
                result = function()
                story.append("cleaned")
                return result

            async def wait(self, function: Callable[[], Awaitable[T]]) -> T:
                result = await function()
                story.append("cleaned")
                return result

        hooks, _ = dispatcher(handler_timeout=20 if limit == "handler_timeout" else None)
        hooks.runtime.aside = Cleaning()
        on = hooks.on(Knocked, deadline=20) if limit == "deadline" else hooks.on(Opened)
        if colour == "sync":
            on(lambda event: story.append("handled"))
        else:

            @on
            async def handle(event: Event) -> None:
                story.append("handled")

        content = body("door.knocked") if limit == "deadline" else body()
        assert send(hooks, request(content, sign=True)).status == 200
        hooks.close()
        assert story[:1] == ["handled"]
        assert set(story[1:]) == ({"cleaned"} if on_a_thread_of_ours(send, limit, colour) else set())

    async def test_what_may_outlive_a_request_is_kept_out_of_its_thread(self) -> None:
        hooks, _ = dispatcher()
        ran: list[str] = []

        async def run_sync(function: Callable[..., Any], *arguments: Any) -> Any:
            ran.append("in the host's")
            return function(*arguments)

        hooks.on(Opened)(lambda event: None)
        hooks.on(Knocked, deadline=20)(lambda event: None)
        for content in (body(), body("door.knocked")):
            assert (await hooks.adispatch(request(content, sign=True), run_sync=run_sync)).status == 200
        assert ran == ["in the host's"]
        await hooks.aclose()


def on_a_thread_of_ours(send: Send, limit: str, colour: str) -> bool:
    """Whether anything ran that the host could clean up behind: an async decision only waits, under the sync driver."""
    return not (send is blocking and limit == "deadline" and colour == "async")


class TestCancellation:
    """A server that cancels us."""

    async def test_an_async_handler_is_cancelled_and_its_delivery_released(self) -> None:
        hooks, records = dispatcher()
        started, ended = asyncio.Event(), asyncio.Event()

        @hooks.on(Opened)
        async def slow(event: Opened) -> None:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        task = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await started.wait()
        task.cancel()
        await cancelled(task)
        assert ended.is_set()
        assert [(each.outcome, each.status) for each in records] == [("cancelled", None)]
        again = asyncio.create_task(hooks.adispatch(request(sign=True)))
        started.clear()
        await started.wait()
        again.cancel()
        await cancelled(again)
        assert [each.attempt for each in records] == [1, 2]

    async def test_a_sync_handler_is_waited_for_and_not_run_again(self) -> None:
        hooks, records = dispatcher()
        started, go_on = threading.Event(), threading.Event()
        runs: list[int] = []

        @hooks.on(Opened)
        def slow(event: Opened) -> None:
            runs.append(1)
            started.set()
            go_on.wait(10)

        @hooks.on(Opened)
        async def never_reached_at_first(event: Opened) -> None:
            runs.append(2)

        task = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        twin = await hooks.adispatch(request(sign=True))
        assert twin.status == 503, "the claim is held while the handler runs"
        task.cancel()
        assert not task.done()
        go_on.set()
        await cancelled(task)
        assert (await hooks.adispatch(request(sign=True))).status == 200
        assert runs == [1, 2]
        assert [each.outcome for each in records] == ["in_flight", "cancelled", "processed"]
        await hooks.aclose()

    async def test_a_delivery_whose_last_step_is_under_way_is_completed(self) -> None:
        entered, go_on = asyncio.Event(), asyncio.Event()

        class Slow(MemoryStore):
            blocks = True

            async def acomplete(self, *arguments: Any, **named: Any) -> bool:
                entered.set()
                await go_on.wait()
                return await super().acomplete(*arguments, **named)

        hooks = Dispatcher(idempotency=Slow())
        hooks.add(Plain(secret=SECRET))
        hooks.on(Opened, thread=False)(lambda event: None)
        task = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await entered.wait()
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await cancelled(task)
        records: list[Record] = []
        hooks.observe(thread=False)(records.append)
        await hooks.adispatch(request(sign=True))
        assert [each.outcome for each in records] == ["duplicate"]

    async def test_a_claim_whose_answer_is_under_way_is_released(self) -> None:
        entered, go_on = asyncio.Event(), asyncio.Event()

        class Slow(MemoryStore):
            blocks = True

            async def aclaim(self, *arguments: Any, **named: Any) -> Claim:
                entered.set()
                claim = await super().aclaim(*arguments, **named)
                await go_on.wait()
                return claim

        hooks, records = dispatcher(Slow())
        hooks.on(Opened, thread=False)(lambda event: None)
        task = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await entered.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        go_on.set()
        await cancelled(task)
        assert (await hooks.adispatch(request(sign=True))).status == 200
        assert [(each.outcome, each.attempt) for each in records] == [("cancelled", 1), ("processed", 2)]

    async def test_a_second_cancellation_does_not_stop_the_release(self) -> None:
        entered, go_on = asyncio.Event(), asyncio.Event()

        class Slow(MemoryStore):
            async def arelease(self, *arguments: Any, **named: Any) -> bool:
                entered.set()
                await go_on.wait()
                return await super().arelease(*arguments, **named)

        hooks, records = dispatcher(Slow())
        started = asyncio.Event()

        @hooks.on(Opened)
        async def slow(event: Opened) -> None:
            started.set()
            if len(records) == 0:
                await asyncio.Event().wait()

        task = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await started.wait()
        task.cancel()
        await entered.wait()
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        await cancelled(task)
        assert (await hooks.adispatch(request(sign=True))).status == 200

    async def test_a_handler_with_a_limit_is_cancelled_too(self) -> None:
        hooks, records = dispatcher(handler_timeout=10)
        started = asyncio.Event()

        @hooks.on(Opened)
        async def slow(event: Opened) -> None:
            started.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await started.wait()
        task.cancel()
        await cancelled(task)
        assert [(each.outcome, each.attempt) for each in records] == [("cancelled", 1)]
        store = hooks.store
        assert store is not None
        assert "1 of" in repr(store)

    async def test_a_claim_is_released_whose_handlers_were_never_begun(self) -> None:
        """The limit of a handler puts its work aside; a cancellation before that leaves nothing behind."""
        entered, go_on = asyncio.Event(), asyncio.Event()

        class Slow(MemoryStore):
            blocks = True

            async def aclaim(self, *arguments: Any, **named: Any) -> Claim:
                entered.set()
                claim = await super().aclaim(*arguments, **named)
                await go_on.wait()
                return claim

        hooks, records = dispatcher(Slow(), handler_timeout=10)
        hooks.on(Opened, thread=False)(lambda event: None)
        task = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await entered.wait()
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await cancelled(task)
        assert hooks.heartbeat._beats == set()
        assert (await hooks.adispatch(request(sign=True))).status == 200
        assert [(each.outcome, each.attempt) for each in records] == [("cancelled", None), ("processed", 2)]

    async def test_closing_waits_for_a_handler_that_is_late(self) -> None:
        hooks, records = dispatcher(handler_timeout=0.01)
        go_on = asyncio.Event()
        ended: list[str] = []

        @hooks.on(Opened)
        async def late(event: Opened) -> None:
            await go_on.wait()
            ended.append("ended")

        assert (await hooks.adispatch(request(sign=True))).status == 503
        asyncio.get_running_loop().call_soon(go_on.set)
        await hooks.aclose()
        assert ended == ["ended"]
        assert (await hooks.adispatch(request(sign=True))).status == 200
        assert [each.outcome for each in records] == ["handler_timed_out", "duplicate"]

    async def test_a_cancellation_while_the_body_arrives_is_recorded(self) -> None:
        hooks, records = dispatcher()
        started = asyncio.Event()

        async def read(limit: int) -> bytes:
            started.set()
            await asyncio.Event().wait()
            return b""

        task = asyncio.create_task(hooks.adispatch(request(sign=True), read=read))
        await started.wait()
        task.cancel()
        await cancelled(task)
        assert [each.outcome for each in records] == ["cancelled"]

    async def test_a_client_that_leaves_before_its_body_arrived_is_recorded(self) -> None:
        hooks, records = dispatcher()

        async def read(limit: int) -> bytes:
            raise ClientDisconnected

        assert (await hooks.adispatch(request(sign=True), read=read)).status == 400
        assert [(each.outcome, each.status) for each in records] == [("cancelled", None)]

    async def test_a_flow_that_is_dropped_leaves_quietly(self) -> None:
        hooks, records = dispatcher()
        started = asyncio.Event()

        @hooks.on(Opened)
        async def slow(event: Opened) -> None:
            started.set()
            await asyncio.Event().wait()

        flow = hooks.adispatch(request(sign=True))
        flow.send(None)
        assert started.is_set()
        flow.close()
        assert records == []

    @pytest.mark.parametrize("asks", ["secret", "allowed_networks"])
    async def test_a_cancellation_while_a_sync_callable_answers_is_raised_before_the_body_is_read(
        self, asks: str
    ) -> None:
        hooks = Dispatcher()
        started, go_on = threading.Event(), threading.Event()
        read: list[int] = []

        def answer() -> str:
            started.set()
            go_on.wait(10)
            return SECRET if asks == "secret" else "192.0.2.0/24"

        options: dict[str, Any] = {"secret": SECRET, asks: answer}
        hooks.add(Plain(**options))

        async def body(limit: int) -> bytes:
            read.append(limit)
            return b""

        task = asyncio.create_task(hooks.adispatch(request(sign=True), read=body))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await cancelled(task)
        assert read == []
        await hooks.aclose()

    async def test_a_delivery_that_is_not_deduplicated_has_nothing_to_release(self) -> None:
        hooks, records = dispatcher()
        hooks.store = None
        started = asyncio.Event()

        @hooks.on(Opened)
        async def slow(event: Opened) -> None:
            started.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await started.wait()
        task.cancel()
        await cancelled(task)
        assert [(each.outcome, each.attempt) for each in records] == [("cancelled", 1)]

    async def test_a_flow_that_is_dropped_before_its_handlers_began_leaves_the_rest_to_them(self) -> None:
        hooks, records = dispatcher(handler_timeout=10)
        ran: list[str] = []
        hooks.on(Opened, thread=False)(lambda event: ran.append("ran"))
        flow = hooks.adispatch(request(sign=True))
        flow.send(None)
        flow.close()
        assert (records, ran) == ([], [])
        await hooks.aclose()
        assert (await hooks.adispatch(request(sign=True))).status == 200
        assert (ran, [each.outcome for each in records]) == (["ran"], ["duplicate"])


class TestInterrupts:
    """A thread that is interrupted while it waits."""

    def test_the_wait_goes_on_until_the_handler_has_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from concurrent.futures import Future

        hooks, records = dispatcher()
        ended: list[str] = []

        @hooks.on(Opened)
        async def slow(event: Opened) -> None:
            await asyncio.sleep(0.01)
            ended.append("ended")

        def interrupted(self: Future[Any], timeout: float | None = None) -> Any:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Future, "result", interrupted)
            with pytest.raises(KeyboardInterrupt):
                hooks.dispatch(request(sign=True))
        assert ended == ["ended"]
        assert [each.outcome for each in records] == ["cancelled"]
        hooks.close()


class TestMemory:
    """What a delivery leaves behind."""

    def test_nothing_waits_for_the_garbage_collector(self, send: Send) -> None:
        """A cycle would keep the event and its body until the collector comes around, and send it on long walks."""
        hooks, _ = dispatcher()
        events: list[weakref.ref[Opened]] = []

        @hooks.on(Opened)
        async def remember(event: Opened, delivery: Delivery) -> None:
            events.append(weakref.ref(event))

        gc.disable()
        try:
            send(hooks, request(sign=True))
            alive = [event() for event in events]
        finally:
            gc.enable()
            hooks.close()
        assert alive == [None]


def test_a_flow_that_blocks_waits_for_no_event_loop() -> None:
    with pytest.raises(RuntimeError, match="without an event loop"):
        drive(asyncio.sleep(0))


async def test_many_at_once_share_the_loop() -> None:
    hooks, records = dispatcher()
    arrived = 0
    everybody = asyncio.Event()

    @hooks.on(Opened)
    async def meet(event: Opened) -> None:
        nonlocal arrived
        arrived += 1
        if arrived == 50:
            everybody.set()
        await everybody.wait()

    answers = await asyncio.gather(*(hooks.adispatch(request(body(door=str(n)), sign=True)) for n in range(50)))
    assert [answer.status for answer in answers] == [200] * 50
    assert len(records) == 50


async def test_a_lock_of_one_delivery_is_not_anothers() -> None:
    """Of simultaneous twins one runs, and the others are asked to come again."""
    hooks, records = dispatcher()
    release = asyncio.Event()

    @hooks.on(Opened)
    async def wait(event: Opened) -> None:
        await release.wait()

    tasks = [asyncio.create_task(hooks.adispatch(request(sign=True))) for _ in range(20)]
    while len(records) < 19:
        await asyncio.sleep(0)
    release.set()
    statuses = sorted([(await task).status for task in tasks])
    assert statuses == [200] + [503] * 19
