"""A vendor: it signs, sends, and comes again until it is answered with success."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from secrets import token_bytes
from typing import Final, NamedTuple

from webhook_kit.providers.standard_webhooks import SIGNATURES

from .connection import Connection
from .errors import Trouble
from .messages import Message

CONNECTIONS: Final = 32
SECONDS_PER_REQUEST: Final = 10.0

BACK_OFF: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds before each retry, the last one for all that follow. Vendors wait minutes; nothing else would change."""


def new_secret() -> str:
    """Return a secret that the vendor and the application share."""
    return f"whsec_{b64encode(token_bytes(24)).decode()}"


class Request:
    """One request that was sent, and whether it was answered with success."""

    __slots__ = ("accepted",)

    def __init__(self) -> None:
        self.accepted = False


class Acknowledgement(NamedTuple):
    """An answer with success, and when it came: by the clock that all processes of a machine share."""

    message: int
    at: float


class Vendor:
    """Send messages over a few connections at a time, each one until it is acknowledged.

    ``on_acknowledged`` is called after each acknowledgement, while other requests are in flight.
    """

    def __init__(
        self,
        sends: Sequence[Message],
        *,
        port: int,
        path: str,
        secret: str,
        random: Random,
        connections: int = CONNECTIONS,
        seconds_per_request: float = SECONDS_PER_REQUEST,
        back_off: Sequence[float] = BACK_OFF,
        clock: Callable[[], float] = time.time,
        on_acknowledged: Callable[[], None] = lambda: None,
    ) -> None:
        self._to_send = iter(sends)
        self._port = port
        self._path = path
        self._secret = secret
        self._random = random
        self._connections = connections
        self._seconds_per_request = seconds_per_request
        self._back_off = back_off
        self._clock = clock
        self._on_acknowledged = on_acknowledged
        self.in_flight: set[Request] = set()
        self.acknowledgements: list[Acknowledgement] = []
        self.retries: list[float] = []
        """When each of them was sent, by the same clock."""
        self.answers: Counter[str] = Counter()
        """How often each status came, and each kind of failure without one."""

    @property
    def requests(self) -> int:
        """How many requests have ended, with or without an answer."""
        return self.answers.total()

    async def deliver(self) -> None:
        """Send everything. Raises :class:`Trouble` where the application refuses it, which proves nothing."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._connections):
                    group.create_task(self._send_each())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _send_each(self) -> None:
        connection = Connection(self._port)
        try:
            for message in self._to_send:
                await self._send_until_acknowledged(connection, message)
        finally:
            connection.close()

    async def _send_until_acknowledged(self, connection: Connection, message: Message) -> None:
        body = message.body()
        pauses = self._pauses()
        while not await self._accepted(connection, message, body):
            await asyncio.sleep(next(pauses))
            self.retries.append(time.monotonic())
        self.acknowledgements.append(Acknowledgement(message.number, time.monotonic()))
        self._on_acknowledged()

    def _pauses(self) -> Iterator[float]:
        for pause in self._back_off:
            yield pause * self._random.uniform(0.5, 1.5)
        while True:
            yield self._back_off[-1] * self._random.uniform(0.5, 1.5)

    async def _accepted(self, connection: Connection, message: Message, body: bytes) -> bool:
        """Send a message once, signed anew; True where the answer is success."""
        request = Request()
        headers = SIGNATURES.sign(self._secret, body, now=self._clock(), id=message.id).headers
        try:
            async with asyncio.timeout(self._seconds_per_request):
                await connection.open()
                self.in_flight.add(request)
                status = await connection.post(self._path, headers, body)
        except (OSError, EOFError) as error:
            connection.close()
            self.answers[type(error).__name__] += 1
            return False
        finally:
            self.in_flight.discard(request)
        self.answers[str(status)] += 1
        if 400 <= status < 500:
            raise Trouble(f"the application answered {status} to a delivery that is as it should be")
        request.accepted = 200 <= status < 300
        return request.accepted
