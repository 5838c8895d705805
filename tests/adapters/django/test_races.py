"""Threads and processes that want the same key."""

from __future__ import annotations

import inspect
import threading
from pathlib import Path
from typing import Any

import django
import pytest

from tests.idempotency.processes import one_claims
from webhook_kit.adapters.django import transitions
from webhook_kit.adapters.django.models import StoredDeliveries
from webhook_kit.idempotency import New
from webhook_kit.testing.store_contract import Half

from .sites import DjangoSite, PostgreSQL, SQLiteFile

pytestmark = pytest.mark.slow

PROCESSES = 4

# Each process says that it is ready, waits for the start of a round, and says what it got.
CLAIMER = """
import sys
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["webhook_kit.adapters.django"], USE_TZ=True, DATABASES={"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1], "OPTIONS": {"timeout": 20}}})
django.setup()
from webhook_kit.adapters.django import DjangoStore
store = DjangoStore()
print(type(store.claim("warm" + sys.argv[2], "", 30)).__name__, flush=True)
for line in sys.stdin:
    print(type(store.claim(line.strip(), "", 30)).__name__, flush=True)
"""


def one_of_64_claims(at: DjangoSite) -> None:
    try:
        store = at.store()
        for number in range(3):
            claims = Half(store, None).claim_at_once(f"key{number}", 30, 64)
            assert [claim.attempt for claim in claims if isinstance(claim, New)] == [1]
            at.advance(store, 31)
            claims = Half(store, None).claim_at_once(f"key{number}", 30, 64)
            assert [claim.attempt for claim in claims if isinstance(claim, New)] == [2]
    finally:
        at.leave()


def test_of_64_threads_one_claims_in_sqlite(tmp_path: Path) -> None:
    one_of_64_claims(SQLiteFile(tmp_path))


@pytest.mark.services
@pytest.mark.skipif(django.VERSION < (5, 1), reason="this Django has no pool, and 64 connections are too many")
def test_of_64_threads_one_claims_in_postgresql() -> None:
    """Over a pool of eight connections."""
    one_of_64_claims(PostgreSQL(pool={"min_size": 0, "max_size": 8, "timeout": 30}))


def test_of_several_processes_one_claims(tmp_path: Path) -> None:
    at = SQLiteFile(tmp_path)
    try:
        one_claims(CLAIMER, [(str(at.path), str(number)) for number in range(PROCESSES)])
    finally:
        at.leave()


@pytest.mark.parametrize(("same", "winners"), [("row.filter(same)", 1), ("row", 8)], ids=["compared", "not compared"])
def test_of_all_who_saw_the_same_released_delivery_one_takes_it(
    same: str, winners: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the comparison each of them does."""
    looked = threading.Barrier(8)

    def together(row: StoredDeliveries) -> StoredDeliveries:
        looked.wait(20)
        return row

    namespace: dict[str, Any] = {**vars(transitions), "together": together, "_TRIES": 1}
    source = inspect.getsource(transitions.claim)
    assert "row.filter(same).update(" in source
    exec(source.replace("row.filter(same).update(", f"together({same}).update("), namespace)
    at = SQLiteFile(tmp_path)
    try:
        store = at.store()
        first = store.claim("key", "", 30)
        assert isinstance(first, New)
        store.release("key", first.token)
        monkeypatch.setattr(transitions, "claim", namespace["claim"])
        claims = Half(store, None).claim_at_once("key", 30, 8)
        assert len([claim for claim in claims if isinstance(claim, New)]) == winners
    finally:
        at.leave()
