"""Write into ``docs/cli.md`` what the commands print: each is run, against a server where it needs one.

Run it from the root: ``python -m docs.recordings``. A test fails where it was forgotten.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, closing, contextmanager
from pathlib import Path
from string import Template
from typing import Final

from typer.testing import CliRunner

from webhook_kit.cli.command import cli
from webhook_kit.idempotency import SQLStore
from webhook_kit.providers.meeting_baas import MeetingBaaS

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "cli.md"
WIDTH: Final = 80
PATIENCE: Final = 60.0
PORT: Final = "8000"
SECRETS: Final = {
    "MEETING_BAAS_SECRET": "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA=",
    "VCAAS_TOKEN": "a-token-for-the-addresses-of-vcaas",
}
RECEIVED: Final = 1_790_000_000
SERVE: Final = "webhook-kit serve shop:hooks"
PLACE: Final = re.compile(r"(<!-- recorded by docs/recordings.py -->\n```console\n)(.*?)(```\n)", re.DOTALL)


def recorded(page: str) -> str:
    """Return the page with what its commands print now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shop.py").write_text(_module(page), encoding="utf-8")
        (folder / "refused.http").write_bytes(_refused())
        with closing(SQLStore(f"sqlite:///{folder}/webhooks.db")) as store:
            store.create()
        # One is sent to, the other one is recorded; they start side by side.
        server, served = Serving(folder, "server"), Serving(folder, "served")
        try:
            with _without_traces():
                port = server.port
                return PLACE.sub(lambda place: f"{place[1]}{_session(place[2], folder, port, served)}{place[3]}", page)
        finally:
            server.stop()
            served.stop()


def sessions(page: str) -> list[str]:
    """Return what is recorded in a page: commands, and what they print."""
    return [place[2] for place in PLACE.finditer(page)]


def shape(session: str) -> str:
    """Return what is the same in every recording: no numbers, no durations, no bars, and no widths of columns."""
    lines = [line for line in session.splitlines() if not re.match(r" +(up to|over) ", line)]
    text = re.sub(r"delivery=\w+", "delivery=#", "\n".join(lines))
    text = re.sub(r"\d+(\.\d+)?", "#", text)
    return re.sub(r"(─)+", "─", re.sub(r" +", " ", text)).replace(" \n", "\n")


def _module(page: str) -> str:
    match = re.search(r"```python\n(# shop\.py\n.*?)```", page, re.DOTALL)
    assert match is not None, "the page has no shop.py"
    return match[1]


def _refused() -> bytes:
    """Return a request whose body was written anew on its way."""
    provider = MeetingBaaS(signing_secret=SECRETS["MEETING_BAAS_SECRET"])
    message = provider.vendor.message("bot.failed", b'{"event":"bot.failed","data":{"bot_id":"b-1"}}')
    request = provider.vendor.request(message, now=RECEIVED - 3)
    headers = "".join(f"{name}: {value}\n" for name, value in request.headers.pairs())
    body = json.dumps(json.loads(request.body), indent=2)
    return f"POST /webhooks/meeting-baas HTTP/1.1\n{headers}\n{body}\n".encode()


def _session(session: str, folder: Path, port: str, served: Serving) -> str:
    """Run the commands of a session again, and return it with what they print."""
    parts = []
    for command in re.findall(r"^\$ ((?:.*\\\n)*.*)$", session, re.MULTILINE):
        printed = _served(folder, served) if command == SERVE else _run(command, folder, port)
        parts.append(f"$ {command}\n{printed}")
    return "".join(parts)


def _run(command: str, folder: Path, port: str) -> str:
    """Run a line of a shell in this process, and return what it printed: imports are paid for once."""
    line = Template(command.replace("\\\n", "").replace(f":{PORT}", f":{port}")).substitute(SECRETS)
    first, *filters = line.split(" | ")
    program, *words = shlex.split(first)
    if program == "cat":
        printed = "".join((folder / word).read_text(encoding="utf-8") for word in words)
    else:
        assert program == "webhook-kit", f"who can run {program}?"
        with chdir(folder):
            printed = CliRunner().invoke(cli, words, prog_name=program, env=_environment()).output
    for each in filters:
        name, number = each.split(" -")
        lines = printed.splitlines(keepends=True)
        printed = "".join({"head": lines[: int(number)], "tail": lines[-int(number) :]}[name])
    return printed.replace(f":{port}", f":{PORT}")


def _served(folder: Path, served: Serving) -> str:
    """Send one delivery to a server, interrupt it, and return what it printed."""
    sent = f"webhook-kit send vcaas UserJoinLeave --secret $VCAAS_TOKEN --to http://127.0.0.1:{PORT}/vcaas"
    _run(sent, folder, served.port)
    printed = served.stop().replace(f":{served.port}", f":{PORT}")
    return re.sub(r"^.*(?:Waiting for application|Finished server|Shutting down).*\n", "", printed, flags=re.MULTILINE)


class Serving:
    """A server in a process of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._log = folder / name
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-m", "webhook_kit.cli", "serve", "shop:hooks", "--port", "0"],
                cwd=folder,
                env={**os.environ, **_environment()},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def port(self) -> str:
        """The port that it listens at, as soon as it does."""
        while "startup complete" not in self._printed():
            try:
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"the server has ended:\n{self._printed()}")
        match = re.search(r"http://127\.0\.0\.1:(\d+)", self._printed())
        assert match is not None, "the server shows its address"
        return match[1]

    def stop(self) -> str:
        """Interrupt it, and return what it printed."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)
        return self._printed()

    def _printed(self) -> str:
        return self._log.read_text(encoding="utf-8")


@contextmanager
def _without_traces() -> Iterator[None]:
    """Forget the module that commands import."""
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        sys.modules.pop("shop", None)


def _environment() -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**SECRETS, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": str(WIDTH), "TERM": "dumb"}


def main() -> None:
    """Write the page."""
    PAGE.write_text(recorded(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
