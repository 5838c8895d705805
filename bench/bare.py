"""The work of a store by the driver alone: as many round trips, in statements written by hand."""

from __future__ import annotations

import sqlite3
from asyncio import Runner
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import redis
import redis.asyncio

ANSWER: Final = b'{"status":"success"}'
HEADERS: Final = '[["content-type", "application/json"]]'
TOKEN: Final = "t" * 32
RETENTION: Final = 8 * 24 * 3600


@contextmanager
def sqlite_inserts(path: Path) -> Iterator[Callable[[str], None]]:
    """Give a function that inserts a key with its answer, in a commit of its own that reaches the disk."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE deliveries (key TEXT PRIMARY KEY, status INTEGER, headers TEXT, body BLOB)")

        def insert(key: str) -> None:
            connection.execute("INSERT INTO deliveries VALUES (?, 200, ?, ?)", (key, HEADERS, ANSWER))

        yield insert
    finally:
        connection.close()


@contextmanager
def postgresql_deliveries(url: str, table: str, connections: int) -> Iterator[Callable[[str], None]]:
    """Give a function that inserts a key and then updates it, for as many threads as there are connections.

    The table is a store's, so that the server has the same rows and the same index to write.
    """
    insert = (
        f"INSERT INTO {table} (key, token, leased_until, attempt, done, expires_at) VALUES (%s, %s, "
        "extract(epoch FROM clock_timestamp()) + 60, 1, '[]', extract(epoch FROM clock_timestamp()) + 691260) "
        "ON CONFLICT (key) DO NOTHING"
    ).encode()
    update = (
        f"UPDATE {table} SET token = NULL, leased_until = extract(epoch FROM clock_timestamp()), status = 200, "
        "headers = %s, body = %s, expires_at = extract(epoch FROM clock_timestamp()) + 691200 "
        "WHERE key = %s AND token = %s"
    ).encode()
    free = [psycopg.connect(url, autocommit=True) for _ in range(connections)]

    def deliver(key: str) -> None:
        connection = free.pop()
        assert connection.execute(insert, (key, TOKEN)).rowcount == 1
        assert connection.execute(update, (HEADERS, ANSWER, key, TOKEN)).rowcount == 1
        free.append(connection)

    try:
        yield deliver
    finally:
        for connection in free:
            connection.close()


@contextmanager
def redis_deliveries(url: str, prefix: str) -> Iterator[Callable[[str], None]]:
    """Give a function that sets a key if nobody has it, and then sets it to its answer."""
    with redis.Redis.from_url(url) as client:

        def deliver(key: str) -> None:
            assert client.set(prefix + key, TOKEN, nx=True, ex=RETENTION)
            assert client.set(prefix + key, ANSWER, ex=RETENTION)

        yield deliver


@contextmanager
def redis_deliveries_on_a_loop(url: str, prefix: str, runner: Runner) -> Iterator[Callable[[str], Awaitable[None]]]:
    """Give a coroutine function that does the same on the runner's event loop, to which the client is bound."""
    client = redis.asyncio.Redis.from_url(url)

    async def deliver(key: str) -> None:
        assert await client.set(prefix + key, TOKEN, nx=True, ex=RETENTION)
        assert await client.set(prefix + key, ANSWER, ex=RETENTION)

    try:
        yield deliver
    finally:
        runner.run(client.aclose())
