"""The Starlette and the plain ASGI example, tested as applications of one's own would be: with the pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.providers.vcaas import UserJoinLeave
from webhook_kit.testing import Delivered, WebhookClient, sample

from .conftest import Load


@pytest.fixture(params=["starlette_app", "asgi_app"])
def example(request: pytest.FixtureRequest, load: Load) -> Any:
    return load(request.param)


@pytest.fixture
def client(example: Any) -> Iterator[TestClient]:
    with TestClient(example.app) as client:
        yield client


@pytest.fixture
def webhook_target(client: TestClient) -> TestClient:
    """Deliver through the client that the pages are asked for with."""
    return client


def test_what_became_of_deliveries_is_shown(
    client: TestClient, webhook_client: WebhookClient, delivered: Delivered
) -> None:
    event = sample(MeetingCompleted)
    assert webhook_client.deliver(event).delivered
    assert webhook_client.deliver(event).delivered, "the vendor's retry"
    assert webhook_client.deliver(UserJoinLeave).delivered
    assert webhook_client.deliver(UserJoinLeave, signed=False).status == 401
    assert client.get("/").json() == {
        "meeting-baas processed": 1,
        "meeting-baas duplicate": 1,
        "vcaas processed": 1,
        "vcaas unauthenticated": 1,
    }
    assert delivered.events == [event, sample(UserJoinLeave)]


@pytest.mark.parametrize("example", ["starlette_app"], indirect=True)
def test_a_recording_is_archived_once(client: TestClient, webhook_client: WebhookClient) -> None:
    event = sample(MeetingCompleted, data__bot_id="b-1", data__speakers=["Amira", "Bela"])
    assert webhook_client.deliver(event).delivered
    assert webhook_client.deliver(event).delivered, "the vendor's retry"
    assert client.get("/recordings").json() == {"b-1": 2}


def test_the_plain_application_lives_inside_the_lifespan_of_its_store(
    load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "example")
    with TestClient(load("asgi_app").app):
        assert caplog.messages == ["started; the store is open"]
    assert caplog.messages[1:] == ["ended; the store is closed after this"]
