"""A bounded pool of threads for what blocks, started when first needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ...runtime import finish

T = TypeVar("T")


class Threads:
    """So many threads; closed, they start anew with the next call."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Run a function in one of the threads."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._most, thread_name_prefix=self._name)
            return self._pool.submit(function)

    async def run(self, function: Callable[[], T]) -> T:
        """Run a function, and wait for its end even when cancelled meanwhile: threads cannot be stopped."""
        return await finish(asyncio.wrap_future(self.submit(function)))

    def close(self) -> None:
        """Wait for what runs, and end the threads."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()
