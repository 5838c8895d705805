"""What a URLconf takes: one pattern for everything below its path, and the view behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Never, TypeAlias

from django.apps import apps
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, URLPattern, re_path

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.drivers import Blocking, drive
from webhook_kit.errors import refuse_unknown
from webhook_kit.http import RawRequest, RawResponse

from .. import asgi, wsgi
from ..arguments import checked_hooks
from ..body import read_stream
from .receiving import arriving
from .store import DjangoStore
from .tables import require_app
from .threads import ClosingBehind, run_async, run_sync

View: TypeAlias = Callable[..., Any]
"""Sync or async; the stubs of ``re_path`` know no union of the two."""

# No inline flag such as (?s): reverse() cannot read those, and fails for every address of the project.
_BELOW: Final = r"^(?P<webhook_path>[\s\S]*)\Z"


def urls(hooks: Dispatcher, asynchronous: bool = False, **others: Never) -> tuple[list[URLPattern], None, None]:
    """Return what ``path("webhooks/", ...)`` takes.

    The view needs no CSRF token, no login and no transaction around it, and reads the body itself, so that
    ``DATA_UPLOAD_MAX_MEMORY_SIZE`` does not bound it. ``asynchronous=True`` is for projects that are served by ASGI.
    ``hooks`` is closed when the process ends.
    """
    refuse_unknown("urls()", others, ("asynchronous",))
    checked_hooks(hooks)
    if isinstance(hooks.store, DjangoStore) and apps.apps_ready:
        require_app()
    hooks.runtime.aside = ClosingBehind()
    view = _asynchronous(hooks) if asynchronous else _synchronous(hooks)
    setattr(view, "webhook_kit_hooks", hooks)  # noqa: B010  # functions declare no attributes
    pattern = re_path(_BELOW, _exempt(view))
    return [_Everything(pattern.pattern, pattern.callback)], None, None


class _Everything(URLPattern):
    """The pattern of whatever is below the mount."""

    def resolve(self, path: str) -> ResolverMatch:
        # What the expression finds, which is always all of it; reverse() and the checks still need the expression.
        parameters = {"webhook_path": path}
        return ResolverMatch(
            self.callback, (), parameters, route=_BELOW, captured_kwargs=parameters, extra_kwargs=self.default_args
        )


def _synchronous(hooks: Dispatcher) -> View:
    wait = partial(run_async, hooks.runtime)

    def receive(request: HttpRequest, webhook_path: str, **parameters: Any) -> HttpResponse:
        raw = _request_of(request, webhook_path)
        with arriving(hooks, raw.path):
            answer = drive(hooks.receive(raw, Blocking(hooks.runtime, _body_of(request), wait)))
        return _response(answer, request)

    return receive


def _asynchronous(hooks: Dispatcher) -> View:
    running: set[asyncio.Task[RawResponse]] = set()

    async def receive(request: HttpRequest, webhook_path: str, **parameters: Any) -> HttpResponse:
        read = _body_of(request)

        async def read_at_once(limit: int) -> bytes | None:
            return read(limit)

        # Django cancels the view when the client disconnects, which must not stop a handler.
        raw = _request_of(request, webhook_path)
        with arriving(hooks, raw.path):  # the task begins with a copy of what is set now
            task = asyncio.create_task(hooks.adispatch(raw, read=read_at_once, run_sync=run_sync))
        running.add(task)
        task.add_done_callback(running.discard)
        try:
            return _response(await asyncio.shield(task), request)
        except asyncio.CancelledError:
            # Leaving now would close the thread and the connections that the handler is using.
            await asyncio.wait((task,))
            raise

    return receive


def _exempt(view: View) -> View:
    """Mark a view as one that vendors call: without a cookie, a session or a rollback of what its handlers finished."""
    setattr(view, "csrf_exempt", True)  # noqa: B010
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


class _Answer(HttpResponse):
    """A response whose delivery has its line in the log.

    Django's would be mailed to ADMINS, with the tokens in the query string.
    """

    _has_been_logged = True


def _response(answer: RawResponse, request: HttpRequest) -> HttpResponse:
    response = _Answer(
        b"" if request.method == "HEAD" else answer.body,
        content_type="",  # where the headers have none; Django would make one up
        status=answer.status,
        reason=answer.phrase,
        headers=dict(answer.headers),
    )
    if not response.headers["Content-Type"]:
        del response.headers["Content-Type"]
    return response
