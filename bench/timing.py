"""Ways to measure once: seconds of a call, calls a second by many threads or tasks, memory, in a fresh process."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from threading import Barrier, Thread
from typing import Final, ParamSpec, TypeAlias, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Clock: TypeAlias = Callable[[], float]

PATIENCE: Final = 60.0
"""Seconds that one call of a load may take."""


def seconds_per_call(function: Callable[[], object], calls: int, clock: Clock = time.process_time) -> float:
    """Call a function so many times, and return what one call takes, of the processor's time unless told otherwise."""
    started = clock()
    for _ in repeat(None, calls):
        function()
    return (clock() - started) / calls


def seconds_per_await(function: Callable[[], Awaitable[object]], calls: int, clock: Clock = time.process_time) -> float:
    """Do the same with a coroutine function, on one event loop for all of the calls."""

    async def run() -> float:
        started = clock()
        for _ in repeat(None, calls):
            await function()
        return (clock() - started) / calls

    return asyncio.run(run())


def per_second_in_threads(function: Callable[[], object], seconds: float, threads: int) -> float:
    """Let so many threads call a function for so long, and return how many calls were done a second."""
    done: list[int] = []
    errors: list[BaseException] = []
    ready = Barrier(threads + 1)

    def work() -> None:
        calls = 0
        ready.wait(PATIENCE)
        end = time.perf_counter() + seconds
        try:
            while time.perf_counter() < end and not errors:
                function()
                calls += 1
        except BaseException as error:
            errors.append(error)
        done.append(calls)

    workers = [Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait(PATIENCE)
    started = time.perf_counter()
    for worker in workers:
        worker.join(seconds + PATIENCE)
    elapsed = time.perf_counter() - started
    if errors:
        raise errors[0]
    if len(done) < threads:
        raise TimeoutError(f"a call took more than {PATIENCE:g} seconds")
    return sum(done) / elapsed


def per_second_in_tasks(
    function: Callable[[], Awaitable[object]], seconds: float, tasks: int, runner: asyncio.Runner
) -> float:
    """Do the same with tasks of an event loop, which may have its connections from an earlier round."""

    async def run() -> float:
        started = time.perf_counter()
        end = started + seconds

        async def work() -> int:
            calls = 0
            while time.perf_counter() < end:
                await function()
                calls += 1
            return calls

        async with asyncio.timeout(seconds + PATIENCE):
            done = await asyncio.gather(*(work() for _ in range(tasks)))
        return sum(done) / (time.perf_counter() - started)

    return runner.run(run())


def in_fresh_process(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Call a module's function in an interpreter that has done nothing else, and return what it returns."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **options).result()


def peak_memory() -> int:
    """Return the most bytes of memory that this process ever occupied."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux lets a process begin with what getrusage() told of the one that started it.
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return getrusage(RUSAGE_SELF).ru_maxrss * unit
