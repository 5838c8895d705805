"""The Django project, tested as its users would: by ``manage.py``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .server import PACKAGES, ROOT

pytestmark = pytest.mark.slow

PROJECT = ROOT / "examples" / "django_project"


def manage(*arguments: str, folder: Path, **environment: str) -> str:
    """Run a command of the project, and return what it printed; it may neither fail nor warn."""
    paths = [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    ended = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=PROJECT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "DJANGO_DATABASE": str(folder / "db.sqlite3"),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.mark.parametrize("served_by", [{}, {"SERVED_BY_ASGI": "1"}], ids=["wsgi", "asgi"])
def test_its_own_tests_pass(served_by: dict[str, str], tmp_path: Path) -> None:
    printed = manage("test", folder=tmp_path, **served_by)
    assert "Ran 4 tests" in printed
    assert printed.rstrip().splitlines()[-2] == "OK"


def test_it_is_complete_and_in_order(tmp_path: Path) -> None:
    assert "No changes detected" in manage("makemigrations", "--check", "--dry-run", folder=tmp_path)
    manage("migrate", folder=tmp_path)
    printed = manage("check", "--database", "default", folder=tmp_path)
    assert printed == "System check identified no issues (0 silenced).\n"


def test_a_sample_takes_the_way_of_every_request(tmp_path: Path) -> None:
    manage("migrate", folder=tmp_path)
    for speakers in ("[]", '["amira"]'):
        printed = manage("webhooks", "send", "MeetingCompleted", "--set", f"data.speakers={speakers}", folder=tmp_path)
        assert '200 {"status":"success"}: delivered' in printed
    lines = manage("webhooks", "deliveries", folder=tmp_path).splitlines()
    assert [line.split()[1:3] for line in lines[1:3]] == [["completed", "meeting-baas"]] * 2
