"""Receive webhooks in any WSGI application. https://peps.python.org/pep-3333/"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, Never
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.drivers import Blocking, drive
from webhook_kit.errors import ConfigurationError, refuse_unknown
from webhook_kit.http import Headers, RawRequest

from .arguments import checked_hooks, kind_of, mount_path
from .body import declared_length, read_stream

logger = logging.getLogger("webhook_kit")


def application(hooks: Dispatcher, **others: Never) -> WSGIApplication:
    """Return a whole WSGI application that serves the endpoints of ``hooks`` at its root."""
    refuse_unknown("application()", others, ())
    checked_hooks(hooks)

    def whole(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return _respond(hooks, environ, start_response, environ.get("PATH_INFO", ""))

    return _showing(whole, hooks, "")


def wrap(app: WSGIApplication, hooks: Dispatcher, path: str = "/webhooks", **others: Never) -> WSGIApplication:
    """Return ``app`` inside a middleware that takes the requests under ``path``, also those that end in 404.

    Everything else passes through untouched. ``hooks`` is closed when the process ends.
    """
    refuse_unknown("wrap()", others, ("path",))
    if not callable(app):
        raise ConfigurationError(f"wrap() takes a WSGI application and the Dispatcher, not {kind_of(app)}")
    checked_hooks(hooks)
    mount = mount_path(path)
    below = f"{mount}/"

    def middleware(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path_info: str = environ.get("PATH_INFO", "")
        if path_info == mount or path_info.startswith(below):
            return _respond(hooks, environ, start_response, path_info[len(mount) :])
        return app(environ, start_response)

    return _showing(middleware, hooks, mount)


def _showing(app: WSGIApplication, hooks: Dispatcher, path: str) -> WSGIApplication:
    """Return an application that shows what is served where, as the one of ASGI does."""
    setattr(app, "hooks", hooks)  # noqa: B010  # functions declare no attributes
    setattr(app, "path", path)  # noqa: B010
    return app


def request_of(environ: WSGIEnvironment, path: str) -> RawRequest:
    """Return the request in an environ, without its body."""
    return RawRequest(
        environ["REQUEST_METHOD"],
        path,
        query_string=environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
        headers=_Headers(environ),
        client=environ.get("REMOTE_ADDR") or None,
        scheme=environ.get("wsgi.url_scheme", "http"),
    )


class _Headers(Headers):
    """The headers in an environ, looked up where they stand."""

    __slots__ = ("_environ",)

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def getlist(self, name: str) -> list[str]:
        variable, bare = _variables(name)
        environ = self._environ
        values = [environ[variable]] if variable in environ else []
        if bare is not None and (value := environ.get(bare)):
            values.append(value)
        return values

    def pairs(self) -> list[tuple[str, str]]:
        environ = self._environ
        pairs = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
        return pairs + [(name.replace("_", "-"), environ[name]) for name in _BARE if environ.get(name)]


# PEP 3333 has these two without HTTP_ in front of them; some servers add one that has.
_BARE: Final = ("CONTENT_TYPE", "CONTENT_LENGTH")


@lru_cache(256)
def _variables(name: str) -> tuple[str, str | None]:
    """Return the names in an environ of a header that the program looks up."""
    # An underscore in a header's name is a dash there, so that no name with one is ever found.
    bare = name.upper().replace("_", " ").replace("-", "_")
    return f"HTTP_{bare}", bare if bare in _BARE else None


def body_of(environ: WSGIEnvironment) -> Callable[[int], bytes | None]:
    """Return what reads the body up to a limit (bytes).

    A chunked body has no length; it is read where the server says that its stream ends with the body.
    """

    def read(limit: int) -> bytes | None:
        length = declared_length(environ.get("CONTENT_LENGTH", ""))
        if length is None and not environ.get("wsgi.input_terminated"):
            if environ.get("HTTP_TRANSFER_ENCODING"):
                logger.warning("a chunked body is lost: this server does not decode it; gunicorn and waitress do")
            return b""
        return read_stream(environ["wsgi.input"].read, limit, length)

    return read


def _respond(
    hooks: Dispatcher, environ: WSGIEnvironment, start_response: StartResponse, path_info: str
) -> Iterable[bytes]:
    request = request_of(environ, _text(path_info) or "/")
    response = drive(hooks.receive(request, Blocking(hooks.runtime, body_of(environ))))
    # A list of the server's own, which it may change.
    start_response(f"{response.status} {response.phrase}", [*response.headers])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]


def _text(path_info: str) -> str:
    """Return the path that the latin-1 text of an environ stands for."""
    return path_info if path_info.isascii() else path_info.encode("latin-1", "replace").decode("utf-8", "replace")
