"""The page about Flask, followed to the letter."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from .blocks import DOCS
from .following import Follower, follower

PAGE = DOCS / "frameworks" / "flask.md"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """Be somebody who has followed the page to its end."""
    with follower(tmp_path_factory.mktemp("page") / "empty") as reader:
        reader.follow(PAGE)
        yield reader


def test_whoever_follows_the_page_receives_webhooks(reader: Follower) -> None:
    """Two were sent to the factory's application: under gunicorn, and under waitress."""
    with urlopen(f"http://127.0.0.1:{reader.port}/recordings") as response:
        assert len(json.load(response)) == 2


def test_a_store_that_is_not_ready_stops_gunicorn_and_the_check_and_both_say_what_to_run(
    reader: Follower, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE webhook_kit_schema (version INTEGER NOT NULL)")
        connection.execute("INSERT INTO webhook_kit_schema VALUES (7)")
    environment = {**reader.environment, "FLASK_WEBHOOK_KIT_IDEMPOTENCY": f"sqlite:///{other}"}
    reader.stop()
    # Any port, because somebody else may have taken the page's meanwhile.
    for command, code in (
        (["gunicorn", "--workers=1", "--bind=127.0.0.1:0", "wsgi:app"], 3),
        (["flask", "webhooks", "check"], 1),
    ):
        ended = subprocess.run(
            command, cwd=reader.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (ended.returncode, "run SQLStore(url).create()" in ended.stderr) == (code, True), ended.stderr
