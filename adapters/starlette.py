"""Receive webhooks in a Starlette application."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Never

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import BaseRoute, Match, Route, Router

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown
from webhook_kit.http import RawRequest

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

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return unlimited(self.respond, scope)(scope, receive, send)

    def respond(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Take one request to its answer."""
        return respond(self.hooks, request_below(scope), scope, receive, send)


def add(app: Starlette | Router, endpoint: Endpoint, path: str) -> None:
    """Add the route for a path that was checked, and have the endpoint's dispatcher opened and closed."""
    router = app.router if isinstance(app, Starlette) else app
    if any(getattr(each, "path", None) == _pattern(path) for each in router.routes):
        raise ConfigurationError(f"{path!r} is taken by another mount; give path= another value")

    def check() -> None:
        endpoint.check()
        _check_limit(app, endpoint.hooks)

    check()
    mounted = _Mounted(path, endpoint)
    # By its own method, because routers of FastAPI count what they are given.
    router.add_route(mounted.path, mounted.endpoint)
    routes = router.routes
    del routes[-1]
    routes.insert(len(routes) if app is router else _place(routes, path), mounted)
    router.lifespan_context = _around(router.lifespan_context, check, endpoint.hooks)


def request_below(scope: Scope) -> RawRequest:
    """Return the request in a scope that a mount has matched."""
    return request_of(scope, scope["path_params"][PARAMETER] or "/")


def unlimited(app: ASGIApplication, scope: Scope) -> ASGIApplication:
    """Return ``app`` without the framework's limit for bodies.

    The provider's own is reached first, and is answered with what the vendor understands.
    """
    if "starlette.max_body_size" not in scope:
        return app
    # It came with Starlette 1.6. The innermost limit counts.
    from starlette.middleware.body_limit import RequestBodyLimitMiddleware

    return RequestBodyLimitMiddleware(app, max_body_size=sys.maxsize)


class _Below(Convertor[str]):
    """The mount itself, or anything below it; no redirect is left for Starlette to add."""

    regex = r"(?:/[\s\S]*)?"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor(PARAMETER, _Below())


class _Mounted(Route):
    """The route of a mount, whose requests are told by comparing text, which takes a third of the time of a pattern."""

    def __init__(self, path: str, endpoint: Endpoint) -> None:
        super().__init__(_pattern(path), endpoint, name="webhook_kit", include_in_schema=False)
        self._mount = path
        self._below = f"{path}/"
        self._fixed = len(self.param_convertors) == 1

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope.get("root_path") or not self._fixed:
            return super().matches(scope)
        path: str = scope["path"]
        if path != self._mount and not path.startswith(self._below):
            return Match.NONE, {}
        found = {**scope.get("path_params", {}), PARAMETER: path[len(self._mount) :]}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": found}


def _pattern(path: str) -> str:
    return f"{path}{{{PARAMETER}:{PARAMETER}}}"


def _place(routes: Sequence[BaseRoute], path: str) -> int:
    """Return the first place at which a mount gets what it would get at the end.

    Routes of one page each, such as those of FastAPI's documentation, are tried for every request.
    """
    at = len(routes)
    while at and _is_elsewhere(routes[at - 1], path):
        at -= 1
    return at


def _is_elsewhere(route: BaseRoute, path: str) -> bool:
    """Whether a route is for one page, outside this path."""
    return type(route) is Route and not route.param_convertors and not f"{route.path}/".startswith(f"{path}/")


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
