"""Lifespans: the store is opened before an application starts, and closed after it has shut down, once each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette

from tests.conformance.deliveries import meeting, meeting_baas
from tests.conformance.expected import MeetingBaaS
from tests.conformance.wire import call_asgi
from webhook_kit import ConfigurationError, Dispatcher, Event
from webhook_kit.adapters import asgi, fastapi, starlette
from webhook_kit.adapters.asgi import AnyASGIApplication, ASGIApplication, Message, Receive, Scope, Send

from .conftest import Closing, Server, Watched

STARTUP: Message = {"type": "lifespan.startup"}
SHUTDOWN: Message = {"type": "lifespan.shutdown"}
STARTED: Message = {"type": "lifespan.startup.complete"}
ENDED: Message = {"type": "lifespan.shutdown.complete"}
TABLES = ConfigurationError("the database has no table: run store.create()")


@pytest.fixture
def store() -> Watched:
    return Watched()


@pytest.fixture
def hooks(store: Watched) -> Dispatcher:
    hooks = Dispatcher(idempotency=store)
    hooks.add(meeting_baas())
    hooks.on(Event)(lambda event: None)
    return hooks


class Bare:
    """An application with a lifespan and nothing else, which takes part in a story."""

    def __init__(self, story: list[str]) -> None:
        self.story = story

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "lifespan"
        assert await receive() == STARTUP
        self.story.append("started")
        await send(STARTED)
        assert await receive() == SHUTDOWN
        self.story.append("ended")
        await send(ENDED)


def in_starlette(hooks: Dispatcher, story: list[str]) -> Starlette:
    @asynccontextmanager
    async def own(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        story.append("started")
        yield {"pool": "the application's"}
        story.append("ended")

    app = Starlette(lifespan=own)
    starlette.mount(app, hooks)
    return app


def mounted_twice(hooks: Dispatcher, story: list[str]) -> Starlette:
    app = in_starlette(hooks, story)
    starlette.mount(app, hooks, "/again")
    return app


def in_fastapi(hooks: Dispatcher, story: list[str]) -> FastAPI:
    """Mount in an application, and on a router of it, whose lifespan it copies."""

    @asynccontextmanager
    async def own(app: FastAPI) -> AsyncIterator[None]:
        story.append("started")
        yield
        story.append("ended")

    app, router = FastAPI(lifespan=own), APIRouter()
    fastapi.mount(app, hooks)
    fastapi.mount(router, hooks, "/again")
    app.include_router(router)
    return app


LIVING: dict[str, Callable[[Dispatcher, list[str]], AnyASGIApplication]] = {
    "wrapped": lambda hooks, story: asgi.wrap(Bare(story), hooks),
    "starlette": in_starlette,
    "fastapi": in_fastapi,
    "wrapped twice": lambda hooks, story: asgi.wrap(asgi.wrap(Bare(story), hooks), hooks, "/again"),
    "mounted twice": mounted_twice,
    "mounted and wrapped": lambda hooks, story: asgi.wrap(in_starlette(hooks, story), hooks, "/again"),
}


@pytest.fixture(params=LIVING)
def living(request: pytest.FixtureRequest, hooks: Dispatcher, store: Watched) -> AnyASGIApplication:
    return LIVING[request.param](hooks, store.story)


async def live(app: AnyASGIApplication, *messages: Message) -> Server:
    server = Server(*(messages or (STARTUP, SHUTDOWN)))
    await app({"type": "lifespan", "state": {}}, server.receive, server.send)
    return server


async def test_the_store_is_checked_first_and_closed_last_and_once(living: AnyASGIApplication, store: Watched) -> None:
    server = await live(living)
    assert store.story == ["checked", "started", "ended", "closed"]
    assert (server.sent, server.waiting) == ([STARTED, ENDED], [])


async def test_a_second_life_is_like_the_first(living: AnyASGIApplication, store: Watched) -> None:
    for _ in range(2):
        await live(living)
    assert store.story == ["checked", "started", "ended", "closed"] * 2


async def test_what_stops_the_start_is_told_before_the_application_starts(hooks: Dispatcher, store: Watched) -> None:
    store.trouble = TABLES
    for app in (asgi.application(hooks), asgi.wrap(Bare(store.story), hooks)):
        server = await live(app, STARTUP)
        assert server.sent == [{"type": "lifespan.startup.failed", "message": str(TABLES)}]
    assert store.story == ["checked", "closed"] * 2


async def test_starlette_tells_what_stops_the_start(hooks: Dispatcher, store: Watched) -> None:
    store.trouble = TABLES
    server = Server(STARTUP)
    with pytest.raises(ConfigurationError, match=r"run store\.create\(\)"):
        await in_starlette(hooks, store.story)({"type": "lifespan"}, server.receive, server.send)
    assert (server.kinds, store.story) == (["lifespan.startup.failed"], ["checked", "closed"])
    assert server.sent[0]["message"].endswith(f"{TABLES}\n")


async def test_a_store_that_is_away_stops_no_start_and_is_used_when_it_is_back(
    hooks: Dispatcher, store: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    store.trouble = ConnectionError("to postgresql://user:hunter2@host")
    app = asgi.wrap(asgi.application(hooks), hooks)
    server = Server(STARTUP)

    async def receive() -> Message:
        if server.waiting:
            return server.waiting.pop()
        assert await call_asgi(app, meeting()) == MeetingBaaS.SUCCESS
        return SHUTDOWN

    await app({"type": "lifespan"}, receive, server.send)
    assert server.sent == [STARTED, ENDED]
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == [
        "the store cannot be reached at the start, and vendors are asked to come again until it can be: ConnectionError"
    ]


async def test_an_application_by_itself_lives(hooks: Dispatcher, store: Watched) -> None:
    assert (await live(asgi.application(hooks))).sent == [STARTED, ENDED]
    assert store.story == ["checked", "closed"]


async def test_without_a_store_there_is_nothing_to_open() -> None:
    hooks = Dispatcher(idempotency=None)
    assert (await live(asgi.application(hooks))).sent == [STARTED, ENDED]


async def test_a_mistake_made_after_wrapping_stops_the_start(hooks: Dispatcher, store: Watched) -> None:
    apps = asgi.application(hooks), asgi.wrap(Bare(store.story), hooks)
    hooks.on("of.no.vendor")(lambda event: None)
    for app in apps:
        [message] = (await live(app, STARTUP)).sent
        assert message["type"] == "lifespan.startup.failed"
        assert "of.no.vendor" in message["message"]
    assert store.story == ["closed", "closed"]


async def test_the_application_gets_the_servers_scope(hooks: Dispatcher) -> None:
    scopes: list[Scope] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await Bare([])(scope, receive, send)

    server, scope = Server(STARTUP, SHUTDOWN), {"type": "lifespan", "state": {}}
    await asgi.wrap(inner, hooks)(scope, server.receive, server.send)
    assert scopes[0] is scope


async def raising(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("this application takes HTTP only")


async def returning(scope: Scope, receive: Receive, send: Send) -> None:
    return


async def failing_its_own_check(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"


@pytest.mark.parametrize("inner", [raising, returning, failing_its_own_check])
async def test_an_application_without_a_lifespan_gets_ours(
    hooks: Dispatcher, store: Watched, inner: ASGIApplication
) -> None:
    server = await live(asgi.wrap(inner, hooks))
    assert (server.sent, server.waiting, store.story) == ([STARTED, ENDED], [], ["checked", "closed"])


async def test_an_application_that_does_not_wait_for_its_shutdown_is_waited_for(
    hooks: Dispatcher, store: Watched
) -> None:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(STARTED)

    server = await live(asgi.wrap(inner, hooks))
    assert (server.sent, server.waiting, store.story) == ([STARTED, ENDED], [], ["checked", "closed"])


async def test_an_application_that_goes_on_listening_after_its_end_holds_nothing_up(
    hooks: Dispatcher, store: Watched
) -> None:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})

    server = Server(STARTUP, SHUTDOWN)
    with pytest.raises(IndexError):
        await asgi.wrap(inner, hooks)({"type": "lifespan"}, server.receive, server.send)
    assert (server.sent, store.story) == ([STARTED, ENDED], ["checked", "closed"])


@pytest.mark.parametrize("kind", ["startup", "shutdown"])
async def test_what_fails_in_the_application_is_told_by_the_application(
    hooks: Dispatcher, store: Watched, kind: str
) -> None:
    failed: Message = {"type": f"lifespan.{kind}.failed", "message": "too bad"}

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if kind == "shutdown":
            await send(STARTED)
            await receive()
        await send(failed)

    server = await live(asgi.wrap(inner, hooks))
    assert server.sent == ([failed] if kind == "startup" else [STARTED, failed])
    assert store.story == ["checked", "closed"]


@pytest.mark.parametrize("says", ["nothing", "started"])
async def test_what_an_application_raises_in_its_life_is_the_servers_to_judge(
    hooks: Dispatcher, store: Watched, says: str
) -> None:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if says == "started":
            await send(STARTED)
        raise LookupError("too bad")

    server = Server(STARTUP)
    with pytest.raises(LookupError, match="too bad"):
        await asgi.wrap(inner, hooks)({"type": "lifespan"}, server.receive, server.send)
    assert (server.sent, store.story) == ([STARTED] if says == "started" else [], ["checked", "closed"])


async def test_a_mistake_made_while_the_application_starts_stops_the_start(hooks: Dispatcher, store: Watched) -> None:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        hooks.on("of.no.vendor")(lambda event: None)
        await send(STARTED)

    [message] = (await live(asgi.wrap(inner, hooks), STARTUP)).sent
    assert (message["type"], "of.no.vendor" in message["message"]) == ("lifespan.startup.failed", True)
    assert store.story == ["checked", "closed"]


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_mistake_made_while_starlette_starts_stops_the_start(
    hooks: Dispatcher, store: Watched, wrapped: bool
) -> None:
    """Starlette ends the application's own lifespan, tells it with its traceback, and raises it."""

    @asynccontextmanager
    async def own(app: Starlette) -> AsyncIterator[None]:
        hooks.on("of.no.vendor")(lambda event: None)
        try:
            yield
        finally:
            store.story.append("ended")

    app = Starlette(lifespan=own)
    if not wrapped:
        starlette.mount(app, hooks)
    server = Server(STARTUP)
    with pytest.raises(ConfigurationError, match=r"of\.no\.vendor"):
        await (asgi.wrap(app, hooks) if wrapped else app)({"type": "lifespan"}, server.receive, server.send)
    assert (server.kinds, store.story) == (["lifespan.startup.failed"], ["checked", "ended", "closed"])


