"""Django: transactions, threads, middleware that reads first, and either view under either handler."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client
from django.urls import URLPattern, path, reverse
from django.utils.deprecation import MiddlewareMixin

from tests.conformance import django_site
from tests.conformance.deliveries import COMPLETED, SECRET, meeting
from tests.conformance.expected import NO_ENDPOINT, MeetingBaaS
from tests.conformance.wire import Answer, Sent, call_asgi, call_wsgi
from webhook_kit import Dispatcher, Event, Outcome, RawResponse
from webhook_kit.adapters import django
from webhook_kit.providers.meeting_baas import MeetingBaaS as Provider

from ..conftest import Closing

django_site.configure()

Serve = Callable[..., Callable[[Sent], Answer | None]]


@pytest.fixture(params=["wsgi-sync", "wsgi-async", "asgi-sync", "asgi-async"])
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Serve with a sync or an async view, under a handler that is the one or the other."""
    handler, colour = request.param.split("-")
    with ExitStack() as stack:

        def start(hooks: Dispatcher, at: str = "webhooks/", **overrides: Any) -> Callable[[Sent], Answer | None]:
            view = django.urls(hooks, asynchronous=colour == "async")
            stack.enter_context(django_site.site(path(at, view), **overrides))
            if handler == "wsgi":
                wsgi = WSGIHandler()
                return lambda sent: call_wsgi(wsgi, sent)
            asgi = ASGIHandler()
            return lambda sent: asyncio.run(call_asgi(asgi, sent))

        yield start


def delivery(**changes: Any) -> Sent:
    return meeting().but(**{"path": "/webhooks/meeting-baas"} | changes)


def test_either_view_works_under_either_handler(serve: Serve, hooks: Closing) -> None:
    send = serve(hooks)
    assert send(delivery()) == MeetingBaaS.SUCCESS
    assert send(delivery(chunked=True)) == MeetingBaaS.SUCCESS
    assert send(delivery(path="/webhooks/")) == NO_ENDPOINT
    assert [each.request.body for each in hooks.deliveries] == [COMPLETED]
    assert hooks.deliveries[0].request.path == "/meeting-baas"


class Reading(MiddlewareMixin):
    """Read the body before the view does."""

    def process_request(self, request: HttpRequest) -> None:
        assert request.body == COMPLETED


READING = [f"{__name__}.Reading", *django_site.MIDDLEWARE]


@pytest.mark.parametrize("over", [0, 1])
def test_a_body_that_a_middleware_has_read_is_used_up_to_the_limit(serve: Serve, over: int) -> None:
    hooks = Dispatcher()
    hooks.add(Provider(secret=SECRET, max_body=len(COMPLETED) - over))
    send = serve(hooks, MIDDLEWARE=READING, DATA_UPLOAD_MAX_MEMORY_SIZE=None)
    assert send(delivery()) == (MeetingBaaS.TOO_LARGE if over else MeetingBaaS.SUCCESS)


