"""ASGI: other kinds of connections, and scopes with everything optional left out."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
from typing import Any

import pytest

from tests.conformance.deliveries import COMPLETED, meeting, meeting_baas, signature
from tests.conformance.expected import NO_ENDPOINT
from tests.conformance.wire import call_asgi
from webhook_kit import Dispatcher, Outcome, RawResponse
from webhook_kit.adapters import asgi
from webhook_kit.adapters.asgi import Message, Scope, path_of
from webhook_kit.http import Headers

from .conftest import Closing, Server


async def test_a_websocket_to_an_application_is_closed(hooks: Closing) -> None:
    server = Server({"type": "websocket.connect"})
    await asgi.application(hooks)({"type": "websocket", "path": "/meeting-baas"}, server.receive, server.send)
    assert server.sent == [{"type": "websocket.close"}]


async def test_a_kind_of_connection_that_nobody_knows_is_an_error(hooks: Closing) -> None:
    server = Server()
    with pytest.raises(ValueError, match="'carrier-pigeon'"):
        await asgi.application(hooks)({"type": "carrier-pigeon"}, server.receive, server.send)


@pytest.mark.parametrize(
    "scope",
    [
        {"type": "http", "path": "/", "method": "GET"},
        {"type": "http", "path": "/webhooksX", "method": "POST"},
        {"type": "http", "path": "/web", "method": "POST"},
        {"type": "http", "path": "/below/webhooks", "method": "POST"},
        {"type": "http", "path": "/webhooks", "root_path": "/webhooks", "method": "POST"},
        {"type": "websocket", "path": "/webhooks/meeting-baas"},
        {"type": "carrier-pigeon"},
    ],
)
async def test_what_is_not_ours_passes_as_the_very_same_objects(hooks: Closing, scope: Scope) -> None:
    passed: list[Any] = []

    async def inner(*given: Any) -> None:
        passed.extend(given)

    server, before = Server(), dict(scope)
    receive, send = server.receive, server.send
    await asgi.wrap(inner, hooks)(scope, receive, send)
    assert passed[0] is scope
    assert passed[1] is receive
    assert passed[2] is send
    assert scope == before
    assert hooks.records == []


@pytest.mark.parametrize(
    ("path", "root", "below"),
    [
        ("/api/hooks", "/api", "/hooks"),
        ("/api/hooks", "/api/", "/hooks"),
        ("/api/hooks", "/", "/api/hooks"),
        ("/api/hooks", "", "/api/hooks"),
        ("/hooks", "/api", "/hooks"),
        ("/apihooks", "/api", "/apihooks"),
        ("/api", "/api", ""),
        ("/api/", "/api", "/"),
    ],
)
def test_the_root_path_is_taken_off_on_a_segment_boundary(path: str, root: str, below: str) -> None:
    assert path_of({"path": path, "root_path": root}) == below


def test_a_request_to_the_root_path_itself_is_not_found(hooks: Closing) -> None:
    sent = meeting().but(path="", root="/api")
    assert asyncio.run(call_asgi(asgi.application(hooks), sent)) == NO_ENDPOINT


async def post(hooks: Dispatcher, *messages: Message, **scope: Any) -> Server:
    """Send a request whose scope has only what the protocol requires."""
    server = Server(*messages)
    whole: Scope = {"type": "http", "method": "POST", "path": "/meeting-baas", **scope}
    await asgi.application(hooks)(whole, server.receive, server.send)
    return server


async def test_a_scope_with_everything_optional_left_out_is_answered(hooks: Closing) -> None:
    server = Server()
    scope: Scope = {"type": "http", "method": "POST", "path": "/meeting-baas"}
    await asgi.application(hooks)(scope, server.receive, server.send)
    assert server.sent[0]["status"] == 401


@pytest.mark.parametrize(
    ("client", "host"), [(None, None), (["192.0.2.1", 9], "192.0.2.1"), (("", 0), None), ([None, None], None)]
)
async def test_the_client_is_a_host_or_none(hooks: Closing, client: Any, host: str | None) -> None:
    await post(hooks, {"type": "http.request", "body": COMPLETED}, headers=[signature(COMPLETED)], client=client)
    assert [(each.request.client, each.request.scheme) for each in hooks.deliveries] == [(host, "http")]


async def test_a_message_without_a_body_is_an_empty_one(hooks: Closing) -> None:
    messages: list[Message] = [{"type": "http.request", "body": COMPLETED, "more_body": True}, {"type": "http.request"}]
    server = await post(hooks, *messages, headers=[signature(COMPLETED)])
    assert (server.sent[0]["status"], server.waiting) == (200, [])


async def test_nothing_is_received_after_the_body(hooks: Closing) -> None:
    """Whoever watches for a disconnect is told that the client has gone, and stops."""
    messages: list[Message] = [{"type": "http.request", "body": COMPLETED}, {"type": "http.disconnect"}]
    server = await post(hooks, *messages, headers=[signature(COMPLETED)])
    assert (server.sent[0]["status"], server.waiting) == (200, [{"type": "http.disconnect"}])


async def test_a_body_in_tiny_pieces_takes_no_more_memory_than_in_large_ones() -> None:
    """Servers hand over each chunk by itself, senders choose the size of chunks, and need no secret for it."""
    stream = io.BytesIO(bytes(16 * 1024))

    async def receive() -> Message:
        piece = stream.read(2)
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    hooks = Dispatcher(idempotency=None)
    connection = asgi.Connection(hooks, Headers(), receive)
    tracemalloc.start()
    try:
        assert await connection.read(16 * 1024) == bytes(16 * 1024)
        assert tracemalloc.get_traced_memory()[1] < 4 * 16 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", [b"abc", b"-1", b"+5", b"", b"\xb2", b"1e9", b"7, 7"])
async def test_a_length_that_is_none_is_ignored_and_the_body_counted(hooks: Closing, length: bytes) -> None:
    headers = [signature(COMPLETED), (b"Content-Length", length)]
    server = await post(hooks, {"type": "http.request", "body": COMPLETED}, headers=headers)
    assert server.sent[0]["status"] == 200


@pytest.mark.parametrize("length", [b"16777217", b"9" * 5000])
async def test_a_length_over_the_limit_is_believed(hooks: Closing, length: bytes) -> None:
    headers = [signature(COMPLETED), (b"content-length", b"1"), (b"CONTENT-LENGTH", length)]
    server = await post(hooks, headers=headers)
    assert server.sent[0]["status"] == 413


async def test_nothing_is_sent_to_a_client_that_went_away(hooks: Closing) -> None:
    server = await post(hooks, {"type": "http.disconnect"}, headers=[signature(COMPLETED)])
    assert (server.sent, [record.outcome for record in hooks.records]) == ([], [Outcome.CANCELLED])


async def test_a_server_that_cannot_send_any_more_is_no_error(hooks: Closing) -> None:
    class Gone(Server):
        async def send(self, message: Message) -> None:
            raise BrokenPipeError

    server = Gone({"type": "http.request", "body": COMPLETED})
    scope: Scope = {"type": "http", "method": "POST", "path": "/meeting-baas", "headers": [signature(COMPLETED)]}
    await asgi.application(hooks)(scope, server.receive, server.send)
    assert [record.outcome for record in hooks.records] == [Outcome.PROCESSED]


async def test_a_request_that_is_cancelled_ends_in_its_cancellation(hooks: Closing) -> None:
    entered = asyncio.Event()

    async def receive() -> Message:
        entered.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    server = Server()
    scope: Scope = {"type": "http", "method": "POST", "path": "/meeting-baas", "headers": [signature(COMPLETED)]}
    request = asyncio.ensure_future(asgi.application(hooks)(scope, receive, server.send))
    await entered.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert (server.sent, [record.outcome for record in hooks.records]) == ([], [Outcome.CANCELLED])


async def test_an_answers_header_names_are_sent_in_lower_case(hooks: Closing) -> None:
    hooks = Closing()
    hooks.add(meeting_baas(), answers={Outcome.UNAUTHENTICATED: RawResponse(401, [("X-Why", "caf\xe9")], b"")})
    server = await post(hooks)
    assert server.sent[0]["headers"] == [(b"x-why", b"caf\xe9")]
