"""Receive webhooks in any ASGI application. https://asgi.readthedocs.io/en/latest/specs/www.html"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Never, TypeAlias

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.drivers import Awaiting, Inject
from webhook_kit.errors import ConfigurationError, refuse_unknown
from webhook_kit.http import ClientDisconnected, Headers, RawRequest

from .arguments import checked_hooks, kind_of, mount_path
from .body import over
from .lifespan import live

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApplication: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
AnyASGIApplication: TypeAlias = Callable[..., Awaitable[None]]
"""One of somebody else's, whose own types for the three parameters are others."""


def application(hooks: Dispatcher, **others: Never) -> ASGIApplication:
    """Return a whole ASGI application that serves the endpoints of ``hooks`` at its root.

    Its lifespan opens ``hooks`` at the start and closes it at the end.
    """
    refuse_unknown("application()", others, ())
    return _Application(checked_hooks(hooks))


def wrap(app: AnyASGIApplication, hooks: Dispatcher, path: str = "/webhooks", **others: Never) -> ASGIApplication:
    """Return ``app`` inside a middleware that takes the requests under ``path``, also those that end in 404.

    Everything else passes through untouched. ``hooks`` is opened before the application's lifespan starts, and closed
    when that has shut down.
    """
    refuse_unknown("wrap()", others, ("path",))
    if not callable(app):
        raise ConfigurationError(f"wrap() takes an ASGI application and the Dispatcher, not {kind_of(app)}")
    return _Middleware(app, checked_hooks(hooks), mount_path(path))


class _Application:
    def __init__(self, hooks: Dispatcher) -> None:
        self.hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await respond(self.hooks, request_of(scope, path_of(scope) or "/"), scope, receive, send)
        elif kind == "lifespan":
            await live(self.hooks, _without_lifespan, scope, receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close"})
        else:
            raise ValueError(f"{kind!r} is a kind of connection that this application does not speak")


async def _without_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    return


class _Middleware:
    def __init__(self, app: AnyASGIApplication, hooks: Dispatcher, path: str) -> None:
        self.app = app
        self.hooks = hooks
        self.path = path
        self._below = f"{path}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            path = path_of(scope)
            if path == self.path or path.startswith(self._below):
                await respond(self.hooks, request_of(scope, path[len(self.path) :] or "/"), scope, receive, send)
                return
        elif kind == "lifespan":
            await live(self.hooks, self.app, scope, receive, send)
            return
        await self.app(scope, receive, send)


async def respond(
    hooks: Dispatcher, request: RawRequest, scope: Scope, receive: Receive, send: Send, inject: Inject | None = None
) -> None:
    """Take one HTTP request to its answer."""
    connection = Connection(hooks, request.headers, receive, inject)
    response = await hooks.receive(request, connection)
    if connection.lost:
        return
    # A list of the server's own, which it may change.
    headers = [*response.encoded_headers()]
    body = response.body if request.method != "HEAD" else b""
    try:
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
    except OSError:
        return  # the vendor hung up while a handler ran: its retry gets the answer


def request_of(scope: Scope, path: str) -> RawRequest:
    """Return the request in a scope, without its body; ``path`` is the one below the mount."""
    client = scope.get("client")
    return RawRequest(
        scope["method"],
        path,
        query_string=scope.get("query_string", b""),
        headers=scope.get("headers", ()),
        client=(client[0] or None) if client else None,
        scheme=scope.get("scheme", "http"),
    )


def path_of(scope: Scope) -> str:
    """Return the path below the root path, which servers leave in ``path`` and a few do not."""
    path: str = scope["path"]
    if root := scope.get("root_path"):
        root = root.rstrip("/")
        if path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
            return path[len(root) :]
    return path


class Connection(Awaiting):
    """The host of a flow that reads its body from an ASGI server."""

    __slots__ = ("_headers", "_receive", "lost")

    def __init__(self, hooks: Dispatcher, headers: Headers, receive: Receive, inject: Inject | None = None) -> None:
        super().__init__(hooks.runtime, None, None, inject)
        self._headers = headers
        self._receive = receive
        self.lost = False
        """Whether the client went away before its body had arrived, so that nobody waits for an answer."""

    async def read(self, limit: int) -> bytes | None:
        if over(limit, self._headers.getlist("content-length")):
            return None
        body: bytearray | None = None
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.lost = True
                raise ClientDisconnected
            chunk: bytes = message.get("body", b"")
            limit -= len(chunk)
            if limit < 0:
                return None
            last = not message.get("more_body")
            if last and body is None:
                return chunk
            # One buffer, because senders choose the size of chunks: each kept by itself takes dozens of bytes more.
            if body is None:
                body = bytearray()
            body += chunk
            if last:
                return bytes(body)


def declared_over(limit: int, scope: Scope) -> bool:
    """Whether a ``Content-Length`` header says that the body is longer than the limit (bytes)."""
    return over(limit, Headers(scope.get("headers", ())).getlist("content-length"))
