"""Starlette: its lifespan, its limits, its redirects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router

from tests.conformance.deliveries import COMPLETED, SECRET, meeting
from tests.conformance.expected import NO_ENDPOINT, MeetingBaaS
from tests.conformance.wire import Answer, Sent, answer, call_asgi
from webhook_kit import ConfigurationError, Dispatcher
from webhook_kit.adapters import starlette
from webhook_kit.adapters.asgi import ASGIApplication, Message, Receive, Scope, Send
from webhook_kit.providers.meeting_baas import MeetingBaaS as Provider

from .conftest import Closing


def post(app: ASGIApplication, path: str = "/webhooks/meeting-baas", **changes: Any) -> Answer | None:
    return asyncio.run(call_asgi(app, meeting().but(path=path, **changes)))


async def page(request: Request) -> Response:
    return PlainTextResponse("a page")


PAGE = answer(200, [("content-length", "6"), ("content-type", "text/plain; charset=utf-8")], b"a page")


def live(app: ASGIApplication) -> list[Message]:
    """Start an application and shut it down again; return what it sent."""
    waiting: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Message] = []

    async def run() -> None:
        async def receive() -> Message:
            return waiting.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        await app({"type": "lifespan", "state": {}}, receive, send)

    asyncio.run(run())
    return sent


def kinds(sent: list[Message]) -> list[str]:
    return [message["type"] for message in sent]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/webhooks", NO_ENDPOINT),
        ("/webhooks/", NO_ENDPOINT),
        ("/webhooks//", NO_ENDPOINT),
        ("/webhooks/meeting-baas/", MeetingBaaS.SUCCESS),
    ],
)
def test_starlette_adds_no_redirect(hooks: Closing, path: str, expected: Answer) -> None:
    app = Starlette()
    starlette.mount(app, hooks)
    assert post(app, path) == expected


def test_a_router_is_mounted_on_like_an_application(hooks: Closing) -> None:
    router = Router()
    starlette.mount(router, hooks, "hooks")
    assert post(router, "/hooks/meeting-baas") == MeetingBaaS.SUCCESS


def test_a_mount_inside_a_mounted_application_serves_below_both(hooks: Closing) -> None:
    inner = Starlette()
    starlette.mount(inner, hooks)
    app = Starlette(routes=[Mount("/api", app=inner)])
    assert post(app, "/api/webhooks/meeting-baas") == MeetingBaaS.SUCCESS
    assert hooks.deliveries[0].request.path == "/meeting-baas"


def test_two_dispatchers_are_mounted_side_by_side(hooks: Closing) -> None:
    other = Dispatcher()
    other.add(Provider(secret=SECRET), path="elsewhere")
    app = Starlette()
    starlette.mount(app, hooks, "/a")
    starlette.mount(app, other, "/b")
    assert post(app, "/a/meeting-baas") == MeetingBaaS.SUCCESS
    assert post(app, "/b/elsewhere") == MeetingBaaS.SUCCESS
    assert post(app, "/b/meeting-baas") == NO_ENDPOINT


@pytest.mark.parametrize(
    "path", ["/webhooks/meeting-baas", "/webhooks/{rest:path}", "/{rest:path}", "/webhooks{rest:path}"]
)
def test_a_route_that_was_added_before_keeps_what_it_takes(hooks: Closing, path: str) -> None:
    app = Starlette(routes=[Route("/page", page), Route(path, page, methods=["POST"]), Route("/other", page)])
    starlette.mount(app, hooks)
    assert post(app) == PAGE


@pytest.mark.parametrize("path", ["/webhook", "/webhooksmore", "/webhooks-of/meeting-baas"])
def test_paths_that_only_begin_alike_are_the_applications(hooks: Closing, path: str) -> None:
    app = Starlette()
    starlette.mount(app, hooks)
    app.add_route(path, page, methods=["POST"])
    assert post(app, path) == PAGE


def test_pages_elsewhere_do_not_keep_a_delivery_waiting(hooks: Closing) -> None:
    app = Starlette(routes=[Route("/{rest:int}", page), Route("/page", page), Route("/page/more", page)])
    starlette.mount(app, hooks)
    assert [route.path for route in app.routes if isinstance(route, Route)] == [
        "/{rest:int}",
        "/webhooks{webhook_path:webhook_path}",
        "/page",
        "/page/more",
    ]


@pytest.mark.parametrize("root", ["/api", "/api/"])
def test_a_root_path_is_taken_off_as_for_every_other_route(hooks: Closing, root: str) -> None:
    app = Starlette()
    starlette.mount(app, hooks)
    app.add_route("/page", page, methods=["POST"])

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": root, "path": root + scope["path"]}, receive, send)

    assert post(behind, "/page") == PAGE
    assert post(behind) == MeetingBaaS.SUCCESS


def test_an_address_can_be_built_from_the_routes_name(hooks: Closing) -> None:
    app = Starlette()
    starlette.mount(app, hooks)
    assert app.url_path_for("webhook_kit", webhook_path="/meeting-baas") == "/webhooks/meeting-baas"


def test_the_applications_own_lifespan_runs_inside_ours(hooks: Closing) -> None:
    @asynccontextmanager
    async def own(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        hooks.story.append("opened")
        yield {"pool": "the application's"}
        hooks.story.append("its own closed")

    app = Starlette(lifespan=own)
    starlette.mount(app, hooks)
    assert kinds(live(app)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert hooks.story == ["opened", "its own closed", "closed"]


def test_the_state_of_the_applications_lifespan_is_kept(hooks: Closing) -> None:
    @asynccontextmanager
    async def own(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        yield {"pool": "the application's"}

    app = Starlette(lifespan=own)
    starlette.mount(app, hooks)

    async def enter() -> Any:
        async with app.router.lifespan_context(app) as state:
            return state

    assert asyncio.run(enter()) == {"pool": "the application's"}


def test_it_closes_also_when_the_applications_own_shutdown_fails(hooks: Closing) -> None:
    @asynccontextmanager
    async def own(app: Starlette) -> AsyncIterator[None]:
        yield
        raise ValueError("too bad")

    app = Starlette(lifespan=own)
    starlette.mount(app, hooks)
    with pytest.raises(ValueError, match="too bad"):
        live(app)
    assert hooks.story == ["closed"]


def test_a_mistake_made_after_the_mount_stops_the_start(hooks: Closing) -> None:
    app = Starlette()
    starlette.mount(app, hooks)
    hooks.on("of.no.vendor")(lambda event: None)
    with pytest.raises(ConfigurationError, match=r"of\.no\.vendor"):
        live(app)


def test_a_limit_below_a_providers_is_refused_with_both_remedies() -> None:
    hooks = Dispatcher()
    hooks.add(Provider(secret=SECRET, max_body=2000))
    with pytest.raises(ConfigurationError) as caught:
        starlette.mount(Starlette(max_body_size=1999), hooks)
    assert str(caught.value) == (
        "Starlette(max_body_size=1999) is below what MeetingBaaS at 'meeting-baas' receives: "
        "write Starlette(max_body_size=2000), or MeetingBaaS(max_body=1999)"
    )


def test_a_provider_that_is_added_after_the_mount_is_measured_at_the_start(hooks: Closing) -> None:
    late = Dispatcher()
    app = Starlette(max_body_size=1999)
    starlette.mount(app, late)
    late.add(Provider(secret=SECRET, max_body=2000))
    with pytest.raises(ConfigurationError, match="max_body_size=2000"):
        live(app)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("limit", [len(COMPLETED) - 1, len(COMPLETED)])
def test_a_body_over_both_limits_is_refused_in_the_vendors_words(limit: int, chunked: bool) -> None:
    hooks = Closing()
    hooks.add(Provider(secret=SECRET, max_body=len(COMPLETED) - 1))
    hooks.observe(hooks.records.append)
    app = Starlette(max_body_size=limit)
    starlette.mount(app, hooks)
    assert post(app, chunked=chunked) == MeetingBaaS.TOO_LARGE
    assert [record.status for record in hooks.records] == [413]


def test_middleware_of_the_application_sees_our_requests(hooks: Closing) -> None:
    class Tagging:
        def __init__(self, app: ASGIApplication) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def tagged(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].append((b"x-tag", b"yes"))
                await send(message)

            await self.app(scope, receive, tagged)

    app = Starlette(middleware=[Middleware(Tagging)])
    starlette.mount(app, hooks)
    expected = MeetingBaaS.SUCCESS.with_header("x-tag", "yes")
    assert [post(app), post(app)] == [expected, expected]


def test_an_earlier_route_of_the_application_comes_first(hooks: Closing) -> None:
    async def own(request: Any) -> Any:
        from starlette.responses import PlainTextResponse

        return PlainTextResponse("the application's")

    app = Starlette(routes=[Route("/webhooks/own", own, methods=["POST"])])
    starlette.mount(app, hooks)
    answered = asyncio.run(call_asgi(app, Sent("/webhooks/own")))
    assert answered is not None
    assert answered.body == b"the application's"
