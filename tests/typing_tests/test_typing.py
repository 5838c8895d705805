"""What a user's type checker says. ``make check`` runs pyright over the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.typing_tests import handlers_accepted

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent

api = pytest.importorskip("mypy.api")


@pytest.mark.slow
@pytest.mark.packaging
def test_right_handlers_are_accepted_and_wrong_ones_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strict mypy reports what is not expected, and an expectation that is not met as an unused comment."""
    monkeypatch.chdir(ROOT)
    accepted, rejected = FOLDER / "handlers_accepted.py", FOLDER / "handlers_rejected.py"
    out, err, status = api.run(["--no-error-summary", str(accepted), str(rejected)])
    assert (out, err, status) == ("", "", 0)


def test_what_is_accepted_also_works() -> None:
    """And needs no comment to be accepted, or the check above would prove nothing."""
    assert "type: ignore" not in (FOLDER / "handlers_accepted.py").read_text("utf-8")
    handlers_accepted.hooks.check()
    assert len(handlers_accepted.hooks.plan.handlers) > 20
    assert len(handlers_accepted.given_hooks.plan.injected) == 7
