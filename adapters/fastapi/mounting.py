"""The endpoints of a dispatcher as a route of an application or a router."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Never

from fastapi import APIRouter, FastAPI

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown

from .. import starlette
from ..arguments import checked_hooks, kind_of, mount_path
from ..asgi import Receive, Scope, Send, respond
from .injection import Injector, Routes


def mount(app: FastAPI | APIRouter, hooks: Dispatcher, path: str = "/webhooks", **others: Never) -> None:
    """Serve the endpoints of ``hooks`` under ``path``, and close it with the application's lifespan.

    Handlers may take what path operations take: ``Depends(...)``, ``Request``, ``BackgroundTasks``. The route is a
    plain one: it has no entry in OpenAPI, and the ``dependencies=`` of an application or a router do not run for it. On
    a router, mount before ``include_router``, which copies the router's lifespan.
    """
    refuse_unknown("mount()", others, ("path",))
    if not isinstance(app, FastAPI | APIRouter):
        raise ConfigurationError(f"mount() takes the FastAPI application and the Dispatcher, not {kind_of(app)}")
    # include_router() adds its own prefix to plain routes, but not the router's.
    prefix = app.prefix if isinstance(app, APIRouter) else ""
    starlette.add(app, _Endpoint(hooks, app), prefix + mount_path(path))


class _Endpoint(starlette.Endpoint):
    def __init__(self, hooks: Dispatcher, app: FastAPI | APIRouter) -> None:
        super().__init__(hooks)
        self._app = app
        self._routes = Routes(starlette.PARAMETER)

    def check(self) -> None:
        for handler in checked_hooks(self.hooks, injects=True).plan.injected:
            self._routes.prepare(handler, self._app)

    def respond(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if self.hooks.plan.injected:
            return self._inject(scope, receive, send)
        return super().respond(scope, receive, send)

    async def _inject(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = starlette.request_below(scope)
        injector = Injector(self._routes.application_for, scope, receive, request, self.hooks.runtime)
        await respond(self.hooks, request, scope, receive, send, injector)
        await injector.answered()