async def test_applications_that_share_hooks_close_it_with_the_last(hooks: Dispatcher, store: Watched) -> None:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await live(asgi.application(hooks))
        store.story.append("the other has ended")
        await send(STARTED)
        await receive()
        await send(ENDED)

    await live(asgi.wrap(inner, hooks))
    assert store.story == ["checked", "the other has ended", "closed"]


async def test_a_dispatcher_of_ones_own_kind_is_closed_in_its_own_way() -> None:
    hooks = Closing()
    hooks.add(meeting_baas())
    await live(asgi.application(hooks))
    assert hooks.story == ["closed"]


SERVED = """
import sqlite3, sys
from webhook_kit import Dispatcher
from webhook_kit.adapters import asgi
from webhook_kit.idempotency import SQLStore

SQLStore("sqlite:///webhooks.db").create()
with sqlite3.connect("webhooks.db") as connection:
    connection.execute("UPDATE webhook_kit_schema SET version = 7")
app = asgi.application(Dispatcher(idempotency=SQLStore("sqlite:///webhooks.db")))
"""


@pytest.mark.slow
def test_a_server_ends_and_its_last_lines_say_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text(SERVED)
    ended = subprocess.run(
        [sys.executable, "-m", "uvicorn", "--port=0", "served:app"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    lines = ended.stderr.splitlines()
    assert lines[-1] == "ERROR:    Application startup failed. Exiting."
    assert lines[-2].endswith("or give SQLStore another prefix= and run SQLStore(url).create()")
