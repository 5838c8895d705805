"""The blocks of code in a page, and a Python to run them in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"


class Block(NamedTuple):
    """A block of code: its language, the heading it stands under, and what is in it."""

    language: str
    heading: str
    code: str

    @property
    def file(self) -> str:
        """Return the name of the file that its first line says it is."""
        match = re.match(r"# (\S+\.\w+)(, at the end)?\n", self.code)
        assert match, f"this block does not begin with the name of its file:\n{self.code}"
        return match[1]

    @property
    def is_added(self) -> bool:
        """Return whether it belongs at the end of a file that is there already."""
        return self.code.partition("\n")[0].endswith(", at the end")


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, in their order."""
    heading = ""
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^#+ ([^\n]*)$|^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        if match[1] is not None and match[3] is None:
            heading = match[1].strip()
        else:
            yield Block(match[2], heading, match[3])


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """Run Python in a folder, and return what it printed; it may neither fail nor warn."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    return ended.stdout
