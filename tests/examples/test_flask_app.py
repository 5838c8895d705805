"""The Flask example, tested as an application of one's own would be: with the pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from examples.flask_app import create_app
from webhook_kit import Outcome
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.providers.tencent import RoomAfterCreateRoom
from webhook_kit.testing import Delivered, FrozenClock, WebhookClient, sample


@contextmanager
def shop(database: Path, **config: Any) -> Iterator[Flask]:
    app = create_app({"TESTING": True, "WEBHOOK_KIT_IDEMPOTENCY": f"sqlite:///{database}", **config})
    yield app
    app.extensions["engine"].dispose()
    for hooks in app.extensions["webhook_kit"].values():
        hooks.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with shop(tmp_path / "shop.db") as app:
        yield app


def test_a_recording_is_archived_once(app: Flask, webhook_client: WebhookClient) -> None:
    event = sample(MeetingCompleted, data__bot_id="b-1", data__speakers=["Amira", "Bela"])
    assert webhook_client.deliver(event).delivered
    assert webhook_client.deliver(event).delivered, "the vendor's retry"
    pages = app.test_client()
    assert pages.get("/recordings").json == {"b-1": 2}
    assert pages.get("/").json == {"meeting-baas processed": 1, "meeting-baas duplicate": 1}


def test_a_recording_that_cannot_be_archived_is_asked_for_again(
    app: Flask, webhook_client: WebhookClient, delivered: Delivered
) -> None:
    """Two meetings of one bot: the table takes one of them."""
    assert webhook_client.deliver(sample(MeetingCompleted, data__bot_id="b-1", data__speakers=["Amira"])).delivered
    assert webhook_client.deliver(sample(MeetingCompleted, data__bot_id="b-1", data__speakers=[])).status == 500
    assert app.test_client().get("/recordings").json == {"b-1": 1}
    assert [type(error).__name__ for error in delivered.errors] == ["IntegrityError"]


def test_a_forged_delivery_archives_nothing(app: Flask, webhook_client: WebhookClient, delivered: Delivered) -> None:
    assert webhook_client.deliver(MeetingCompleted, secret="a forger's own secret").status == 401
    assert app.test_client().get("/recordings").json == {}
    assert delivered.events == []


def test_a_callback_that_took_two_minutes_is_refused(
    frozen_clock: FrozenClock, webhook_client: WebhookClient, delivered: Delivered
) -> None:
    request = webhook_client.request(RoomAfterCreateRoom, endpoint="tencent-chat")
    frozen_clock.advance(minutes=2)
    assert webhook_client.send(request).status == 401
    assert delivered.outcomes == [Outcome.STALE]


def test_applications_with_other_databases_know_nothing_of_each_other(app: Flask, tmp_path: Path) -> None:
    with shop(tmp_path / "other.db", WEBHOOK_KIT_PATH="/hooks") as other:
        assert WebhookClient(other).deliver(RoomAfterCreateRoom, endpoint="tencent-room").delivered
        assert other.test_client().get("/").json == {"tencent-room processed": 1}
    assert app.test_client().get("/").json == {}


def test_the_command_sends_what_the_application_archives(app: Flask) -> None:
    sent = app.test_cli_runner().invoke(args=["webhooks", "send", "complete", "--set", "data.bot_id=b-7"])
    assert sent.exit_code == 0
    assert list(app.test_client().get("/recordings").json or ()) == ["b-7"]
