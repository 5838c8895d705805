"""An application as small as one can be, whose store is in trouble."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

import pytest

from tests.core.plain import SECRET, Opened, Plain, body, request
from tests.idempotency.sites import PATIENCE
from webhook_kit import Delivery, Dispatcher, Outcome, Record
from webhook_kit.idempotency import Store
from webhook_kit.providers.base import Identity

LEASE = 30.0
# What a busy machine adds.
SLACK = 1.5 * PATIENCE
PASSWORD = "hunter2hunter2"
PAYLOAD = "what nobody but the handler reads"


T = TypeVar("T")


def heavy(test: T) -> T:
    """Mark what takes so long that `make faults` runs it apart."""
    for mark in (pytest.mark.slow, pytest.mark.faults):
        mark(test)
    return test


class Answer(NamedTuple):
    """What a sender got, and after how long."""

    status: int
    seconds: float


class Application:
    """Doors that are opened by signed deliveries, many at once, under one of the two drivers."""

    def __init__(self, store: Store, driver: str, *, lease: float = LEASE) -> None:
        self._before = _threads()
        self.store = store
        self.opened: list[str] = []
        self.attempts: list[int] = []
        self.outcomes: list[Outcome] = []
        self.meanwhile: Callable[[Delivery], None] = lambda delivery: None
        self.driver = driver
        self._runner = asyncio.Runner() if driver == "async" else None
        self.hooks = Dispatcher(idempotency=store, lease=lease)
        self.hooks.add(Plain(secret=SECRET))
        self.handle(self._open)
        self.hooks.observe(thread=False)(self._note)

    def handle(self, handler: Callable[..., object]) -> None:
        """Hand what is opened to this one too."""
        self.hooks.on(Opened)(handler)

    def deliver(self, *doors: str) -> list[Answer]:
        """Deliver all of them at the same time."""
        if self._runner is not None:
            return self._runner.run(self._adeliver(doors))
        with ThreadPoolExecutor(len(doors)) as pool:
            return list(pool.map(self._deliver, doors))

    def statuses(self, *doors: str) -> list[int]:
        return [answer.status for answer in self.deliver(*doors)]

    def key(self, door: str) -> bytes:
        """Return the key of a delivery, as it is sent to the store."""
        sent = request(body(door=door, note=PAYLOAD))
        return self.hooks.endpoints[0].key(Identity(), sent.digest).encode()

    def no_thread_is_left_behind(self, connections: int) -> None:
        """Assert that there are no more threads than the store may have, which it starts when they are needed."""
        for kind, number in (_threads() - self._before).items():
            assert number <= (connections if kind.endswith(("-postgresql", "-transactions")) else 1), kind

    def close(self) -> None:
        if self._runner is not None:
            self._runner.run(self.hooks.aclose())
            self._runner.close()
        else:
            self.hooks.close()

    def _open(self, event: Opened, delivery: Delivery) -> None:
        self.meanwhile(delivery)
        self.opened.append(event.door)
        self.attempts.append(delivery.attempt)

    def _note(self, record: Record) -> None:
        self.outcomes.append(record.outcome)

    def _deliver(self, door: str) -> Answer:
        started = time.monotonic()
        answer = self.hooks.dispatch(request(body(door=door, note=PAYLOAD), sign=True))
        return Answer(answer.status, time.monotonic() - started)

    async def _adeliver(self, doors: tuple[str, ...]) -> list[Answer]:
        async def deliver(door: str) -> Answer:
            started = time.monotonic()
            answer = await self.hooks.adispatch(request(body(door=door, note=PAYLOAD), sign=True))
            return Answer(answer.status, time.monotonic() - started)

        return await asyncio.gather(*(deliver(door) for door in doors))


@contextmanager
def running(store: Store, driver: str, *, lease: float = LEASE) -> Iterator[Application]:
    """Run an application under the driver of this name, and close it at the end."""
    application = Application(store, driver, lease=lease)
    try:
        yield application
    finally:
        application.close()


def refused(answers: list[Answer], within: float) -> None:
    """Assert that the senders were asked to come again, and did not wait for longer than the store says."""
    assert [answer.status for answer in answers] == [503] * len(answers)
    assert max(answer.seconds for answer in answers) < within + SLACK


def _threads() -> Counter[str]:
    """Return how many threads of each kind stores and dispatchers have."""
    names = (each.name.rpartition("_")[0] if each.name[-1].isdigit() else each.name for each in threading.enumerate())
    return Counter(name for name in names if name.startswith("webhook_kit-"))
