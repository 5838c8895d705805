"""One host on one server, and the vendor that calls it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Final, Self, TypeVar

from tests.reliability.errors import Trouble
from tests.reliability.processes import Process, free_port, listens
from tests.reliability.server import ROOT
from webhook_kit import Outcome

from .. import deliveries
from ..expected import MeetingBaaS
from ..hosts import HOSTS, Host
from ..wire import Answer, Sent
from .connection import PATIENCE, Connection, Silence, written
from .journal import ENTERED, FINISHED, Entry, Journal
from .served import FOLDER, HOST, JOURNAL, SHARED
from .servers import Server

T = TypeVar("T")

REFUSAL: Final = 5.0
"""Seconds within which what is no request is refused, where it ever is."""

START: Final = 60.0
"""Seconds for a first answer."""

LOG: Final = "server.log"
SYNC: Final = "complete"
ASYNC: Final = "failed"
"""The events whose handlers are sync and async."""

_NO_ANSWERS: Final = (ENTERED, FINISHED, Outcome.CANCELLED.value)


class Otherwise(Exception):
    """Say in a few constant words what happened instead of what was expected."""


class Site:
    """A server in processes of its own, with one host."""

    def __init__(self, server: Server, host: str, folder: Path, prefix: str = "") -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.server = server
        self.host_name = host
        self.host: type[Host] = HOSTS[host]
        self.folder = folder
        self.prefix = prefix
        self.journal = Journal(folder / JOURNAL)
        self.port = _own_port()
        arguments, environment = server.prefix(prefix) if prefix else ((), {})
        self._sent_prefix = "" if server.proxied else prefix
        self.process = Process(
            server.command(self.port, *arguments),
            folder / LOG,
            environment={
                **os.environ,
                **environment,
                HOST: host,
                FOLDER: str(folder),
                **({SHARED: "1"} if server.shared else {}),
            },
            folder=ROOT,
        )
        self.bots: list[str] = []
        self.signatures: set[str] = set()
        """What was in the deliveries so far."""

        self._mark = 0

    def __enter__(self) -> Self:
        self.process.start()
        try:
            self.process.wait_until(lambda: listens(self.port))
            self._wait_for_application()
        except BaseException:
            self.process.stop(signal.SIGKILL)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()

    def _wait_for_application(self) -> None:
        """Wait for a first answer: some servers listen before they have loaded what they serve."""
        try:
            self.exchange(Sent("/", method="GET"), patience=START)
        except Silence:
            raise Trouble(f"no answer within {START:g} seconds") from None

    def begin(self) -> None:
        """Forget what was seen before."""
        self._mark = self.journal.size()

    # What is sent

    def body(self, kind: str = SYNC, doing: str = "works") -> bytes:
        """Return the body of an event that was never sent before."""
        data = {"bot_id": f"{doing}-{len(self.bots)}"}
        self.bots.append(data["bot_id"])
        if kind == ASYNC:
            data["error"] = "of no interest"
        return json.dumps({"event": kind, "data": data}).encode()

    def delivery(self, kind: str = SYNC, doing: str = "works") -> Sent:
        """Return a signed delivery of Meeting BaaS that was never sent before."""
        sent = self.at(deliveries.meeting(self.body(kind, doing)))
        self.signatures.update(value.decode() for _, value in sent.headers)
        return sent

    def at(self, sent: Sent) -> Sent:
        """Return a request whose path is one below the mount with its full path."""
        return self.below(sent.but(path=f"{self.host.mount}{sent.path}"))

    def below(self, sent: Sent) -> Sent:
        """Return a request to the application as one to the server, which may serve it below a path."""
        return sent.but(path=f"{self._sent_prefix}{sent.path}")

    def connect(self) -> Connection:
        return Connection(self.port)

    # What comes of it

    def exchange(self, data: bytes | Sent, method: str = "POST", patience: float = PATIENCE) -> Answer | None:
        """Send a request on a connection of its own and return its answer."""
        if isinstance(data, Sent):
            method, data = data.method, written(data)
        with self.connect() as connection:
            connection.send(data)
            return connection.receive(method, patience)

    def expect(self, data: bytes | Sent, expected: Answer, *outcomes: Outcome) -> None:
        """Send a request; its answer and the outcomes of the case so far must be these."""
        method = data.method if isinstance(data, Sent) else "POST"
        try:
            answered = self.exchange(data, method)
        except Silence:
            raise Otherwise("no answer") from None
        self.compare(answered, expected, *outcomes)

    def compare(self, answered: Answer | None, expected: Answer, *outcomes: Outcome) -> None:
        """Compare an answer, and the outcomes of the case so far."""
        seen = self.outcomes()
        if answered == expected and seen == list(outcomes):
            return
        raise Otherwise(_told(answered, expected, seen, list(outcomes)))

    def refuses(self, data: bytes, method: str = "POST") -> None:
        """Send what is no request: it must be refused by whomever, and no handler may see it."""
        try:
            answered = self.exchange(data, method, patience=REFUSAL)
        except Silence:
            raise Otherwise("no answer") from None
        if self.entered():
            raise Otherwise("handled")
        if answered is not None and not (400 <= answered.status < 500 or answered.status == 501):
            raise Otherwise(str(answered.status))

    def is_well(self) -> None:
        """A delivery that has nothing to do with what came before is processed."""
        self.begin()
        self.expect(self.delivery(), MeetingBaaS.SUCCESS, Outcome.PROCESSED)

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes of the case so far, without those of clients that went away."""
        return [Outcome(entry.step) for entry in self.entries() if entry.step not in _NO_ANSWERS]

    def entered(self) -> list[Entry]:
        """Return what handlers were called with in this case."""
        return [entry for entry in self.entries() if entry.step == ENTERED]

    def entries(self) -> list[Entry]:
        """Return all steps of this case."""
        return self.journal.since(self._mark)

    def wait_for(self, step: str, times: int = 1, patience: float = PATIENCE) -> None:
        """Wait until a step was taken so often."""
        until = time.monotonic() + patience
        while sum(entry.step == step for entry in self.entries()) < times:
            if time.monotonic() > until:
                raise Otherwise(f"never {step}")
            time.sleep(0.002)

    def open_gates(self) -> None:
        """Let the handlers go on that wait."""
        for entry in self.entered():
            (self.folder / entry.bot).touch()

    def log(self) -> str:
        """Return what the server has written."""
        return (self.folder / LOG).read_text(errors="replace")


