"""The dependencies that are declared, and the versions that development and CI install."""

import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def project(checkout: Path) -> dict[str, Any]:
    """The project table of pyproject.toml."""
    return tomllib.loads((checkout / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def pins(checkout: Path) -> list[Requirement]:
    """The lines of constraints.txt."""
    lines = (checkout / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_all_has_every_extra_that_a_user_may_want(project: dict[str, Any]) -> None:
    """An extra that is added later is easily forgotten there."""
    extras = project["optional-dependencies"]
    (everything,) = map(Requirement, extras["all"])
    assert everything.extras == set(extras) - {"all", "bench", "dev"}


def test_every_dependency_is_pinned_to_a_version_it_allows(project: dict[str, Any], pins: list[Requirement]) -> None:
    """Otherwise two runs of CI would not test the same thing. It does not install what is only measured beside us."""
    extras = [lines for name, lines in project["optional-dependencies"].items() if name != "bench"]
    declared = [*project["dependencies"], *chain.from_iterable(extras)]
    for each in map(Requirement, declared):
        if each.name in {"webhook-kit", "setuptools"}:
            continue
        of_each = [pin for pin in pins if pin.name == canonicalize_name(each.name)]
        assert of_each, f"{each.name} is not pinned: run tools/lock.py"
        for pin in of_each:
            (exact,) = pin.specifier
            assert Version(exact.version) in each.specifier


def test_constraints_are_plain_pins(pins: list[Requirement]) -> None:
    """No addresses, no extras, nothing but a version and perhaps a Python that it is for."""
    for pin in pins:
        assert re.fullmatch(r"==[0-9][0-9a-z.]*", str(pin.specifier)), pin
        assert not pin.extras
        assert not pin.url
