"""The vendor behaves as vendors do, against a server that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from random import Random
from typing import Any, Literal, NamedTuple, TypeAlias

import pytest

from tests.reliability.errors import Trouble
from tests.reliability.messages import Message
from tests.reliability.vendor import Request, Vendor, new_secret
from webhook_kit import RawRequest
from webhook_kit.providers.standard_webhooks import SIGNATURES

SECRET = new_secret()
NOW = 1_700_000_000

Answer: TypeAlias = int | Literal["hang up", "silence"]


class Received(NamedTuple):
    """What the server was sent."""

    headers: dict[str, str]
    body: bytes


class Script:
    """A server that gives the answers of a script, in the order of the requests."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = iter(answers)
        self.received: list[Received] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._serve_one(reader, writer):
                continue
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        self.received.append(Received(headers, await reader.readexactly(int(headers["content-length"]))))
        answer = next(self._answers)
        if answer == "hang up":
            return False
        if answer == "silence":
            await reader.read()
            return False
        writer.write(f"HTTP/1.1 {answer} Answer\r\nContent-Length: 2\r\n\r\nok".encode())
        return True


@asynccontextmanager
async def _scripted(*answers: Answer) -> AsyncIterator[tuple[Script, Callable[..., Vendor]]]:
    script = Script(answers)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    seconds: Iterator[int] = count(NOW)

    def vendor(*messages: Message, **options: Any) -> Vendor:
        defaults: dict[str, Any] = {"connections": 1, "back_off": [0.0], "clock": lambda: next(seconds)}
        return Vendor(messages, port=port, path="/hooks", secret=SECRET, random=Random(1), **{**defaults, **options})

    async with server:
        yield script, vendor


scripted: Callable[..., AbstractAsyncContextManager[tuple[Script, Callable[..., Vendor]]]] = _scripted


async def test_it_comes_again_until_it_is_answered_with_success() -> None:
    """After an error, a connection that is cut, and none of an answer."""
    async with scripted(503, "hang up", 500, 200) as (script, vendor):
        sender = vendor(Message(0, "invoice.paid"))
        await sender.deliver()
        assert sender.answers == {"503": 1, "IncompleteReadError": 1, "500": 1, "200": 1}
        assert sender.requests == len(script.received) == 4
        assert len(sender.retries) == 3
        assert [each.message for each in sender.acknowledgements] == [0]


async def test_a_retry_has_the_same_id_and_body_and_is_signed_anew() -> None:
    """With the time at which it is sent."""
    async with scripted(503, 200) as (script, vendor):
        await vendor(Message(7, "invoice.paid")).deliver()
        first, again = script.received
        assert first.body == again.body
        assert first.headers["webhook-id"] == again.headers["webhook-id"] == "msg_7"
        assert [int(each.headers["webhook-timestamp"]) for each in script.received] == [NOW, NOW + 1]
        assert first.headers["webhook-signature"] != again.headers["webhook-signature"]


async def test_its_signatures_are_real() -> None:
    """The kit's own verifier accepts them."""
    async with scripted(200) as (script, vendor):
        await vendor(Message(7, "invoice.paid")).deliver()
        [received] = script.received
        request = RawRequest("POST", "/", headers=received.headers.items(), body=received.body)
        credential = SIGNATURES.present(request, NOW)
        assert SIGNATURES.match(credential, received.body, [SIGNATURES.prepare(SECRET)]) == 0


async def test_it_does_not_wait_for_ever_for_an_answer() -> None:
    """A time-out is a failure like any other."""
    async with scripted("silence", 200) as (_, vendor):
        sender = vendor(Message(0, "invoice.paid"), seconds_per_request=0.3)
        await sender.deliver()
        assert sender.answers == {"TimeoutError": 1, "200": 1}


async def test_it_comes_again_where_nobody_listens() -> None:
    """As while a server starts."""
    async with scripted() as (_, vendor):
        refused = vendor(Message(0, "invoice.paid"))
    delivering = asyncio.create_task(refused.deliver())
    while not refused.retries:
        await asyncio.sleep(0)
    delivering.cancel()
    await asyncio.wait([delivering])
    assert set(refused.answers) == {"ConnectionRefusedError"}


async def test_a_refusal_ends_the_run() -> None:
    """A well-signed delivery that is refused proves that the run is wrong, and would be sent for ever."""
    async with scripted(401) as (_, vendor):
        with pytest.raises(Trouble, match="401"):
            await vendor(Message(0, "invoice.paid")).deliver()


async def test_twins_go_out_at_the_same_time_on_connections_of_their_own() -> None:
    """Whoever is told of an acknowledgement sees the others in flight."""
    seen: list[int] = []
    async with scripted(200, "silence", 200) as (_, vendor):
        twin = Message(0, "invoice.paid")
        sender = vendor(
            twin,
            twin,
            connections=2,
            seconds_per_request=0.3,
            on_acknowledged=lambda: seen.append(len(sender.in_flight)),
        )
        await sender.deliver()
    assert seen == [1, 0]
    assert not sender.in_flight


@pytest.mark.parametrize(("answers", "accepted"), [([200, 200], True), ([200, "hang up", 200], False)])
async def test_a_request_in_flight_knows_later_whether_it_was_accepted(answers: list[Answer], accepted: bool) -> None:
    """By that the crashes tell what they cut off."""
    in_flight: list[list[Request]] = []
    async with scripted(*answers) as (_, vendor):
        sender = vendor(
            Message(0, "invoice.paid"),
            Message(1, "invoice.paid"),
            connections=2,
            on_acknowledged=lambda: in_flight.append(list(sender.in_flight)),
        )
        await sender.deliver()
    [other] = in_flight[0]
    assert other.accepted is accepted
