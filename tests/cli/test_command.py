"""The command itself: its help, its version, and what it says where an extra is missing."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from io import BytesIO, TextIOWrapper
from typing import NoReturn

import pytest

import webhook_kit
from webhook_kit.cli import main

from .conftest import Invoke


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Make a package look as if it was not installed, and the command as if it was never imported."""
    for name in list(sys.modules):
        if name.startswith((f"{package}.", "webhook_kit.cli.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.parametrize("package", ["typer", "rich", "uvicorn", "httpx2"])
def test_a_missing_extra_is_named_in_one_line(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, package)
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert capsys.readouterr() == ("", "the command line needs `pip install 'webhook-kit[cli]'`\n")


def test_a_module_of_ours_that_is_missing_is_no_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "webhook_kit.cli.table")
    with pytest.raises(ModuleNotFoundError, match=r"webhook_kit\.cli\.table"):
        main()


def test_main_runs_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["anything", "--help"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert "Usage: webhook-kit" in capsys.readouterr().out


def test_a_screen_without_the_signs_of_a_table_shows_others(monkeypatch: pytest.MonkeyPatch) -> None:
    written = BytesIO()
    screen = TextIOWrapper(written, encoding="ascii")
    monkeypatch.setattr(sys, "argv", ["webhook-kit", "demo"])
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    screen.flush()
    assert b"OfficialAccountBe?lAccount" in written.getvalue()


def test_the_library_imports_nothing_of_the_command_line() -> None:
    code = (
        "import sys, webhook_kit, webhook_kit.cli; "
        "print(sorted({'typer', 'rich', 'uvicorn', 'httpx2'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_the_version_is_that_of_the_package(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(webhook_kit), "__version__", "1.2.3")
    result = invoke("--version")
    assert (result.exit_code, result.stdout) == (0, "webhook-kit 1.2.3\n")


def test_a_checkout_that_is_not_installed_has_no_version(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.delitem(vars(webhook_kit), "__version__", raising=False)
    monkeypatch.setattr("importlib.metadata.version", unknown)
    result = invoke("--version")
    assert (result.exit_code, result.stdout) == (0, "webhook-kit (a checkout that is not installed)\n")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("webhook-kit si", ["simulate"]),
        ("webhook-kit send vcaas Meeting", ["MeetingData", "MeetingStartEnd"]),
        ("webhook-kit explain --provider tencent-r", ["tencent-room", "tencent-rtc"]),
        ("webhook-kit events vc", ["vcaas"]),
        ("webhook-kit simulate vcaas --event Meeting", ["MeetingData", "MeetingStartEnd"]),
        ("webhook-kit simulate vcaas --without c", ["chunked", "cut"]),
        ("webhook-kit send meeting-baas --scheme call", ["callback_secret"]),
        ("webhook-kit explain --provider meeting-baas --scheme api", ["api_key"]),
        ("webhook-kit simulate --event Meeting", []),
        ("webhook-kit simulate nobody --event Meeting", []),
    ],
)
def test_a_shell_completes_what_has_a_name(
    words: str, offered: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["webhook-kit"])
    monkeypatch.setenv("_WEBHOOK_KIT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert capsys.readouterr().out.split() == offered


def test_without_a_command_the_help_is_shown(invoke: Invoke) -> None:
    result = invoke()
    assert "demo" in result.output
    assert "--version" in result.output


def test_the_help_of_the_demo_names_its_options(invoke: Invoke) -> None:
    result = invoke("demo", "--help", COLUMNS="100")
    assert result.exit_code == 0
    assert "--verbose" in result.stdout
    assert "--json" in result.stdout
