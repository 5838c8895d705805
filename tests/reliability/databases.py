"""Where deliveries and effects are kept: in databases that the run makes for itself."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import redis

from webhook_kit.idempotency import SQLStore

from .application import EFFECTS, STORE
from .effects import EffectLog, EffectTable
from .errors import Missing
from .processes import Process, free_port


class Database(ABC):
    """A place for one run, made at the start and gone at the end. ``folder`` is where it may leave its log."""

    effects: EffectTable | EffectLog
    environment: Mapping[str, str]
    """What the application has to know."""

    about: str
    """The version, and how durable it is set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.leaving = ExitStack()

    @abstractmethod
    def open(self) -> None:
        """Make it. Raises :class:`Missing` where it is not installed."""

    def __enter__(self) -> Self:
        with self.leaving:
            self.open()
            self.leaving = self.leaving.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.leaving.close()

    def crash(self) -> None:
        """End it at once, with whatever it is doing."""
        raise NotImplementedError(f"{type(self).__name__} has no server that could crash")

    def recover(self) -> None:
        """Start it again, and wait until it answers."""
        raise NotImplementedError(f"{type(self).__name__} has no server that could recover")

    def check(self) -> None:
        """Raise :class:`Trouble` where its server has ended by itself."""

    def keep_in(self, url: str) -> None:
        """Let the application keep deliveries and effects in the same database."""
        store = SQLStore(url)
        store.create()
        store.close()
        self.environment = {STORE: url}
        self.effects = EffectTable(url)
        self.effects.create()


class SQLiteFile(Database):
    """A file beside the figures, which are on a real disk more likely than a temporary folder is."""

    def open(self) -> None:
        self.about = f"SQLite {sqlite3.sqlite_version}, write-ahead log, synchronous=FULL"
        self.keep_in(f"sqlite:///{self.folder / 'webhooks.db'}")


class OwnRedis(Database):
    """A server with an append-only file, in a temporary folder; the effects are in a file."""

    def open(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise Missing("redis-server is not installed")
        folder = tempfile.mkdtemp(prefix="webhook_kit-redis-")
        self.leaving.callback(shutil.rmtree, folder, ignore_errors=True)
        port = free_port()
        settings = {"port": port, "dir": folder, "save": "", "appendonly": "yes", "appendfsync": "everysec"}
        options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        self._process = Process([program, "--bind", "127.0.0.1", *options], self.folder / "redis.log")
        self.leaving.callback(self._process.stop)
        self._process.start()
        with redis.Redis(port=port) as client:
            self._process.wait_until(lambda: _answers(client))
            version = client.info("server")["redis_version"]
        self.about = f"Redis {version}, a server of its own, appendonly yes, appendfsync everysec"
        path = self.folder / "effects.tsv"
        self.environment = {STORE: f"redis://127.0.0.1:{port}/0", EFFECTS: str(path)}
        self.effects = EffectLog(path)

    def check(self) -> None:
        self._process.check()


def _answers(client: redis.Redis) -> bool:
    try:
        client.ping()
    except redis.ConnectionError:
        return False
    return True
