"""A small client class for each host: the same dispatcher in it, the same bytes sent to it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar
from wsgiref.types import WSGIApplication

import flask
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.urls import path as django_path
from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse as FastAPIText
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from webhook_kit import Delivery, Dispatcher, Event
from webhook_kit.adapters import asgi, django, fastapi, starlette, wsgi
from webhook_kit.adapters import flask as flask_adapter
from webhook_kit.adapters.asgi import AnyASGIApplication, Receive, Scope, Send
from webhook_kit.functions import is_async

from . import django_site
from .wire import Answer, Client, Sent, call_asgi, call_wsgi

FLASK_WTF = find_spec("flask_wtf") is not None
WITH_FLASK_WTF = pytest.mark.skipif(not FLASK_WTF, reason="Flask-WTF is not installed")
PAGE = b"a page of the application"


class Host(ABC):
    """A dispatcher in a host."""

    mount: ClassVar[str] = "/webhooks"
    top: ClassVar[str] = "/webhooks"
    """The address of the mount itself."""
    has_pages: ClassVar[bool] = True
    """Whether there is an application around the mount."""
    answers_nobody: ClassVar[bool] = False
    """Whether it insists on an answer to a client that has gone."""
    receives_first: ClassVar[bool] = False
    """Whether it has received the body before it calls anybody."""
    app: Any

    def __init__(self, hooks: Dispatcher) -> None:
        self.hooks = hooks
        self.stack = ExitStack()
        self.start()

    @abstractmethod
    def start(self) -> None:
        """Build the application."""

    @abstractmethod
    def send(self, sent: Sent, client: Client | None = None) -> Answer | None:
        """Send a request whose path is a full one; None where nothing is answered."""

    @abstractmethod
    def close(self) -> None:
        """Close the dispatcher as the host does."""

    def post(self, sent: Sent, client: Client | None = None) -> Answer | None:
        """Send a request whose path is one below the mount."""
        return self.send(sent.but(path=self.mount + sent.path), client)


class WSGIHost(Host):
    app: WSGIApplication
    answers_nobody = True

    def send(self, sent: Sent, client: Client | None = None) -> Answer | None:
        return call_wsgi(self.app, sent)

    def close(self) -> None:
        self.hooks.close()
        self.stack.close()


class ASGIHost(Host):
    app: AnyASGIApplication

    def send(self, sent: Sent, client: Client | None = None) -> Answer | None:
        return asyncio.run(call_asgi(self.app, sent, client))

    def close(self) -> None:
        asyncio.run(self.hooks.aclose())
        self.stack.close()


class WholeASGI(ASGIHost):
    mount = ""
    top = "/"
    has_pages = False

    def start(self) -> None:
        self.app = asgi.application(self.hooks)


class WrappedASGI(ASGIHost):
    def start(self) -> None:
        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            found = scope["path"].removeprefix(scope["root_path"]) == "/own"
            response = PlainTextResponse(PAGE, 200 if found else 404)
            await response(scope, receive, send)

        self.app = asgi.wrap(inner, self.hooks)


class WholeWSGI(WSGIHost):
    mount = ""
    top = "/"
    has_pages = False

    def start(self) -> None:
        self.app = wsgi.application(self.hooks)


class WrappedWSGI(WSGIHost):
    def start(self) -> None:
        def inner(environ: Any, start_response: Any) -> list[bytes]:
            status = "200 OK" if environ["PATH_INFO"] == "/own" else "404 Not Found"
            start_response(status, [("content-type", "text/plain")])
            return [PAGE]

        self.app = wsgi.wrap(inner, self.hooks)


class InStarlette(ASGIHost):
    def start(self) -> None:
        async def own(request: Request) -> PlainTextResponse:
            return PlainTextResponse(PAGE)

        app = Starlette(routes=[Route("/own", own)])
        starlette.mount(app, self.hooks)
        self.app = app


class InFastAPI(ASGIHost):
    def start(self) -> None:
        app = FastAPI()

        @app.get("/own")
        async def own() -> FastAPIText:
            return FastAPIText(PAGE)

        fastapi.mount(app, self.hooks)
        self.app = app


class InFastAPIWithDependencies(InFastAPI):
    """Every handler is called by way of FastAPI, and takes what is closed after it."""

    def start(self) -> None:
        for handler in self.hooks._all_handlers():
            handler.call = _with_session(handler.call, handler.wants_delivery)
        super().start()


async def _session() -> AsyncIterator[str]:
    yield "a session"


def _with_session(call: Callable[..., Any], wants_delivery: bool) -> Callable[..., Any]:
    def handle(event: Event, delivery: Delivery, session: str = Depends(_session)) -> Any:
        assert session == "a session"
        return call(event, delivery) if wants_delivery else call(event)

    async def ahandle(event: Event, delivery: Delivery, session: str = Depends(_session)) -> Any:
        return await handle(event, delivery, session)

    return ahandle if is_async(call) else handle


class InFlask(WSGIHost):
    def start(self) -> None:
        app = flask.Flask(__name__)
        app.secret_key = "a key for tests and nothing else"
        if FLASK_WTF:
            import_module("flask_wtf").CSRFProtect(app)

        @app.route("/own", methods=["GET", "POST"])
        def own() -> bytes:
            return PAGE

        flask_adapter.mount(app, self.hooks)
        self.app = app


class InFlaskBlueprint(WSGIHost):
    mount = top = "/api/webhooks"

    def start(self) -> None:
        app = flask.Flask(__name__)
        blueprint = flask.Blueprint("api", __name__, url_prefix="/api")
        flask_adapter.mount(blueprint, self.hooks)
        app.register_blueprint(blueprint)
        app.add_url_rule("/own", view_func=lambda: PAGE, endpoint="own", methods=["GET", "POST"])
        self.app = app


class InDjangoWSGI(WSGIHost):
    top = "/webhooks/"

    def start(self) -> None:
        django_site.configure()
        self.stack.enter_context(django_site.site(django_path("webhooks/", django.urls(self.hooks))))
        self.app = WSGIHandler()


class InDjangoASGI(ASGIHost):
    top = "/webhooks/"
    receives_first = True

    def start(self) -> None:
        django_site.configure()
        view = django.urls(self.hooks, asynchronous=True)
        self.stack.enter_context(django_site.site(django_path("webhooks/", view)))
        self.app = ASGIHandler()


class StoringInDjangoWSGI(InDjangoWSGI):
    """Deliveries are kept in the project's database."""

    def start(self) -> None:
        self.hooks.store = django_site.empty_store()
        super().start()


class StoringInDjangoASGI(InDjangoASGI):
    def start(self) -> None:
        self.hooks.store = django_site.empty_store()
        super().start()


HOSTS: dict[str, type[Host]] = {
    "asgi-application": WholeASGI,
    "asgi-middleware": WrappedASGI,
    "wsgi-application": WholeWSGI,
    "wsgi-middleware": WrappedWSGI,
    "starlette": InStarlette,
    "fastapi": InFastAPI,
    "fastapi-dependencies": InFastAPIWithDependencies,
    "flask": InFlask,
    "flask-blueprint": InFlaskBlueprint,
    "django-wsgi": InDjangoWSGI,
    "django-asgi": InDjangoASGI,
    "django-wsgi-storing": StoringInDjangoWSGI,
    "django-asgi-storing": StoringInDjangoASGI,
}

WITH_PAGES = [name for name, host in HOSTS.items() if host.has_pages]
WITH_CSRF = ["django-wsgi", "django-asgi", pytest.param("flask", marks=WITH_FLASK_WTF)]
