"""Every store agrees with a model, and stores that lack a part of the promise do not."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis.errors import Flaky

from tests.idempotency.machine import compare
from tests.idempotency.sites import REDIS, Memory, PostgreSQL, Site, SQLiteMemory, site
from webhook_kit.idempotency import MemoryStore, RedisStore, SQLStore, Store
from webhook_kit.idempotency.base import Claim, New
from webhook_kit.idempotency.batching import Call
from webhook_kit.idempotency.redis import scripts
from webhook_kit.idempotency.redis import store as redis_store
from webhook_kit.idempotency.redis.scripts import CLAIM, Script
from webhook_kit.idempotency.sql.statements import Steps
from webhook_kit.testing.store_contract import Half, StoreContract

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def opened(*stores: Store) -> Iterator[tuple[Any, ...]]:
    try:
        yield stores
    finally:
        for store in stores:
            store.close()


@contextlib.contextmanager
def shared(name: str, folder: Path) -> Iterator[tuple[Site, tuple[Any, Any]]]:
    """Yield a site and two stores of it, which are those of two processes."""
    at = site(name, folder)
    try:
        with opened(at.store(), at.store()) as stores:
            yield at, (stores[0], stores[1])
    finally:
        at.leave()


@pytest.mark.parametrize(("name", "examples"), [("memory", 200), ("sqlite-memory", 60)])
def test_a_store_of_one_process_agrees_with_the_model(name: str, examples: int, tmp_path: Path) -> None:
    at = site(name, tmp_path)
    with opened(at.store()) as stores:
        compare(stores, at, examples)


@pytest.mark.parametrize(
    ("name", "examples"),
    [
        ("sqlite-file", 20),
        pytest.param("postgresql", 12, marks=pytest.mark.services),
        pytest.param("redis", 20, marks=pytest.mark.services),
    ],
)
def test_stores_of_two_processes_agree_with_the_model(name: str, examples: int, tmp_path: Path) -> None:
    with shared(name, tmp_path) as (at, stores):
        compare(stores, at, examples)


# Mutations: each takes a part of the promise away, and must be found.


def in_sql(statement: str, part: str, instead: str) -> Callable[[Any], None]:
    """Change one of the statements of a SQL store."""

    def mutate(store: Any) -> None:
        statements = store._backend.statements
        text = getattr(statements, statement)
        assert part in text
        setattr(statements, statement, text.replace(part, instead))

    return mutate


FENCES: dict[str, Callable[[Any], object]] = {
    "complete without a fence": in_sql("_complete", " AND token = :token", ""),
    "release without a fence": lambda store: [
        in_sql(each, " AND token = :token", "")(store) for each in ("_done", "_release")
    ],
    "extend without a fence": in_sql("_extend", " AND token = :token", ""),
    "every lease is over": in_sql("_look", "leased_until - ", "-1.0 - "),
    "no lease ends": in_sql("_look", "leased_until - ", "1e12 - "),
    "nothing expires": in_sql("_look", "expires_at - ", "1e12 - "),
    "attempts are not counted": in_sql("_take", "attempt = :attempt,", ""),
}


def found(stores: Sequence[Store], at: Site) -> None:
    """Assert that the machine finds something, which a race may hide when it is run again."""
    with pytest.raises((AssertionError, sqlite3.OperationalError, KeyError, Flaky)):
        compare(stores, at, 500, shrink=False)


@pytest.mark.parametrize("mutation", FENCES)
def test_the_machine_finds_what_a_sql_store_lacks(mutation: str) -> None:
    at = SQLiteMemory()
    with opened(at.store()) as stores:
        compare(stores, at, 5)
        FENCES[mutation](stores[0])
        found(stores, at)


@pytest.mark.services
@pytest.mark.parametrize(
    ("name", "part", "instead"),
    [
        ("COMPLETE", "if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end", ""),
        ("RELEASE", "if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end", ""),
        ("EXTEND", "if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end", ""),
        ("CLAIM", "and tonumber(held[2]) > now", ""),
        ("CLAIM", "tonumber(held[2]) > now", "false"),
    ],
    ids=["complete", "release", "extend", "no lease ends", "every lease is over"],
)
def test_the_machine_finds_what_a_script_lacks(
    name: str, part: str, instead: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(redis_store, name, changed(getattr(scripts, name), part, instead))
    with shared("redis", tmp_path) as (at, stores):
        found(stores, at)


def test_the_machine_finds_a_missing_fence_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryStore, "_held", lambda self, key, token: self._claims.get(key))
    at = Memory()
    found([at.store()], at)


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("sqlite-file", "julianday('now')"),
        pytest.param("postgresql", "extract(epoch FROM clock_timestamp())", marks=pytest.mark.services),
    ],
)
def test_the_machine_finds_a_clock_that_is_not_the_databases(name: str, now: str, tmp_path: Path) -> None:
    """Of two machines one is fast, and both go by a clock of their own."""
    ahead = {"sqlite-file": "julianday('now', '+200 seconds')", "postgresql": f"({now} + 200)"}[name]
    with shared(name, tmp_path) as (at, stores):
        for statement in ("_insert", "_look", "_take", "_complete", "_release", "_extend"):
            in_sql(statement, now, ahead)(stores[1])
        found(stores, at)


# A claim in two steps, between which another worker takes its first.


class Meeting:
    """Wait for a moment whether another worker comes to the same place."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2)

    def __call__(self) -> None:
        try:
            self._barrier.wait(0.02)
        except threading.BrokenBarrierError:
            self._barrier.reset()


