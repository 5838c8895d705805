"""Receive webhooks in a Starlette application."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Never

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import Router

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown

from .arguments import checked_hooks, kind_of, mount_path
from .asgi import Receive, Scope, Send, respond

PARAMETER = "webhook_path"


def mount(app: Starlette | Router, hooks: Dispatcher, path: str = "/webhooks", **others: Never) -> None:
    """Serve the endpoints of ``hooks`` under ``path``, and close it with the application's lifespan.

    Routes match in the order in which they were added: mount before a route that takes everything.
    """
    refuse_unknown("mount()", others, ("path",))
    if not isinstance(app, Starlette | Router):
        raise ConfigurationError(f"mount() takes the Starlette application and the Dispatcher, not {kind_of(app)}")
    add(app, hooks, mount_path(path))


def add(app: Starlette | Router, hooks: Dispatcher, path: str) -> None:
    """Add the route for a path that was checked, and have ``hooks`` closed."""
    router = app.router if isinstance(app, Starlette) else app
    route = f"{path}{{{PARAMETER}:{PARAMETER}}}"
    if any(getattr(each, "path", None) == route for each in router.routes):
        raise ConfigurationError(f"{path!r} is taken by another mount; give path= another value")

    def check() -> None:
        checked_hooks(hooks)
        _check_limit(app, hooks)

    check()
    endpoint: Any = _Endpoint(hooks)  # an ASGI application, which the annotation of add_route does not tell of
    router.add_route(route, endpoint, name="webhook_kit", include_in_schema=False)
    router.lifespan_context = _closing(router.lifespan_context, check, hooks)


class _Endpoint:
    """An ASGI application at the end of a route, which is faster than a function that takes a Request."""

    def __init__(self, hooks: Dispatcher) -> None:
        self.hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "starlette.max_body_size" not in scope:
            await self._respond(scope, receive, send)
            return
        # max_body_size= came with Starlette 1.6; the innermost limit counts. With this one the provider's own limit is
        # reached first, and answered with what the vendor understands.
        from starlette.middleware.body_limit import RequestBodyLimitMiddleware

        await RequestBodyLimitMiddleware(self._respond, max_body_size=sys.maxsize)(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(self.hooks, scope, receive, send, scope["path_params"][PARAMETER] or "/")


class _Below(Convertor[str]):
    """The mount itself, or anything below it; no redirect is left for Starlette to add."""

    regex = r"(?:/[\s\S]*)?"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor(PARAMETER, _Below())


def _closing(
    lifespan: Callable[[Any], AbstractAsyncContextManager[Any]], check: Callable[[], None], hooks: Dispatcher
) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
    """Return the application's lifespan between a check of the complete set-up and the closing of ``hooks``."""

    @asynccontextmanager
    async def composed(app: Any) -> AsyncIterator[Any]:
        check()
        try:
            async with lifespan(app) as state:
                yield state
        finally:
            await hooks.aclose()

    return composed


def _check_limit(app: Starlette | Router, hooks: Dispatcher) -> None:
    limit: int | None = getattr(app, "max_body_size", None)
    if limit is None:
        return
    for endpoint in hooks.endpoints:
        provider = endpoint.provider
        if provider.max_body > limit:
            owner, name = type(app).__name__, type(provider).__name__
            raise ConfigurationError(
                f"{owner}(max_body_size={limit}) is below what {name} at {endpoint.path!r} receives: "
                f"write {owner}(max_body_size={provider.max_body}), or {name}(max_body={limit})"
            )
