"""Which endpoint a delivery arrived at, for the table that keeps it: a store is told a key and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from webhook_kit.dispatcher import Dispatcher

_arrived: ContextVar[tuple[Dispatcher, str] | None] = ContextVar("webhook_kit_arrived", default=None)


@contextmanager
def arriving(hooks: Dispatcher, path: str) -> Iterator[None]:
    """Remember the path below the mount, for the task or thread that receives."""
    token = _arrived.set((hooks, path))
    try:
        yield
    finally:
        _arrived.reset(token)


def origin() -> tuple[str, str]:
    """Return the namespace and the endpoint's path; two empty texts where another adapter received it."""
    arrived = _arrived.get()
    if arrived is None:
        return "", ""
    hooks, path = arrived
    route = hooks.route(path)
    return hooks.namespace, "" if route is None else route[0].path
