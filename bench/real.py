"""Requests a second of real servers on this machine, with this kit and with an application that does nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Final, TypeAlias

from webhook_kit.idempotency import SQLStore

from .bars import Bar
from .rounds import Contender, measured
from .served import POSTGRESQL, PREFIX, REDIS
from .servers import gunicorn, per_second, uvicorn, wrk
from .stores import POSTGRESQL as POSTGRESQL_URL
from .stores import REDIS as REDIS_URL
from .stores import keys, tables
from .subject import Comparison, Effort, Subject

UNIT: Final = "requests a second"
SECONDS: Final = 1.0
"""For how long one measurement goes on."""
ROUNDS: Final = 5
"""Each measurement is of thousands of requests, so that fewer do."""

WORKERS: Final = 3
ENOUGH: Final = 1.8
"""What so many workers are to gain on two processors."""

Server: TypeAlias = Callable[[], AbstractContextManager[str]]


def _loaded(stack: ExitStack, server: Server, effort: Effort) -> Contender:
    url = stack.enter_context(server())
    return partial(per_second, url, effort.seconds(SECONDS))


def _against_nothing(effort: Effort, *, name: str, bare: Server, least: Server, kit: Server) -> Comparison:
    """Compare with an application that reads the body and answers a constant; the least is more than that already."""
    wrk()
    nothing, ours = "a constant", "this kit"
    with ExitStack() as stack:
        servers = {nothing: bare, "the least that anybody does": least, ours: kit}
        contenders = {contender: _loaded(stack, server, effort) for contender, server in servers.items()}
        figures = measured(contenders, min(ROUNDS, effort.rounds))
    bar = Bar(f"{name}, of an application that does nothing", figures[ours] / figures[nothing], "at least", 0.9)
    return Comparison(f"{name}, one worker", UNIT, figures, (bar,))


def _workers(effort: Effort, *, name: str, prefixes: Callable[[], AbstractContextManager[str]]) -> Comparison:
    """Compare three workers that share a store with one, and with what three gain where they do nothing.

    The load and the store take their part of the same processors, so no more is asked than nothing gains.
    """
    wrk()
    with ExitStack() as stack:
        prefix = stack.enter_context(prefixes())
        shared = {PREFIX: prefix, **({REDIS: REDIS_URL} if name == "Redis" else {POSTGRESQL: POSTGRESQL_URL})}
        if name == "PostgreSQL":
            store = SQLStore(POSTGRESQL_URL, prefix=prefix)
            store.create()
            store.close()
        kit = partial(uvicorn, "bench.served:kit_asgi", "--factory", environment=shared)
        one, many = f"{name}, one worker", f"{name}, {WORKERS} workers"
        bare_one, bare_many = "a constant, one worker", f"a constant, {WORKERS} workers"
        servers: dict[str, Server] = {
            one: partial(kit, workers=1),
            many: partial(kit, workers=WORKERS),
            bare_one: partial(uvicorn, "bench.served:bare_asgi", "--lifespan", "off", workers=1),
            bare_many: partial(uvicorn, "bench.served:bare_asgi", "--lifespan", "off", workers=WORKERS),
        }
        contenders = {contender: _loaded(stack, server, effort) for contender, server in servers.items()}
        figures = measured(contenders, min(ROUNDS, effort.rounds))
    allowed = figures[bare_many] / figures[bare_one]
    bar = Bar(
        f"{name}, {WORKERS} workers, of one", figures[many] / figures[one], "at least", min(ENOUGH, allowed.median)
    )
    return Comparison(f"{WORKERS} workers that share {name}", UNIT, figures, (bar,))


SUBJECT: Final = Subject(
    "real",
    "deliveries to real servers on this machine",
    (
        partial(
            _against_nothing,
            name="uvicorn",
            bare=partial(uvicorn, "bench.served:bare_asgi", "--lifespan", "off"),
            least=partial(uvicorn, "bench.limit:asgi", "--lifespan", "off"),
            kit=partial(uvicorn, "bench.served:kit_asgi", "--factory"),
        ),
        partial(
            _against_nothing,
            name="gunicorn",
            bare=partial(gunicorn, "bench.served:bare_wsgi"),
            least=partial(gunicorn, "bench.limit:wsgi"),
            kit=partial(gunicorn, "bench.served:kit_wsgi()"),
        ),
        partial(_workers, name="Redis", prefixes=keys),
        partial(_workers, name="PostgreSQL", prefixes=tables),
    ),
)
