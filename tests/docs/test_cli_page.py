"""The page about the command line shows what the commands print, and says what their exit codes mean."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from docs import recordings
from webhook_kit.cli.command import cli
from webhook_kit.cli.exits import Exit

from .blocks import DOCS

PAGE = (DOCS / "cli.md").read_text(encoding="utf-8")
COMMANDS = sorted(get_command(cli).commands)  # type: ignore[attr-defined]  # a group has commands


@pytest.mark.slow
def test_the_recordings_are_those_of_the_commands() -> None:
    """Numbers and durations differ from run to run. If this fails: python -m docs.recordings."""
    now = recordings.sessions(recordings.recorded(PAGE))
    for recorded, printed in zip(recordings.sessions(PAGE), now, strict=True):
        assert recordings.shape(recorded) == recordings.shape(printed)


def test_a_recording_differs_in_more_than_numbers_where_something_changed() -> None:
    assert recordings.shape("3 lost  12.5 ms\n") == recordings.shape("14 lost  1 ms\n")
    assert recordings.shape("3 lost\n") != recordings.shape("3 found\n")
    assert recordings.shape("delivered: no\n") != recordings.shape("delivered: yes\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_recorded_below_its_own_heading(command: str) -> None:
    assert f"| [`{command}`](#{command}) |" in PAGE
    [section] = re.findall(rf"^## {command}$\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    sessions = recordings.sessions(section)
    assert any(f"$ webhook-kit {command}" in session for session in sessions), "there is no recording"
    for session in sessions:
        assert [line for line in session.splitlines() if not line.startswith("$ ")], "a recording is empty"


def test_every_exit_code_is_explained() -> None:
    assert re.findall(r"^\| (\d+) \| ", PAGE, flags=re.MULTILINE) == [str(code.value) for code in Exit]


def test_no_secret_is_recorded() -> None:
    for secret in recordings.SECRETS.values():
        assert secret not in PAGE


def test_lines_fit_the_screen_they_were_recorded_on() -> None:
    """But for addresses and the lines of logs, which are not folded."""
    for session in recordings.sessions(PAGE):
        for line in session.splitlines():
            whole = line.startswith("$ ") or " INFO " in line
            assert whole or len(line) <= recordings.WIDTH, line
