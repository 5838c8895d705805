"""What handlers and observers saw in the processes of a server, in a file that outlives them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final, NamedTuple

ENTERED: Final = "entered"
FINISHED: Final = "finished"


class Entry(NamedTuple):
    """One step: a handler's, or the outcome of a delivery."""

    step: str
    process: int
    bot: str = ""
    body: str = ""
    """The SHA-256 of the body as the handler got it."""

    client: str = ""
    scheme: str = ""


class Journal:
    """A file with one line for every step, in the order in which they were taken."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._file.touch()

    def write(self, step: str, **seen: str) -> None:
        """Append a step of this process; lines of several processes do not mix."""
        line = json.dumps(Entry(step, os.getpid(), **seen)) + "\n"
        file = os.open(self._file, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    def size(self) -> int:
        """Return where the next step will stand."""
        return self._file.stat().st_size

    def since(self, position: int) -> list[Entry]:
        """Return the steps from a position on."""
        with self._file.open("rb") as file:
            file.seek(position)
            return [Entry(*json.loads(line)) for line in file.read().splitlines(keepends=True) if line.endswith(b"\n")]
