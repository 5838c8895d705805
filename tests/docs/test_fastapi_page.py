"""The page about FastAPI, followed to the letter; and what the recipes' page refers to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.testing import WebhookClient, sample

from .blocks import DOCS, blocks
from .following import Follower, follower

PAGE = DOCS / "frameworks" / "fastapi.md"
SERVERS = 3


class Vendor:
    """Delivers to each server as soon as it is up: new events, and the first one again."""

    def __init__(self) -> None:
        self.delivered: list[bool] = []
        self.logs: list[str] = []

    def __call__(self, reader: Follower) -> None:
        number = len(self.delivered)
        path = "/webhooks/meeting-baas" if number < SERVERS - 1 else "/teams/blue/meetings"
        provider = MeetingBaaS(secret=reader.environment["MEETING_BAAS_SECRET"])
        vendor = WebhookClient(f"http://127.0.0.1:{reader.port}{path}", provider=provider)
        events = [sample(MeetingCompleted, data__bot_id=bot_id) for bot_id in ("of all", f"of {number}")]
        self.delivered.append(all(vendor.deliver(event).delivered for event in events))


@pytest.fixture(scope="module")
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture(scope="module")
def reader(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Follower]:
    """Be somebody who has followed the page to its end."""
    with follower(tmp_path_factory.mktemp("page") / "empty", vendor) as reader:
        reader.follow(PAGE)
        yield reader


@pytest.mark.slow
def test_whoever_follows_the_page_receives_webhooks(reader: Follower, vendor: Vendor) -> None:
    """At the mount of the first two servers, and in the operation of the last, which the page starts at its end."""
    assert vendor.delivered == [True] * SERVERS
    for bot_id, speakers in (("b-1", 2), ("of%201", 2), ("of%202", 0)):
        with urlopen(f"http://127.0.0.1:{reader.port}/meetings/{bot_id}") as response:
            assert json.load(response) == {"speakers": speakers}


@pytest.mark.slow
def test_the_operation_of_ones_own_is_in_the_schema(reader: Follower) -> None:
    with urlopen(f"http://127.0.0.1:{reader.port}/openapi.json") as response:
        assert sorted(json.load(response)["paths"]) == ["/meetings/{bot_id}", "/teams/{team}/meetings"]


@pytest.mark.slow
def test_the_last_server_has_run_what_was_new_to_it_and_nothing_failed(reader: Follower) -> None:
    """To an operation, the delivery that was sent to the mount is another one."""
    log = reader.stop()
    assert re.findall(r"blue hears of (.*) at attempt 1", log) == ["of all", "of 2"]
    assert not re.search(r"ERROR|Traceback", log)


def test_every_file_is_run() -> None:
    """By its own name in a command, or by another file."""
    found = list(blocks(PAGE))
    files = {block.file: block.code for block in found if block.language == "python"}
    commands = "".join(block.code for block in found if block.language == "console")
    for file in files:
        name = file.removesuffix(".py")
        assert re.search(rf"\b{name}(:app|\.py)", commands) or any(f"from {name} import" in f for f in files.values())


@pytest.mark.parametrize("page", ["fastapi", "recipes"])
def test_every_link_leads_somewhere(page: str) -> None:
    path: Path = PAGE.with_name(f"{page}.md")
    for target, anchor in re.findall(r"\]\(([^)#:]+)(?:#([\w-]+))?\)", path.read_text(encoding="utf-8")):
        file = path.parent / target
        assert file.exists()
        headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert anchor in {"", *(re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings)}
