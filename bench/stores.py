"""Claiming and completing deliveries, against what the bare driver needs for the same work."""

from __future__ import annotations

import os
import secrets
from asyncio import Runner
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Final

import psycopg
import redis

from webhook_kit.http import RawResponse
from webhook_kit.idempotency import MemoryStore, New, RedisStore, SQLStore, Store

from . import bare
from .bars import Bar
from .figures import Figure
from .rounds import Contender, measured
from .subject import Comparison, Effort, Subject, Unavailable
from .timing import in_fresh_process, peak_memory, per_second_in_tasks, per_second_in_threads, seconds_per_call

POSTGRESQL: Final = os.environ.get("WEBHOOK_KIT_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
REDIS: Final = os.environ.get("WEBHOOK_KIT_REDIS", "redis://127.0.0.1:6379/0")

UNIT: Final = "deliveries a second"
AT_ONCE: Final = 64
SECONDS: Final = 0.5
"""For how long one measurement goes on."""
CONNECTIONS: Final = 8
"""Those of psycopg alone: as many as a pool usually has."""

LEASE: Final = 60.0
RETENTION: Final = 8 * 24 * 3600.0
FINGERPRINT: Final = "f" * 64
ANSWER: Final = RawResponse(200, [("content-type", "application/json")], b'{"status":"success"}')

_numbers = count()


def new_key() -> str:
    """Return a key that no other delivery has."""
    return f"{next(_numbers):064x}"


def delivered(store: Store) -> None:
    """Claim a new key and complete it."""
    key = new_key()
    claim = store.claim(key, FINGERPRINT, LEASE)
    assert isinstance(claim, New)
    assert store.complete(key, claim.token, ANSWER, RETENTION)


def both_halves(
    database: str,
    store: Store,
    raw: Sequence[tuple[str, Contender]],
    against: str,
    at_least: float,
    effort: Effort,
    runner: Runner,
) -> Comparison:
    """Compare a store in threads and in tasks with what is bare: the same for both, or something else for each."""
    seconds = effort.seconds(SECONDS)

    async def deliver() -> None:
        key = new_key()
        claim = await store.aclaim(key, FINGERPRINT, LEASE)
        assert isinstance(claim, New)
        assert await store.acomplete(key, claim.token, ANSWER, RETENTION)

    halves: dict[str, Contender] = {
        f"{AT_ONCE} threads": lambda: per_second_in_threads(lambda: delivered(store), seconds, AT_ONCE),
        f"{AT_ONCE} tasks": lambda: per_second_in_tasks(deliver, seconds, AT_ONCE, runner),
    }
    ours = {f"{type(store).__name__}, {half}": contender for half, contender in halves.items()}
    figures = measured({**dict(raw), **ours}, effort.rounds)
    bars = (
        Bar(f"{database}, {half}, against {against}", figures[name] / figures[other], "at least", at_least)
        for half, name, (other, _) in zip(halves, ours, (raw[0], raw[-1]), strict=True)
    )
    return Comparison(database, UNIT, figures, tuple(bars))


def sqlite(effort: Effort) -> Comparison:
    """Compare claiming and completing with one insert, each in a commit of its own."""
    # Beside the sources, because a folder for temporary files may be in memory.
    Path("build").mkdir(exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(dir="build")))
        insert = stack.enter_context(bare.sqlite_inserts(folder / "raw.db"))
        store = stack.enter_context(closing(SQLStore(f"sqlite:///{folder}/store.db")))
        runner = stack.enter_context(Runner())

        def one_by_one() -> float:
            return per_second_in_threads(lambda: insert(new_key()), effort.seconds(SECONDS), 1)

        raw = [("sqlite3, one insert a commit", one_by_one)]
        return both_halves("SQLite, synchronous=FULL", store, raw, "raw inserts", 1, effort, runner)


def postgresql(effort: Effort) -> Comparison:
    """Compare with psycopg, which makes the two round trips of each delivery over several connections."""
    with ExitStack() as stack:
        prefix = stack.enter_context(tables())
        store = stack.enter_context(closing(SQLStore(POSTGRESQL, prefix=prefix)))
        store.create()
        deliver = stack.enter_context(bare.postgresql_deliveries(POSTGRESQL, f"{prefix}deliveries", CONNECTIONS))
        runner = stack.enter_context(Runner())

        def pooled() -> float:
            return per_second_in_threads(lambda: deliver(new_key()), effort.seconds(SECONDS), CONNECTIONS)

        raw = [(f"psycopg, {CONNECTIONS} connections", pooled)]
        return both_halves("PostgreSQL", store, raw, "psycopg", 0.8, effort, runner)


