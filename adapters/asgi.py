"""Receive webhooks in any ASGI application. https://asgi.readthedocs.io/en/latest/specs/www.html"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Never, TypeAlias

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown
from webhook_kit.http import ClientDisconnected, RawRequest, RawResponse

from .arguments import checked_hooks, kind_of, mount_path
from .body import declared_length

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApplication: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
AnyASGIApplication: TypeAlias = Callable[..., Awaitable[None]]
"""One of somebody else's, whose own types for the three parameters are others."""


def application(hooks: Dispatcher, **others: Never) -> ASGIApplication:
    """Return a whole ASGI application that serves the endpoints of ``hooks`` at its root.

    Its lifespan checks ``hooks`` at the start and closes it at the end.
    """
    refuse_unknown("application()", others, ())
    return _Application(checked_hooks(hooks))


def wrap(app: AnyASGIApplication, hooks: Dispatcher, path: str = "/webhooks", **others: Never) -> ASGIApplication:
    """Return ``app`` inside a middleware that takes the requests under ``path``, also those that end in 404.

    Everything else passes through untouched. ``hooks`` is closed when the application's lifespan has shut down.
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
            await respond(self.hooks, scope, receive, send, path_of(scope) or "/")
        elif kind == "lifespan":
            await self._live(receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close"})
        else:
            raise ValueError(f"{kind!r} is a kind of connection that this application does not speak")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self.hooks.check()
        except ConfigurationError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hooks.aclose()
        await send({"type": "lifespan.shutdown.complete"})


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
                await respond(self.hooks, scope, receive, send, path[len(self.path) :] or "/")
                return
        elif kind == "lifespan":
            await self.app(scope, receive, self._closing(send))
            return
        await self.app(scope, receive, send)

    def _closing(self, send: Send) -> Send:
        """Return a ``send`` that checks and closes ``hooks`` at the two ends of the application's lifespan.

        What the check raises goes to the application, which reports it as it does its own mistakes.
        """

        async def watched(message: Message) -> None:
            kind = message["type"]
            if kind == "lifespan.startup.complete":
                self.hooks.check()
            elif kind in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await self.hooks.aclose()
            await send(message)

        return watched


async def respond(hooks: Dispatcher, scope: Scope, receive: Receive, send: Send, path: str) -> None:
    """Take one HTTP request to its answer; ``path`` is the one below the mount."""
    body = _Body(scope, receive)
    response = await hooks.adispatch(request_of(scope, path), read=body.read)
    if body.disconnected:
        return
    with suppress(OSError):  # the vendor hung up while a handler ran: its retry gets the answer
        await _send(response, send, scope["method"])


def request_of(scope: Scope, path: str) -> RawRequest:
    """Return the request in a scope, without its body."""
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
    root: str = scope.get("root_path", "").rstrip("/")
    if root and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
        return path[len(root) :]
    return path


class _Body:
    """The body of one request, not yet received."""

    __slots__ = ("_receive", "_scope", "disconnected")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self.disconnected = False

    async def read(self, limit: int) -> bytes | None:
        if declared_over(limit, self._scope):
            return None
        chunks: list[bytes] = []
        left = limit
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.disconnected = True
                raise ClientDisconnected
            chunk = message.get("body", b"")
            left -= len(chunk)
            if left < 0:
                return None
            chunks.append(chunk)
            more = message.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def declared_over(limit: int, scope: Scope) -> bool:
    """Whether a ``Content-Length`` header says that the body is longer than the limit (bytes)."""
    for name, value in scope.get("headers", ()):
        if name.lower() == b"content-length" and (declared_length(value) or 0) > limit:
            return True
    return False


async def _send(response: RawResponse, send: Send, method: str) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})
