"""Real servers on this machine, and a load of deliveries for them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from . import deliveries
from .installed import program

PATIENCE: Final = 20.0
"""Seconds that a server may take to start or to stop."""

CONNECTIONS: Final = 32
MOST_A_SECOND: Final = 50_000
"""More requests than any of the servers answers here."""

SCRIPT: Final = Path(__file__).with_name("load.lua")


@contextmanager
def uvicorn(
    application: str, *options: str, workers: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve an ASGI application, without its log of requests, and give its address.

    Each worker has a socket of its own, among which the kernel shares out the connections. Where they share one, the
    first to wake takes all that wait.
    """
    quiet = ["--no-access-log", "--log-level", "warning"]
    with ExitStack() as stack:
        port = 0
        for _ in range(workers):
            listener = stack.enter_context(_listening(port))
            port = listener.getsockname()[1]
            stack.enter_context(_serving(listener, "uvicorn", application, *options, *quiet, environment=environment))
        yield f"http://127.0.0.1:{port}"


@contextmanager
def gunicorn(application: str) -> Iterator[str]:
    """Serve a WSGI application in threads, which is how gunicorn keeps connections open, and give its address."""
    quiet = ["--worker-class", "gthread", "--threads", "4", "--log-level", "warning"]
    with _listening() as listener, _serving(listener, "gunicorn", application, *quiet):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def wrk() -> str:
    """Return the path of the program that makes the load."""
    return program("wrk", "apt-get install wrk")


def per_second(url: str, seconds: float) -> float:
    """Load a server with deliveries, each of another event, and return how many were answered a second."""
    # wrk knows no parts of a second.
    whole = max(1, round(seconds))
    with TemporaryDirectory() as folder:
        file = Path(folder, "deliveries")
        with file.open("wb") as lines:
            for _ in range(whole * MOST_A_SECOND):
                body, proof = deliveries.small()
                lines.write(b"%s\t%s\n" % (body, proof.encode()))
        load = [wrk(), "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{whole}s"]
        command = [*load, "--script", str(SCRIPT), f"{url}/webhooks", "--", str(file)]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
    (line,) = (line for line in run.stdout.splitlines() if line.startswith("figures "))
    requests, microseconds, failed = map(int, line.split()[1:])
    assert not failed, f"{failed} of {requests} requests failed"
    return requests / microseconds * 1e6


def _listening(port: int = 0) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", port), backlog=1024, reuse_port=True)
    # Otherwise what follows a first part of an answer is held back until the client has acknowledged that part.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextmanager
def _serving(
    listener: socket.socket, server: str, *options: str, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a server on a socket that listens already, from when it answers."""
    number, port = listener.fileno(), listener.getsockname()[1]
    where = {"uvicorn": ["--fd", str(number)], "gunicorn": ["--bind", f"fd://{number}"]}[server]
    command = [sys.executable, "-m", server, *options, *where]
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, pass_fds=[number])
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Ask until there is an answer: a connection is taken by the socket, whoever listens."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            body, proof = deliveries.small()
            connection.request("POST", "/webhooks", body, {deliveries.HEADER.decode(): proof})
            assert connection.getresponse().status == 200
        except (OSError, HTTPException):
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError("the server has not started")
