"""Threads and processes that want the same key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.idempotency.sites import SITES, SQL, Redis, Site, params, site
from webhook_kit.idempotency import New, Store
from webhook_kit.testing.store_contract import Half

pytestmark = pytest.mark.slow

PROCESSES = 8
ROUNDS = 25

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
        arguments = ["RedisStore", "redis://127.0.0.1:6379/0", at.prefix]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(PROCESSES)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for number in range(ROUNDS):
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(f"key{number}\n")
                process.stdin.flush()
            got = sorted(process.stdout.readline().strip() for process in processes if process.stdout is not None)
            assert got == ["Busy"] * (PROCESSES - 1) + ["New"]
    finally:
        for process in processes:
            process.communicate(timeout=20)
        at.leave()
