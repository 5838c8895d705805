"""What every adapter is given: an application, a dispatcher, a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.routing import Router

from tests.conformance import django_site
from tests.conformance.deliveries import meeting_baas
from webhook_kit import ConfigurationError, Dispatcher
from webhook_kit.adapters import asgi, django, fastapi, starlette, wsgi
from webhook_kit.adapters import flask as flask_adapter
from webhook_kit.adapters.arguments import mount_path

django_site.configure()

Adapter = Callable[..., Any]


def an_application(*arguments: Any) -> Any:
    """Be an ASGI or WSGI application that nobody calls."""


MOUNTS: dict[str, tuple[Adapter, Callable[[], Any]]] = {
    "asgi": (asgi.wrap, lambda: an_application),
    "wsgi": (wsgi.wrap, lambda: an_application),
    "starlette": (starlette.mount, Starlette),
    "starlette-router": (starlette.mount, Router),
    "fastapi": (fastapi.mount, FastAPI),
    "fastapi-router": (fastapi.mount, APIRouter),
    "flask": (flask_adapter.mount, lambda: flask.Flask("app")),
}
WITHOUT_PATH: dict[str, Adapter] = {
    "asgi-application": asgi.application,
    "wsgi-application": wsgi.application,
    "django": django.urls,
}
EVERY: dict[str, Adapter] = WITHOUT_PATH | {
    name: lambda hooks, adapter=adapter, app=app, **others: adapter(app(), hooks, **others)
    for name, (adapter, app) in MOUNTS.items()
}


@pytest.fixture
def hooks() -> Dispatcher:
    hooks = Dispatcher()
    hooks.add(meeting_baas())
    return hooks


@pytest.mark.parametrize("path", ["webhooks", "/webhooks", "/webhooks/", "//webhooks//"])
def test_slashes_around_the_path_make_no_difference(path: str) -> None:
    assert mount_path(path) == "/webhooks"


def test_a_mount_can_have_several_segments() -> None:
    assert mount_path("/api/v1.0/web-hooks_~") == "/api/v1.0/web-hooks_~"


@pytest.mark.parametrize("path", ["", "/", "//"])
@pytest.mark.parametrize("name", MOUNTS)
def test_the_root_is_no_mount_and_the_error_says_what_is(hooks: Dispatcher, name: str, path: str) -> None:
    adapter, app = MOUNTS[name]
    with pytest.raises(ConfigurationError, match=r"application\(hooks\)"):
        adapter(app(), hooks, path)


@pytest.mark.parametrize("path", ["/web hooks", "/{path}", "/<path>", "/a//b", "/a?b", "/é", None, 7, b"/webhooks"])
@pytest.mark.parametrize("name", MOUNTS)
def test_a_path_that_a_framework_might_misread_is_refused(hooks: Dispatcher, name: str, path: Any) -> None:
    adapter, app = MOUNTS[name]
    with pytest.raises(ConfigurationError, match="path is"):
        adapter(app(), hooks, path)


@pytest.mark.parametrize("name", MOUNTS)
def test_a_misspelt_keyword_is_named_with_the_right_one(hooks: Dispatcher, name: str) -> None:
    adapter, app = MOUNTS[name]
    with pytest.raises(ConfigurationError, match="takes no keyword 'pth'; did you mean 'path'"):
        adapter(app(), hooks, pth="/webhooks")


@pytest.mark.parametrize("name", WITHOUT_PATH)
def test_an_unknown_keyword_is_refused(hooks: Dispatcher, name: str) -> None:
    with pytest.raises(ConfigurationError, match="takes no keyword 'asynchron'"):
        WITHOUT_PATH[name](hooks, asynchron=True)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("wrong", [None, Dispatcher, "hooks", an_application])
def test_hooks_must_be_a_dispatcher(name: str, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="hooks is the Dispatcher"):
        EVERY[name](wrong)


@pytest.mark.parametrize("name", MOUNTS)
@pytest.mark.parametrize("wrong", [None, "app"])
def test_the_application_must_be_one_of_the_adapters_kind(hooks: Dispatcher, name: str, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"takes (the|an|a) .*application and the Dispatcher, not"):
        MOUNTS[name][0](wrong, hooks)


@pytest.mark.parametrize("name", EVERY)
def test_a_mistake_in_the_set_up_is_raised_at_the_mount(hooks: Dispatcher, name: str) -> None:
    hooks.on("of.no.vendor")(an_application)
    with pytest.raises(ConfigurationError, match=r"of\.no\.vendor"):
        EVERY[name](hooks)


@pytest.mark.parametrize("name", [name for name in MOUNTS if name not in ("asgi", "wsgi")])
def test_two_mounts_at_one_path_are_refused_and_at_two_are_not(hooks: Dispatcher, name: str) -> None:
    adapter, make = MOUNTS[name]
    app = make()
    adapter(app, hooks, "/webhooks")
    adapter(app, hooks, "/other.hooks")
    with pytest.raises(ConfigurationError, match="'/webhooks' is taken"):
        adapter(app, hooks, "webhooks/")
