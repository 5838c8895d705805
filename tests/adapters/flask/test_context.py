"""Flask: what a handler finds around it, whichever its colour, and what the application notices of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flask
import pytest

from tests.conformance.deliveries import COMPLETED, meeting, meeting_baas
from tests.conformance.expected import NO_ENDPOINT, MeetingBaaS
from tests.conformance.wire import Answer, call_wsgi
from webhook_kit import Dispatcher, Event, Record
from webhook_kit.adapters.flask import mount
from webhook_kit.providers.meeting_baas import MeetingBaaS as Provider


@pytest.fixture
def hooks() -> Iterator[Dispatcher]:
    hooks = Dispatcher(idempotency=None)
    hooks.add(meeting_baas())
    yield hooks
    hooks.close()


@pytest.fixture
def app(hooks: Dispatcher) -> flask.Flask:
    app = flask.Flask("shop")
    app.secret_key = "a key for tests and nothing else"

    @app.before_request
    def tenant() -> None:
        flask.g.tenant = flask.request.headers.get("X-Tenant", "nobody")

    mount(app, hooks)
    return app


def post(app: flask.Flask, tenant: bytes = b"amira", path: str = "/webhooks/meeting-baas") -> Answer:
    return call_wsgi(app, meeting().with_headers((b"X-Tenant", tenant)).but(path=path))


def around() -> tuple[Any, ...]:
    """Return what a handler finds around it."""
    return (
        flask.current_app.name,
        flask.g.tenant,
        flask.request.headers["X-Tenant"],
        dict(flask.session),
        flask.url_for("webhook_kit:webhooks.receive", below="/meeting-baas"),
    )


FOUND = ("shop", "amira", "amira", {}, "/webhooks/meeting-baas")


def test_the_application_the_request_and_g_are_there_in_both_colours(app: flask.Flask, hooks: Dispatcher) -> None:
    seen: list[tuple[Any, ...]] = []
    hooks.on(Event)(lambda event: seen.append(around()))

    @hooks.on(Event)
    async def asynchronous(event: Event) -> None:
        await asyncio.sleep(0)
        seen.append(around())

    assert post(app).status == 200
    assert seen == [FOUND, FOUND]


def test_they_are_there_for_a_handler_with_a_time_limit(app: flask.Flask) -> None:
    """Which runs on another thread, so that its caller need not wait for it."""
    hooks = Dispatcher(idempotency=None, handler_timeout=30)
    hooks.add(meeting_baas())
    mount(app, hooks, "/limited")
    seen: list[tuple[Any, ...]] = []
    hooks.on(Event)(lambda event: seen.append(around()))

    @hooks.on(Event)
    async def asynchronous(event: Event) -> None:
        seen.append(around())

    assert post(app, path="/limited/meeting-baas").status == 200
    assert seen == [FOUND, FOUND]
    hooks.close()


def test_they_are_there_for_secrets_and_observers(app: flask.Flask) -> None:
    app.config["SECRET_OF_MEETING_BAAS"] = "a secret that meeting-baas signs with"
    hooks = Dispatcher(idempotency=None)
    hooks.add(Provider(secret=lambda: flask.current_app.config["SECRET_OF_MEETING_BAAS"]))
    seen: list[str] = []
    hooks.observe(lambda record: seen.append(flask.current_app.name))
    mount(app, hooks, "/others")
    assert post(app, path="/others/meeting-baas") == MeetingBaaS.SUCCESS
    assert seen == ["shop"]


def test_an_async_handler_needs_nothing_that_async_views_need(
    app: flask.Flask, hooks: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without asgiref (``flask[async]``) Flask refuses async views, and starts a loop for each otherwise."""
    monkeypatch.setitem(sys.modules, "asgiref.sync", None)
    loops: set[asyncio.AbstractEventLoop] = set()

    @hooks.on(Event)
    async def handle(event: Event) -> None:
        loops.add(asyncio.get_running_loop())

    @app.route("/own")
    async def own() -> str:
        return "a page"

    assert [post(app), post(app)] == [MeetingBaaS.SUCCESS, MeetingBaaS.SUCCESS]
    assert len(loops) == 1, "a client that is bound to its loop keeps working"
    assert app.test_client().get("/own").status_code == 500


