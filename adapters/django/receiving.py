"""Which endpoint a delivery arrived at, for the table that keeps it: a store is told a key and nothing more."""

from __future__ import annotations

from contextvars import ContextVar

from webhook_kit.dispatcher import Dispatcher

_arrived: ContextVar[tuple[Dispatcher, str] | None] = ContextVar("webhook_kit_arrived", default=None)


class arriving:
    """Remember the path below the mount, for the task or thread that receives."""

    # A generator would take five calls for each request.
    __slots__ = ("_arrival", "_token")

    def __init__(self, hooks: Dispatcher, path: str) -> None:
        self._arrival = (hooks, path)

    def __enter__(self) -> None:
        self._token = _arrived.set(self._arrival)

    def __exit__(self, *error: object) -> None:
        _arrived.reset(self._token)


def origin() -> tuple[str, str]:
    """Return the namespace and the endpoint's path; two empty texts where another adapter received it."""
    arrived = _arrived.get()
    if arrived is None:
        return "", ""
    hooks, path = arrived
    route = hooks.route(path)
    return hooks.namespace, "" if route is None else route[0].path
