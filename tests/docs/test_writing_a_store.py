"""The worked store of the guide works, and keeps the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from .blocks import DOCS, blocks, run

GUIDE = DOCS / "writing-a-store.md"
SECRET = "a secret of the guide's test"
# What the guide says that a failing case looks like.
BROKEN = """
from folder_store import FolderStore
from test_folder_store import TestFolderStore as Contract


class WithoutAFence(FolderStore):
    def _change(self, key, held_by, **changes):
        return super()._change(key, self._read(key).get("token"), **changes)


class TestWithoutAFence(Contract):
    def make_store(self):
        return WithoutAFence(self.folder, clock=lambda: self.now)


del Contract
"""
DELIVER = """
import json
from application import hooks
from webhook_kit.testing import sample_body, sign
from webhook_kit import RawRequest
from webhook_kit.providers.meeting_baas import MeetingCompleted

body = json.dumps(sample_body(MeetingCompleted)).encode()
headers = sign(hooks.endpoints[0].provider, body).headers
for _ in range(2):
    answer = hooks.dispatch(RawRequest("POST", "/meeting-baas", headers=headers, body=body))
    print(answer.status, answer.body.decode())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write every file of the guide."""
    for block in blocks(GUIDE):
        if block.language == "python":
            (tmp_path / block.file).write_text(block.code, encoding="utf-8")
    return tmp_path


def tried(folder: Path, exit_code: int, *arguments: str) -> str:
    """Run a test of the guide with pytest, and return what it printed."""
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-c", "/dev/null", "--tb=short", *arguments]
    return run(folder, "-c", f"import pytest; assert pytest.main({options}) == {exit_code}")


def test_every_block_is_a_file_that_is_tried() -> None:
    files = [each.file for each in blocks(GUIDE) if each.language == "python"]
    assert files == ["folder_store.py", "test_folder_store.py", "application.py"]


@pytest.mark.slow
def test_the_store_keeps_the_contract(folder: Path) -> None:
    last = tried(folder, 0, "test_folder_store.py").splitlines()[-1]
    assert " passed" in last
    assert "skipped" not in last


@pytest.mark.slow
def test_one_without_a_fence_is_told_what_it_lacks(folder: Path) -> None:
    (folder / "test_broken.py").write_text(BROKEN)
    printed = "\n".join(
        line.removeprefix("E   ") for line in tried(folder, 1, "test_broken.py", "-k", "late_worker").splitlines()
    )
    [said] = [each.code for each in blocks(GUIDE) if each.language == "text"]
    assert said in printed


def test_the_application_handles_a_delivery_once(folder: Path) -> None:
    deliveries = folder / "deliveries"
    deliveries.mkdir()
    printed = run(folder, "-c", DELIVER, MEETING_BAAS_SECRET=SECRET, DELIVERIES=str(deliveries))
    lines = printed.splitlines()
    assert [line.rpartition(" ")[0] for line in lines[1:]] == ["200", "200"]
    assert sum("has a recording" in line for line in lines) == 1


def test_what_has_expired_is_purged(folder: Path) -> None:
    purge = (
        "from pathlib import Path; from folder_store import FolderStore; times = [0.0]; "
        "store = FolderStore(Path('.'), clock=lambda: times[0]); store.claim('key', '', 30); "
        "store.purge(); print(len(list(Path('.').glob('*.json')))); times[0] = 9e9; store.purge(); "
        "print(len(list(Path('.').glob('*.json'))))"
    )
    assert run(folder, "-c", purge) == "1\n0\n"
