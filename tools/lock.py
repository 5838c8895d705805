"""Write constraints.txt anew: what a fresh ``pip install .[dev]`` chooses on each Python given.

    python tools/lock.py python3.11 python3.12 python3.13

The newest of them stands for those that follow it.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADER = """\
# What development and CI install. Written by tools/lock.py; `pip install webhook-kit` does not read it.
"""
NOT_PINNED = {"pip", "setuptools", "wheel", "webhook-kit"}


def output(*command: str) -> str:
    """Run a command and return what it printed."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def resolve(python: str) -> tuple[tuple[int, int], dict[str, str]]:
    """Install everything into a fresh environment; return the version of Python and of each package."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        inside = f"{folder}/bin/python"
        subprocess.run([inside, "-m", "pip", "install", "-qq", "-e", f"{ROOT}[dev]"], check=True)
        major, minor = output(inside, "-c", "import sys; print(*sys.version_info[:2])").split()
        frozen = output(inside, "-m", "pip", "freeze", "--exclude-editable")
    pins = dict(line.split("==") for line in frozen.splitlines() if "==" in line)
    return (int(major), int(minor)), {name: pin for name, pin in pins.items() if name.lower() not in NOT_PINNED}


def marker(versions: list[tuple[int, int]], all_versions: list[tuple[int, int]]) -> str:
    """Return the marker for a run of neighbouring versions, open at the ends of the list."""
    parts = []
    if versions[0] != all_versions[0]:
        parts.append('python_version >= "{}.{}"'.format(*versions[0]))
    if versions[-1] != all_versions[-1]:
        parts.append('python_version < "{}.{}"'.format(*all_versions[all_versions.index(versions[-1]) + 1]))
    return f" ; {' and '.join(parts)}" if parts else ""


def lines(resolved: dict[tuple[int, int], dict[str, str]]) -> list[str]:
    """Return one line for each package and version of it, with a marker where the Pythons differ."""
    written: list[str] = []
    pythons = sorted(resolved)
    for name in sorted({name for pins in resolved.values() for name in pins}, key=str.lower):
        run: list[tuple[int, int]] = []
        for python, following in zip(pythons, [*pythons[1:], None], strict=True):
            pin = resolved[python].get(name)
            if pin is None:
                continue
            run.append(python)
            if following is None or resolved[following].get(name) != pin:
                written.append(f"{re.sub('_', '-', name.lower())}=={pin}{marker(run, pythons)}")
                run = []
    return written


def main() -> None:
    """Resolve on every Python named and write the file."""
    resolved = dict(resolve(python) for python in sys.argv[1:] or [sys.executable])
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(lines(resolved)) + "\n")


if __name__ == "__main__":
    main()