def changed(script: Script, part: str, instead: str = "") -> Script:
    assert part in script.text
    return Script(script.text.replace(part, instead))


def tear_in_sql(store: Any, meet: Callable[[], None]) -> None:
    """Look whether a key is free, and then take it without a comparison."""
    statements = store._backend.statements
    taking = statements._take.partition("AND coalesce")[0]
    overwriting = statements._insert.replace("DO NOTHING", "DO UPDATE SET token = excluded.token")
    claiming = statements.claim

    def claim(key: str, token: str, lease: float) -> Steps[Claim]:
        steps = claiming(key, token, lease)
        statement, values = next(steps)
        while True:
            rows: Any = SimpleNamespace(rowcount=0)
            if statement is statements._take:
                meet()
                rows = yield taking, values
            elif statement is not statements._insert:
                rows = yield statement, values
            elif (yield statements._look, {"key": key}).fetchone() is None:
                meet()
                rows = yield overwriting, values
            try:
                statement, values = steps.send(rows)
            except StopIteration as end:
                torn: Claim = end.value
                return torn

    statements.claim = claim


class WithoutTransactions(sqlite3.Connection):
    """Every statement commits by itself."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return super().execute("SELECT 1" if statement in ("BEGIN IMMEDIATE", "COMMIT") else statement, *values)


class WithDeferredTransactions(sqlite3.Connection):
    """A transaction that has read cannot wait for the lock that its first write needs."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return super().execute("BEGIN" if statement == "BEGIN IMMEDIATE" else statement, *values)


def of_kind(store: Any, kind: type[sqlite3.Connection]) -> None:
    """Let the writer of a SQLite store open connections of another kind."""
    backend = store._backend
    connect = backend._connect
    mixed = type(kind.__name__, (kind, connect.func), {})
    backend._connect = partial(mixed, *connect.args, **connect.keywords)


@pytest.mark.parametrize("kind", [WithoutTransactions, WithDeferredTransactions])
def test_the_machine_finds_a_claim_in_two_steps_in_sqlite(kind: type[sqlite3.Connection], tmp_path: Path) -> None:
    with shared("sqlite-file", tmp_path) as (at, stores):
        meet = Meeting()
        for store in stores:
            tear_in_sql(store, meet)
        # One transaction makes one step of them.
        compare(stores, at, 3)
        for store in stores:
            store.close()
            of_kind(store, kind)
        found(stores, at)


@pytest.mark.services
def test_the_machine_finds_a_claim_in_two_steps_in_postgresql(tmp_path: Path) -> None:
    with shared("postgresql", tmp_path) as (at, stores):
        meet = Meeting()
        for store in stores:
            tear_in_sql(store, meet)
        found(stores, at)


@pytest.mark.services
def test_the_machine_finds_a_claim_in_two_steps_in_redis(tmp_path: Path) -> None:
    begin, _, end = CLAIM.text.partition("redis.call('HSET'")
    look = Script(begin + end[end.index("return {'new'") :])
    take = changed(CLAIM, "if held[1] and tonumber(held[2]) > now then return {'busy', tonumber(held[2]) - now} end")
    meet = Meeting()

    class Torn(RedisStore):
        def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
            work = self._claiming(key, lease)
            looked = self._batcher.call(work._replace(script=look))
            if looked[0] == b"new":
                meet()
                looked = self._batcher.call(work._replace(script=take))
            return redis_store._claim(work, looked)

    with shared("redis", tmp_path) as (at, stores):
        torn = [Torn(REDIS, prefix=store._prefix) for store in stores]
        with opened(*torn):
            found(torn, at)


def test_the_machine_finds_a_claim_in_two_steps_in_memory() -> None:
    at = Memory()
    store = at.store()
    meet, numbers = Meeting(), itertools.count()

    class Tokens:
        """Asked for one between the look and the claim."""

        def __next__(self) -> int:
            meet()
            return next(numbers)

    unlocked: Any = contextlib.nullcontext()
    store._lock = unlocked
    tokens: Any = Tokens()
    store._tokens = tokens
    found([store], at)


def test_the_contract_finds_a_claim_in_two_steps() -> None:
    contract = StoreContract()
    with opened(MemoryStore()) as [store]:
        contract.test_of_many_at_once_one_claims(Half(store, None), "key")
    with opened(MemoryStore()) as [store]:
        barrier = threading.Barrier(StoreContract.claimers)

        class Tokens:
            def __next__(self) -> int:
                return barrier.wait(10)

        store._lock, store._tokens = contextlib.nullcontext(), Tokens()
        with pytest.raises(AssertionError):
            contract.test_of_many_at_once_one_claims(Half(store, None), "key")


@pytest.mark.services
@pytest.mark.parametrize(("compares", "takers"), [(True, 1), (False, 8)])
def test_of_those_who_saw_the_same_released_claim_one_takes_it(compares: bool, takers: int) -> None:
    """Without the comparison all of them would."""
    at = PostgreSQL()
    try:
        with opened(at.store()) as [store]:
            assert isinstance(store, SQLStore)
            first = store.claim("key", "", 30)
            assert isinstance(first, New)
            store.release("key", first.token)
            statements = store._backend.statements
            if not compares:
                statements._take = statements._take.partition("AND coalesce")[0]
            calls = [Call(store._claiming("key", 30)) for _ in range(8)]
            store._backend.run(calls)
            assert len([call for call in calls if isinstance(call.outcome(), New)]) == takers
    finally:
        at.leave()
