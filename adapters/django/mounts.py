"""Where the URLconf of the project serves a dispatcher."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from webhook_kit.dispatcher import Dispatcher

from .settings import project_hooks
from .store import DjangoStore
from .tables import database


class Mount(NamedTuple):
    """A call of ``urls(hooks)`` in the URLconf, and the path of it; None where the path has parameters."""

    hooks: Dispatcher
    path: str | None


def mounts() -> list[Mount]:
    """Return the mounts of the project, in the order of its URLconf."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    return list(_below(get_resolver(), "/"))


def dispatchers() -> list[Dispatcher]:
    """Return the project's dispatcher, and those of the URLconf, each once."""
    found: list[Dispatcher] = []
    for hooks in (project_hooks(), *(mount.hooks for mount in mounts())):
        if hooks is not None and not any(each is hooks for each in found):
            found.append(hooks)
    return found


def project_database() -> str:
    """Return the alias of the database with the deliveries of the project's dispatcher."""
    hooks = project_hooks()
    return hooks.store.using if hooks is not None and isinstance(hooks.store, DjangoStore) else database()


def _below(resolver: URLResolver, path: str | None) -> Iterator[Mount]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _below(each, _joined(path, each))
        elif isinstance(hooks := getattr(each.callback, "webhook_kit_hooks", None), Dispatcher):
            yield Mount(hooks, path)


def _joined(path: str | None, resolver: URLResolver | URLPattern) -> str | None:
    pattern = resolver.pattern
    if path is None or not isinstance(pattern, RoutePattern) or pattern.converters:
        return None
    return f"{path}{pattern}"
