"""Bounded threads, and the watch over connections that do not answer."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from webhook_kit.idempotency.sql.threads import Threads
from webhook_kit.idempotency.sql.watchdog import Watchdog


async def test_a_function_runs_in_a_thread() -> None:
    threads = Threads(1, "test")
    assert await threads.run(threading.get_ident) != threading.get_ident()
    threads.close()
    assert await threads.run(lambda: 5) == 5, "closed threads start anew"
    threads.close()
    threads.close()


@pytest.mark.parametrize("fails", [False, True])
async def test_a_cancelled_caller_waits_for_its_end(fails: bool) -> None:
    threads, begun, go_on, ended = Threads(1, "test"), threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)
        ended.set()
        if fails:
            raise ValueError

    task = asyncio.ensure_future(threads.run(work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    threads.close()


def test_a_connection_that_does_not_answer_is_cut() -> None:
    watchdog = Watchdog(0.02)
    near, far = socket.socketpair()
    with near, far, watchdog.watch(near):
        near.settimeout(10)
        assert near.recv(1) == b"", "the end of the stream, instead of a wait for ever"
    watchdog.close()


def test_one_that_answers_in_time_is_left_alone() -> None:
    watchdog = Watchdog(10)
    near, far = socket.socketpair()
    with near, far:
        for _ in range(2):
            with watchdog.watch(near):
                watchdog.look()
        far.send(b"x")
        assert near.recv(1) == b"x"
        watchdog.close()
        watchdog.close()


def test_one_that_broke_by_itself_is_no_trouble() -> None:
    watchdog = Watchdog(0.0)
    near, far = socket.socketpair()
    far.close()
    near.close()
    watchdog._thread = threading.current_thread()
    with watchdog.watch(near):
        watchdog.look()
    watchdog.close()
