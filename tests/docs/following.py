"""Somebody who types what a page says, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from .blocks import Block, blocks

PATIENCE = 60.0
PORT = "8000"
SERVERS = ("gunicorn", "waitress-serve", "uvicorn")


class Follower:
    """A reader with a shell. What the page says about port 8000 is done on a free one.

    Of what a page shows as printed, ``…`` stands for anything. ``served`` is called whenever a server is up.
    """

    def __init__(self, folder: Path, served: Callable[[Follower], None]) -> None:
        self.folder = folder
        self.port = _free_port()
        self._served = served
        # Commands are those that were installed beside this interpreter.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        self.environment = {
            **os.environ,
            "PATH": path,
            "PYTHONUNBUFFERED": "1",
            "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:asyncio",
        }
        self.log = folder.parent / "server.log"
        self._server: subprocess.Popen[bytes] | None = None

    def follow(self, page: Path) -> None:
        """Write the files and type the commands of a page, in their order."""
        for block in blocks(page):
            if block.language == "python":
                self.write(block)
            elif block.language == "console":
                self.type(block.code)

    def write(self, block: Block) -> None:
        """Write a file whose name is in its first line."""
        file = self.folder / block.file
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text(encoding="utf-8") if block.is_added else ""
        file.write_text(before + self._own(block.code), encoding="utf-8")

    def type(self, lines: str) -> None:
        """Type what stands behind each ``$``, and compare what is printed with what stands below."""
        for part in re.split(r"^\$ ", self._own(lines), flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            self._type(command, printed.strip())

    def stop(self) -> str:
        """Stop the server, and return what it has written."""
        server, self._server = self._server, None
        if server is not None:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
                raise
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _type(self, command: str, printed: str) -> None:
        words = shlex.split(command)
        if words[0] == "export":
            for name, _, value in (word.partition("=") for word in words[1:]):
                self.environment[name] = value
        elif words[:2] == ["pip", "install"]:
            for word in words[2:]:
                _installed(Requirement(word))
        elif words[0] in SERVERS or words[:2] == ["flask", "run"] or "runserver" in words:
            self.stop()
            self._serve(words)
            self._served(self)
        else:
            ended = subprocess.run(
                command,
                shell=True,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            assert ended.returncode == 0, f"$ {command}\n{ended.stdout}"
            assert _alike(printed, ended.stdout), f"$ {command}\n{ended.stdout}\n--- the page has\n{printed}"

    def _serve(self, words: list[str]) -> None:
        with self.log.open("wb") as output:
            self._server = subprocess.Popen(
                words,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE).close()
            except OSError:
                assert time.monotonic() < deadline, f"nobody listens:\n{self.log.read_text(errors='replace')}"
            else:
                return
            try:
                self._server.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"the server has ended:\n{self.log.read_text(errors='replace')}")

    def _own(self, text: str) -> str:
        return re.sub(rf"\b{PORT}\b", str(self.port), text)


@contextmanager
def follower(folder: Path, served: Callable[[Follower], None] = lambda reader: None) -> Iterator[Follower]:
    """Be a reader in this folder; what was started is stopped at the end."""
    folder.mkdir()
    reader = Follower(folder, served)
    try:
        yield reader
    finally:
        reader.stop()


def _installed(requirement: Requirement) -> None:
    """Look whether something is installed here with its extras: what a page says to install must be known."""
    metadata = distribution(requirement.name).metadata
    assert requirement.extras <= set(metadata.get_all("Provides-Extra") or [])


def _alike(expected: str, printed: str) -> bool:
    pattern = re.escape(expected).replace("…", ".*")
    return not expected or re.fullmatch(rf"(?s).*{pattern}\s*", printed) is not None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
