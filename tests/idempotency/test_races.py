"""Threads and processes that want the same key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.idempotency.processes import one_claims
from tests.idempotency.sites import REDIS, SITES, SQL, Redis, Site, params, site
from webhook_kit.idempotency import New, Store
from webhook_kit.testing.store_contract import Half

pytestmark = pytest.mark.slow

PROCESSES = 8

# Each process says that it is ready, waits for the start of a round, and says what it got.
CLAIMER = """
import sys
from webhook_kit.idempotency import RedisStore, SQLStore
kind, url, prefix = sys.argv[1:]
store = {"SQLStore": SQLStore, "RedisStore": RedisStore}[kind](url, prefix=prefix)
print(type(store.claim("warm" + sys.argv[0], "", 30)).__name__, flush=True)
for line in sys.stdin:
    print(type(store.claim(line.strip(), "", 30)).__name__, flush=True)
store.close()
"""


def test_of_64_threads_one_claims(place: Site) -> None:
    store: Store = place.store()
    for number in range(5):
        claims = Half(store, None).claim_at_once(f"key{number}", 30, 64)
        assert [claim.attempt for claim in claims if isinstance(claim, New)] == [1]
    store.close()


@pytest.mark.parametrize("name", params(*(name for name in SITES if "memory" not in name)))
def test_of_8_processes_one_claims(name: str, tmp_path: Path) -> None:
    at = site(name, tmp_path)
    if isinstance(at, SQL):
        arguments = ["SQLStore", at.url, at.options.get("prefix", "webhook_kit_")]
    else:
        assert isinstance(at, Redis)
        arguments = ["RedisStore", REDIS, at.prefix]
    try:
        one_claims(CLAIMER, [arguments] * PROCESSES)
    finally:
        at.leave()
