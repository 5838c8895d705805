"""One thread that runs the work of many."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from webhook_kit.idempotency import batching
from webhook_kit.idempotency.batching import Batcher, Call


class Doubling:
    """Double numbers, in batches that are written down, as soon as it may."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, calls: Sequence[Call[int]]) -> None:
        self.begun.release()
        self.go_on.wait(10)
        self.batches.append([call.work for call in calls])
        for call in calls:
            if call.work < 0:
                call.error = ValueError(call.work)
            else:
                call.result = 2 * call.work
        if calls[0].work == 0:
            raise ZeroDivisionError


@pytest.fixture
def doubling() -> Doubling:
    return Doubling()


@pytest.fixture
def batcher(doubling: Doubling) -> Iterator[Batcher[int]]:
    made = Batcher(doubling, name="test", timeout=10)
    yield made
    doubling.go_on.set()
    made.close()


def test_work_is_done(batcher: Batcher[int]) -> None:
    assert [batcher.call(number) for number in (1, 2, 3)] == [2, 4, 6]


async def test_work_is_awaited(batcher: Batcher[int]) -> None:
    assert await asyncio.gather(*(batcher.acall(number) for number in (1, 2, 3))) == [2, 4, 6]


async def test_an_error_is_that_of_its_caller(batcher: Batcher[int]) -> None:
    with pytest.raises(ValueError, match="-1"):
        batcher.call(-1)
    found = await asyncio.gather(batcher.acall(1), batcher.acall(-2), return_exceptions=True)
    assert found[0] == 2
    assert isinstance(found[1], ValueError)


def test_an_error_of_the_batch_is_everybodys(batcher: Batcher[int]) -> None:
    with pytest.raises(ZeroDivisionError):
        batcher.call(0)
    assert batcher.call(1) == 2, "the thread goes on"


def test_what_arrives_meanwhile_is_one_batch(doubling: Doubling, batcher: Batcher[int]) -> None:
    doubling.go_on.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(batcher.call, 1)
        assert doubling.begun.acquire(timeout=10)
        others = [pool.submit(batcher.call, number) for number in (2, 3, 4)]
        queue = batcher._queue
        assert queue is not None
        while queue.qsize() < 3:
            threading.Event().wait(0.001)
        doubling.go_on.set()
        assert [each.result() for each in (first, *others)] == [2, 4, 6, 8]
    assert doubling.batches[0] == [1]
    assert sorted(doubling.batches[1]) == [2, 3, 4]


async def test_a_batch_has_a_largest_size(
    doubling: Doubling, batcher: Batcher[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "LARGEST_BATCH", 2)
    doubling.go_on.clear()
    calls = [asyncio.ensure_future(batcher.acall(number)) for number in (1, 2, 3, 4, 5)]
    await asyncio.sleep(0)
    doubling.go_on.set()
    assert await asyncio.gather(*calls) == [2, 4, 6, 8, 10]
    assert max(len(batch) for batch in doubling.batches) == 2


def test_nobody_waits_for_ever(doubling: Doubling) -> None:
    batcher = Batcher(doubling, name="test", timeout=0.02)
    doubling.go_on.clear()
    for _ in range(2):
        with pytest.raises(TimeoutError, match=r"the store did not answer within 0\.02 seconds"):
            batcher.call(1)
    with pytest.raises(TimeoutError):
        asyncio.run(batcher.acall(2))
    doubling.go_on.set()
    batcher.close()
    assert doubling.batches == [[1]], "what nobody waits for any more does not begin"


async def test_what_a_cancelled_caller_wanted_does_not_begin(doubling: Doubling, batcher: Batcher[int]) -> None:
    doubling.go_on.clear()
    first, second = asyncio.ensure_future(batcher.acall(1)), asyncio.ensure_future(batcher.acall(2))
    await asyncio.to_thread(doubling.begun.acquire)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    doubling.go_on.set()
    assert await first == 2
    assert 2 not in [number for batch in doubling.batches[1:] for number in batch]


def test_a_loop_that_was_closed_meanwhile_troubles_nobody(doubling: Doubling, batcher: Batcher[int]) -> None:
    doubling.go_on.clear()

    async def leave() -> None:
        task = asyncio.ensure_future(batcher.acall(1))
        await asyncio.to_thread(doubling.begun.acquire)
        task.cancel()

    asyncio.run(leave())
    doubling.go_on.set()
    assert batcher.call(2) == 4


async def test_a_result_that_comes_with_the_time_out_counts() -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    call = Call(1, future)
    future.set_result(None)
    batching._give_up(call, TimeoutError())
    assert not call.abandoned


def test_closing_finishes_what_waits(doubling: Doubling, batcher: Batcher[int]) -> None:
    doubling.go_on.clear()
    with ThreadPoolExecutor(2) as pool:
        work = pool.submit(batcher.call, 1)
        assert doubling.begun.acquire(timeout=10)
        closing = pool.submit(batcher.close)
        doubling.go_on.set()
        closing.result()
        assert work.result() == 2
    batcher.close()
    assert batcher.call(3) == 6, "it starts anew"


def test_it_may_be_closed_from_its_own_thread() -> None:
    closed: list[int] = []

    def close(calls: Sequence[Call[int]]) -> None:
        batcher.close()
        closed.extend(call.work for call in calls)

    batcher = Batcher(close, name="test", timeout=10)
    batcher.call(1)
    assert closed == [1]
