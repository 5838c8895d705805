"""The server that is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from .processes import Process, free_port, listens

ROOT = Path(__file__).parents[2]


class Server:
    """uvicorn with the application, in a process of its own."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        options = ["--port", str(self.port), "--log-level", "warning", "--no-access-log"]
        self._process = Process(
            [sys.executable, "-m", "uvicorn", "--factory", "tests.reliability.application:application", *options],
            log,
            environment={**os.environ, **environment},
            folder=ROOT,
        )

    def __enter__(self) -> Self:
        self._process.start()
        try:
            self._process.wait_until(lambda: listens(self.port))
        except BaseException:
            self._process.stop(signal.SIGKILL)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()

    def kill(self) -> None:
        """Kill it with signal 9, and start it again at once."""
        self._process.send(signal.SIGKILL)
        self._process.wait()
        self._process.start()

    def check(self) -> None:
        """Raise :class:`Trouble` where it has ended by itself."""
        self._process.check()
