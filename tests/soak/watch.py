"""What a server holds: memory, file descriptors and threads, of its processes together."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

INTERVAL: Final = 1.0
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Sample(NamedTuple):
    """What is held at a time."""

    at: float
    memory: int
    """Resident bytes."""
    descriptors: int
    threads: int


async def watch(pid: int, samples: list[Sample], seconds: float) -> None:
    """Take samples of a process and its children until the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        samples.append(sample(pid))
        await asyncio.sleep(INTERVAL)


def sample(pid: int) -> Sample:
    memory = descriptors = threads = 0
    for folder in family(pid):
        try:
            memory += int((folder / "statm").read_text().split()[1]) * _PAGE
            descriptors += len(os.listdir(folder / "fd"))
            threads += len(os.listdir(folder / "task"))
        except OSError:  # it has just ended
            continue
    return Sample(time.monotonic(), memory, descriptors, threads)


def family(pid: int) -> Iterator[Path]:
    """Yield the folders of a process and of all that it has started."""
    folder = Path(f"/proc/{pid}")
    yield folder
    for children in folder.glob("task/*/children"):
        for child in children.read_text().split():
            yield from family(int(child))