def in_redis(effort: Effort) -> Comparison:
    """Compare with redis-py, which makes the same round trips with a connection for each delivery."""
    seconds = effort.seconds(SECONDS)
    with ExitStack() as stack:
        prefix = stack.enter_context(keys())
        store = stack.enter_context(closing(RedisStore(REDIS, prefix=f"{prefix}store:")))
        runner = stack.enter_context(Runner())
        deliver = stack.enter_context(bare.redis_deliveries(REDIS, prefix))
        adeliver = stack.enter_context(bare.redis_deliveries_on_a_loop(REDIS, prefix, runner))

        def in_threads() -> float:
            return per_second_in_threads(lambda: deliver(new_key()), seconds, AT_ONCE)

        def in_tasks() -> float:
            return per_second_in_tasks(lambda: adeliver(new_key()), seconds, AT_ONCE, runner)

        raw = [(f"redis-py, {AT_ONCE} threads", in_threads), (f"redis-py, {AT_ONCE} tasks", in_tasks)]
        return both_halves("Redis", store, raw, "redis-py", 0.8, effort, runner)


@contextmanager
def tables() -> Iterator[str]:
    """Give a prefix for tables, and remove them at the end."""
    try:
        connection = psycopg.connect(POSTGRESQL, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        raise Unavailable(f"PostgreSQL does not answer: {type(error).__name__}") from None
    prefix = f"bench_{secrets.token_hex(6)}_"
    with connection:
        try:
            yield prefix
        finally:
            for name in ("deliveries", "schema"):
                connection.execute(f"DROP TABLE IF EXISTS {prefix}{name}".encode())


@contextmanager
def keys() -> Iterator[str]:
    """Give a prefix for keys, and remove them at the end."""
    with redis.Redis.from_url(REDIS, socket_connect_timeout=2) as client:
        try:
            client.ping()
        except redis.RedisError as error:
            raise Unavailable(f"Redis does not answer: {type(error).__name__}") from None
        prefix = f"bench-{secrets.token_hex(6)}:"
        try:
            yield prefix
        finally:
            for key in client.scan_iter(f"{prefix}*", count=1000):
                client.delete(key)


def memory(effort: Effort) -> Comparison:
    """Compare with an insert into a dictionary behind a lock, in one thread."""
    calls = effort.calls(20_000)
    raw, ours = "a dictionary behind a lock, one insert", "MemoryStore"

    def insert() -> float:
        lock, answers = Lock(), {}

        def one() -> None:
            key = new_key()
            with lock:
                answers[key] = ANSWER

        return 1e6 * seconds_per_call(one, calls)

    def deliver() -> float:
        store = MemoryStore()
        return 1e6 * seconds_per_call(lambda: delivered(store), calls)

    figures = measured({raw: insert, ours: deliver}, effort.rounds)
    return Comparison(
        "In memory",
        "µs a delivery",
        figures,
        (Bar("MemoryStore against an insert behind a lock", figures[ours] / figures[raw], "at most", 10),),
    )


def memory_of_a_key(effort: Effort) -> Comparison:
    """Measure what a million completed deliveries occupy, their keys included."""
    keys = effort.calls(1_000_000)
    # Once, because it is the same every time.
    figure = Figure([in_fresh_process(bytes_per_key, keys)])
    return Comparison(
        "Memory of completed deliveries",
        "bytes a delivery",
        {f"MemoryStore, {keys:,} deliveries": figure},
        (Bar("MemoryStore, memory of a completed delivery", figure, "at most", 400, "bytes"),),
    )


def bytes_per_key(keys: int) -> float:
    """Complete deliveries, and return by how much this process has grown."""
    store = MemoryStore(max_keys=keys)
    before = peak_memory()
    for _ in range(keys):
        delivered(store)
    return (peak_memory() - before) / keys


SUBJECT: Final = Subject(
    "stores",
    "claim and complete deliveries, 64 at a time",
    (sqlite, postgresql, in_redis, memory, memory_of_a_key),
)
