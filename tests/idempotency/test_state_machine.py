"""Every store agrees with a model, and stores that lack a part of the promise do not."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.idempotency.machine import compare
from tests.idempotency.sites import Memory, PostgreSQL, Redis, SQLiteMemory, site
from webhook_kit.idempotency import MemoryStore, Store, redis_scripts
from webhook_kit.idempotency import redis as redis_module
from webhook_kit.idempotency.base import Claim, New
from webhook_kit.idempotency.redis_scripts import Script
from webhook_kit.testing.store_contract import Half, StoreContract

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def opened(store: Store) -> Iterator[Store]:
    try:
        yield store
    finally:
        store.close()


@pytest.mark.parametrize(
    ("name", "examples"),
    [
        ("memory", 200),
        ("sqlite-memory", 100),
        pytest.param("postgresql", 12, marks=pytest.mark.services),
        pytest.param("redis", 30, marks=pytest.mark.services),
    ],
)
def test_a_store_agrees_with_the_model(name: str, examples: int, tmp_path: Path) -> None:
    at = site(name, tmp_path)
    try:
        with opened(at.store()) as store:
            compare(store, at, examples)
    finally:
        at.leave()


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


@pytest.mark.parametrize("mutation", FENCES)
def test_the_machine_finds_what_a_sql_store_lacks(mutation: str) -> None:
    at = SQLiteMemory()
    with opened(at.store()) as store:
        compare(store, at, 5)
        FENCES[mutation](store)
        with pytest.raises(AssertionError):
            compare(store, at, 200, shrink=False)


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
    name: str, part: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = getattr(redis_scripts, name).text
    assert part in text
    monkeypatch.setattr(redis_module, name, Script(text.replace(part, instead)))
    at = Redis()
    try:
        with opened(at.store()) as store, pytest.raises(AssertionError):
            compare(store, at, 200, shrink=False)
    finally:
        at.leave()


def test_the_machine_finds_a_missing_fence_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryStore, "_held", lambda self, key, token: self._claims.get(key))
    at = Memory()
    with pytest.raises(AssertionError):
        compare(at.store(), at, 200, shrink=False)


# What is not atomic shows only where several claim at once.


class Torn(MemoryStore):
    """Look whether a key is free, and then, in a second step, take it."""

    def __init__(self) -> None:
        super().__init__()
        self.looked = threading.Barrier(StoreContract.claimers)

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        free = key not in self._claims
        self.looked.wait()
        with self._lock:
            if free:
                self._claims.pop(key, None)
        return super().claim(key, fingerprint, lease)


def test_the_contract_finds_a_claim_in_two_steps() -> None:
    contract = StoreContract()
    with opened(MemoryStore()) as store:
        contract.test_of_many_at_once_one_claims(Half(store, None), "key")
    with opened(Torn()) as store, pytest.raises(AssertionError):
        contract.test_of_many_at_once_one_claims(Half(store, None), "key")


@pytest.mark.services
def test_the_contract_finds_a_takeover_that_does_not_compare() -> None:
    """Without the comparison every worker that saw the same expired lease takes it over."""
    at = PostgreSQL()
    try:
        with opened(at.store(pool_size=StoreContract.claimers)) as store:
            statements: Any = store._backend.statements  # type: ignore[attr-defined]
            statements._take = statements._take.partition("AND coalesce")[0]
            looked = threading.Barrier(StoreContract.claimers)
            original = store._backend.call  # type: ignore[attr-defined]

            def call(work: Any) -> Any:
                def together(execute: Any) -> Any:
                    def meeting(sql: str, values: Any) -> Any:
                        if sql is statements._take:
                            looked.wait(10)
                        return execute(sql, values)

                    return work(meeting)

                return original(together)

            first = store.claim("key", "", 30)
            assert isinstance(first, New)
            store.release("key", first.token)
            store._backend.call = call  # type: ignore[attr-defined]
            claims = Half(store, None).claim_at_once("key", 30, StoreContract.claimers)
            assert len([claim for claim in claims if isinstance(claim, New)]) == StoreContract.claimers
    finally:
        at.leave()
