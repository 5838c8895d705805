"""A server that is told to end while it is busy: nothing is lost, and nothing done twice."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from tests.core.plain import SECRET, SIGNATURE, body
from tests.examples.server import PACKAGES, PATIENCE, ROOT, free_port, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow]

DOORS = [f"door {number:02}" for number in range(50)]
MODULE = "tests.idempotency.faults.doors"


def uvicorn(factory: str) -> Callable[[float], list[str]]:
    def command(grace: float) -> list[str]:
        options = ["--port", "{port}", "--timeout-graceful-shutdown", f"{grace:g}"]
        return ["uvicorn", "--factory", f"{MODULE}:{factory}", *options]

    return command


def gunicorn(grace: float) -> list[str]:
    many = ["--worker-class", "gthread", "--threads", str(len(DOORS)), "--graceful-timeout", f"{grace:g}"]
    return ["gunicorn", f"{MODULE}:over_wsgi()", "--bind", "127.0.0.1:{port}", *many]


class Busy:
    """A server, and the senders that wait for its answers."""

    def __init__(self, command: list[str], folder: Path, lease: float, senders: ThreadPoolExecutor) -> None:
        self.port = free_port()
        self.folder = folder
        self._senders = senders
        log = folder / "log"
        environment = {
            "DOORS": str(folder),
            "DOORS_LEASE": f"{lease:g}",
            "PYTHONPATH": f"{PACKAGES}:{ROOT}",
            "PYTHONFAULTHANDLER": "1",
        }
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *(part.format(port=self.port) for part in command)],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(self.port, self.process, log)

    def send(self, doors: Sequence[str]) -> list[Future[int | None]]:
        return [self._senders.submit(self._deliver, door) for door in doors]

    def wait_until_started(self, number: int) -> None:
        wait_until(lambda: started(self.folder) == number)

    def wait_until_logged(self, said: str) -> None:
        wait_until(lambda: said in (self.folder / "log").read_text(errors="replace"))

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def exited_after(self) -> float:
        """Wait for the end of the process, and return how long that took."""
        before = time.monotonic()
        status = self.process.wait(PATIENCE)
        # uvicorn ends by the signal that it was sent.
        assert status in (0, -signal.SIGTERM), (self.folder / "log").read_text(errors="replace")
        return time.monotonic() - before

    def _deliver(self, door: str) -> int | None:
        """Return the status of the answer, or None where there is none."""
        content = body(door=door)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", "/plain", content, dict(SIGNATURE.sign(SECRET, content, now=0).headers))
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def started(folder: Path) -> int:
    try:
        return len((folder / "started").read_text().splitlines())
    except FileNotFoundError:
        return 0


def effects(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "webhooks.db") as connection:
        found = [door for (door,) in connection.execute("SELECT door FROM effects ORDER BY door")]
    connection.close()
    return found


@contextmanager
def serving(command: list[str], folder: Path, lease: float = 60.0) -> Iterator[Busy]:
    with ThreadPoolExecutor(len(DOORS)) as senders:
        server = Busy(command, folder, lease, senders)
        try:
            yield server
        finally:
            (folder / "go").touch()
            server.process.terminate()
            try:
                server.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.process.kill()
                raise


def retried(server: Busy, doors: Sequence[str]) -> None:
    """Send again what was not accepted, as vendors do, until all is."""
    until = time.monotonic() + PATIENCE
    while doors:
        assert time.monotonic() < until, f"{len(doors)} are not accepted"
        answers = server.send(doors)
        doors = [door for door, answer in zip(doors, answers, strict=True) if answer.result() != 200]


SERVERS = [
    pytest.param(uvicorn("with_async_handlers"), 50, id="uvicorn, async handlers"),
    # As many as the dispatcher has threads; the others wait for one.
    pytest.param(uvicorn("with_sync_handlers"), 32, id="uvicorn, sync handlers"),
    pytest.param(gunicorn, 50, id="gunicorn"),
]


@pytest.mark.parametrize(("command", "at_once"), SERVERS)
def test_what_ends_within_the_time_of_grace_is_answered(
    command: Callable[[float], list[str]], at_once: int, tmp_path: Path
) -> None:
    with serving(command(20), tmp_path) as server:
        answers = server.send(DOORS)
        server.wait_until_started(at_once)
        server.terminate()
        (tmp_path / "go").touch()
        assert [answer.result() for answer in answers] == [200] * 50
        assert server.exited_after() < 10
    assert effects(tmp_path) == DOORS
    with serving(command(20), tmp_path) as server:
        retried(server, DOORS)
    assert effects(tmp_path) == DOORS
    assert started(tmp_path) == 50


def test_async_handlers_that_take_longer_are_cancelled_and_released(tmp_path: Path) -> None:
    command = uvicorn("with_async_handlers")(1)
    with serving(command, tmp_path) as server:
        answers = server.send(DOORS)
        server.wait_until_started(50)
        server.terminate()
        assert server.exited_after() < 1 + 5
        assert 200 not in [answer.result() for answer in answers]
    assert effects(tmp_path) == []
    with serving(command, tmp_path) as server:
        # At once, and not after the lease.
        assert [answer.result() for answer in server.send(DOORS)] == [200] * 50
    assert effects(tmp_path) == DOORS


def test_sync_handlers_that_take_longer_are_waited_for(tmp_path: Path) -> None:
    """Nobody can stop a thread, and its claim is kept as long as it runs."""
    command = uvicorn("with_sync_handlers")(1)
    with serving(command, tmp_path) as server:
        answers = server.send(DOORS)
        server.wait_until_started(32)
        server.terminate()
        server.wait_until_logged("timeout graceful shutdown exceeded")
        assert server.process.poll() is None
        (tmp_path / "go").touch()
        server.exited_after()
        assert 200 not in [answer.result() for answer in answers]
    done = effects(tmp_path)
    assert len(done) == len(set(done)) >= 32
    with serving(command, tmp_path) as server:
        assert [answer.result() for answer in server.send(DOORS)] == [200] * 50
    assert effects(tmp_path) == DOORS


def test_a_worker_that_takes_longer_is_killed_and_its_claims_end_with_the_lease(tmp_path: Path) -> None:
    with serving(gunicorn(1), tmp_path, lease=2) as server:
        answers = server.send(DOORS)
        server.wait_until_started(50)
        server.terminate()
        assert server.exited_after() < 1 + 5
        assert {answer.result() for answer in answers} == {None}
    assert effects(tmp_path) == []
    (tmp_path / "go").touch()
    with serving(gunicorn(1), tmp_path, lease=2) as server:
        retried(server, DOORS)
    assert effects(tmp_path) == DOORS
