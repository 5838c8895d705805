"""The store itself: its operations as scripts, and their answers as claims."""

from __future__ import annotations

import json
import math
import secrets
from typing import Any
from weakref import finalize

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ...errors import ConfigurationError
from ...http import RawResponse
from ..base import Busy, Claim, Done, New, Store
from ..batching import Batcher
from .scripts import CLAIM, COMPLETE, EXTEND, RELEASE
from .server import ABANDONED, Server, Work

# What a forked child inherited and must neither use nor close.
_left_to_the_parent: list[object] = []


class RedisStore(Store):
    """Keep deliveries in Redis.

    ``url`` is that of redis-py: ``redis://host:6379/0``, ``rediss://`` with TLS, ``unix://``. ``timeout`` (seconds)
    bounds the wait for the server, ``prefix`` begins every key. A server that may evict keys forgets deliveries, and is
    refused unless ``allow_eviction=True``.

    A failover loses what the primary had not passed on yet. With ``replicas`` a claim or a completion counts once so
    many replicas have it (``WAIT``), and until then the vendor is asked to come again.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 5.0,
        prefix: str = "webhook_kit:",
        allow_eviction: bool = False,
        replicas: int = 0,
    ) -> None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < float("inf"):
            raise ConfigurationError(f"timeout is {timeout!r}; give seconds above 0, such as 5")
        self._url = url
        self._timeout = float(timeout)
        self._prefix = prefix
        if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 0:
            raise ConfigurationError(f"replicas is {replicas!r}; give how many must have what was answered, 0 for none")
        self._allow_eviction = allow_eviction
        self._replicas = replicas
        self._open()

    def _open(self) -> None:
        self._server = Server(self._connect(), self._allow_eviction, self._replicas, self._timeout / 2)
        self._batcher: Batcher[Work] = Batcher(self._server.run, name="webhook_kit-redis", timeout=self._timeout)
        # A store that is dropped without being closed takes its thread along.
        self._end = finalize(self, _close, self._batcher, self._server)
        self._end.atexit = False

    def _connect(self) -> redis.Redis:
        # Connecting and waiting for an answer each take half of the time at most.
        patience = self._timeout / 2
        try:
            client = redis.Redis.from_url(
                self._url,
                socket_timeout=patience,
                socket_connect_timeout=patience,
                # What is tried again is said in server.py; a time-out is not waited for twice.
                retry=Retry(NoBackoff(), 0),
            )
            pool = client.connection_pool
            # Connects to nothing; it would say at the first delivery only that it knows no such option.
            pool.connection_class(**pool.connection_kwargs)
        except (ValueError, AttributeError, TypeError):
            # Without the text, which may hold a password.
            raise ConfigurationError("RedisStore takes a URL such as redis://localhost:6379/0") from None
        pool.connection_kwargs["decode_responses"] = False
        return client

    def check(self) -> None:
        self._server.check()

    # Whoever waits, threads and tasks of any event loop, shares the round trips of one thread: so no client is bound to
    # an event loop, and 64 at once are quicker than with a connection each.

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        work = self._claiming(key, lease)
        return _claim(work, self._batcher.call(work))

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return bool(self._batcher.call(self._completing(key, token, response, retention)))

    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return bool(self._batcher.call(self._releasing(key, token, done)))

    def extend(self, key: str, token: str, lease: float) -> bool:
        return bool(self._batcher.call(self._extending(key, token, lease)))

    async def aclaim(self, key: str, fingerprint: str, lease: float) -> Claim:
        work = self._claiming(key, lease)
        return _claim(work, await self._batcher.acall(work))

    async def acomplete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return bool(await self._batcher.acall(self._completing(key, token, response, retention)))

    async def arelease(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return bool(await self._batcher.acall(self._releasing(key, token, done)))

    async def aextend(self, key: str, token: str, lease: float) -> bool:
        return bool(await self._batcher.acall(self._extending(key, token, lease)))

    def close(self) -> None:
        _close(self._batcher, self._server)

    def after_fork(self) -> None:
        self._end.detach()
        _left_to_the_parent.append(self._server)
        self._open()

    def __repr__(self) -> str:
        return f"<RedisStore: {self._prefix}*>"

    def _claiming(self, key: str, lease: float) -> Work:
        return Work(CLAIM, self._prefix + key, (secrets.token_hex(16), *_times(lease)), True)

    def _completing(self, key: str, token: str, response: RawResponse, retention: float) -> Work:
        answer = response.status, json.dumps(response.headers), response.body
        return Work(COMPLETE, self._prefix + key, (token, *answer, _milliseconds(retention)), True)

    def _releasing(self, key: str, token: str, done: tuple[str, ...]) -> Work:
        return Work(RELEASE, self._prefix + key, (token, json.dumps(done), ABANDONED), False)

    def _extending(self, key: str, token: str, lease: float) -> Work:
        return Work(EXTEND, self._prefix + key, (token, *_times(lease)), False)


def _close(batcher: Batcher[Work], server: Server) -> None:
    batcher.close()
    server.close()


def _claim(work: Work, answer: Any) -> Claim:
    kind, *values = answer
    if kind == b"done":
        status, headers, body = values
        return Done(RawResponse(int(status), [(name, value) for name, value in json.loads(headers)], body))
    if kind == b"busy":
        return Busy(values[0] / 1e6)
    attempt, done = values
    return New(str(work.arguments[0]), attempt, tuple(json.loads(done)))


def _times(lease: float) -> tuple[int, int]:
    """Return a lease in microseconds, and for how many milliseconds its claim is remembered."""
    return math.ceil(lease * 1e6), _milliseconds(lease) + ABANDONED


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))
