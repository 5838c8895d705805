"""Applications for real servers: bare ones, and this kit with the store that the environment names."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from webhook_kit import Dispatcher
from webhook_kit.adapters import asgi, wsgi
from webhook_kit.idempotency import RedisStore, SQLStore
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted

from .deliveries import SECRET, ASGIReceive, ASGIScope
from .limit import BODY, HEADERS, TEXT_HEADERS

REDIS: Final = "BENCH_REDIS"
POSTGRESQL: Final = "BENCH_POSTGRESQL"
PREFIX: Final = "BENCH_PREFIX"


async def bare_asgi(scope: ASGIScope, receive: ASGIReceive, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Read the body and answer a constant."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def bare_wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Read the body and answer a constant."""
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", TEXT_HEADERS)
    return [BODY]


def _hooks() -> Dispatcher:
    prefix = os.environ.get(PREFIX, "")
    if url := os.environ.get(REDIS):
        hooks = Dispatcher(idempotency=RedisStore(url, prefix=prefix))
    elif url := os.environ.get(POSTGRESQL):
        hooks = Dispatcher(idempotency=SQLStore(url, prefix=prefix))
    else:
        hooks = Dispatcher()
    hooks.add(MeetingBaaS(secret=SECRET), path="webhooks")
    return hooks


def kit_asgi() -> Any:
    """Return an ASGI application with an async handler."""
    hooks = _hooks()

    @hooks.on(MeetingCompleted)
    async def archive(event: MeetingCompleted) -> None:
        return None

    return asgi.application(hooks)


def kit_wsgi() -> Any:
    """Return a WSGI application with a sync handler."""
    hooks = _hooks()

    @hooks.on(MeetingCompleted)
    def archive(event: MeetingCompleted) -> None:
        return None

    return wsgi.application(hooks)
