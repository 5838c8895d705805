"""``webhook-kit serve``: a dispatcher on a server, without any framework."""

from __future__ import annotations

import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any

import typer
import uvicorn
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from webhook_kit.adapters import asgi
from webhook_kit.dispatcher import Dispatcher
from webhook_kit.endpoint import Endpoint
from webhook_kit.errors import ConfigurationError
from webhook_kit.events import Event
from webhook_kit.reporting import RedactQuery

from .exits import Exit, end
from .loading import HooksReference, load_hooks
from .screen import console, print_json, trimmed
from .vendors import Json


def serve(
    hooks: HooksReference,
    host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 for all of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen at; 0 for a free one.")] = 8000,
    path: Annotated[str, typer.Option(help="Where the endpoints are, as in an application.")] = "/",
    as_json: Json = False,
) -> None:
    """Receive webhooks on a server of its own, for a first look without any framework.

    Prints the address of each endpoint, then a line for each delivery. One process, until it is interrupted; an
    application of a framework, with a server of yours, is for production.

    Exits with 1 if the dispatcher cannot be imported or the server cannot listen.
    """
    dispatcher = load_hooks(hooks, injects=False)
    try:
        application = _application(dispatcher, path)
    except ConfigurationError as error:
        raise typer.BadParameter(str(error), param_hint="--path") from None
    listener = _listening(host, port)
    base = f"http://{host}:{listener.getsockname()[1]}{path.rstrip('/')}"
    if as_json:
        print_json({"url": base, "endpoints": [_as_json(dispatcher, each, base) for each in dispatcher.endpoints]})
    else:
        _show(dispatcher, base)
    _log()
    server = uvicorn.Server(uvicorn.Config(application, lifespan="on", log_config=None))
    with listener:
        server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(Exit.FAILED)


def addresses(endpoint: Endpoint, base: str) -> Iterator[str]:
    """Yield the addresses of an endpoint: its own, and those of its routes."""
    for route in endpoint.provider.routes:
        yield "/".join(part for part in (base, endpoint.path, route) if part)


def handlers_at(hooks: Dispatcher, endpoint: Endpoint) -> int:
    """Return how many handlers the events of an endpoint can reach."""
    models: list[type[Event]] = list(dict.fromkeys(endpoint.provider.catalog.values()))
    return len({each.name for model in models for each in hooks.plan.handlers_of(endpoint, model)})


def _application(hooks: Dispatcher, path: str) -> Any:
    if not path.strip("/"):
        return asgi.application(hooks)

    async def nothing(
        scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"Not found"})

    return asgi.wrap(nothing, hooks, path=path)


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        end(f"cannot listen at {host}:{port}: {_reason(error)}", Exit.FAILED)


def _reason(error: OSError) -> str:
    # Python repeats the address in brackets.
    return (error.strerror or type(error).__name__).partition(" (")[0]


def _show(hooks: Dispatcher, base: str) -> None:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("address", overflow="fold")
    table.add_column("provider", no_wrap=True)
    table.add_column("handlers", justify="right", no_wrap=True)
    for endpoint in hooks.endpoints:
        first, *more = addresses(endpoint, base)
        table.add_row(first, endpoint.provider.name, str(handlers_at(hooks, endpoint)))
        for each in more:
            table.add_row(Text(each, style="dim"))
    screen = console()
    with trimmed(screen):
        screen.print(table)
        screen.print()
    screen.file.flush()


def _as_json(hooks: Dispatcher, endpoint: Endpoint, base: str) -> dict[str, Any]:
    return {
        "endpoint": endpoint.path,
        "provider": endpoint.provider.name,
        "addresses": list(addresses(endpoint, base)),
        "handlers": handlers_at(hooks, endpoint),
    }


def _log() -> None:
    """Write a line for each delivery and each request to the error stream, with credentials masked."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn.access").addFilter(RedactQuery())
