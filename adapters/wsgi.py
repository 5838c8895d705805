"""Receive webhooks in any WSGI application. https://peps.python.org/pep-3333/"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Never
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown
from webhook_kit.http import RawRequest

from .arguments import checked_hooks, kind_of, mount_path
from .body import declared_length, read_stream

logger = logging.getLogger("webhook_kit")


def application(hooks: Dispatcher, **others: Never) -> WSGIApplication:
    """Return a whole WSGI application that serves the endpoints of ``hooks`` at its root."""
    refuse_unknown("application()", others, ())
    checked_hooks(hooks)

    def whole(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return _respond(hooks, environ, start_response, environ.get("PATH_INFO", ""))

    return whole


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

    return middleware


def request_of(environ: WSGIEnvironment, path: str) -> RawRequest:
    """Return the request in an environ, without its body."""
    headers = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    for name, header in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
        if environ.get(name):
            headers.append((header, environ[name]))
    return RawRequest(
        environ["REQUEST_METHOD"],
        path,
        query_string=environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
        headers=headers,
        client=environ.get("REMOTE_ADDR") or None,
        scheme=environ.get("wsgi.url_scheme", "http"),
    )


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
    response = hooks.dispatch(request_of(environ, _text(path_info) or "/"), read=body_of(environ))
    start_response(f"{response.status} {response.phrase}", response.headers.copy())
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]


def _text(path_info: str) -> str:
    """Return the path that the latin-1 text of an environ stands for."""
    return path_info if path_info.isascii() else path_info.encode("latin-1", "replace").decode("utf-8", "replace")