def test_requests_that_share_the_loop_keep_their_contexts_apart(app: flask.Flask, hooks: Dispatcher) -> None:
    tenants = ["amira", "bela", "chen", "dara"]
    barrier = asyncio.Barrier(len(tenants))
    seen: list[tuple[str, str]] = []

    @hooks.on(Event)
    async def handle(event: Event) -> None:
        before = flask.g.tenant
        await barrier.wait()
        seen.append((before, flask.g.tenant))

    with ThreadPoolExecutor(len(tenants)) as pool:
        answers = list(pool.map(lambda tenant: post(app, tenant.encode()), tenants))
    assert answers == [MeetingBaaS.SUCCESS] * len(tenants)
    assert sorted(seen) == [(tenant, tenant) for tenant in tenants]


def test_what_a_handler_puts_into_g_is_there_after_the_request(app: flask.Flask, hooks: Dispatcher) -> None:
    found: list[list[str]] = []
    hooks.on(Event)(lambda event: setattr(flask.g, "handled", ["sync"]))

    @hooks.on(Event)
    async def asynchronous(event: Event) -> None:
        flask.g.handled.append("async")

    @app.teardown_appcontext
    def look(error: BaseException | None) -> None:
        found.append(flask.g.handled)

    assert post(app) == MeetingBaaS.SUCCESS
    assert found == [["sync", "async"]]


def test_the_context_is_torn_down_after_the_handlers_also_after_one_that_raised(
    app: flask.Flask, hooks: Dispatcher
) -> None:
    story: list[Any] = []

    @hooks.on(Event)
    async def handle(event: Event) -> None:
        story.append("handled")
        raise ValueError

    app.teardown_request(lambda error: story.append(("request", error)))
    app.teardown_appcontext(lambda error: story.append(("context", error)))
    assert post(app) == MeetingBaaS.FAILED
    assert story == ["handled", ("request", None), ("context", None)]


def test_flasks_signals_tell_of_a_delivery_as_of_any_request(app: flask.Flask, hooks: Dispatcher) -> None:
    """An error of a handler is answered, logged and on record, so that it is no error of the request."""
    told: list[str] = []

    def listen(name: str) -> Any:
        def listener(sender: flask.Flask, **details: Any) -> None:
            told.append(name)

        return listener

    @hooks.on(Event)
    def handle(event: Event) -> None:
        told.append("handled")
        raise ValueError

    names = ["request_started", "got_request_exception", "request_finished", "request_tearing_down"]
    listeners = [(getattr(flask, name), listen(name)) for name in names]
    for signal, listener in listeners:
        signal.connect(listener, app)
    assert post(app) == MeetingBaaS.FAILED
    assert told == ["request_started", "handled", "request_finished", "request_tearing_down"]


@pytest.mark.parametrize("key", ["TESTING", "DEBUG", "PROPAGATE_EXCEPTIONS"])
def test_what_a_handler_raises_is_answered_also_under_test_and_is_on_record(
    app: flask.Flask, hooks: Dispatcher, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    app.config[key] = True
    records: list[Record] = []
    hooks.observe(records.append)

    @hooks.on(Event)
    def handle(event: Event) -> None:
        raise LookupError("no such bot")

    response = app.test_client().post(
        "/webhooks/meeting-baas",
        data=COMPLETED,
        headers=[(name.decode(), value.decode()) for name, value in meeting().headers],
    )
    assert (response.status_code, response.data) == (500, MeetingBaaS.FAILED.body)
    assert isinstance(records[0].error, LookupError)
    assert "no such bot" in caplog.text


def test_error_pages_of_the_application_are_not_for_vendors(app: flask.Flask, hooks: Dispatcher) -> None:
    @hooks.on(Event)
    def handle(event: Event) -> None:
        raise ValueError

    for status in (404, 405, 500):
        app.register_error_handler(status, lambda error: ("a page for people", 200))
    assert post(app) == MeetingBaaS.FAILED
    assert call_wsgi(app, meeting().but(path="/webhooks/nobody")) == NO_ENDPOINT
    assert call_wsgi(app, meeting().but(path="/nowhere")).body == b"a page for people"
