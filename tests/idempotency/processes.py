"""Processes that want the same key at the same moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import IO

ROUNDS = 25


def one_claims(claimer: str, processes: Sequence[Sequence[str]]) -> None:
    """Assert that of several processes one gets each key.

    ``claimer`` is a program that writes a line once it is ready, reads a key from each line, and writes what it got;
    ``processes`` has the arguments for each.
    """
    running = [
        subprocess.Popen(
            [sys.executable, "-c", claimer, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for arguments in processes
    ]
    try:
        for process in running:
            _pipe(process.stdout).readline()
        for number in range(ROUNDS):
            for process in running:
                _pipe(process.stdin).write(f"key{number}\n")
                _pipe(process.stdin).flush()
            got = sorted(_pipe(process.stdout).readline().strip() for process in running)
            assert got == ["Busy"] * (len(running) - 1) + ["New"]
    finally:
        for process in running:
            process.communicate(timeout=20)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
