"""Threads, the loop and the heartbeat: lazy, closed with the application, new after a fork."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref

import pytest

from tests.core.plain import SECRET, Opened, Plain, body, request
from webhook_kit import Dispatcher, runtime
from webhook_kit.idempotency import MemoryStore
from webhook_kit.runtime import Heartbeat, Runtime


def ours() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("webhook_kit")}


class TestRuntime:
    """The pool and the loop."""

    def test_nothing_starts_before_it_is_needed(self) -> None:
        before = ours()
        Dispatcher()
        assert ours() == before

    def test_it_opens_anew_after_it_was_closed(self) -> None:
        runtime = Runtime()

        async def answer() -> int:
            return 42

        for _ in range(2):
            assert runtime.submit(answer()).result() == 42
            assert runtime.run(lambda: 7).result() == 7
            runtime.close()
        runtime.close()

    def test_threads_that_come_first_at_once_share_one_loop_and_one_pool(self) -> None:
        runtime = Runtime()
        barrier = threading.Barrier(8)
        found: list[tuple[int, int]] = []

        async def loop() -> int:
            return id(asyncio.get_running_loop())

        def ask() -> None:
            barrier.wait()
            found.append((runtime.submit(loop()).result(), runtime.run(lambda: id(runtime._pool)).result()))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        runtime.close()
        assert len(set(found)) == 1

    def test_closing_waits_for_what_still_runs(self) -> None:
        runtime = Runtime()
        ended: list[str] = []

        async def work() -> None:
            await asyncio.sleep(0.01)
            ended.append("ended")

        runtime.submit(work())
        runtime.close()
        assert ended == ["ended"]

    async def test_it_can_be_closed_from_its_own_loop(self) -> None:
        runtime = Runtime()

        async def close() -> None:
            threading.Thread(target=runtime.close).start()

        await asyncio.wrap_future(runtime.submit(close()))

    def test_a_child_starts_with_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        mine, heartbeat = Runtime(), Heartbeat(1000)
        assert mine.run(lambda: 7).result() == 7
        pool = mine._pool
        assert pool is not None
        heartbeat.add(lambda: True)
        monkeypatch.setattr(runtime, "_runtimes", weakref.WeakSet({mine}))
        monkeypatch.setattr(runtime, "_heartbeats", weakref.WeakSet({heartbeat}))
        runtime._after_fork()
        assert mine._pool is None
        assert (heartbeat._thread, heartbeat._beats) == (None, set())
        pool.shutdown()
        mine.close()

    def test_systems_that_do_not_fork_need_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "register_at_fork", raising=False)
        runtime.at_fork(after_in_child=lambda: None)

    def test_nothing_is_lost_to_a_loop_that_is_being_closed(self) -> None:
        """Work that is handed over while others close is done, on this loop or on the next."""
        runtime = Runtime()
        ended = threading.Event()

        async def answer(number: int) -> int:
            return number

        def close() -> None:
            while not ended.is_set():
                runtime.close()

        closing = threading.Thread(target=close)
        closing.start()
        answers = [
            (runtime.submit(answer(number)).result(10), runtime.run(lambda: None).result(10)) for number in range(200)
        ]
        ended.set()
        closing.join()
        runtime.close()
        assert answers == [(number, None) for number in range(200)]


class TestHeartbeat:
    """The thread that extends leases."""

    def test_it_beats_at_every_interval_until_closed(self) -> None:
        heartbeat = Heartbeat(0.001)
        beaten = threading.Event()
        count = 0

        def extend() -> bool:
            nonlocal count
            count += 1
            if count == 3:
                beaten.set()
            return True

        heartbeat.add(extend)
        assert beaten.wait(10)
        heartbeat.remove(extend)
        assert heartbeat._beats == set()
        heartbeat.close()
        heartbeat.close()

    def test_a_lease_that_was_taken_over_is_left_alone(self) -> None:
        heartbeat = Heartbeat(1000)
        calls: list[str] = []

        def lost() -> bool:
            calls.append("lost")
            return False

        heartbeat.add(lost)
        heartbeat.beat()
        heartbeat.beat()
        heartbeat.close()
        assert calls == ["lost"]

    def test_a_store_that_fails_is_tried_again(self, caplog: pytest.LogCaptureFixture) -> None:
        heartbeat = Heartbeat(1000)
        calls: list[str] = []

        def failing() -> bool:
            calls.append("tried")
            raise ConnectionError("password=hunter2")

        heartbeat.add(failing)
        heartbeat.beat()
        heartbeat.beat()
        heartbeat.close()
        assert calls == ["tried", "tried"]
        assert "hunter2" not in caplog.text

    def test_deliveries_that_come_first_at_once_start_one_thread(self) -> None:
        heartbeat = Heartbeat(1000)
        heartbeat.add(lambda: True)
        thread = heartbeat._thread
        heartbeat._start()
        assert heartbeat._thread is thread
        heartbeat.close()

    def test_a_delivery_that_outlives_the_close_keeps_its_lease(self) -> None:
        """As one in a thread of the server's does, which nobody but the server can wait for."""
        heartbeat = Heartbeat(0.001)
        beaten = threading.Event()

        def extend() -> bool:
            beaten.set()
            return True

        heartbeat.add(extend)
        heartbeat.close()
        beaten.clear()
        assert beaten.wait(10)
        heartbeat.remove(extend)
        heartbeat.close()
        assert heartbeat._thread is None

    def test_the_thread_ends_with_what_it_beats_for(self) -> None:
        heartbeat = Heartbeat(1000)
        reference = weakref.ref(heartbeat)
        del heartbeat
        gc.collect()
        runtime._run_heartbeat(reference, threading.Event(), 0.001)

    def test_it_starts_again_after_it_was_closed(self) -> None:
        heartbeat = Heartbeat(0.001)
        for _ in range(2):
            beaten = threading.Event()
            heartbeat.add(lambda beaten=beaten: bool(beaten.set()))
            assert beaten.wait(10)
            heartbeat.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_has_threads_and_a_memory_of_its_own() -> None:
    hooks = Dispatcher(idempotency=MemoryStore())
    hooks.add(Plain(secret=SECRET))

    @hooks.on(Opened)
    async def awaited(event: Opened) -> None:
        await asyncio.sleep(0)

    assert hooks.dispatch(request(sign=True)).status == 200
    child = os.fork()
    if child == 0:
        status = 1
        try:
            store = hooks.store
            assert isinstance(store, MemoryStore)
            assert len(store) == 0
            assert hooks.dispatch(request(sign=True)).status == 200
            assert hooks.dispatch(request(body(door="back"), sign=True)).status == 200
            assert len(store) == 2
            hooks.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    hooks.close()