def _own_port() -> int:
    """Return a free port that no other site of this run was given."""
    with _PORTS_LOCK:
        port = free_port()
        while port in _PORTS:
            port = free_port()
        _PORTS.add(port)
        return port


_PORTS: Final[set[int]] = set()
_PORTS_LOCK: Final = Lock()


def each(variants: Iterable[T], check: Callable[[T], None]) -> None:
    """Check every variant, and tell of all that are otherwise."""
    found: dict[str, list[str]] = {}
    for variant in variants:
        try:
            check(variant)
        except Otherwise as otherwise:
            found.setdefault(str(otherwise), []).append(str(variant))
    if found:
        raise Otherwise("; ".join(f"{' '.join(those)}: {seen}" for seen, those in found.items()))


def _told(answered: Answer | None, expected: Answer, seen: list[Outcome], outcomes: list[Outcome]) -> str:
    if answered is None:
        return "hung up"
    if seen != outcomes:
        told = ", ".join(outcome.value for outcome in seen[len(outcomes) - 1 :])
        return f"{answered.status}, {told or 'not by us'}"
    if answered.status != expected.status or answered.body != expected.body:
        return f"{answered.status} with another body"
    more = ", ".join(sorted({name for name, _ in set(answered.headers) - set(expected.headers)}))
    less = ", ".join(sorted({name for name, _ in set(expected.headers) - set(answered.headers)}))
    return "; ".join(part for part in (more and f"with {more}", less and f"without {less}") if part)
