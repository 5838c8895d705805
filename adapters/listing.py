"""What a dispatcher serves, as tables of text for the command of a framework."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.handlers import Handler
from webhook_kit.idempotency.base import Store


def served(mounts: Iterable[tuple[str, Dispatcher]]) -> Iterator[str]:
    """Yield the lines of three tables: addresses, handlers and stores. A mount is the path of a dispatcher."""
    mounted = list(mounts)
    each_once = list(dict.fromkeys(hooks for _, hooks in mounted))
    addresses = [
        (f"{path.rstrip('/')}/{endpoint.path}/{below}".rstrip("/"), endpoint.provider.name)
        for path, hooks in mounted
        for endpoint in hooks.endpoints
        for below in endpoint.provider.routes
    ]
    yield from table(("ADDRESS", "PROVIDER"), addresses)
    handlers = [(_events(each), each.name) for hooks in each_once for each in hooks.plan.handlers]
    yield from table(("EVENTS", "HANDLER"), handlers)
    yield from table(("STORE", "NAMESPACE"), [(store_name(hooks.store), hooks.namespace) for hooks in each_once])


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, and an empty one behind it."""
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    for row in (heading, *rows):
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""


def store_name(store: Store | None) -> str:
    """Return what to call a store."""
    return "none" if store is None else type(store).__name__


def _events(handler: Handler) -> str:
    """Return what a handler is registered for."""
    what = ", ".join([*(each.__name__ for each in handler.classes), *handler.patterns])
    where = [each for each in (handler.provider, handler.endpoint) if each is not None]
    return f"{what} of {' at '.join(where)}" if where else what
