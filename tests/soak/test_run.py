"""A run that is over in a moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.soak import __main__ as command


@pytest.mark.slow
def test_it_sends_every_kind_of_request_and_leaves_figures_and_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BUILD", tmp_path / "soak")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    arguments = ["--minutes=0.05", "--rate=60", "--server=uvicorn", "--store=sqlite", "--seed=1"]
    command.main(arguments)
    written = json.loads((tmp_path / "soak" / "figures.json").read_text())
    [(name, target)] = written["targets"].items()
    assert (name, target["unexpected"], target["figures"]["requests"]) == ("uvicorn, sqlite", {}, 180)
    assert (tmp_path / "soak" / "soak.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("minutes", ["0", "-1", "inf", "long"])
def test_minutes_are_a_number_above_0(minutes: str) -> None:
    with pytest.raises(SystemExit):
        command.main([f"--minutes={minutes}"])
