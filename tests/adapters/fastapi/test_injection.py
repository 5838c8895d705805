"""Handlers with FastAPI's parameters: what they get, when it is closed, and what its failures are."""

import asyncio
import contextvars
import gc
import logging
import threading
import traceback
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Annotated, Any

import flask
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.params import Security
from fastapi.security import APIKeyHeader, SecurityScopes
from starlette.applications import Starlette

from tests.conformance.deliveries import COMPLETED, SECRET, meeting, meeting_baas
from tests.conformance.expected import MeetingBaaS
from tests.conformance.wire import Answer, Sent, call_asgi
from tests.core.plain import Knocked, Plain, body
from webhook_kit import ConfigurationError, Delivery, Dispatcher, Event, Outcome, Record
from webhook_kit.adapters import asgi, django, fastapi, starlette, wsgi
from webhook_kit.adapters import flask as flask_adapter
from webhook_kit.adapters.fastapi.injection import Run
from webhook_kit.providers.meeting_baas import MeetingCompleted


class Site:
    """An application with a mounted dispatcher, and what happens in it."""

    def __init__(self, **options: Any) -> None:
        self.hooks = Dispatcher(**options)
        self.hooks.add(meeting_baas())
        self.hooks.add(Plain(unverified=True))
        self.story: list[Any] = []
        self.records: list[Record] = []
        self.hooks.observe(thread=False)(self._note)
        self.app = FastAPI()

    def _note(self, record: Record) -> None:
        self.records.append(record)
        self.story.append(record.outcome.value)

    async def session(self) -> AsyncIterator[str]:
        """A dependency that is closed."""
        self.story.append("open")
        try:
            yield "session"
        except BaseException as error:
            self.story.append(f"roll back after {type(error).__name__}")
            raise
        self.story.append("close")

    def sync_session(self) -> Iterator[str]:
        self.story.append("open")
        yield threading.current_thread().name
        self.story.append("close")

    def mount(self) -> None:
        fastapi.mount(self.app, self.hooks)

    def post(self, sent: Sent | None = None, app: Any = None) -> Answer | None:
        sent = meeting() if sent is None else sent
        return asyncio.run(call_asgi(app or self.app, sent.but(path=f"/webhooks{sent.path}")))


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.hooks.close()


def knock() -> Sent:
    return Sent("/plain", body("door.knocked"))


