"""Where stores live in tests: each site has tables or keys of its own, and a clock that can be moved."""

from __future__ import annotations

import os
import secrets
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.core.plain import Clock
from webhook_kit.idempotency import MemoryStore, RedisStore, SQLStore, Store
from webhook_kit.idempotency.sql.backend import Work
from webhook_kit.idempotency.sql.statements import Steps

POSTGRESQL = os.environ.get("WEBHOOK_KIT_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
REDIS = os.environ.get("WEBHOOK_KIT_REDIS", "redis://127.0.0.1:6379/0")

PATIENCE = float(os.environ.get("WEBHOOK_KIT_PATIENCE", "1"))
"""By how much longer a store waits in tests than it has to, for machines with more to do than these."""

MOVE = """
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
    if redis.call('HEXISTS', key, 'until') == 1 then redis.call('HINCRBY', key, 'until', -ARGV[2]) end
    redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[3])
end
"""


def ask(store: SQLStore, *statements: str) -> None:
    """Run statements as a store runs its own."""
    store._backend.call(asking(*statements))


def asking(*statements: str) -> Work:
    """Return statements as work."""

    def each() -> Steps[None]:
        for statement in statements:
            yield statement, {}

    return Work("", each)


class Site(ABC):
    """One place for stores."""

    @abstractmethod
    def store(self) -> Store:
        """Return a store that shares this site with the others."""

    @abstractmethod
    def advance(self, store: Store, seconds: float) -> None:
        """Move the clock, which for a server means to move what it has stored into the past."""

    def leave(self) -> None:
        """Remove what the stores left behind."""


class Memory(Site):
    def __init__(self) -> None:
        self.clock = Clock()

    def store(self) -> MemoryStore:
        return MemoryStore(clock=self.clock)

    def advance(self, store: Store, seconds: float) -> None:
        self.clock.advance(seconds)


class SQL(Site):
    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.options = options

    def store(self, **options: Any) -> SQLStore:
        return SQLStore(self.url, **{**self.options, **options})

    def rows(self, store: SQLStore, statement: str) -> list[Any]:
        """Return the first column of what a statement finds."""

        def fetch() -> Steps[list[Any]]:
            found: Any = yield statement, {}
            return [row[0] for row in found.fetchall()]

        rows: list[Any] = store._backend.call(Work("", fetch))
        return rows

    def advance(self, store: Store, seconds: float) -> None:
        assert isinstance(store, SQLStore)
        past = f"leased_until = leased_until - {seconds}, expires_at = expires_at - {seconds}"
        ask(store, f"UPDATE {store._backend.schema.deliveries} SET {past}")


class SQLiteFile(SQL):
    def __init__(self, folder: Path) -> None:
        self.path = folder / "webhooks.db"
        super().__init__(f"sqlite:///{self.path}")


class SQLiteMemory(SQL):
    def __init__(self) -> None:
        super().__init__("sqlite://")


class PostgreSQL(SQL):
    def __init__(self) -> None:
        service("PostgreSQL", _postgresql_answers)
        self.prefix = f"wk_{secrets.token_hex(6)}_"
        super().__init__(POSTGRESQL, prefix=self.prefix)
        self.store().create()

    def leave(self) -> None:
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            for name in ("deliveries", "schema", "effects"):
                connection.execute(f"DROP TABLE IF EXISTS {self.prefix}{name}".encode())


class Redis(Site):
    def __init__(self) -> None:
        service("Redis", _redis_answers)
        self.prefix = f"wk-{secrets.token_hex(6)}:"

    def store(self, **options: Any) -> RedisStore:
        return RedisStore(REDIS, prefix=self.prefix, **options)

    def advance(self, store: Store, seconds: float) -> None:
        with redis.Redis.from_url(REDIS) as client:
            client.eval(MOVE, 0, f"{self.prefix}*", round(seconds * 1e6), round(seconds * 1e3))

    def leave(self) -> None:
        with redis.Redis.from_url(REDIS) as client:
            for key in client.scan_iter(f"{self.prefix}*", count=1000):
                client.delete(key)


SITES = ["memory", "sqlite-file", "sqlite-memory", "postgresql", "redis"]
NEEDS_SERVICE = {"postgresql", "redis"}


def site(name: str, folder: Path) -> Site:
    """Return a site by its name."""
    made: dict[str, Any] = {
        "memory": Memory,
        "sqlite-file": lambda: SQLiteFile(folder),
        "sqlite-memory": SQLiteMemory,
        "postgresql": PostgreSQL,
        "redis": Redis,
    }
    found: Site = made[name]()
    return found


def params(*names: str) -> list[Any]:
    """Return the names as parameters, with a mark on those that talk to a server."""
    return [pytest.param(name, marks=pytest.mark.services if name in NEEDS_SERVICE else ()) for name in names]


def service(name: str, answers: Any) -> None:
    """Skip a test whose server is not there, or let it fail where servers are required."""
    try:
        answers()
    except (psycopg.Error, redis.RedisError) as error:
        if os.environ.get("WEBHOOK_KIT_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"{name} does not answer: {type(error).__name__}")


def _postgresql_answers() -> None:
    psycopg.connect(POSTGRESQL, connect_timeout=2).close()


def _redis_answers() -> None:
    with redis.Redis.from_url(REDIS, socket_connect_timeout=2) as client:
        client.ping()
