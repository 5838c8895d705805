"""The plain WSGI example, tested as an application of one's own would be."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.testing import Delivered, WebhookClient, sample

from .conftest import Load


def test_a_second_process_knows_what_the_first_has_processed(
    load: Load, delivered: Delivered, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "example")
    event = sample(MeetingCompleted, data__bot_id="b-1")
    pages = []
    for _ in range(2):
        client = Client(load("wsgi_app").app)
        assert WebhookClient(client).deliver(event).delivered
        pages.append(client.get("/").json)
    assert pages == [{"meeting-baas processed": 1}, {"meeting-baas duplicate": 1}]
    assert delivered.events == [event]
    assert [text for text in caplog.messages if "b-1" in text] == ["bot b-1 has a recording of 2 speakers"]