def test_no_transaction_is_around_the_handlers(serve: Serve, hooks: Closing, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take back what one handler finished because another one failed; async views allow none at all."""
    atomic: list[bool] = []
    hooks.on(Event)(lambda event: atomic.append(connection.in_atomic_block))
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    assert serve(hooks)(delivery()) == MeetingBaaS.SUCCESS
    assert atomic == [False]


def test_the_path_of_the_urlconf_may_have_parameters(serve: Serve, hooks: Closing) -> None:
    send = serve(hooks, "<slug:tenant>/webhooks/")
    assert send(delivery(path="/amira/webhooks/meeting-baas")) == MeetingBaaS.SUCCESS


def test_django_does_not_log_again_what_was_answered(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """For every 5xx it would mail the request to ADMINS, with a token that the vendor put into the query string."""
    hooks = Dispatcher(idempotency=None)
    hooks.add(Provider(secret=SECRET))
    hooks.on(Event)(lambda event: 1 / 0)
    assert serve(hooks)(delivery()) == MeetingBaaS.FAILED
    assert [(record.name, record.levelname) for record in caplog.records] == [("webhook_kit", "ERROR")]


def test_addresses_of_the_projects_own_pages_can_be_built(hooks: Closing) -> None:
    """One pattern that Django cannot read backwards breaks all of them: every ``{% url %}``, and the admin."""
    own = path("shop/", lambda request: HttpResponse(), name="shop")
    with django_site.site(path("webhooks/", django.urls(hooks)), own):
        assert reverse("shop") == "/shop/"


@pytest.mark.parametrize("below", ["", "meeting-baas", "a//b/", "with\na line", "ü", "$"])
def test_everything_below_the_mount_is_found_as_its_expression_finds_it(hooks: Closing, below: str) -> None:
    [pattern] = django.urls(hooks)[0]
    found, expected = pattern.resolve(below), URLPattern(pattern.pattern, pattern.callback).resolve(below)
    assert found is not None
    assert expected is not None
    assert vars(found) == vars(expected)
    assert found.kwargs == {"webhook_path": below}


def test_an_answer_that_names_no_type_of_its_own_is_sent_without_one() -> None:
    hooks = Dispatcher()
    own = RawResponse(204, [("X-Own", "yes")])
    hooks.add(Provider(secret=SECRET), answers={Outcome.UNHANDLED: own})
    with django_site.site(path("webhooks/", django.urls(hooks))):
        answer = call_wsgi(WSGIHandler(), meeting().but(path="/webhooks/meeting-baas"))
    assert (answer.status, dict(answer.headers)) == (204, {"x-own": "yes"})


def test_a_sync_handler_under_the_async_view_runs_in_djangos_own_thread(hooks: Closing) -> None:
    """The connections that it opens there are the ones that Django closes."""
    threads: list[int] = []
    hooks.on(Event)(lambda event: threads.append(threading.get_ident()))

    class Noting(MiddlewareMixin):
        def process_request(self, request: HttpRequest) -> None:
            threads.append(threading.get_ident())

    globals()["Noting"] = Noting
    with django_site.site(
        path("webhooks/", django.urls(hooks, asynchronous=True)),
        MIDDLEWARE=[f"{__name__}.Noting", *django_site.MIDDLEWARE],
    ):
        handler = ASGIHandler()
        assert asyncio.run(call_asgi(handler, delivery())) == MeetingBaaS.SUCCESS
    assert len(threads) == 2
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_the_test_client_that_enforces_csrf_checks_passes(hooks: Closing) -> None:
    [(name, value)] = meeting().headers
    with django_site.site(path("webhooks/", django.urls(hooks))):
        response = Client(enforce_csrf_checks=True).post(
            "/webhooks/meeting-baas",
            COMPLETED,
            content_type="application/json",
            headers={name.decode(): value.decode()},
        )
    assert (response.status_code, response.content) == (200, b'{"status":"success"}')


def test_a_urlconf_can_hold_several(hooks: Closing) -> None:
    other = Dispatcher()
    other.add(Provider(secret=SECRET), path="elsewhere")
    with django_site.site(path("a/", django.urls(hooks)), path("b/", django.urls(other))):
        handler = WSGIHandler()
        assert call_wsgi(handler, delivery(path="/a/meeting-baas")) == MeetingBaaS.SUCCESS
        assert call_wsgi(handler, delivery(path="/b/elsewhere")) == MeetingBaaS.SUCCESS
        assert call_wsgi(handler, delivery(path="/b/meeting-baas")) == NO_ENDPOINT


def test_importing_the_adapter_needs_no_settings() -> None:
    code = "import webhook_kit.adapters.django; from django.conf import settings; assert not settings.configured"
    subprocess.run([sys.executable, "-c", code], check=True)


async def test_a_view_that_is_cancelled_twice_leaves_its_handler_to_itself(hooks: Closing) -> None:
    entered, proceed, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @hooks.on(Event)
    async def slow(event: Event) -> None:
        entered.set()
        await proceed.wait()

    @hooks.observe
    async def done(record: Any) -> None:
        finished.set()

    [pattern] = django.urls(hooks, asynchronous=True)[0]
    [(name, value)] = meeting().headers
    request = AsyncRequestFactory().post(
        "/", COMPLETED, content_type="application/json", headers={name.decode(): value.decode()}
    )
    answering = asyncio.ensure_future(pattern.callback(request, webhook_path="meeting-baas"))
    await entered.wait()
    for _ in range(2):
        answering.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert hooks.records == []
    proceed.set()
    await finished.wait()
    assert [record.outcome for record in hooks.records] == [Outcome.PROCESSED]


async def test_context_variables_of_the_request_reach_a_handler_of_either_colour(hooks: Closing) -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="nobody")
    seen: list[str] = []
    hooks.on(Event)(lambda event: seen.append(tenant.get()))

    @hooks.on(Event)
    async def asynchronous(event: Event) -> None:
        seen.append(await sync_to_async(tenant.get)())

    [pattern] = django.urls(hooks, asynchronous=True)[0]
    [(name, value)] = meeting().headers
    request = AsyncRequestFactory().post(
        "/", COMPLETED, content_type="application/json", headers={name.decode(): value.decode()}
    )
    tenant.set("amira")
    response = await pattern.callback(request, webhook_path="meeting-baas")
    assert (response.status_code, seen) == (200, ["amira", "amira"])
