"""Where an application serves which dispatcher, as far as it can be seen from outside."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ..dispatcher import Dispatcher

PARAMETER: Final = "{webhook_path"
"""What ends the path of a route in Starlette and FastAPI."""


class Mount(NamedTuple):
    """A dispatcher, and the path below which it is served: without a slash at its end, so empty for the root."""

    path: str
    hooks: Dispatcher


def mounts_of(target: Any) -> list[Mount]:
    """Return the mounts of an application, or of the one behind a test client."""
    app = getattr(target, "application", None) or getattr(target, "app", None)
    if hasattr(target, "generic") or "django.core.handlers" in type(target).__module__:
        return list(_in_django())
    found = list(_in(target))
    return found if found or app is None else mounts_of(app)


def _in(app: Any) -> Iterator[Mount]:
    hooks = getattr(app, "hooks", None)
    if isinstance(hooks, Dispatcher):
        yield Mount(getattr(app, "path", ""), hooks)
    extensions = getattr(app, "extensions", None)
    if isinstance(extensions, dict):
        yield from (Mount(path, each) for path, each in extensions.get("webhook_kit", {}).items())
    yield from _in_routes(app, "")


def _in_routes(app: Any, prefix: str) -> Iterator[Mount]:
    """Yield the mounts in the routes of Starlette and FastAPI, also below other applications."""
    for route in getattr(app, "routes", None) or ():
        path = getattr(route, "path", "")
        hooks = getattr(getattr(route, "endpoint", None), "hooks", None)
        if isinstance(hooks, Dispatcher) and PARAMETER in path:
            yield Mount(f"{prefix}{path.partition(PARAMETER)[0]}", hooks)
        elif not hasattr(route, "endpoint"):
            yield from _in_routes(*_below(route, f"{prefix}{path}"))


def _below(route: Any, prefix: str) -> tuple[Any, str]:
    """Return what holds the routes below one, and their prefix; FastAPI keeps an included router as it was."""
    included = getattr(route, "original_router", None)
    if included is None:
        return route, prefix
    return included, f"{prefix}{getattr(getattr(route, 'include_context', None), 'prefix', '')}"


def _in_django() -> Iterator[Mount]:
    from django.conf import settings
    from django.urls import get_resolver

    if getattr(settings, "ROOT_URLCONF", None):
        # Else it would be imported by the first request only, and what it imports with it.
        _ = get_resolver().url_patterns
    if "webhook_kit.adapters.django" not in sys.modules:
        return
    from ..adapters.django.mounts import mounts

    yield from (Mount(each.path.rstrip("/"), each.hooks) for each in mounts() if each.path is not None)
