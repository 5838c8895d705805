"""Requests and answers as bytes, and the two protocols by which servers hand them to Python."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication, WSGIEnvironment
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from webhook_kit.adapters.asgi import AnyASGIApplication

Pair = tuple[bytes, bytes]
CHUNK = 7


@dataclass(frozen=True)
class Sent:
    """A request as a client sends it. ``path`` and ``root`` are percent-encoded."""

    path: str
    body: bytes = b""
    method: str = "POST"
    query: bytes = b""
    headers: tuple[Pair, ...] = ()
    kind: bytes = b"application/json"
    root: str = ""
    """The part of the path that the server keeps for itself: ``root_path``, ``SCRIPT_NAME``."""
    chunked: bool = False
    """Without a length, in small pieces."""
    cut: int | None = None
    """The client goes away after this many bytes of the body."""

    def but(self, **changes: Any) -> Sent:
        return replace(self, **changes)

    def with_headers(self, *pairs: Pair) -> Sent:
        return replace(self, headers=(*self.headers, *pairs))

    def all_headers(self) -> Iterator[Pair]:
        yield b"host", b"hooks.example"
        yield b"content-type", self.kind
        if self.chunked:
            yield b"transfer-encoding", b"chunked"
        else:
            yield b"content-length", str(len(self.body)).encode()
        yield from self.headers

    def arriving(self) -> bytes:
        return self.body[: self.cut]

    def decoded(self, path: str) -> str:
        return unquote_to_bytes(path).decode("utf-8", "replace")


@dataclass(frozen=True)
class Answer:
    """An answer as it leaves the application: header names in lower case, headers sorted."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def with_header(self, name: str, value: str) -> Answer:
        return replace(self, headers=tuple(sorted((*self.headers, (name, value)))))

    def without_body(self) -> Answer:
        return replace(self, body=b"")


def answer(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
    return Answer(status, tuple(sorted((name.lower(), value) for name, value in headers)), body)


@dataclass
class Client:
    """The far end of one request. A handler may call it to make the client hang up while it runs."""

    hang_up: Callable[[], Future[None]] = field(default=lambda: _done())


def call_wsgi(app: WSGIApplication, sent: Sent) -> Answer:
    """Send a request as a WSGI server hands it over; a checker of the protocol stands in between."""
    environ: WSGIEnvironment = {}
    for name, value in sent.all_headers():
        text = value.decode("latin-1")
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        # Servers hand over one value per name.
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    environ |= {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": unquote_to_bytes(sent.root).decode("latin-1"),
        "PATH_INFO": unquote_to_bytes(sent.path).decode("latin-1"),
        "QUERY_STRING": sent.query.decode("latin-1"),
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.input": io.BytesIO(sent.arriving()),
        "wsgi.url_scheme": "https",
    }
    if sent.chunked:
        environ["wsgi.input_terminated"] = True
    setup_testing_defaults(environ)
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
        started.append((status, headers))
        return lambda data: None

    result = validator(app)(environ, start_response)
    try:
        body = b"".join(result)
    finally:
        result.close()  # type: ignore[attr-defined]  # the checker insists on it
    [(status, headers)] = started
    return answer(int(status.partition(" ")[0]), headers, body)


async def call_asgi(app: AnyASGIApplication, sent: Sent, client: Client | None = None) -> Answer | None:
    """Send a request as an ASGI server hands it over; None where the application sends nothing."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    # Nothing more comes, which an application may wait to hear of: the client has gone, or has its answer.
    over = asyncio.Event()
    if client is not None:
        client.hang_up = lambda: asyncio.run_coroutine_threadsafe(_disappear(gone, over), loop)
    pieces = [sent.arriving()] if not sent.chunked else _pieces(sent.arriving())
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    if sent.cut is None:
        messages[-1]["more_body"] = False
    else:
        messages.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await over.wait()
        return {"type": "http.disconnect"}

    started: list[Any] = []
    body: list[bytes] = []

    async def send(message: Any) -> None:
        if gone.is_set():
            raise OSError("the client has gone")
        if message["type"] == "http.response.start":
            assert not started
            started.append(message)
        else:
            assert message["type"] == "http.response.body"
            body.append(message.get("body", b""))
            if not message.get("more_body"):
                over.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "https",
        "path": sent.decoded(sent.root + sent.path),
        "raw_path": (sent.root + sent.path).encode(),
        "root_path": sent.decoded(sent.root),
        "query_string": sent.query,
        "headers": [*sent.all_headers()],
        "client": ("192.0.2.1", 50000),
        "server": ("hooks.example", 443),
    }
    await app(scope, receive, send)
    if not started:
        return None
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in started[0]["headers"]]
    return answer(started[0]["status"], headers, b"".join(body))


async def _disappear(*noticed: asyncio.Event) -> None:
    """Hang up, and let the loop turn until whoever watches has noticed."""
    for event in noticed:
        event.set()
    for _ in range(50):
        await asyncio.sleep(0)


def _done() -> Future[None]:
    """Return what hanging up is on WSGI, where nobody notices before the answer is written."""
    done: Future[None] = Future()
    done.set_result(None)
    return done


def _pieces(body: bytes) -> list[bytes]:
    return [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)] + [b""]
