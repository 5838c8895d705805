"""Places that are taken in turn."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from webhook_kit.idempotency.sql.gate import Gate


def test_a_place_is_free_again_once_it_was_left() -> None:
    gate = Gate(1, 10)
    for _ in range(3):
        gate.enter()
        gate.leave()


def test_threads_wait_for_their_turn() -> None:
    gate, inside, most, lock = Gate(2, 10), 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        gate.enter()
        with lock:
            inside += 1
            most = max(most, inside)
        with lock:
            inside -= 1
        gate.leave()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    assert most <= 2


async def test_tasks_wait_in_the_order_of_arrival() -> None:
    gate, order = Gate(1, 10), []
    await gate.aenter()

    async def work(number: int) -> None:
        await gate.aenter()
        order.append(number)
        gate.leave()

    tasks = [asyncio.ensure_future(work(number)) for number in range(5)]
    await asyncio.sleep(0)
    gate.leave()
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]


async def test_who_waits_too_long_gives_up_and_takes_nobodys_place() -> None:
    gate = Gate(1, 0.01)
    gate.enter()
    with pytest.raises(TimeoutError, match="held the store"):
        gate.enter()
    with pytest.raises(TimeoutError, match="held the store"):
        await gate.aenter()
    gate.leave()
    gate.enter()


async def test_a_cancelled_task_takes_nobodys_place() -> None:
    gate = Gate(1, 10)
    gate.enter()
    task = asyncio.ensure_future(gate.aenter())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.leave()
    gate.enter()


async def test_a_task_that_is_cancelled_as_its_turn_comes_gives_the_place_on() -> None:
    gate = Gate(1, 10)
    gate.enter()
    task = asyncio.ensure_future(gate.aenter())
    await asyncio.sleep(0)
    gate.leave()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.enter()


def test_a_thread_that_is_interrupted_takes_nobodys_place(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(1, 10)
    gate.enter()
    turn = gate._queue()
    assert turn is not None

    def interrupted(timeout: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(turn, "result", interrupted)
    monkeypatch.setattr(gate, "_queue", lambda: turn)
    with pytest.raises(KeyboardInterrupt):
        gate.enter()
    monkeypatch.undo()
    gate.leave()
    gate.enter()


def test_a_turn_that_comes_at_the_last_moment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(1, 0.001)
    gate.enter()
    turn = gate._queue()
    assert turn is not None
    monkeypatch.setattr(turn, "cancel", lambda: False)
    monkeypatch.setattr(gate, "_queue", lambda: turn)
    gate.enter()
