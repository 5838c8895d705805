"""Where an application serves which dispatcher is seen from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flask
import pytest
from django.test import Client as DjangoClient
from django.urls import path as django_path
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount as Below
from starlette.testclient import TestClient
from werkzeug.test import Client

from tests.conformance import django_site
from tests.conformance.hosts import HOSTS, Host
from webhook_kit import ConfigurationError, Dispatcher
from webhook_kit.adapters import asgi, django, fastapi, starlette
from webhook_kit.adapters import flask as flask_adapter
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS
from webhook_kit.testing import WebhookClient, deliver
from webhook_kit.testing.mounts import Mount, mounts_of


@pytest.fixture
def hooks() -> Dispatcher:
    hooks = Dispatcher()
    hooks.add(VCaaS(url_token="a token of more than sixteen characters"))
    return hooks


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, hooks: Dispatcher) -> Iterator[Host]:
    host = HOSTS[request.param](hooks)
    yield host
    host.close()


def app_of(host: Host) -> Any:
    return host.app  # type: ignore[attr-defined]


def test_an_application_shows_its_mount(host: Host, hooks: Dispatcher) -> None:
    assert mounts_of(app_of(host)) == [Mount(host.mount, hooks)]


def test_a_delivery_needs_nothing_but_the_application(host: Host) -> None:
    with WebhookClient(app_of(host)) as client:
        assert client.deliver(UserJoinLeave).delivered


def test_a_test_client_shows_the_mount_of_its_application(hooks: Dispatcher) -> None:
    app, site = flask.Flask("shop"), Starlette()
    flask_adapter.mount(app, hooks, "/hooks")
    starlette.mount(site, hooks, "/events")
    assert mounts_of(app.test_client()) == mounts_of(Client(app)) == [Mount("/hooks", hooks)]
    assert mounts_of(TestClient(site)) == [Mount("/events", hooks)]


def test_a_mount_below_another_application_is_found(hooks: Dispatcher) -> None:
    inner = Starlette()
    starlette.mount(inner, hooks)
    assert mounts_of(Starlette(routes=[Below("/shop", app=inner)])) == [Mount("/shop/webhooks", hooks)]


def test_a_mount_of_a_router_is_found(hooks: Dispatcher) -> None:
    app, router = FastAPI(), APIRouter(prefix="/v1")
    fastapi.mount(router, hooks)
    app.include_router(router, prefix="/api")
    [mount] = mounts_of(app)
    assert mount == Mount("/api/v1/webhooks", hooks)
    assert deliver(app, UserJoinLeave).delivered


def test_a_project_of_djangos_shows_its_mounts(hooks: Dispatcher) -> None:
    django_site.configure()
    other = Dispatcher()
    with django_site.site(
        django_path("webhooks/", django.urls(hooks)),
        django_path("<slug:tenant>/", django.urls(other)),
        django_path("elsewhere/", django.urls(other)),
    ):
        assert mounts_of(DjangoClient()) == [Mount("/webhooks", hooks), Mount("/elsewhere", other)]


@pytest.mark.parametrize("app", [None, object(), 7, Starlette(), FastAPI(), flask.Flask("shop"), lambda: None])
def test_what_serves_nothing_has_no_mount(app: Any) -> None:
    assert mounts_of(app) == []


def test_one_of_several_mounts_is_chosen(hooks: Dispatcher) -> None:
    app, other = Starlette(), Dispatcher()
    other.add(VCaaS(url_token="another token of more than sixteen"))
    starlette.mount(app, hooks, "/one")
    starlette.mount(app, other, "/two")
    with pytest.raises(ConfigurationError, match="several mounts: give path='/one' or path='/two'"):
        WebhookClient(app)
    assert WebhookClient(app, path="two/").hooks is other
    assert deliver(app, UserJoinLeave, hooks=other).delivered
    assert deliver(app, UserJoinLeave, path="/one").delivered


def test_a_wrapped_application_shows_its_own_mount(hooks: Dispatcher) -> None:
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nobody asked for it")

    assert mounts_of(asgi.wrap(inner, hooks, path="/events")) == [Mount("/events", hooks)]
