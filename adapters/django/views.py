"""What a URLconf takes: one pattern for everything below its path, and the view behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Never, TypeAlias

from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import refuse_unknown
from webhook_kit.http import RawRequest, RawResponse

from .. import asgi, wsgi
from ..arguments import checked_hooks
from ..body import read_stream

View: TypeAlias = Callable[..., Any]
"""Sync or async; the stubs of ``re_path`` know no union of the two."""

_BELOW: Final = r"(?s)^(?P<webhook_path>.*)\Z"


def urls(hooks: Dispatcher, asynchronous: bool = False, **others: Never) -> tuple[list[URLPattern], None, None]:
    """Return what ``path("webhooks/", ...)`` takes.

    The view needs no CSRF token, no login and no transaction around it, and reads the body itself, so that
    ``DATA_UPLOAD_MAX_MEMORY_SIZE`` does not bound it. ``asynchronous=True`` is for projects that are served by ASGI.
    ``hooks`` is closed when the process ends.
    """
    refuse_unknown("urls()", others, ("asynchronous",))
    checked_hooks(hooks)
    view = _asynchronous(hooks) if asynchronous else _synchronous(hooks)
    return [re_path(_BELOW, _exempt(view))], None, None


def _synchronous(hooks: Dispatcher) -> View:
    def receive(request: HttpRequest, webhook_path: str, **parameters: Any) -> HttpResponse:
        answer = hooks.dispatch(_request_of(request, webhook_path), read=_body_of(request))
        return _response(answer, request)

    return receive


def _asynchronous(hooks: Dispatcher) -> View:
    running: set[asyncio.Task[RawResponse]] = set()

    async def receive(request: HttpRequest, webhook_path: str, **parameters: Any) -> HttpResponse:
        read = _body_of(request)

        async def read_at_once(limit: int) -> bytes | None:
            return read(limit)

        # Django cancels the view when the client disconnects, which must not stop a handler.
        task = asyncio.create_task(
            hooks.adispatch(_request_of(request, webhook_path), read=read_at_once, run_sync=_run_sync)
        )
        running.add(task)
        task.add_done_callback(running.discard)
        try:
            return _response(await asyncio.shield(task), request)
        except asyncio.CancelledError:
            # Leaving now would close the thread and the connections that the handler is using.
            await asyncio.wait((task,))
            raise

    return receive


async def _run_sync(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in the thread whose database connections Django closes."""
    return await sync_to_async(function, thread_sensitive=True)(*arguments)


def _exempt(view: View) -> View:
    """Mark a view as one that vendors call: without a cookie, a session or a rollback of what its handlers finished."""
    setattr(view, "csrf_exempt", True)  # noqa: B010  # functions declare no attributes
    setattr(view, "login_required", False)  # noqa: B010
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def _request_of(request: HttpRequest, webhook_path: str) -> RawRequest:
    path = f"/{webhook_path}"
    # META has merged the headers of an ASGI request, the scope has not.
    scope = getattr(request, "scope", None)
    return wsgi.request_of(request.META, path) if scope is None else asgi.request_of(scope, path)


def _body_of(request: HttpRequest) -> Callable[[int], bytes | None]:
    if hasattr(request, "_body"):  # a middleware has read it, and nothing is left in the stream

        def given(limit: int) -> bytes | None:
            return request.body if len(request.body) <= limit else None

        return given
    scope = getattr(request, "scope", None)
    if scope is None:
        return wsgi.body_of(request.META)

    def received(limit: int) -> bytes | None:
        # Django has received all of it by now, in a temporary file.
        return None if asgi.declared_over(limit, scope) else read_stream(request.read, limit, None)

    return received


def _response(answer: RawResponse, request: HttpRequest) -> HttpResponse:
    response = HttpResponse(
        b"" if request.method == "HEAD" else answer.body,
        status=answer.status,
        reason=answer.phrase,
        headers=dict(answer.headers),
    )
    if not any(name.lower() == "content-type" for name, _ in answer.headers):
        del response["Content-Type"]  # which Django has added
    return response
