"""Path operations of one's own: verified, deduplicated, answered in the vendor's words."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Union

import pytest
from fastapi import APIRouter, BackgroundTasks, Body, Depends, FastAPI, HTTPException, Response
from fastapi.testclient import TestClient

from tests.conformance.deliveries import COMPLETED, SECRET, meeting, meeting_baas, signature
from tests.conformance.expected import MeetingBaaS as Answers
from tests.conformance.wire import Answer, Sent, call_asgi
from tests.core.plain import Knocked, Plain, body
from webhook_kit import ConfigurationError, Delivery, Dispatcher, Event, Record, UnknownEvent
from webhook_kit.adapters.fastapi import WebhookEvent, WebhookRoute, current_delivery, mount
from webhook_kit.idempotency import MemoryStore
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted, MeetingFailed

FAILED = b'{"event": "failed", "data": {"bot_id": "b", "error": "NoOneJoined"}}'


class Site:
    """An application with a router for path operations, and what happens in it."""

    def __init__(self) -> None:
        self.hooks = Dispatcher()
        self.records: list[Record] = []
        self.hooks.observe(thread=False)(self.records.append)
        self.router = APIRouter(route_class=WebhookRoute)
        self.story: list[Any] = []
        self._app: FastAPI | None = None

    @property
    def app(self) -> FastAPI:
        """The application; routes are added before."""
        if self._app is None:
            self._app = FastAPI()
            self._app.include_router(self.router, prefix="/api")
        return self._app

    @property
    def outcomes(self) -> list[str]:
        return [record.outcome.value for record in self.records]

    def post(self, sent: Sent | None = None, path: str = "/api/meetings") -> Answer | None:
        return asyncio.run(call_asgi(self.app, (meeting() if sent is None else sent).but(path=path)))


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.hooks.close()


def door(kind: str = "door.knocked") -> Sent:
    return Sent("", body(kind))


class TestReceived:
    """What a delivery becomes."""

    def test_a_verified_event_and_the_vendors_answer(self, site: Site) -> None:
        @site.router.post("/meetings")
        async def receive(
            event: Annotated[MeetingCompleted, Depends(WebhookEvent(meeting_baas(), site.hooks))],
            delivery: Annotated[Delivery, Depends(current_delivery)],
            page: int = 3,
        ) -> dict[str, str]:
            site.story.append((event.data.bot_id, delivery.endpoint, delivery.attempt, page))
            return {"what is returned": "is not what the vendor wants to read"}

        assert site.post(meeting().but(query=b"page=4")) == Answers.SUCCESS
        assert [(each[1:]) for each in site.story] == [("meetings", 1, 4)]
        assert site.outcomes == ["processed"]

    def test_a_sync_operation_too(self, site: Site) -> None:
        source = WebhookEvent(meeting_baas())

        @site.router.post("/meetings")
        def receive(event: MeetingCompleted = Depends(source)) -> None:
            site.story.append(event.type)

        assert [site.post(), site.post()] == [Answers.SUCCESS, Answers.SUCCESS]
        assert site.story == ["complete", "complete"], "without a dispatcher nothing is deduplicated"

    @pytest.mark.parametrize(
        ("sent", "expected"),
        [
            (meeting().but(headers=()), Answers.UNAUTHENTICATED),
            (meeting(secret=SECRET[:-1]), Answers.FORGED),
            (meeting(b"[]"), Answers.MALFORMED),
            (meeting(b"{" + b" " * 20_000_000), Answers.TOO_LARGE),
            (meeting().with_headers((b"content-encoding", b"gzip")), Answers.ENCODING),
        ],
        ids=["unauthenticated", "forged", "malformed", "too large", "encoded"],
    )
    def test_what_is_refused_opens_no_dependency(self, site: Site, sent: Sent, expected: Answer) -> None:
        def session() -> None:
            site.story.append("open")

        @site.router.post("/meetings", dependencies=[Depends(session)])
        async def receive(
            event: Annotated[Event, Depends(WebhookEvent(meeting_baas()))], session: Annotated[None, Depends(session)]
        ) -> None: ...

        assert site.post(sent) == expected
        assert site.story == []

    def test_events_that_the_annotation_does_not_admit_are_accepted_and_not_received(self, site: Site) -> None:
        source = WebhookEvent(meeting_baas(), site.hooks)

        @site.router.post("/meetings")
        async def completed(event: Annotated[MeetingCompleted, Depends(source)]) -> None:
            site.story.append(event.type)

        @site.router.post("/some")
        async def some(event: Annotated[MeetingCompleted | MeetingFailed, Depends(source)]) -> None:
            site.story.append(event.type)

        @site.router.post("/old")
        async def old(event: Annotated[Union[MeetingFailed, UnknownEvent], Depends(source)]) -> None:  # noqa: UP007
            site.story.append(event.type)

        for path in ("/api/meetings", "/api/some", "/api/old"):
            assert site.post(meeting(FAILED), path) == Answers.SUCCESS
        assert site.story == ["failed", "failed"]
        assert site.outcomes == ["unhandled", "processed", "processed"]

    def test_all_events_those_that_nobody_knows_too(self, site: Site) -> None:
        @site.router.post("/meetings")
        async def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas()))]) -> None:
            site.story.append(type(event))

        assert site.post(meeting(b'{"event": "of another day"}')) == Answers.SUCCESS
        assert site.story == [UnknownEvent]

    def test_a_decision_is_what_is_returned(self, site: Site) -> None:
        source = WebhookEvent(Plain(unverified=True), site.hooks, deadline=10, default="stay shut")

        @site.router.post("/doors")
        async def decide(event: Annotated[Knocked, Depends(source)], reply: str = "open") -> str:
            return reply

        for query, expected in ((b"", b'{"door": "open"}'), (b"reply=nonsense", b'{"door": "stay shut"}')):
            answer = site.post(door().but(query=query), "/api/doors")
            assert answer is not None
            assert answer.body == expected
        assert site.outcomes == ["processed", "decided_by_default"]


class TestAnswered:
    """What becomes of the answer where the operation is not the end of it."""

    def test_what_an_operation_raises_is_released(self, site: Site) -> None:
        @site.router.post("/meetings")
        async def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas(), site.hooks))]) -> None:
            site.story.append(event.type)
            if len(site.story) == 1:
                raise HTTPException(404)

        assert site.post() == Answers.FAILED
        assert site.post() == Answers.SUCCESS
        assert site.post() == Answers.SUCCESS
        assert site.outcomes == ["handler_failed", "processed", "duplicate"]

    def test_dependencies_are_closed_before(self, site: Site) -> None:
        """A commit that fails is a delivery that comes again."""

        async def session() -> AsyncIterator[str]:
            yield "session"
            site.story.append("commit")
            if len(site.story) == 1:
                raise LookupError

        @site.router.post("/meetings")
        async def receive(
            event: Annotated[Event, Depends(WebhookEvent(meeting_baas(), site.hooks))],
            session: Annotated[str, Depends(session)],
        ) -> None: ...

        assert [site.post(), site.post()] == [Answers.FAILED, Answers.SUCCESS]
        assert site.story == ["commit", "commit"]

    def test_background_tasks_run_after_it(self, site: Site) -> None:
        @site.router.post("/meetings")
        async def receive(
            event: Annotated[Event, Depends(WebhookEvent(meeting_baas(), site.hooks))], tasks: BackgroundTasks
        ) -> None:
            tasks.add_task(lambda: site.story.extend(site.outcomes))

        assert site.post() == Answers.SUCCESS
        assert site.story == ["processed"]

    def test_a_response_of_ones_own_is_a_mistake(self, site: Site) -> None:
        @site.router.post("/meetings")
        def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas(), site.hooks))]) -> Response:
            return Response(status_code=503)

        assert site.post() == Answers.FAILED
        assert "receive returned a response, but the vendor gets its own answer" in str(site.records[0].error)

    def test_other_methods_are_fastapis_to_refuse(self, site: Site) -> None:
        @site.router.post("/meetings")
        def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas()))]) -> None: ...

        answer = site.post(meeting().but(method="GET"))
        assert answer is not None
        assert answer.status == 405

    @pytest.mark.parametrize("limit", [10, 10**9])
    def test_the_providers_limit_for_bodies_counts(self, limit: int) -> None:
        app = FastAPI(max_body_size=limit)
        app.router.route_class = WebhookRoute

        @app.post("/meetings")
        def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas()))]) -> None: ...

        async def send(sent: Sent) -> Answer | None:
            return await call_asgi(app, sent.but(path="/meetings"))

        assert asyncio.run(send(meeting())) == Answers.SUCCESS
        assert asyncio.run(send(meeting(b" " * 20_000_000))) == Answers.TOO_LARGE


class TestDispatcher:
    """What a dispatcher lends to path operations."""

    def test_its_store_its_limits_and_its_observers_and_not_its_handlers(self, site: Site) -> None:
        hooks = Dispatcher(idempotency=MemoryStore(), require_https=True, handler_timeout=10)
        hooks.on(Event)(lambda event: site.story.append("never"))

        @site.router.post("/meetings")
        def receive(event: Annotated[MeetingCompleted, Depends(WebhookEvent(meeting_baas(), hooks))]) -> None:
            site.story.append("received")

        hooks.observe(site.records.append)
        assert [site.post(), site.post()] == [Answers.SUCCESS, Answers.SUCCESS]
        assert site.story == ["received"]
        assert site.outcomes == ["processed", "duplicate"]
        assert hooks.endpoints == ()
        hooks.close()

    def test_one_that_is_mounted_too(self, site: Site) -> None:
        site.hooks.add(meeting_baas())

        @site.router.post("/meetings")
        def receive(event: Annotated[MeetingCompleted, Depends(WebhookEvent(meeting_baas(), site.hooks))]) -> None:
            site.story.append("received")

        mount(site.app, site.hooks)
        assert site.post(path="/webhooks/meeting-baas") == Answers.SUCCESS
        assert site.post() == Answers.SUCCESS
        assert site.outcomes == ["unhandled", "processed"]
        assert site.story == ["received"]

    def test_equal_paths_of_two_routers_are_two_endpoints(self, site: Site) -> None:
        """The prefix of ``include_router`` is nowhere to be seen, and what arrives at one is not yet received there."""
        source = WebhookEvent(meeting_baas(), site.hooks)
        other = APIRouter(route_class=WebhookRoute)

        @site.router.post("/meetings")
        def bill(event: Annotated[MeetingCompleted, Depends(source)]) -> None:
            site.story.append("billed")

        @other.post("/meetings")
        def archive(event: Annotated[MeetingCompleted, Depends(source)]) -> None:
            site.story.append("archived")

        site.app.include_router(other, prefix="/archive")
        for path in ("/api/meetings", "/archive/meetings"):
            assert [site.post(path=path), site.post(path=path)] == [Answers.SUCCESS, Answers.SUCCESS]
        assert site.story == ["billed", "archived"]

    @pytest.mark.parametrize(
        ("path", "address"),
        [("/meetings", "meetings"), ("/{tenant}//meetings/", "tenant/meetings"), ("/", "meeting-baas")],
    )
    def test_the_endpoint_is_called_like_its_path(self, site: Site, path: str, address: str) -> None:
        provider = meeting_baas()

        @site.router.post(path)
        def receive(event: Annotated[Event, Depends(WebhookEvent(provider))]) -> None: ...

        assert provider.url("https://hooks.example/api") == f"https://hooks.example/api/{address}"


class TestRoutes:
    """A ``WebhookRoute`` is a route of FastAPI's."""

    def test_it_is_in_the_schema(self, site: Site) -> None:
        @site.router.post("/meetings", tags=["vendors"])
        def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas()))], page: int = 1) -> None:
            """Take what a vendor says."""

        operation = site.app.openapi()["paths"]["/api/meetings"]["post"]
        assert (operation["summary"], operation["description"]) == ("Receive", "Take what a vendor says.")
        assert [each["name"] for each in operation["parameters"]] == ["page"]
        assert operation["tags"] == ["vendors"]
        assert "requestBody" not in operation

    def test_operations_without_an_event_are_served_as_ever(self, site: Site) -> None:
        @site.router.post("/other")
        def other(name: Annotated[str, Body(embed=True)]) -> dict[str, str]:
            return {"name": name}

        with TestClient(site.app) as client:
            assert client.post("/api/other", json={"name": "amira"}).json() == {"name": "amira"}

    def test_dependencies_of_routers_run_and_can_be_overridden(self, site: Site) -> None:
        def of_the_router() -> None:
            raise HTTPException(403)

        site.router.dependencies.append(Depends(of_the_router))

        @site.router.post("/meetings")
        def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas()))]) -> None: ...

        assert site.post() == Answers.FAILED
        site.app.dependency_overrides[of_the_router] = lambda: None
        assert site.post() == Answers.SUCCESS

    def test_a_route_that_is_made_again_from_its_endpoint_is_the_same(self, site: Site) -> None:
        """As ``include_router`` of older releases does."""

        @site.router.post("/meetings")
        def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas(), site.hooks))]) -> None:
            site.story.append(event.type)

        [route] = site.router.routes
        assert isinstance(route, WebhookRoute)
        site.app.router.add_api_route("/again", route.endpoint, methods=["POST"], route_class_override=WebhookRoute)
        assert site.post(path="/again") == Answers.SUCCESS
        assert site.story == ["complete"]

    def test_a_test_client_posts_to_it(self, site: Site) -> None:
        @site.router.post("/meetings")
        def receive(event: Annotated[Event, Depends(WebhookEvent(meeting_baas()))]) -> None: ...

        name, value = signature(COMPLETED)
        with TestClient(site.app) as client:
            answer = client.post("/api/meetings", content=COMPLETED, headers={name.decode(): value.decode()})
        assert (answer.status_code, answer.json()) == (200, {"status": "success"})


