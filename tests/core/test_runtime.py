"""Threads, the loop and the heartbeat: lazy, closed with the application, new after a fork."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from tests.core.plain import SECRET, Opened, Plain, body, request
from webhook_kit import Dispatcher
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
            assert runtime.pool.submit(int, "7").result() == 7
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
            found.append((runtime.submit(loop()).result(), id(runtime.pool)))

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

        number = heartbeat.add(extend)
        assert beaten.wait(10)
        heartbeat.remove(number)
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
