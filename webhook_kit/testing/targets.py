"""What receives a delivery: each kind of application, client or server, called in the same way."""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from ..dispatcher import Dispatcher
from ..errors import ConfigurationError
from ..http import RawRequest, RawResponse
from .wire import Wire

HOST: Final = "testserver"


class Target(ABC):
    """What receives requests, whose paths are relative to the mount."""

    def open(self) -> None:
        """Start, before the first request, what has a start and an end."""

    async def aopen(self) -> None:
        """Start it at once, on this event loop."""

    @abstractmethod
    def send(self, request: RawRequest) -> RawResponse:
        """Send a request, and wait for the answer."""

    async def asend(self, request: RawRequest) -> RawResponse:
        """Send a request from an event loop, which is not blocked."""
        return await asyncio.to_thread(self.send, request)

    def close(self) -> None:
        """Close what was opened."""

    async def aclose(self) -> None:
        """Do as :meth:`close`, on the event loop of :meth:`aopen`."""
        self.close()


def target_of(target: Any, *, mount: str, timeout: float) -> Target:
    """Return how a target is sent to; raise :class:`ConfigurationError` for what cannot receive."""
    mount = "/" + mount.strip("/") if mount.strip("/") else ""
    if isinstance(target, Dispatcher):
        return DispatcherTarget(target)
    if isinstance(target, str):
        return HTTPTarget(target, timeout)
    if hasattr(target, "generic"):
        return DjangoTarget(target, mount)
    if hasattr(target, "open") and hasattr(target, "application"):
        return WerkzeugTarget(target, mount)
    if hasattr(target, "request") and hasattr(target, "base_url"):
        return RequestingTarget(target, mount)
    if callable(target) and not isinstance(target, type):
        if inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(type(target).__call__):
            return ASGITarget(target, mount)
        return WSGITarget(target, mount)
    raise ConfigurationError(
        f"a delivery goes to a Dispatcher, an ASGI or WSGI application, a test client or an address, not to {target!r}"
    )


class DispatcherTarget(Target):
    """A dispatcher, without any framework around it."""

    def __init__(self, hooks: Dispatcher) -> None:
        self._hooks = hooks

    def send(self, request: RawRequest) -> RawResponse:
        return self._hooks.dispatch(request)

    async def asend(self, request: RawRequest) -> RawResponse:
        return await self._hooks.adispatch(request)


class WSGITarget(Target):
    """A WSGI application."""

    def __init__(self, app: Callable[..., Any], mount: str) -> None:
        self._app = app
        self._mount = mount

    def send(self, request: RawRequest) -> RawResponse:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(self._mount + request.path).decode("latin-1"),
            "QUERY_STRING": request.query_string.decode("latin-1"),
            "SERVER_NAME": HOST,
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": request.client or "127.0.0.1",
            "HTTP_HOST": HOST,
            "CONTENT_LENGTH": str(len(request.body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": request.scheme,
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in request.headers.pairs():
            key = name.upper().replace("-", "_")
            key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., None]:
            started.append((status, headers))
            return lambda data: None

        result: Iterable[bytes] = self._app(environ, start_response)
        try:
            body = b"".join(result)
        finally:
            if (close := getattr(result, "close", None)) is not None:
                close()
        status, headers = started[-1]
        return RawResponse(int(status.partition(" ")[0]), headers, body)


class ASGITarget(Target):
    """An ASGI application: on an event loop of its own, or on the caller's."""

    def __init__(self, app: Callable[..., Any], mount: str) -> None:
        self._app = app
        self._mount = mount
        self._runner: asyncio.Runner | None = None
        self._lifespan: _Lifespan | None = None
        self._opened = False

    def open(self) -> None:
        self._opened = True

    async def aopen(self) -> None:
        lifespan = _Lifespan(self._app)
        await lifespan.start()
        self._lifespan = lifespan

    def send(self, request: RawRequest) -> RawResponse:
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            raise ConfigurationError("an event loop is running here: write await client.adeliver(...)")
        if self._opened and self._lifespan is None:
            self._running().run(self.aopen())
        return self._running().run(self.asend(request))

    async def asend(self, request: RawRequest) -> RawResponse:
        path = self._mount + request.path
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.scheme,
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": request.query_string,
            "headers": [
                (b"host", HOST.encode()),
                (b"content-length", str(len(request.body)).encode()),
                *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.pairs()),
            ],
            "client": (request.client or "127.0.0.1", 50000),
            "server": (HOST, 443),
        }
        if self._lifespan is not None:
            scope["state"] = dict(self._lifespan.state)
        received = False
        answered = asyncio.Event()

        async def receive() -> dict[str, Any]:
            nonlocal received
            if received:
                await answered.wait()
                return {"type": "http.disconnect"}
            received = True
            return {"type": "http.request", "body": request.body, "more_body": False}

        messages: list[Any] = []

        async def send(message: Any) -> None:
            messages.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                answered.set()

        await self._app(scope, receive, send)
        start = next(each for each in messages if each["type"] == "http.response.start")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", ())]
        return RawResponse(start["status"], headers, b"".join(each.get("body", b"") for each in messages))

    def close(self) -> None:
        if self._runner is not None:
            self._runner.run(self.aclose())
            self._forgotten()
            self._runner = None
        self._opened = False

    async def aclose(self) -> None:
        if self._lifespan is not None:
            await self._lifespan.stop()
            self._lifespan = None

    def _running(self) -> asyncio.Runner:
        """Return the loop for all requests, so that what is bound to it keeps working."""
        if self._runner is None:
            self._runner = asyncio.Runner()
            # Who only sends, and closes nothing, leaves no loop behind.
            self._forgotten = weakref.finalize(self, self._runner.close)
        return self._runner


