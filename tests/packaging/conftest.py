"""Where the sources lie, and the distributions made from them."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

MADE_BY_TOOLS = [".git", ".venv*", "build", "dist", "*.egg-info", ".*_cache", ".hypothesis", ".coverage*"]
MADE_BY_EXAMPLES = ["*.db", "*.db-*", "*.sqlite3"]


@dataclass(frozen=True)
class Distributions:
    """The files that one build left."""

    sdist: Path
    wheel: Path

    @classmethod
    def within(cls, folder: Path) -> "Distributions":
        """Find the one source distribution and the one wheel of a folder."""
        (sdist,) = folder.glob("*.tar.gz")
        (wheel,) = folder.glob("*.whl")
        return cls(sdist, wheel)


@pytest.fixture(scope="session")
def checkout(pytestconfig: pytest.Config) -> Path:
    """The root of the sources; there are none where the installed package is tested."""
    root = pytestconfig.rootpath
    if not (root / "setup.py").exists():
        pytest.skip("the sources are not here: the installed package is tested")
    return root


def build(source: Path, folder: Path, *arguments: str) -> None:
    """Build without an isolated environment, which would need a package index."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, *arguments, source],
        check=True,
        capture_output=True,
        text=True,
    )


def require_backend() -> None:
    """Skip where the build tools of the dev extra are missing."""
    try:
        version("build")
        backend = version("setuptools")
    except PackageNotFoundError as missing:
        pytest.skip(f"{missing.name} is not installed")
    if int(backend.partition(".")[0]) < 77:
        pytest.skip(f"setuptools {backend} cannot read the licence field of pyproject.toml")


@pytest.fixture(scope="session")
def sources(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, so that a build leaves nothing behind in the real ones."""
    copy = tmp_path_factory.mktemp("sources") / "webhook_kit"
    shutil.copytree(checkout, copy, symlinks=True, ignore=shutil.ignore_patterns(*MADE_BY_TOOLS, *MADE_BY_EXAMPLES))
    return copy


@pytest.fixture(scope="session")
def distributions(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The source distribution and the wheel made from it; those of WEBHOOK_KIT_DIST, where it names a folder."""
    made = os.environ.get("WEBHOOK_KIT_DIST")
    if made:
        return Distributions.within(Path(made))
    require_backend()
    folder = tmp_path_factory.mktemp("dist")
    build(sources, folder)
    return Distributions.within(folder)


@pytest.fixture(scope="session")
def wheel_of_checkout(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made without the detour over a source distribution."""
    require_backend()
    folder = tmp_path_factory.mktemp("wheel")
    build(sources, folder, "--wheel")
    (wheel,) = folder.glob("*.whl")
    return wheel
