"""The pages about applications for ASGI and WSGI servers, followed to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.testing import WebhookClient, sample

from .blocks import DOCS
from .following import Follower, follower

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("page", "servers"), [("starlette.md", 2), ("wsgi.md", 2)])
def test_whoever_follows_a_page_receives_webhooks(page: str, servers: int, tmp_path: Path) -> None:
    """Each server that is started gets a delivery, and the vendor's retry."""
    answers: list[bool] = []

    def deliver(reader: Follower) -> None:
        provider = MeetingBaaS(secret=reader.environment["MEETING_BAAS_SECRET"])
        vendor = WebhookClient(f"http://127.0.0.1:{reader.port}/webhooks/meeting-baas", provider=provider)
        event = sample(MeetingCompleted, data__bot_id=f"b-{len(answers)}")
        answers.append(vendor.deliver(event).delivered and vendor.deliver(event).delivered)

    with follower(tmp_path / "empty", deliver) as reader:
        reader.follow(DOCS / "frameworks" / page)
        effects = reader.folder / "recordings.txt"
        if page == "wsgi.md":
            assert effects.read_text() == "b-0\nb-1\n"
    assert answers == [True] * servers