class TestGiven:
    """What FastAPI gives to a path operation, it gives to a handler."""

    def test_dependencies_however_they_are_written(self, site: Site) -> None:
        async def base(request: Request) -> str:
            return request.headers["host"]

        def sub(base: Annotated[str, Depends(base)]) -> str:
            return f"{base}.sub"

        class Pages:
            def __init__(self, page: int = 7) -> None:
                self.page = page

        @site.hooks.on(MeetingCompleted)
        async def handle(
            event: MeetingCompleted,
            delivery: Delivery,
            first: Annotated[str, Depends(sub)],
            pages: Annotated[Pages, Depends()],
            second: str = Depends(base),
            retries: int = 3,
        ) -> None:
            site.story.append((event.type, delivery.attempt, first, pages.page, second, retries))

        site.mount()
        assert site.post() == MeetingBaaS.SUCCESS
        assert site.story == [("complete", 1, "hooks.example.sub", 7, "hooks.example", 3), "processed"]

    def test_parts_of_the_request(self, site: Site) -> None:
        @site.hooks.on(MeetingCompleted)
        async def handle(
            event: MeetingCompleted,
            request: Request,
            kind: Annotated[str, Header(alias="content-type")],
            response: Response,
            page: int = Query(1),
        ) -> None:
            response.headers["x-lost"] = "the vendor gets its own answer"
            same = await request.body() == COMPLETED
            site.story.append((request.url.path, same, kind, page, await request.is_disconnected()))

        site.mount()
        assert site.post(meeting().but(query=b"page=2")) == MeetingBaaS.SUCCESS
        assert site.story[0] == ("/webhooks/meeting-baas", True, "application/json", 2, False)

    def test_the_body_once_and_then_what_the_server_says(self, site: Site) -> None:
        async def receive(request: Request) -> list[str]:
            return [(await request.receive())["type"] for _ in range(2)]

        @site.hooks.on(MeetingCompleted)
        async def handle(event: MeetingCompleted, received: Annotated[list[str], Depends(receive)]) -> None:
            site.story.append(received)

        site.mount()

        async def main() -> None:
            sent = meeting().but(path="/webhooks/meeting-baas")
            messages = [{"type": "http.request", "body": sent.body}, {"type": "http.disconnect"}]

            async def app(scope: Any, receive: Any, send: Any) -> None:
                async def scripted() -> Any:
                    return messages.pop(0)

                await site.app(scope, scripted, send)

            assert await call_asgi(app, sent) == MeetingBaaS.SUCCESS

        asyncio.run(main())
        assert site.story[0] == ["http.request", "http.disconnect"]

    def test_a_dependency_that_stands_for_the_request(self, site: Site) -> None:
        async def other(request: Request) -> Request:
            return Request({**request.scope, "path": "/other"})

        @site.hooks.on(MeetingCompleted)
        async def handle(event: MeetingCompleted, request: Annotated[Request, "note", Depends(other)]) -> None:
            site.story.append(request.url.path)

        @site.hooks.on(MeetingCompleted)
        async def noted(event: MeetingCompleted, request: Annotated[Request, "note"]) -> None:
            site.story.append(request.url.path)

        site.mount()
        site.post()
        assert site.story == ["/other", "/webhooks/meeting-baas", "processed"]

    def test_security_with_scopes(self, site: Site) -> None:
        key = APIKeyHeader(name="host")

        async def user(scopes: SecurityScopes, key: Annotated[str, Security(key)]) -> str:
            return f"{key} {scopes.scope_str}"

        @site.hooks.on(MeetingCompleted)
        def handle(event: MeetingCompleted, user: Annotated[str, Security(user, scopes=["archive"])]) -> None:
            site.story.append(user)

        site.mount()
        assert site.post() == MeetingBaaS.SUCCESS
        assert site.story[0] == "hooks.example archive"

    def test_parameters_of_the_path_around_the_mount(self, site: Site) -> None:
        async def tenant(tenant: str, webhook_path: str = "hidden") -> str:
            return f"{tenant} {webhook_path}"

        @site.hooks.on(MeetingCompleted)
        async def handle(event: MeetingCompleted, tenant: Annotated[str, Depends(tenant)]) -> None:
            site.story.append(tenant)

        router = APIRouter()
        fastapi.mount(router, site.hooks)
        site.app.include_router(router, prefix="/{tenant}")
        sent = meeting().but(path="/amira/webhooks/meeting-baas")
        assert asyncio.run(call_asgi(site.app, sent)) == MeetingBaaS.SUCCESS
        assert site.story[0] == "amira hidden"

    @pytest.mark.parametrize("thread", [True, False])
    def test_sync_handlers_too(self, site: Site, thread: bool) -> None:
        @site.hooks.on(MeetingCompleted, thread=thread)
        def handle(event: MeetingCompleted, session: Annotated[str, Depends(site.sync_session)]) -> None:
            on_the_loop = threading.current_thread() is threading.main_thread()
            site.story.append((session != threading.main_thread().name, on_the_loop))

        site.mount()
        assert site.post() == MeetingBaaS.SUCCESS
        assert site.story == ["open", (True, not thread), "close", "processed"]

    def test_context_variables_that_a_dependency_sets(self, site: Site) -> None:
        variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

        async def tenant() -> None:
            variable.set("amira")

        @site.hooks.on(MeetingCompleted)
        async def handle(event: MeetingCompleted, tenant: Annotated[None, Depends(tenant)]) -> None:
            site.story.append(variable.get())

        @site.hooks.on(MeetingCompleted)
        def sync(event: MeetingCompleted, tenant: Annotated[None, Depends(tenant)]) -> None:
            site.story.append(variable.get())

        site.mount()
        site.post()
        assert site.story == ["amira", "amira", "processed"]

    def test_a_decision_comes_through(self, site: Site) -> None:
        @site.hooks.on(Knocked)
        async def decide(event: Knocked, session: Annotated[str, Depends(site.session)]) -> str:
            return "stay shut"

        site.mount()
        answer = site.post(knock())
        assert answer is not None
        assert answer.body == b'{"door": "stay shut"}'
        assert site.story == ["open", "close", "processed"]

    def test_objects_that_can_be_called(self, site: Site) -> None:
        class Archive:
            def __call__(self, event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None:
                site.story.append(session)

            async def method(self, event: MeetingCompleted, *, session: str = Depends(site.session)) -> None:
                site.story.append(session)

        Archive.__call__.__annotations__["session"] = Annotated[str, Depends(site.session)]
        site.hooks.on(MeetingCompleted)(Archive())
        site.hooks.on(MeetingCompleted)(Archive().method)
        site.mount()
        assert site.post() == MeetingBaaS.SUCCESS
        assert site.story == ["open", "session", "close"] * 2 + ["processed"]


class TestClosed:
    """When the handler has decided its answer, and before the delivery is completed."""

    def test_each_handler_has_its_own(self, site: Site) -> None:
        for name in ("first", "second"):

            def handle(event: Event, session: Annotated[str, Depends(site.session)], name: str = name) -> None:
                site.story.append(name)

            site.hooks.on(MeetingCompleted)(handle)
        site.mount()
        site.post()
        assert site.story == ["open", "first", "close", "open", "second", "close", "processed"]

    def test_a_dependency_sees_what_the_handler_raises(self, site: Site) -> None:
        @site.hooks.on(MeetingCompleted)
        async def fail(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None:
            raise KeyError("fail")

        site.mount()
        assert site.post() == MeetingBaaS.FAILED
        assert site.story == ["open", "roll back after KeyError", "handler_failed"]
        assert repr(site.records[0].error) == "KeyError('fail')"

    def test_one_that_swallows_it_changes_nothing(self, site: Site) -> None:
        async def careless() -> AsyncIterator[None]:
            with suppress(KeyError):
                yield

        @site.hooks.on(MeetingCompleted)
        async def fail(event: MeetingCompleted, session: Annotated[None, Depends(careless)]) -> None:
            raise KeyError("fail")

        site.mount()
        assert site.post() == MeetingBaaS.FAILED
        assert repr(site.records[0].error) == "KeyError('fail')"

    def test_one_that_swallows_anothers_failure_makes_no_success_of_it(self, site: Site) -> None:
        async def careless() -> AsyncIterator[None]:
            with suppress(KeyError):
                yield

        def broken() -> None:
            raise KeyError

        def handle(
            event: Event, first: Annotated[None, Depends(careless)], second: Annotated[None, Depends(broken)]
        ) -> None: ...

        site.hooks.on(MeetingCompleted)(handle)
        site.mount()
        assert site.post() == MeetingBaaS.FAILED

    async def test_nor_does_a_release_of_fastapi_that_does_not_notice(self) -> None:
        async def application(scope: Any, receive: Any, send: Any) -> None: ...

        with pytest.raises(RuntimeError, match="swallowed another one's error"):
            await Run((), lambda: asyncio.sleep(0)).through(application, {}, lambda: asyncio.sleep(0, {}))

    def test_one_that_fails_while_it_closes_has_failed_the_handler(self, site: Site) -> None:
        """The commit is often there: a delivery that was not committed comes again."""

        async def committing() -> AsyncIterator[str]:
            yield "session"
            site.story.append("commit")
            if site.story.count("commit") == 1:
                raise HTTPException(418, "no commit")

        @site.hooks.on(MeetingCompleted)
        async def handle(event: MeetingCompleted, session: Annotated[str, Depends(committing)]) -> None:
            site.story.append("handle")

        site.mount()
        assert site.post() == MeetingBaaS.FAILED
        assert site.post() == MeetingBaaS.SUCCESS
        assert site.story == ["handle", "commit", "handler_failed", "handle", "commit", "processed"]

    @pytest.mark.parametrize("error", [HTTPException(403, "not you"), LookupError("no pool")], ids=repr)
    def test_one_that_fails_while_it_opens_has_failed_the_handler(
        self, site: Site, error: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        """What FastAPI would answer instead, the vendor does not understand. Other handlers run."""

        def broken() -> str:
            raise error

        @site.hooks.on(MeetingCompleted)
        async def never(event: MeetingCompleted, session: Annotated[str, Depends(broken)]) -> None:
            site.story.append("never")

        @site.hooks.on(MeetingCompleted)
        async def other(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None:
            site.story.append("other")

        site.mount()
        assert site.post() == MeetingBaaS.FAILED
        assert site.story == ["open", "other", "close", "handler_failed"]
        assert site.records[0].error is error
        assert [record.levelno for record in caplog.records if record.name == "webhook_kit"] == [logging.ERROR]
        site.app.dependency_overrides[broken] = lambda: "mended"
        assert site.post() == MeetingBaaS.SUCCESS
        assert site.story[4:] == ["never", "processed"]

    def test_a_request_without_what_a_dependency_asks_for_is_no_error_of_the_vendor(self, site: Site) -> None:
        """And what the sender did send is in no log."""

        def page(number: int, size: Annotated[int, Header()], meeting: dict[str, int] = {}) -> int:  # noqa: B006
            return number

        @site.hooks.on(Event)
        def handle(event: Event, page: Annotated[int, Depends(page)]) -> None: ...

        site.mount()
        sent = meeting(b'{"event": "a-secret"}')
        assert site.post(sent.but(query=b"number=a-secret")) == MeetingBaaS.FAILED
        message = str(site.records[0].error)
        assert message == (
            "the request does not have what the dependencies ask for: "
            "query.number (int_parsing), header.size (missing), body (int_parsing)"
        )
        assert site.records[0].error is not None
        assert "a-secret" not in "".join(traceback.format_exception(site.records[0].error))

    def test_a_traceback_begins_with_the_users_function(self, site: Site) -> None:
        """Trackers of errors show the variables of every frame, and those of the frameworks hold the request."""

        async def broken() -> str:
            raise LookupError

        @site.hooks.on(MeetingCompleted)
        async def with_dependency(event: MeetingCompleted, session: Annotated[str, Depends(broken)]) -> None: ...

        @site.hooks.on(MeetingCompleted)
        async def by_itself(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None:
            raise KeyError

        site.mount()
        site.post()
        group = site.records[0].error
        assert isinstance(group, ExceptionGroup)
        first = [traceback.extract_tb(error.__traceback__)[0].name for error in group.exceptions]
        assert first == ["broken", "by_itself"]

    def test_a_function_of_the_applications_own_exception_handlers_is_not_asked(self, site: Site) -> None:
        @site.app.exception_handler(LookupError)
        async def own(request: Request, error: LookupError) -> Response:
            raise AssertionError("not for the vendor")

        @site.hooks.on(MeetingCompleted)
        async def fail(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None:
            raise LookupError

        site.mount()
        assert site.post() == MeetingBaaS.FAILED


class TestBackgroundTasks:
    """They run after the answer."""

    def test_in_the_order_of_the_handlers(self, site: Site) -> None:
        async def notify(tasks: BackgroundTasks) -> None:
            tasks.add_task(site.story.append, "of a dependency")

        @site.hooks.on(MeetingCompleted)
        async def first(event: MeetingCompleted, tasks: BackgroundTasks, notify: None = Depends(notify)) -> None:
            tasks.add_task(site.story.append, "of the first")

        @site.hooks.on(MeetingCompleted)
        def second(event: MeetingCompleted, tasks: BackgroundTasks) -> None:
            tasks.add_task(site.story.append, "of the second")

        site.mount()

        async def answering(scope: Any, receive: Any, send: Any) -> None:
            async def watched(message: Any) -> None:
                site.story.append(message["type"])
                await send(message)

            await site.app(scope, receive, watched)

        assert site.post(app=answering) == MeetingBaaS.SUCCESS
        answered = ["http.response.start", "http.response.body"]
        assert site.story == ["processed", *answered, "of a dependency", "of the first", "of the second"]

    def test_not_those_of_a_handler_that_failed(self, site: Site) -> None:
        @site.hooks.on(MeetingCompleted)
        async def fail(event: MeetingCompleted, tasks: BackgroundTasks) -> None:
            tasks.add_task(site.story.append, "never")
            raise KeyError

        @site.hooks.on(MeetingCompleted)
        async def succeed(event: MeetingCompleted, tasks: BackgroundTasks) -> None:
            tasks.add_task(site.story.append, "once, because it is not called again")

        site.mount()
        site.post()
        site.post()
        assert site.story == ["handler_failed", "once, because it is not called again", "handler_failed"]

    def test_one_that_fails_is_the_servers_to_report(self, site: Site) -> None:
        """As it is for a path operation. Those of other handlers run."""

        def fail() -> None:
            raise LookupError("too late to tell the vendor")

        for task in (fail, lambda: site.story.append("other")):

            def handle(event: Event, tasks: BackgroundTasks, task: Any = task) -> None:
                tasks.add_task(task)

            site.hooks.on(MeetingCompleted)(handle)
        site.mount()
        with pytest.raises(LookupError, match="too late"):
            site.post()
        assert site.story == ["processed", "other"]


class TestLate:
    """A handler that goes on after the answer."""

    def late(self, site: Site, task: Any) -> tuple[asyncio.Event, Any]:
        go = asyncio.Event()

        async def decide(event: Knocked, tasks: BackgroundTasks, session: str = Depends(site.session)) -> str:
            tasks.add_task(task)
            await go.wait()
            return "open"

        site.hooks.on(Knocked, deadline=0.01, default="stay shut")(decide)
        site.mount()
        return go, knock().but(path="/webhooks/plain")

    async def test_its_dependencies_are_closed_and_its_tasks_run_when_it_ends(self, site: Site) -> None:
        go, sent = self.late(site, lambda: site.story.append("task"))
        answer = await call_asgi(site.app, sent)
        assert answer is not None
        assert answer.body == b'{"door": "stay shut"}'
        assert site.story == ["open", "decided_by_default"]
        go.set()
        await site.hooks.aclose()
        await site.hooks.aclose()
        assert site.story[2:] == ["close", "task"]

    async def test_a_task_of_it_that_fails_is_logged(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        def fail() -> None:
            raise LookupError

        go, sent = self.late(site, fail)
        await call_asgi(site.app, sent)
        go.set()
        await site.hooks.aclose()
        await site.hooks.aclose()
        assert [record.getMessage() for record in caplog.records][-1] == "a background task failed"

    def test_a_time_out_of_all_handlers(self) -> None:
        site = Site(handler_timeout=0.01)

        @site.hooks.on(MeetingCompleted)
        async def slow(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None:
            await go.wait()

        async def main() -> None:
            answer = await call_asgi(site.app, meeting().but(path="/webhooks/meeting-baas"))
            assert answer is not None
            assert (answer.status, site.story) == (503, ["open", "handler_timed_out"])
            go.set()
            await site.hooks.aclose()

        site.mount()
        go = asyncio.Event()
        asyncio.run(main())
        assert site.story[2:] == ["close"]
        assert site.post() == MeetingBaaS.SUCCESS
        assert site.story[3:] == ["duplicate"]


async def test_a_cancelled_handlers_dependencies_are_rolled_back(site: Site) -> None:
    """And the vendor's retry runs it again."""
    here = asyncio.Event()

    @site.hooks.on(MeetingCompleted)
    async def slow(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None:
        if not here.is_set():
            here.set()
            await asyncio.Event().wait()

    site.mount()
    sent = meeting().but(path="/webhooks/meeting-baas")
    task = asyncio.create_task(call_asgi(site.app, sent))
    await here.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert site.story == ["open", "roll back after CancelledError", "cancelled"]
    assert await call_asgi(site.app, sent) == MeetingBaaS.SUCCESS
    assert site.story[3:] == ["open", "close", "processed"]


class TestOverrides:
    """``app.dependency_overrides``, as tests of FastAPI applications have them."""

    def test_they_work(self, site: Site) -> None:
        @site.hooks.on(MeetingCompleted)
        async def handle(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None:
            site.story.append(session)

        site.mount()
        site.app.dependency_overrides[site.session] = lambda: "fake"
        site.post(meeting(b'{"event": "complete", "data": {"bot_id": "a"}}'))
        site.app.dependency_overrides = {}
        site.post()
        assert site.story == ["fake", "processed", "open", "session", "close", "processed"]

    def test_two_applications_have_their_own(self, site: Site) -> None:
        def name() -> str:
            return "real"

        @site.hooks.on(Knocked)
        async def decide(event: Knocked, name: Annotated[str, Depends(name)]) -> None:
            site.story.append(name)

        router = APIRouter()
        fastapi.mount(router, site.hooks)
        apps = {}
        for each in ("first", "second"):
            apps[each] = FastAPI()
            apps[each].dependency_overrides[name] = lambda each=each: each
            apps[each].include_router(router)
        fastapi.mount(site.app, site.hooks)
        for app in [*apps.values(), site.app]:
            site.post(knock(), app)
        assert [each for each in site.story if each != "processed"] == ["first", "second", "real"]

    def test_an_application_is_not_kept_alive_by_a_router(self, site: Site) -> None:
        @site.hooks.on(Knocked)
        async def decide(event: Knocked, session: Annotated[str, Depends(site.session)]) -> None: ...

        router = APIRouter()
        fastapi.mount(router, site.hooks)
        app = FastAPI()
        app.include_router(router)
        site.post(knock(), app)
        gone = weakref.ref(app)
        del app
        gc.collect()
        assert gone() is None


class TestMistakes:
    """Found at the mount, or when the application starts."""

    def test_what_fastapi_does_not_take(self, site: Site) -> None:
        @site.hooks.on(MeetingCompleted)
        async def handle(event: MeetingCompleted, pool: Annotated[threading.Lock, Query()]) -> None: ...

        with pytest.raises(ConfigurationError, match=r"FastAPI does not take .*\.handle: "):
            site.mount()

    @pytest.mark.parametrize(
        "name", ["asgi", "asgi-middleware", "wsgi", "wsgi-middleware", "starlette", "flask", "django"]
    )
    def test_other_adapters_have_nothing_to_give(self, site: Site, name: str) -> None:
        @site.hooks.on(MeetingCompleted)
        async def handle(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None: ...

        mounts: dict[str, Any] = {
            "asgi": lambda: asgi.application(site.hooks),
            "asgi-middleware": lambda: asgi.wrap(site.app, site.hooks),
            "wsgi": lambda: wsgi.application(site.hooks),
            "wsgi-middleware": lambda: wsgi.wrap(flask.Flask(__name__), site.hooks),
            "starlette": lambda: starlette.mount(Starlette(), site.hooks),
            "flask": lambda: flask_adapter.mount(flask.Flask(__name__), site.hooks),
            "django": lambda: django.urls(site.hooks),
        }
        with pytest.raises(ConfigurationError, match="takes session, which only FastAPI gives: write mount"):
            mounts[name]()


def test_a_forged_delivery_opens_nothing(site: Site) -> None:
    @site.hooks.on(MeetingCompleted)
    async def handle(event: MeetingCompleted, session: Annotated[str, Depends(site.session)]) -> None: ...

    site.mount()
    assert site.post(meeting(secret=SECRET[:-1])) == MeetingBaaS.FORGED
    assert site.story == [Outcome.FORGED.value]
