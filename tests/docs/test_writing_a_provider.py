"""The worked provider of the guide works, and keeps the contract."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from .blocks import DOCS, blocks, run

GUIDE = DOCS / "writing-a-provider.md"
SECRET = "a secret of the guide's test"
PROVIDER = ("acme_doors/events.py", "acme_doors/provider.py", "acme_doors/samples.py")

POST = """
import json
from acme_doors.provider import SIGNATURE
from acme_doors.samples import SAMPLES
from application import DoorHeld, hooks
from webhook_kit import RawRequest

body = json.dumps(SAMPLES[DoorHeld]).encode()
headers = SIGNATURE.sign(SECRET, body, now=0).headers
answer = hooks.dispatch(RawRequest("POST", "/acme-doors", headers=headers, body=body))
print(answer.status, answer.body.decode())
"""

DELIVER = """
import logging
from application import DoorHeld, hooks
from webhook_kit.testing import deliver, sample

logging.disable()
print(deliver(hooks, sample(DoorHeld, door__door_id="d8")).verdict)
print(deliver(hooks, DoorHeld, signed=False).verdict)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Write every block of the guide into its file."""
    for block in blocks(GUIDE):
        file = tmp_path / block.file
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.code, encoding="utf-8")
    (tmp_path / "acme_doors" / "__init__.py").touch()
    return tmp_path


def test_every_block_is_a_file_that_is_tried() -> None:
    files = [*PROVIDER, "acme_doors/vendor.py", "test_acme_doors.py", "application.py", "pyproject.toml"]
    assert files == [each.file for each in blocks(GUIDE)]


def test_the_whole_provider_has_fewer_than_80_lines() -> None:
    assert 80 > sum(len(block.code.splitlines()) for block in blocks(GUIDE) if block.file in PROVIDER)


def test_the_provider_keeps_the_contract(package: Path) -> None:
    printed = run(
        package,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        "-c",
        "/dev/null",
        "test_acme_doors.py",
    )
    assert " passed" in printed.splitlines()[-1]
    assert "skipped" not in printed


def test_the_application_receives_a_signed_delivery(package: Path) -> None:
    printed = run(package, "-c", f"SECRET = {SECRET!r}\n{POST}", ACME_SECRET=SECRET)
    assert printed == 'd7 is open for 60 seconds\n200 {"status":"success"}\n'


def test_the_vendor_sends_its_samples_and_comes_again(package: Path) -> None:
    printed = run(package, "-c", DELIVER, ACME_SECRET=SECRET)
    assert printed == (
        "d8 is open for 60 seconds\n"
        "delivered: the vendor takes this answer for success\n"
        "not delivered: the answer is 401; the vendor comes again in 1 min: try 2 of 4\n"
    )


def test_the_entry_point_makes_it_known_to_the_command_line(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = package / "acme_doors-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    for group, points in project["entry-points"].items():
        text = "\n".join(f"{name} = {value}" for name, value in points.items())
        (metadata / "entry_points.txt").write_text(f"[{group}]\n{text}\n", encoding="utf-8")
    command = "import sys; sys.argv = ['webhook-kit', 'events', 'acme-doors']; from webhook_kit.cli import main; main()"
    lines = run(package, "-c", command).splitlines()
    assert "acme_doors.events.DoorHeld" in lines
    assert "    door         Door" in lines