class _Lifespan:
    """The start and the end of an ASGI application that has any."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self.state: dict[str, Any] = {}

    async def start(self) -> None:
        """Start the application; one that knows nothing of it is left alone."""
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._heard: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())
        await self._tell("startup")

    async def stop(self) -> None:
        """End the application."""
        if not self._task.done():
            await self._tell("shutdown")
        with suppress(Exception):  # what it raised before its start was over says that it has none
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._told.get, self._heard.put)
        finally:
            await self._heard.put(None)

    async def _tell(self, what: str) -> None:
        await self._told.put({"type": f"lifespan.{what}"})
        heard = await self._heard.get()
        if heard is not None and heard["type"] == f"lifespan.{what}.failed":
            raise RuntimeError(f"the application's {what} failed: {heard.get('message', '')}")


class WerkzeugTarget(Target):
    """Flask's test client, or werkzeug's."""

    def __init__(self, client: Any, mount: str) -> None:
        self._client = client
        self._mount = mount

    def send(self, request: RawRequest) -> RawResponse:
        answer = self._client.open(
            self._mount + request.path,
            method=request.method,
            base_url=f"{request.scheme}://{HOST}",
            query_string=request.query_string.decode("latin-1"),
            headers=request.headers.pairs(),
            data=request.body,
        )
        return RawResponse(answer.status_code, list(answer.headers), answer.get_data())


class DjangoTarget(Target):
    """Django's test client, or its asynchronous one."""

    def __init__(self, client: Any, mount: str) -> None:
        self._client = client
        self._mount = mount

    def send(self, request: RawRequest) -> RawResponse:
        answer = self._client.generic(*self._arguments(request), **self._options(request))
        if inspect.iscoroutine(answer):
            answer.close()
            raise ConfigurationError("Django's AsyncClient is awaited: write await client.adeliver(...)")
        return RawResponse(answer.status_code, list(answer.items()), answer.content)

    async def asend(self, request: RawRequest) -> RawResponse:
        from django.test import AsyncClient

        client = self._client if inspect.iscoroutinefunction(type(self._client).request) else AsyncClient()
        answer = await client.generic(*self._arguments(request), **self._options(request))
        return RawResponse(answer.status_code, list(answer.items()), answer.content)

    def _arguments(self, request: RawRequest) -> tuple[str, str, bytes]:
        query = request.query_string.decode("latin-1")
        path = self._mount + request.path
        return request.method, f"{path}?{query}" if query else path, request.body

    def _options(self, request: RawRequest) -> dict[str, Any]:
        headers = dict(request.headers.pairs())
        kind = headers.pop("content-type", "application/octet-stream")
        return {"content_type": kind, "secure": request.scheme == "https", "headers": headers}


class RequestingTarget(Target):
    """The test client of Starlette and FastAPI, or any client of httpx's kind, asynchronous ones included."""

    def __init__(self, client: Any, mount: str) -> None:
        self._client = client
        self._mount = mount

    def send(self, request: RawRequest) -> RawResponse:
        if inspect.iscoroutinefunction(self._client.request):
            raise ConfigurationError("this client is awaited: write await client.adeliver(...)")
        return _response(self._client.request(*self._arguments(request), **_options(request)))

    async def asend(self, request: RawRequest) -> RawResponse:
        if not inspect.iscoroutinefunction(self._client.request):
            return await super().asend(request)
        return _response(await self._client.request(*self._arguments(request), **_options(request)))

    def _arguments(self, request: RawRequest) -> tuple[str, str]:
        query = request.query_string.decode("latin-1")
        path = self._mount + request.path
        return request.method, f"{path}?{query}" if query else path


def _options(request: RawRequest) -> dict[str, Any]:
    return {"headers": request.headers.pairs(), "content": request.body, "follow_redirects": False}


def _response(answer: Any) -> RawResponse:
    return RawResponse(answer.status_code, list(answer.headers.multi_items()), answer.content)


class HTTPTarget(Target):
    """A server, at an address to which the paths of requests are appended."""

    def __init__(self, address: str, timeout: float) -> None:
        self._wire = Wire(address, timeout=timeout)

    def send(self, request: RawRequest) -> RawResponse:
        return self._wire.exchange(request)
