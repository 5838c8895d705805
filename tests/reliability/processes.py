"""Programs that the run starts, kills and starts again."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from .errors import Trouble

PATIENCE: Final = 60.0
SHOWN_LINES: Final = 20

# Below what systems hand out to outgoing connections: one of these could take the port of a program that is down,
# and a client that calls a port nobody listens on could even reach itself.
PORTS: Final = range(20_000, 32_000)


class Process:
    """A program with its own port of the loopback, and a file for what it writes."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: str | None = None,
    ) -> None:
        self._command = command
        self._log = log
        self._environment = environment
        self._folder = folder
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._folder,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
                # What ends the run by the keyboard does not end this: the run does so itself.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> None:
        """Wait for its end."""
        assert self._process is not None
        self._process.wait(PATIENCE)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, by force where it does not obey."""
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def check(self) -> None:
        """Raise :class:`Trouble` where it has ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            last = self._log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
            raise Trouble("\n".join([f"{Path(self._command[0]).name} has ended by itself:", *last]))

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until it is ready; raise as soon as it cannot become so."""
        until = time.monotonic() + PATIENCE
        while not ready():
            self.check()
            if time.monotonic() > until:
                raise Trouble(f"{Path(self._command[0]).name} was not ready within {PATIENCE:g} seconds")
            time.sleep(0.02)


def free_port() -> int:
    """Return a port of the loopback that stays free while its program is down."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise Trouble("no port of the loopback is free")


def listens(port: int) -> bool:
    """Tell whether somebody listens."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except OSError:
        return False
    return True
