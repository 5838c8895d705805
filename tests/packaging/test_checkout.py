"""A checkout works with every tool, installed or not."""

import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest


def test_the_version_is_that_of_the_metadata() -> None:
    """It is written down once."""
    try:
        installed = version("webhook-kit")
    except PackageNotFoundError:
        pytest.skip("webhook_kit is not installed here")
    assert import_module("webhook_kit").__version__ == installed


def test_importing_the_core_imports_no_framework(pytestconfig: pytest.Config) -> None:
    """In a process of its own: this one has imported everything long since."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.packaging.core_imports"],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.packaging
def test_the_link_to_the_adapters_is_relative(checkout: Path) -> None:
    """It has to hold wherever the repository is cloned to."""
    assert os.readlink(checkout / "webhook_kit" / "adapters") == os.path.join("..", "adapters")


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["-P"]], ids=["python -m pytest", "pytest"])
def test_pytest_starts_from_the_root_both_ways(options: list[str], pytestconfig: pytest.Config) -> None:
    """The module has the root on the path; the command has not, and ``-P`` takes it away as well."""
    result = subprocess.run(
        [sys.executable, *options, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/packaging"],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "test_importing_the_core_imports_no_framework" in result.stdout
