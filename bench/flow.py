"""What the whole flow costs a delivery, against the least that any receiver has to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from webhook_kit import Dispatcher
from webhook_kit.adapters import asgi, wsgi
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted

from . import deliveries, limit
from .bars import Bar
from .deliveries import SECRET, Signed
from .rounds import Contender, measured
from .subject import Comparison, Effort, Subject

CALLS: Final = 2_000
"""Deliveries in one measurement."""

UNIT: Final = "µs a delivery"


def dispatcher(*, asynchronous: bool, hooks: Dispatcher | None = None) -> Dispatcher:
    """Return what a user writes: a provider, one handler, and the default store where no dispatcher is given."""
    hooks = hooks or Dispatcher()
    hooks.add(MeetingBaaS(secret=SECRET))
    if asynchronous:

        @hooks.on(MeetingCompleted)
        async def archive(event: MeetingCompleted) -> None:
            return None

    else:

        @hooks.on(MeetingCompleted)
        def archive_now(event: MeetingCompleted) -> None:
            return None

    return hooks


def endless(make: Callable[[], Signed]) -> Iterator[Signed]:
    """Return deliveries, each of another event."""
    while True:
        yield make()


def through_asgi(app: Any, make: Callable[[], Signed], calls: int, path: str = deliveries.PATH) -> Contender:
    """Let an ASGI application receive, on one event loop without a server."""

    def contend() -> float:
        requests = deliveries.asgi(endless(make), calls, path)
        statuses: set[int] = set()

        async def send(message: dict[str, Any]) -> None:
            return None

        async def check(message: dict[str, Any]) -> None:
            if "status" in message:
                statuses.add(message["status"])

        async def run() -> float:
            started = time.process_time()
            for scope, receive in requests:
                await app(scope, receive, send)
            spent = time.process_time() - started
            for scope, receive in deliveries.asgi(endless(make), 1, path):
                await app(scope, receive, check)
            return spent

        spent = asyncio.run(run())
        assert statuses == {200}, statuses
        return spent / calls * 1e6

    return contend


def through_wsgi(app: Any, make: Callable[[], Signed], calls: int, path: str = deliveries.PATH) -> Contender:
    """Let a WSGI application receive, without a server."""

    def contend() -> float:
        requests = deliveries.wsgi(endless(make), calls, path)
        statuses: set[str] = set()

        def start_response(status: str, headers: Any, error: Any = None) -> None:
            return None

        def check(status: str, headers: Any, error: Any = None) -> None:
            statuses.add(status)

        started = time.process_time()
        for environ in requests:
            list(app(environ, start_response))
        spent = time.process_time() - started
        for environ in deliveries.wsgi(endless(make), 1, path):
            list(app(environ, check))
        assert statuses == {"200 OK"}, statuses
        return spent / calls * 1e6

    return contend


def _against_the_limit(effort: Effort, *, kind: str, body: str, at_most: float) -> Comparison:
    make = {"190 bytes": deliveries.small, "3 kB": deliveries.transcript}[body]
    calls = effort.calls(CALLS)
    least, ours = "the least that anybody does", "this kit"
    if kind == "ASGI":
        contenders = {
            least: through_asgi(limit.asgi, make, calls),
            ours: through_asgi(asgi.application(dispatcher(asynchronous=True)), make, calls, "/meeting-baas"),
        }
    else:
        contenders = {
            least: through_wsgi(limit.wsgi, make, calls),
            ours: through_wsgi(wsgi.application(dispatcher(asynchronous=False)), make, calls, "/meeting-baas"),
        }
    figures = measured(contenders, effort.rounds)
    ratio = figures[ours] / figures[least]
    return Comparison(
        f"{kind}, a body of {body}", UNIT, figures, (Bar(f"{kind}, {body}, of the limit", ratio, "at most", at_most),)
    )


SUBJECT: Final = Subject(
    "flow",
    "a delivery from request to answer, on one core and without a server",
    tuple(
        partial(_against_the_limit, kind=kind, body=body, at_most=at_most)
        for kind in ("ASGI", "WSGI")
        for body, at_most in (("190 bytes", 3.0), ("3 kB", 1.35))
    ),
)
