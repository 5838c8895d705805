"""A watch over connections whose server may never answer: a client library that waits has no time-out of its own."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Watched(Protocol):
    """A connection with a socket."""

    def fileno(self) -> int:
        """Return the number of its socket."""
        ...


class Watchdog:
    """Cut connections that were waited for longer than ``timeout`` seconds; whoever waits gets the driver's error."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._watched: dict[int, tuple[float, Watched]] = {}
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    @contextmanager
    def watch(self, connection: Watched) -> Iterator[None]:
        """Cut the connection if the block does not end in time."""
        self.begin(connection)
        try:
            yield
        finally:
            self.end(connection)

    def begin(self, connection: Watched) -> None:
        """Cut the connection unless :meth:`end` is called in time."""
        with self._lock:
            self._watched[id(connection)] = (time.monotonic() + self._timeout, connection)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(self._stop,), name="webhook_kit-watchdog", daemon=True
                )
                self._thread.start()

    def end(self, connection: Watched) -> None:
        """Leave the connection alone."""
        with self._lock:
            self._watched.pop(id(connection), None)

    def close(self) -> None:
        """End the thread; the next watch starts it anew."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stop.set()
            self._stop = threading.Event()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self._timeout / 8):
            self.look()

    def look(self) -> None:
        """Cut what is overdue."""
        now = time.monotonic()
        # Under the lock, so that the number of the socket cannot become that of another one.
        with self._lock:
            for number, (deadline, connection) in list(self._watched.items()):
                if deadline <= now:
                    del self._watched[number]
                    _cut(connection)


def _cut(connection: Watched) -> None:
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
    except Exception:
        # It broke by itself, which each driver says by an error of its own.
        return
