"""Rounds, and the ways to measure once."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable

import pytest

from bench.figures import Figure
from bench.rounds import measured
from bench.timing import (
    in_fresh_process,
    peak_memory,
    per_second_in_tasks,
    per_second_in_threads,
    seconds_per_await,
    seconds_per_call,
)


class Ticks:
    """A clock that moves by one second with each call that is measured."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def tick(self) -> None:
        self.now += 1

    async def atick(self) -> None:
        self.now += 1


def test_contenders_take_turns_in_an_order_that_turns_round() -> None:
    order: list[str] = []

    def contender(name: str) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return len(order)

        return measure

    figures = measured({"ours": contender("ours"), "theirs": contender("theirs")}, rounds=2)
    assert order == ["ours", "theirs", "ours", "theirs", "theirs", "ours"]
    assert figures == {"ours": Figure([3, 6]), "theirs": Figure([4, 5])}


def test_seconds_are_those_of_one_call() -> None:
    clock = Ticks()
    assert seconds_per_call(clock.tick, 5, clock) == 1
    assert clock.now == 5


def test_seconds_are_those_of_one_await() -> None:
    clock = Ticks()
    assert seconds_per_await(clock.atick, 5, clock) == 1
    assert clock.now == 5


def test_threads_call_until_the_time_is_over() -> None:
    callers: list[threading.Thread] = []

    def call() -> None:
        callers.append(threading.current_thread())
        time.sleep(0.001)

    rate = per_second_in_threads(call, 0.05, threads=4)
    assert len(set(callers)) == 4
    assert 0 < rate <= len(callers) / 0.05


def test_tasks_call_until_the_time_is_over() -> None:
    callers: list[asyncio.Task[None] | None] = []

    async def call() -> None:
        callers.append(asyncio.current_task())
        await asyncio.sleep(0.001)

    with asyncio.Runner() as runner:
        rate = per_second_in_tasks(call, 0.05, 4, runner)
    assert len(set(callers)) == 4
    assert 0 < rate <= len(callers) / 0.05


def test_what_a_thread_raises_ends_the_measurement() -> None:
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        per_second_in_threads(fail, 10, threads=2)


@pytest.mark.slow
def test_a_fresh_process_is_another_one() -> None:
    assert in_fresh_process(os.getpid) != os.getpid()


@pytest.mark.slow
def test_memory_is_counted_in_bytes() -> None:
    assert 5_000_000 < in_fresh_process(peak_memory) < 500_000_000


@pytest.mark.slow
def test_memory_of_the_process_that_started_another_is_not_counted() -> None:
    ours = b"x" * 300_000_000
    assert in_fresh_process(peak_memory) < len(ours)
