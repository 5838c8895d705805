"""The page about Django, followed to the letter."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from webhook_kit.adapters.django import checks
from webhook_kit.adapters.django.settings import NAMES, OPTIONS
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.testing import WebhookClient, sample

from .blocks import DOCS
from .following import Follower, follower

PAGE = DOCS / "frameworks" / "django.md"

pytestmark = pytest.mark.slow

answers: list[bool] = []


def deliver(reader: Follower) -> None:
    """Send a delivery to a server that is up, and the vendor's retry."""
    provider = MeetingBaaS(secret=reader.environment["MEETING_BAAS_SECRET"])
    vendor = WebhookClient(f"http://127.0.0.1:{reader.port}/webhooks/meeting-baas", provider=provider)
    event = sample(MeetingCompleted, data__bot_id=f"vendor-{len(answers)}")
    answers.append(vendor.deliver(event).delivered and vendor.deliver(event).delivered)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """Be somebody who has followed the page to its end."""
    with follower(tmp_path_factory.mktemp("page") / "empty", deliver) as reader:
        reader.follow(PAGE)
        yield reader


def test_whoever_follows_the_page_receives_webhooks(reader: Follower) -> None:
    """Under runserver, gunicorn and uvicorn; each delivery once, and those of ``webhooks send``."""
    assert answers == [True, True, True]
    with sqlite3.connect(reader.folder / "db.sqlite3") as database:
        rows = [row for (row,) in database.execute("SELECT bot_id FROM meetings_recording ORDER BY id")]
        states = database.execute("SELECT endpoint, namespace, count(*) FROM webhook_kit_delivery GROUP BY 1, 2")
        kept = states.fetchall()
    database.close()
    assert [row for row in rows if row.startswith("vendor-")] == ["vendor-0", "vendor-1", "vendor-2"]
    assert len(rows) == 7
    assert kept == [("meeting-baas", "default", 3), ("meeting-baas", "production", 4)]


def test_the_page_tells_of_every_check() -> None:
    told = re.findall(r"^\| `webhook_kit\.([EW]\d+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    source = Path(checks.__file__).read_text(encoding="utf-8")
    assert told == sorted(set(re.findall(r"\b([EW]\d{3})\b", source)))


def test_the_page_tells_of_every_setting() -> None:
    told = re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert told == [name.upper() for name in (*NAMES, *OPTIONS)]
