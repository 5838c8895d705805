"""The demo's server: ready when the context is entered, gone when it is left."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from webhook_kit.cli.demo_server import Server

Messages = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def hello(scope: MutableMapping[str, Any], receive: Messages, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})


async def unwilling(scope: MutableMapping[str, Any], receive: Messages, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "not today"})


def test_it_answers_inside_the_context_and_not_after_it() -> None:
    with Server(hello) as server:
        assert httpx2.get(server.url, trust_env=False).text == "hello"
    address = urlsplit(server.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))
    assert [each for each in threading.enumerate() if each.name == "webhook_kit-demo"] == []


def test_two_servers_get_ports_of_their_own() -> None:
    with Server(hello) as one, Server(hello) as other:
        assert one.url != other.url


def test_an_application_that_refuses_to_start_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="did not start"), Server(unwilling):
        pass
    assert [each for each in threading.enumerate() if each.name == "webhook_kit-demo"] == []