class TestMistakes:
    """Found when the module is imported, with what to write instead."""

    def test_what_is_no_provider(self) -> None:
        with pytest.raises(ConfigurationError, match=r"takes a provider, such as .*, not the class MeetingBaaS"):
            WebhookEvent(MeetingBaaS)  # type: ignore[arg-type]

    def test_what_is_no_dispatcher(self) -> None:
        with pytest.raises(
            ConfigurationError, match="hooks is a Dispatcher whose store deduplicates, not a MemoryStore"
        ):
            WebhookEvent(meeting_baas(), MemoryStore())  # type: ignore[arg-type]

    def test_a_keyword_that_does_not_exist(self) -> None:
        with pytest.raises(ConfigurationError, match="deadline"):
            WebhookEvent(meeting_baas(), dedline=1)  # type: ignore[arg-type]

    @pytest.mark.parametrize("annotation", [str, dict[str, Any], Any])
    def test_an_annotation_that_is_no_event(self, site: Site, annotation: Any) -> None:
        def receive(event: object) -> None: ...

        receive.__annotations__["event"] = Annotated[annotation, Depends(WebhookEvent(meeting_baas()))]
        with pytest.raises(ConfigurationError, match="takes the event as 'event'; annotate it with the classes"):
            site.router.post("/meetings")(receive)

    def test_two_events(self, site: Site) -> None:
        source = WebhookEvent(meeting_baas())
        with pytest.raises(ConfigurationError, match="receive takes two events; a path operation receives one"):

            @site.router.post("/meetings")
            def receive(
                event: Annotated[MeetingCompleted, Depends(source)], other: Annotated[MeetingFailed, Depends(source)]
            ) -> None: ...

    def test_a_default_that_cannot_be_sent(self, site: Site) -> None:
        with pytest.raises(ConfigurationError, match="has a deadline or a default, but no event"):

            @site.router.post("/meetings")
            def receive(
                event: Annotated[MeetingCompleted, Depends(WebhookEvent(meeting_baas(), default="open"))],
            ) -> None: ...

    @pytest.mark.parametrize("kind", ["event", "delivery"])
    def test_a_route_of_another_class(self, kind: str) -> None:
        """What the first request says: a dependency does not know the route before."""
        app = FastAPI()
        dependency = WebhookEvent(meeting_baas()) if kind == "event" else current_delivery

        @app.post("/meetings")
        def receive(value: Annotated[Any, Depends(dependency)]) -> None: ...

        with TestClient(app) as client, pytest.raises(ConfigurationError, match=r"route_class=WebhookRoute"):
            client.post("/meetings")
