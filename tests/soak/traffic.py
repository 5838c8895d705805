"""What is sent: mostly good deliveries, and everything else that a public address gets."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Final, NamedTuple

from tests.reliability.connection import Connection
from tests.reliability.messages import HANDLERS, Message
from webhook_kit.providers.standard_webhooks import SIGNATURES

from .application import LIMIT, PATH

CONNECTIONS: Final = 8
PATIENCE: Final = 30.0


class Kind(NamedTuple):
    """A kind of request: its share of all, and the status that it is to be answered with."""

    name: str
    share: int
    status: int


GOOD: Final = Kind("good", 78, 200)
AGAIN: Final = Kind("sent again", 10, 200)
FAILING: Final = Kind("failing", 2, 500)
FORGED: Final = Kind("forged", 5, 401)
MALFORMED: Final = Kind("malformed", 2, 400)
LARGE: Final = Kind("too large", 2, 413)
STRAY: Final = Kind("to no endpoint", 1, 404)
KINDS: Final = (GOOD, AGAIN, FAILING, FORGED, MALFORMED, LARGE, STRAY)


class Answered(NamedTuple):
    """An answer: when it was due to be asked for, and how many seconds later it came."""

    at: float
    seconds: float


class Traffic:
    """Send at a steady rate to one server until the time is over.

    A request that is late because the one before it was slow counts from when it should have been sent.
    """

    def __init__(self, port: int, secret: str, rate: float, seconds: float, random: Random) -> None:
        self._port = port
        self._secret = secret
        self._rate = rate
        self._seconds = seconds
        self._random = random
        self._numbers = count()
        self._done: Message | None = None
        self.answers: list[Answered] = []
        self.unexpected: Counter[str] = Counter()
        """What came instead of the right status, and how often."""

    async def run(self) -> None:
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(CONNECTIONS):
                group.create_task(self._send_each(self._times(started, number)))

    def _times(self, started: float, first: int) -> Iterator[float]:
        for number in range(first, round(self._seconds * self._rate), CONNECTIONS):
            yield started + number / self._rate

    async def _send_each(self, times: Iterator[float]) -> None:
        connection = Connection(self._port)
        for at in times:
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            await self._send(connection, at)
        connection.close()

    async def _send(self, connection: Connection, at: float) -> None:
        [kind] = self._random.choices(KINDS, [kind.share for kind in KINDS])
        message = self._message(kind)
        path, headers, body = self._request(kind, message)
        try:
            async with asyncio.timeout(PATIENCE):
                status = str(await connection.post(path, headers, body))
        except (OSError, EOFError) as error:
            status = type(error).__name__
        if kind is GOOD and status == "200":
            self._done = message
        if status != str(kind.status):
            self.unexpected[f"{status} to one that is {kind.name}"] += 1
        if kind is LARGE or not status.isdigit():
            # Servers may close where a body was not read, at once or a little later.
            connection.close()
        self.answers.append(Answered(at, time.monotonic() - at))

    def _request(self, kind: Kind, message: Message) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
        body = message.body()
        if kind is MALFORMED:
            body = body[:-1]
        elif kind is LARGE:
            body = body.ljust(LIMIT + 1)
        headers = SIGNATURES.sign(self._secret, body, now=time.time(), id=message.id).headers
        if kind is FORGED:
            body += b" "
        return (f"{PATH}/nowhere" if kind is STRAY else PATH), headers, body

    def _message(self, kind: Kind) -> Message:
        if kind is AGAIN and self._done is not None:
            return self._done
        number = next(self._numbers)
        type = list(HANDLERS)[number % len(HANDLERS)]
        return Message(number, type, HANDLERS[type][-1] if kind is FAILING else "")
