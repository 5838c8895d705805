"""FastAPI: routers and their prefixes, its limit, its schema."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from starlette.routing import Route

from tests.conformance.deliveries import COMPLETED, SECRET, meeting
from tests.conformance.expected import NO_ENDPOINT, MeetingBaaS
from tests.conformance.wire import Answer, call_asgi
from webhook_kit import ConfigurationError, Dispatcher
from webhook_kit.adapters import fastapi
from webhook_kit.providers.meeting_baas import MeetingBaaS as Provider

from ..conftest import Closing
from ..test_starlette import kinds, live


def post(app: FastAPI, path: str = "/webhooks/meeting-baas", **changes: Any) -> Answer | None:
    return asyncio.run(call_asgi(app, meeting().but(path=path, **changes)))


def test_the_mount_is_no_part_of_the_schema(hooks: Closing) -> None:
    app = FastAPI()
    fastapi.mount(app, hooks)
    assert app.openapi()["paths"] == {}


@pytest.mark.parametrize("own", ["", "/own"])
@pytest.mark.parametrize("included", ["", "/included"])
def test_a_router_is_served_below_its_own_prefix_and_that_of_the_include(
    hooks: Closing, own: str, included: str
) -> None:
    router = APIRouter(prefix=own)
    fastapi.mount(router, hooks)
    app = FastAPI()
    app.include_router(router, prefix=included)
    assert post(app, f"{included}{own}/webhooks/meeting-baas") == MeetingBaaS.SUCCESS
    assert post(app, f"{included}{own}/webhooks") == NO_ENDPOINT
    assert post(app, f"{included}{own}/webhooks/%0A") == NO_ENDPOINT
    assert hooks.deliveries[0].request.path == "/meeting-baas"


def test_routers_can_be_nested_below_a_path_with_parameters(hooks: Closing) -> None:
    inner, outer, app = APIRouter(), APIRouter(prefix="/outer"), FastAPI()
    fastapi.mount(inner, hooks)
    outer.include_router(inner, prefix="/{tenant}")
    app.include_router(outer)
    assert post(app, "/outer/amira/webhooks/meeting-baas") == MeetingBaaS.SUCCESS


def test_a_router_whose_prefix_has_parameters_is_an_application_by_itself(hooks: Closing) -> None:
    router, app = APIRouter(prefix="/{tenant}"), FastAPI()
    fastapi.mount(router, hooks)
    app.mount("/outer", router)
    assert post(app, "/outer/amira/webhooks/meeting-baas") == MeetingBaaS.SUCCESS


def test_the_pages_of_the_documentation_do_not_keep_a_delivery_waiting(hooks: Closing) -> None:
    app = FastAPI()
    fastapi.mount(app, hooks)
    names = [route.name for route in app.routes if isinstance(route, Route)]
    assert names == ["webhook_kit", "openapi", "swagger_ui_html", "swagger_ui_redirect", "redoc_html"]


def test_a_mount_around_the_documentation_leaves_it_its_page(hooks: Closing) -> None:
    app = FastAPI(docs_url="/webhooks/docs")
    fastapi.mount(app, hooks)
    found = post(app, "/webhooks/docs", method="GET")
    assert found is not None
    assert found.status == 200


def test_a_mount_on_a_router_that_was_included_before_is_served(hooks: Closing) -> None:
    router, app = APIRouter(), FastAPI()
    app.include_router(router, prefix="/api")
    assert post(app, "/api/webhooks/meeting-baas") != MeetingBaaS.SUCCESS
    fastapi.mount(router, hooks)
    assert post(app, "/api/webhooks/meeting-baas") == MeetingBaaS.SUCCESS


def test_it_closes_after_the_applications_own_lifespan(hooks: Closing) -> None:
    @asynccontextmanager
    async def own(app: FastAPI) -> AsyncIterator[None]:
        hooks.story.append("opened")
        yield
        hooks.story.append("its own closed")

    app = FastAPI(lifespan=own)
    fastapi.mount(app, hooks)
    assert kinds(live(app)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert hooks.story == ["opened", "its own closed", "closed"]


def test_a_router_that_is_included_afterwards_closes_with_the_application(hooks: Closing) -> None:
    router, app = APIRouter(), FastAPI()
    fastapi.mount(router, hooks)
    app.include_router(router)
    live(app)
    assert hooks.story == ["closed"]


@pytest.mark.parametrize("kind", [FastAPI, APIRouter])
def test_a_limit_below_a_providers_is_refused_with_both_remedies(kind: type[FastAPI | APIRouter]) -> None:
    hooks = Dispatcher()
    hooks.add(Provider(secret=SECRET, max_body=2000))
    with pytest.raises(ConfigurationError) as caught:
        fastapi.mount(kind(max_body_size=1999), hooks)
    assert str(caught.value) == (
        f"{kind.__name__}(max_body_size=1999) is below what MeetingBaaS at 'meeting-baas' receives: "
        f"write {kind.__name__}(max_body_size=2000), or MeetingBaaS(max_body=1999)"
    )


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_body_over_both_limits_is_refused_in_the_vendors_words(chunked: bool) -> None:
    hooks = Dispatcher()
    hooks.add(Provider(secret=SECRET, max_body=len(COMPLETED) - 1))
    app = FastAPI(max_body_size=len(COMPLETED) - 1)
    fastapi.mount(app, hooks)
    assert post(app, chunked=chunked) == MeetingBaaS.TOO_LARGE


def test_a_limit_of_an_include_is_overruled_by_the_providers(hooks: Closing) -> None:
    """The innermost limit counts, as it does between an application and its routers."""
    router, app = APIRouter(), FastAPI()
    fastapi.mount(router, hooks)
    app.include_router(router, max_body_size=10)
    assert post(app) == MeetingBaaS.SUCCESS


def test_dependencies_of_the_application_do_not_run(hooks: Closing) -> None:
    """A vendor could not satisfy them."""

    def refuse() -> None:
        raise HTTPException(403)

    app = FastAPI(dependencies=[Depends(refuse)])
    fastapi.mount(app, hooks)
    assert post(app) == MeetingBaaS.SUCCESS
