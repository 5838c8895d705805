"""The FastAPI example, tested as its user would: with the pytest plugin, through the test client of the framework."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from examples.fastapi_app import Meeting, Settings, create_app, open_session
from webhook_kit import Outcome
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.testing import Delivered, WebhookClient, sample

ENDED = sample(MeetingCompleted, data__bot_id="b-1", data__speakers=["Amira", "Bela"])


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(database_url=f"sqlite:///{tmp_path}/meetings.db"))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
def webhook_target(client: TestClient) -> TestClient:
    """Deliver through the client that the pages are asked for with, and in whose lifespan the database is open."""
    return client


def test_a_meeting_that_has_ended_is_kept(
    client: TestClient, webhook_client: WebhookClient, delivered: Delivered
) -> None:
    assert webhook_client.deliver(ENDED).delivered
    assert client.get("/meetings").json() == {"b-1": 2}
    assert delivered.events == [ENDED]


def test_the_vendors_retry_changes_nothing(
    client: TestClient, webhook_client: WebhookClient, delivered: Delivered
) -> None:
    assert [webhook_client.deliver(ENDED).delivered for _ in range(2)] == [True, True]
    assert delivered.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE]
    assert client.get("/").json() == {"meeting-baas processed": 1, "meeting-baas duplicate": 1}


def test_a_database_that_is_down_is_an_error_until_it_is_back(
    app: FastAPI, client: TestClient, webhook_client: WebhookClient, delivered: Delivered
) -> None:
    def broken() -> None:
        raise ConnectionError

    app.dependency_overrides[open_session] = broken
    assert webhook_client.deliver(ENDED).status == 500
    app.dependency_overrides.clear()
    assert webhook_client.deliver(ENDED).delivered
    assert [type(error) for error in delivered.errors] == [ConnectionError]
    assert list(client.get("/meetings").json()) == ["b-1"]


def test_a_handler_can_be_watched_by_what_it_writes(app: FastAPI, webhook_client: WebhookClient) -> None:
    written: list[Meeting] = []

    class Recording:
        def merge(self, meeting: Meeting) -> None:
            written.append(meeting)

    app.dependency_overrides[open_session] = Recording
    webhook_client.deliver(ENDED)
    assert [meeting.bot_id for meeting in written] == ["b-1"]
