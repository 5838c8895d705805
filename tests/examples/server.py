"""An example on its usual server, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import webhook_kit

ROOT = Path(__file__).parents[2]
PACKAGES = Path(webhook_kit.__file__).parents[1]
PATIENCE = 30.0


class Server:
    """A running server: what it answers, and what it has written so far."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = (), chunked: bool = False
    ) -> tuple[int, bytes]:
        """Send a request and return the status and the body of its answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            if chunked:
                content = iter([body[:10], body[10:]])
                connection.request(method, path, content, dict(headers), encode_chunked=True)
            else:
                connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")


@contextmanager
def serving(command: Sequence[str], folder: str, log: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run ``python -m`` with this command, in which ``{port}`` stands for a free port of the loopback interface."""
    port = free_port()
    arguments = [sys.executable, "-m", *(part.format(port=port) for part in command)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments,
            cwd=ROOT / folder,
            env=surroundings(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(port, process, log)
            yield Server(port, log)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def run(command: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
    """Run ``python -m`` with this command to its end."""
    arguments = [sys.executable, "-m", *command]
    ended = subprocess.run(
        arguments, cwd=ROOT / folder, env=surroundings(environment), capture_output=True, text=True, timeout=PATIENCE
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an example."""
    paths = [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1", **environment}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return as soon as somebody listens; fail at once where the server has ended."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
            return
        except OSError:
            pass
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            assert time.monotonic() < deadline, f"nobody listens:\n{log.read_text(errors='replace')}"
        else:
            raise AssertionError(f"the server has ended:\n{log.read_text(errors='replace')}")
