"""``python -m bench``: what it shows, what it writes, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from bench import __main__ as command
from bench.bars import Bar
from bench.figures import Figure
from bench.subject import FULL, QUICK, Comparison, Effort, Subject, Unavailable

PNG = b"\x89PNG\r\n"


def compared(limit: float) -> Subject:
    """Return a subject whose bar is a ratio of two, to be held against a limit."""

    def compare(effort: Effort) -> Comparison:
        ours, theirs = Figure([2.0] * effort.rounds), Figure([1.0] * effort.rounds)
        bar = Bar("ours against theirs", ours / theirs, "at most", limit)
        return Comparison("Ours & theirs", "µs", {"ours": ours, "theirs": theirs}, (bar,))

    return Subject("pairs", "pairs of things", (compare,))


def unavailable() -> Subject:
    """Return a subject that cannot be measured."""

    def compare(effort: Effort) -> Comparison:
        raise Unavailable("no server answers")

    return Subject("servers", "what needs one", (compare,))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "out"


def invoke(monkeypatch: pytest.MonkeyPatch, out: Path, subjects: tuple[Subject, ...], *arguments: str) -> Result:
    application = typer.Typer()
    application.command()(command.main)
    monkeypatch.setattr(command, "SUBJECTS", subjects)
    return CliRunner().invoke(application, ["--out", str(out), *arguments], env={"COLUMNS": "120"})


def test_a_bar_that_is_met_is_shown_with_figure_and_limit(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    result = invoke(monkeypatch, results, (compared(2.5),))
    assert result.exit_code == 0
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("ours against theirs"))
    assert line.split("  ")[0:1] + line.split()[-4:] == ["ours against theirs", "at", "most", "2.50", "met"]


def test_a_bar_that_is_missed_is_an_error(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    result = invoke(monkeypatch, results, (compared(1.5),))
    assert result.exit_code == 1
    assert "missed" in result.stdout


def test_results_are_written_for_machines_and_as_plots(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    invoke(monkeypatch, results, (compared(2.5),))
    written: dict[str, Any] = json.loads((results / "results.json").read_text())
    (comparison,) = written["subjects"]["pairs"]
    assert comparison["contenders"]["ours"]["samples"] == [2.0] * FULL.rounds
    assert comparison["bars"] == [
        {
            "name": "ours against theirs",
            "median": 2.0,
            "quartiles": [2.0, 2.0],
            "samples": [2.0] * FULL.rounds,
            "unit": "×",
            "limit": 2.5,
            "direction": "at most",
            "verdict": "met",
        }
    ]
    assert (results / "pairs-ours-theirs.png").read_bytes().startswith(PNG)


def test_a_quick_run_measures_less(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    invoke(monkeypatch, results, (compared(2.5),), "--quick")
    assert json.loads((results / "results.json").read_text())["rounds"] == QUICK.rounds


def test_only_what_is_named_is_measured(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    subjects = (compared(2.5), unavailable())
    assert invoke(monkeypatch, results, subjects, "--only", "pairs").stdout.startswith("pairs: pairs of things")
    assert list(json.loads((results / "results.json").read_text())["subjects"]) == ["pairs"]


def test_a_name_that_nothing_has_is_refused(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    result = invoke(monkeypatch, results, (compared(2.5),), "--only", "spars")
    assert result.exit_code == 2
    assert "there is no spars; there is pairs" in result.output


def test_what_cannot_be_measured_here_is_left_out(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    monkeypatch.delenv("WEBHOOK_KIT_REQUIRE_SERVICES", raising=False)
    result = invoke(monkeypatch, results, (unavailable(), compared(2.5)))
    assert result.exit_code == 0
    assert "left out: no server answers" in result.stdout


def test_what_cannot_be_measured_is_an_error_where_servers_are_required(
    monkeypatch: pytest.MonkeyPatch, results: Path
) -> None:
    monkeypatch.setenv("WEBHOOK_KIT_REQUIRE_SERVICES", "1")
    assert isinstance(invoke(monkeypatch, results, (unavailable(),)).exception, Unavailable)
