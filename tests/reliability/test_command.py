"""What the command does where it cannot prove anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.reliability import __main__ as command
from tests.reliability import postgresql
from tests.reliability.errors import Missing, Trouble


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a proof end with an error before it has begun."""

    def fail_with(error: Exception) -> None:
        def prove(*_: object) -> None:
            raise error

        monkeypatch.setattr(command, "prove", prove)

    return fail_with


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_a_store_that_is_not_installed_is_skipped_with_a_reason_unless_it_is_required(
    failing: Any, required: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI requires it."""
    monkeypatch.setenv("WEBHOOK_KIT_REQUIRE_SERVICES", required)
    failing(Missing("redis-server is not installed"))
    assert command.main(["--store", "redis"]) == code
    assert "redis: skipped, because redis-server is not installed" in capsys.readouterr().out


def test_a_server_that_does_not_start_is_a_failure(failing: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is required."""
    failing(Trouble("python has ended by itself"))
    assert command.main(["--store", "sqlite"]) == 1
    assert "sqlite: python has ended by itself" in capsys.readouterr().out


def test_the_seed_is_printed(failing: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """With it the same is sent and crashed again."""
    failing(Trouble(""))
    command.main(["--seed", "7"])
    assert capsys.readouterr().out.startswith("Seed 7;")


@pytest.mark.parametrize("scale", ["0", "-1", "inf", "much"])
def test_a_scale_is_a_number_above_0(scale: str) -> None:
    """Nothing would be proven by none."""
    with pytest.raises(SystemExit):
        command.main([f"--scale={scale}"])


def test_postgresql_is_missing_where_its_server_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client alone is not enough."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgresql, "PACKAGED", tmp_path)
    with pytest.raises(Missing, match="initdb and postgres"):
        postgresql.programs_of_postgresql()


def test_the_newest_postgresql_that_is_complete_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its number: 9.6 is older than 15, and 16 has no server here."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(postgresql, "PACKAGED", tmp_path)
    for version, programs in {"9.6": ["initdb", "postgres"], "15": ["initdb", "postgres"], "16": ["initdb"]}.items():
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for program in programs:
            (folder / program).touch()
    assert postgresql.programs_of_postgresql() == tmp_path / "15" / "bin"
