"""What the page about guarantees shows is so."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.targets import TARGETS

from .blocks import DOCS, blocks, run

PAGE = DOCS / "guarantees.md"
MAKEFILE = DOCS.parent / "Makefile"
SECRET = "a secret of the page's test"

# The vendor sends one delivery until it is taken, and then once more.
VENDOR = """
import json
from webhook_kit import RawRequest
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.providers.meeting_baas.samples import SAMPLES
from webhook_kit.signatures import HeaderHmac

body = json.dumps(SAMPLES[MeetingCompleted]).encode()
headers = HeaderHmac("X-MeetingBaas-Signature").sign(SECRET, body, now=0).headers
request = RawRequest("POST", "/meeting-baas", headers=headers, body=body)
"""
SYNC = """
statuses = [hooks.dispatch(request).status for _ in range(3)]
hooks.close()
print(*statuses)
"""
ASYNC = """
import asyncio

async def main():
    statuses = [(await hooks.adispatch(request)).status for _ in range(3)]
    await hooks.aclose()
    return statuses

print(*asyncio.run(main()))
"""

# Charges, and then fails to say so.
PAYMENTS = """
charged = []

def charge(bot_id, *, idempotency_key):
    charged.append(idempotency_key)
    if len(charged) == 1:
        raise ConnectionResetError
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write the files of the page, and make the table that its handlers write to."""
    for block in blocks(PAGE):
        if block.language == "python":
            (tmp_path / block.file).write_text(block.code, encoding="utf-8")
    (tmp_path / "payments.py").write_text(PAYMENTS, encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "webhooks.db")) as database:
        # Without a unique key, so that a double would show.
        database.execute("CREATE TABLE meetings (bot_id TEXT)")
    return tmp_path


def meetings(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "webhooks.db")) as database:
        [number] = database.execute("SELECT count(*) FROM meetings").fetchone()
        assert isinstance(number, int)
        return number


@pytest.mark.parametrize(("module", "drive"), [("hooks", SYNC), ("hooks_async", ASYNC)])
def test_what_is_written_in_a_transaction_is_written_once(module: str, drive: str, folder: Path) -> None:
    program = f"from {module} import hooks\nSECRET = {SECRET!r}\n{VENDOR}{drive}"
    assert run(folder, "-c", program, MEETING_BAAS_SECRET=SECRET) == "200 200 200\n"
    assert meetings(folder) == 1


def test_a_handler_that_fails_runs_again_under_the_same_key_and_alone(folder: Path) -> None:
    program = (
        "import logging\nlogging.getLogger('webhook_kit').setLevel(logging.CRITICAL)\n"
        f"from hooks import hooks\nimport charging, payments\nSECRET = {SECRET!r}\n{VENDOR}{SYNC}"
        "print(len(payments.charged), len(set(payments.charged)))"
    )
    assert run(folder, "-c", program, MEETING_BAAS_SECRET=SECRET) == "500 200 200\n2 1\n"
    assert meetings(folder) == 1


def test_every_block_is_a_file_or_a_command_that_is_there() -> None:
    files = [block.file for block in blocks(PAGE) if block.language == "python"]
    assert files == ["hooks.py", "hooks_async.py", "charging.py"]
    [commands] = [block.code for block in blocks(PAGE) if block.language == "console"]
    assert re.findall(r"make (\w+)", commands) == ["reliability", "faults", "test", "bench"]


@pytest.mark.packaging
def test_the_commands_are_targets_of_make() -> None:
    targets = re.findall(r"^(\w+):", MAKEFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {"reliability", "faults", "test", "bench"} <= set(targets)


def test_the_crashes_are_those_of_the_proofs() -> None:
    rows = re.findall(
        r"^  \| (\w+), .*? \| ([\d,]+) \| (\d+) \| (\d+|–) \| 0 \|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    told = {
        store.lower(): (deliveries.replace(",", ""), kills, restarts) for store, deliveries, kills, restarts in rows
    }
    assert told == {
        name: (str(target.deliveries), str(target.kills), str(target.restarts or "–"))
        for name, target in TARGETS.items()
    }


def test_every_link_leads_somewhere() -> None:
    text = PAGE.read_text(encoding="utf-8")
    headings = {re.sub(r"\W+", "-", heading.lower()) for heading in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        assert (PAGE.parent / path).exists()
        assert not anchor or anchor in headings
