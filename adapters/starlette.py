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
from .asgi import ASGIApplication, Receive, Scope, Send, request_of, respond

PARAMETER = "webhook_path"


def mount(app: Starlette | Router, hooks: Dispatcher, path: str = "/webhooks", **others: Never) -> None:
    """Serve the endpoints of ``hooks`` under ``path``, and have it opened and closed by the application's lifespan.

    Routes match in the order in which they were added: mount before a route that takes everything.
    """
    refuse_unknown("mount()", others, ("path",))
    if not isinstance(app, Starlette | Router):
        raise ConfigurationError(f"mount() takes the Starlette application and the Dispatcher, not {kind_of(app)}")
    add(app, Endpoint(hooks), mount_path(path))


class Endpoint:
    """An ASGI application at the end of a route, which is faster than a function that takes a Request."""

    def __init__(self, hooks: Dispatcher) -> None:
        self.hooks = hooks

    def check(self) -> None:
        """Raise :class:`ConfigurationError` for mistakes in the set-up that can be seen now."""
        checked_hooks(self.hooks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await unlimited(self.respond, scope, receive, send)

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request to its answer."""
        request = request_of(scope, scope["path_params"][PARAMETER] or "/")
        await respond(self.hooks, request, scope, receive, send)


def add(app: Starlette | Router, endpoint: Endpoint, path: str) -> None:
    """Add the route for a path that was checked, and have the endpoint's dispatcher opened and closed."""
    router = app.router if isinstance(app, Starlette) else app
    route = f"{path}{{{PARAMETER}:{PARAMETER}}}"
    if any(getattr(each, "path", None) == route for each in router.routes):
        raise ConfigurationError(f"{path!r} is taken by another mount; give path= another value")

    def check() -> None:
        endpoint.check()
        _check_limit(app, endpoint.hooks)

    check()
    application: Any = endpoint  # an ASGI application, which the annotation of add_route does not tell of
    router.add_route(route, application, name="webhook_kit", include_in_schema=False)
    router.lifespan_context = _around(router.lifespan_context, check, endpoint.hooks)


async def unlimited(app: ASGIApplication, scope: Scope, receive: Receive, send: Send) -> None:
    """Call ``app`` without the framework's limit for bodies.

    The provider's own is reached first, and is answered with what the vendor understands.
    """
    if "starlette.max_body_size" not in scope:
        await app(scope, receive, send)
        return
    # It came with Starlette 1.6. The innermost limit counts.
    from starlette.middleware.body_limit import RequestBodyLimitMiddleware

    await RequestBodyLimitMiddleware(app, max_body_size=sys.maxsize)(scope, receive, send)


class _Below(Convertor[str]):
    """The mount itself, or anything below it; no redirect is left for Starlette to add."""

    regex = r"(?:/[\s\S]*)?"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor(PARAMETER, _Below())


def _around(
    lifespan: Callable[[Any], AbstractAsyncContextManager[Any]], check: Callable[[], None], hooks: Dispatcher
) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
    """Return the application's lifespan inside that of ``hooks``."""

    @asynccontextmanager
    async def composed(app: Any) -> AsyncIterator[Any]:
        check()
        async with hooks, lifespan(app) as state:
            # The application may have added to the set-up while it started.
            check()
            yield state

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
