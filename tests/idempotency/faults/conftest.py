"""A server behind a proxy, and an application in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from tests.idempotency.faults.application import PASSWORD
from tests.idempotency.faults.proxy import Proxy
from tests.idempotency.sites import PATIENCE, POSTGRESQL, REDIS, PostgreSQL, Redis, Site
from webhook_kit.idempotency import RedisStore, SQLStore, Store

TIMEOUT = 0.8 * PATIENCE


class Remote:
    """A server that is reached through a proxy."""

    name: str
    proxy: Proxy
    site: Site
    timeout = TIMEOUT
    connections = 1
    bound: float
    """How long an operation takes at most, by what the store's documentation says."""

    def store(self) -> Store:
        """Return a store that reaches the server through the proxy, and knows a password."""
        raise NotImplementedError

    def close(self) -> None:
        self.proxy.close()
        self.site.leave()


class RemotePostgreSQL(Remote):
    name = "postgresql"
    connections = 3
    bound = TIMEOUT

    def __init__(self) -> None:
        self.tables = PostgreSQL()
        self.site = self.tables
        with psycopg.connect(POSTGRESQL) as probe:
            self.proxy = Proxy(probe.info.host or "127.0.0.1", probe.info.port)

    def store(self) -> SQLStore:
        url = make_url(POSTGRESQL).set(host="127.0.0.1", port=self.proxy.port, password=PASSWORD)
        return SQLStore(url, timeout=self.timeout, pool_size=self.connections, prefix=self.tables.prefix)


class RemoteRedis(Remote):
    name = "redis"
    bound = TIMEOUT

    def __init__(self) -> None:
        self.keys = Redis()
        self.site = self.keys
        self._url = make_url(REDIS)
        self.proxy = Proxy(self._url.host or "127.0.0.1", self._url.port or 6379)

    def store(self) -> RedisStore:
        # To the user of this name any password is right, until one is set.
        url = self._url.set(host="127.0.0.1", port=self.proxy.port, username="default", password=PASSWORD)
        return RedisStore(url.render_as_string(False), timeout=self.timeout, prefix=self.keys.prefix)


REMOTES: dict[str, type[RemotePostgreSQL] | type[RemoteRedis]] = {
    "postgresql": RemotePostgreSQL,
    "redis": RemoteRedis,
}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.services) for name in REMOTES])
def remote(request: pytest.FixtureRequest) -> Iterator[Remote]:
    """Each server in turn, unless the test names one."""
    found = REMOTES[request.param]()
    yield found
    found.close()


@pytest.fixture(params=["sync", "async"])
def driver(request: pytest.FixtureRequest) -> str:
    """Each driver in turn."""
    name: str = request.param
    return name
