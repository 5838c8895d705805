"""What is in the wheel and in the source distribution."""

import tarfile
import tomllib
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from .conftest import Distributions

AT_THE_TOP = {
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "constraints.txt",
    "pyproject.toml",
    "setup.py",
}

pytestmark = pytest.mark.packaging


def files_below(folder: Path) -> set[str]:
    """Return the files of a source folder, without those that Python or a link adds."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "adapters" not in path.relative_to(folder).parts[:-1]
    }


def content(wheel: Path) -> dict[str, bytes]:
    """Return what a wheel installs, without its metadata."""
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def metadata(distributions: Distributions) -> Message:
    """The wheel's own description of itself."""
    with ZipFile(distributions.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_every_file_of_the_package_is_in_the_wheel_once(distributions: Distributions, sources: Path) -> None:
    """Also data files, and the adapters at the place from which they are imported."""
    with ZipFile(distributions.wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    expected = {f"webhook_kit/{name}" for name in files_below(sources / "webhook_kit")}
    expected |= {f"webhook_kit/adapters/{name}" for name in files_below(sources / "adapters")}
    assert sorted(names) == sorted(expected)


def test_the_wheel_installs_one_top_level_name(distributions: Distributions) -> None:
    """Nobody gets a package called ``adapters`` or ``tests`` from us."""
    assert {PurePosixPath(name).parts[0] for name in content(distributions.wheel)} == {"webhook_kit"}


def test_the_wheel_is_typed(distributions: Distributions) -> None:
    """Type checkers look for the marker."""
    assert "webhook_kit/py.typed" in content(distributions.wheel)


def test_checkout_and_source_distribution_give_the_same_wheel(
    distributions: Distributions, wheel_of_checkout: Path
) -> None:
    """The checkout has a link where the source distribution has none."""
    assert content(distributions.wheel) == content(wheel_of_checkout)


def test_the_source_distribution_has_what_the_tests_need(distributions: Distributions, sources: Path) -> None:
    """Who packages for a system runs the suite from it."""
    with tarfile.open(distributions.sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert names >= AT_THE_TOP
    for folder in ("adapters", "bench", "examples", "tests", "tools"):
        assert {f"{folder}/{name}" for name in files_below(sources / folder)} <= names
    assert not [name for name in names if name.startswith("webhook_kit/adapters") or "__pycache__" in name]


def test_the_metadata_says_what_pyproject_says(metadata: Message, sources: Path) -> None:
    """A field that the backend does not know would be dropped in silence."""
    project = tomllib.loads((sources / "pyproject.toml").read_text())["project"]
    assert metadata["Name"] == "webhook-kit"
    assert metadata["Version"] == project["version"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert set(metadata.get_all("Provides-Extra") or []) == set(project["optional-dependencies"])


def test_the_command_is_installed(distributions: Distributions) -> None:
    """``webhook-kit`` starts the command line."""
    with ZipFile(distributions.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "webhook-kit = webhook_kit.cli:main" in archive.read(name).decode()
