"""The store in Redis: quick, shared by several machines, without transactions."""

from __future__ import annotations

import json
import logging
import math
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import finalize

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, NoScriptError
from redis.retry import Retry

from ..errors import ConfigurationError
from ..http import RawResponse
from .base import Busy, Claim, Done, New, Store
from .batching import Batcher, Call
from .memory import ABANDONED_AFTER
from .redis_scripts import CLAIM, COMPLETE, EXTEND, RELEASE, Script

logger = logging.getLogger("webhook_kit")

# What a forked child inherited and must neither use nor close.
_left_to_the_parent: list[object] = []


class _Work(NamedTuple):
    script: Script
    key: str
    arguments: tuple[str | int | bytes, ...]


class RedisStore(Store):
    """Keep deliveries in Redis.

    ``url`` is that of redis-py: ``redis://host:6379/0``, ``rediss://`` with TLS, ``unix://``. ``timeout`` (seconds)
    bounds the wait for the server, ``prefix`` begins every key. A server that may evict keys forgets deliveries, and is
    refused unless ``allow_eviction=True``.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 5.0,
        prefix: str = "webhook_kit:",
        allow_eviction: bool = False,
    ) -> None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < float("inf"):
            raise ConfigurationError(f"timeout is {timeout!r}; give seconds above 0, such as 5")
        self._url = url
        self._timeout = float(timeout)
        self._prefix = prefix
        self._allow_eviction = allow_eviction
        self._open()

    def _open(self) -> None:
        self._server = _Server(self._connect(), self._allow_eviction)
        self._batcher: Batcher[_Work] = Batcher(self._server.run, name="webhook_kit-redis", timeout=self._timeout)
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
                # A connection from before a restart of the server says so at once. A time-out is not waited for twice.
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            )
        except (ValueError, AttributeError):
            # Without the text, which may hold a password.
            raise ConfigurationError("RedisStore takes a URL such as redis://localhost:6379/0") from None
        client.connection_pool.connection_kwargs["decode_responses"] = False
        return client

    def check(self) -> None:
        """Raise :class:`ConfigurationError` where the server may evict keys."""
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

    def _claiming(self, key: str, lease: float) -> _Work:
        return _Work(CLAIM, self._prefix + key, (secrets.token_hex(16), *_times(lease)))

    def _completing(self, key: str, token: str, response: RawResponse, retention: float) -> _Work:
        answer = response.status, json.dumps(response.headers), response.body
        return _Work(COMPLETE, self._prefix + key, (token, *answer, _milliseconds(retention)))

    def _releasing(self, key: str, token: str, done: tuple[str, ...]) -> _Work:
        return _Work(RELEASE, self._prefix + key, (token, json.dumps(done), _milliseconds(ABANDONED_AFTER)))

    def _extending(self, key: str, token: str, lease: float) -> _Work:
        return _Work(EXTEND, self._prefix + key, (token, *_times(lease)))


class _Server:
    """A Redis server, as one process sees it."""

    def __init__(self, client: redis.Redis, allow_eviction: bool) -> None:
        self._client = client
        self._checked = allow_eviction
        self._reported = False

    def check(self) -> None:
        """Raise :class:`ConfigurationError` where the server may evict keys."""
        try:
            memory: Any = self._client.info("memory")
        except NoPermissionError:
            policy = "unknown, because this user may not ask INFO"
        else:
            policy = memory.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            error = ConfigurationError(
                f"the maxmemory-policy of this Redis is {policy}: keys that it evicts are deliveries that run twice. "
                "Set it to noeviction, or write RedisStore(..., allow_eviction=True) to accept that"
            )
            if not self._reported:
                # A delivery's own line names only the kind of error.
                self._reported = True
                logger.error("%s", error)
            raise error
        self._checked = True

    def run(self, calls: Sequence[Call[_Work]]) -> None:
        """Run scripts in one round trip."""
        if not self._checked:
            self.check()
        with self._client.pipeline(transaction=False) as pipeline:
            for call in calls:
                work = call.work
                pipeline.evalsha(work.script.digest, 1, work.key, *work.arguments)
            answers = pipeline.execute(raise_on_error=False)
        for call, answer in zip(calls, answers, strict=True):
            if isinstance(answer, NoScriptError):
                self._by_text(call)
            elif isinstance(answer, Exception):
                call.error = answer
            else:
                call.result = answer

    def _by_text(self, call: Call[_Work]) -> None:
        """Tell the server what the script is, which it does not know since its start."""
        work = call.work
        try:
            call.result = self._client.eval(work.script.text, 1, work.key, *work.arguments)
        except Exception as error:
            call.error = error

    def close(self) -> None:
        """Let go of the connections; the next operation opens others."""
        self._client.connection_pool.disconnect()


def _close(batcher: Batcher[_Work], server: _Server) -> None:
    batcher.close()
    server.close()


def _claim(work: _Work, answer: Any) -> Claim:
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
    return math.ceil(lease * 1e6), _milliseconds(lease + ABANDONED_AFTER)


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))
