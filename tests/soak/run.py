"""One run: every server with every store beside each other, so that it takes no longer than one of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from tests.reliability.application import SECRET
from tests.reliability.databases import Database, OwnRedis, SQLiteFile
from tests.reliability.processes import PATIENCE, Process, free_port
from tests.reliability.server import ROOT
from tests.reliability.vendor import new_secret

from .result import Result
from .traffic import Traffic
from .watch import Sample, watch

STORES: Final[Mapping[str, type[Database]]] = {"sqlite": SQLiteFile, "redis": OwnRedis}

SERVERS: Final[Mapping[str, Sequence[str]]] = {
    "uvicorn": ("uvicorn", "--factory", "tests.soak.application:over_asgi", "--no-access-log", "--port={port}"),
    "gunicorn": (
        "gunicorn",
        "tests.soak.application:over_wsgi()",
        "--bind=127.0.0.1:{port}",
        "--workers=2",
        "--threads=4",
        "--keep-alive=60",
    ),
}


class Target(NamedTuple):
    """A server with a store."""

    server: str
    store: str


TARGETS: Final = tuple(Target(server, store) for server in SERVERS for store in STORES)


def soak(targets: Sequence[Target], rate: float, seconds: float, seed: int, folder: Path) -> list[Result]:
    """Run them all in a folder of their own, which is emptied before.

    Raises :class:`Missing` where something is not installed, and :class:`Trouble` where a program does not start.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as stack:
        running = [_Running(target, stack, folder / f"{target.server}-{target.store}") for target in targets]
        return asyncio.run(_together(running, rate, seconds, seed))


async def _together(running: Sequence[_Running], rate: float, seconds: float, seed: int) -> list[Result]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each.soak(rate, seconds, Random(seed))) for each in running]
    return [task.result() for task in tasks]


def answers(port: int) -> bool:
    """Whether somebody answers: gunicorn listens before its workers are there."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 404
    except OSError:
        return False
    finally:
        connection.close()


class _Running:
    """A server that is started, with a store of its own."""

    def __init__(self, target: Target, stack: ExitStack, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._target = target
        self._secret = new_secret()
        self._database = stack.enter_context(STORES[target.store](folder))
        self._port = free_port()
        command = [sys.executable, "-m", *(part.format(port=self._port) for part in SERVERS[target.server])]
        environment = {**os.environ, **self._database.environment, SECRET: self._secret}
        self._process = Process(command, folder / "server.log", environment=environment, folder=ROOT)
        stack.callback(self._process.stop)
        self._process.start()
        self._process.wait_until(lambda: answers(self._port))

    async def soak(self, rate: float, seconds: float, random: Random) -> Result:
        traffic = Traffic(self._port, self._secret, rate, seconds, random)
        samples: list[Sample] = []
        started = time.monotonic()
        watching = asyncio.create_task(watch(self._process.pid, samples, seconds))
        await traffic.run()
        await watching
        self._process.check()
        return Result(
            server=self._target.server,
            store=self._target.store,
            about=self._database.about,
            rate=rate,
            seconds=seconds,
            started=started,
            samples=samples,
            answers=traffic.answers,
            unexpected=traffic.unexpected,
        )
