"""A Redis server that runs the transitions, and what it must promise."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import redis
from redis.exceptions import NoPermissionError, NoScriptError

from ...errors import ConfigurationError, WebhookError
from ..batching import Call
from ..memory import ABANDONED_AFTER
from .scripts import RELEASE, Script

logger = logging.getLogger("webhook_kit")

ABANDONED: Final = int(ABANDONED_AFTER * 1000)
"""For how many milliseconds a key is remembered that nobody completed."""


class NotReplicated(WebhookError):
    """Say that too few replicas have what was written, so that a failover would lose it."""

    def __init__(self, replicas: int) -> None:
        super().__init__(f"what was written has not reached {replicas} replicas in time")


class Work(NamedTuple):
    """One transition. The vendor's answer may rest on its outcome."""

    script: Script
    key: str
    arguments: tuple[str | int | bytes, ...]
    rested_on: bool


class Server:
    """A Redis server, as one process sees it."""

    def __init__(self, client: redis.Redis, allow_eviction: bool, replicas: int, patience: float) -> None:
        self._client = client
        self._replicas = replicas
        # A part of the time that the client waits for an answer.
        self._patience = max(1, int(patience * 500))
        self._allow_eviction = allow_eviction
        self._checked = allow_eviction
        self._reported = False

    def check(self) -> None:
        """Raise :class:`ConfigurationError` where the server may evict keys, unless that was allowed."""
        if self._allow_eviction:
            self._client.ping()
            return
        try:
            memory: Any = self._client.info("memory")
        except NoPermissionError:
            policy = "unknown, because this user may not ask INFO"
        else:
            policy = memory.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise ConfigurationError(
                f"the maxmemory-policy of this Redis is {policy}: keys that it evicts are deliveries that run twice. "
                "Set it to noeviction, or write RedisStore(..., allow_eviction=True) to accept that"
            )

    def run(self, calls: Sequence[Call[Work]]) -> None:
        """Run scripts in one round trip."""
        try:
            self._run(calls)
        except redis.ConnectionError:
            # A connection from before a restart of the server says at once that it is none, and the work may be done
            # again: its tokens are the same.
            self._run(calls)

    def _run(self, calls: Sequence[Call[Work]]) -> None:
        if not self._checked:
            self._check_before_use()
        # Unless all goes well, because it may be another server that is there after the trouble.
        self._checked = self._allow_eviction
        self._send(calls, by_digest=True)
        # A server knows no script since its start, and is told what it is.
        if unknown := [call for call in calls if isinstance(call.error, NoScriptError)]:
            self._send(unknown, by_digest=False)
        if all(call.error is None or isinstance(call.error, NotReplicated) for call in calls):
            self._checked = True
        else:
            # This one may have become a replica, and the address lead to its successor.
            self.close()

    def _check_before_use(self) -> None:
        try:
            self.check()
        except ConfigurationError as error:
            if not self._reported:
                # A delivery's own line names only the kind of error.
                self._reported = True
                logger.error("%s", error)
            raise

    def _send(self, calls: Sequence[Call[Work]], *, by_digest: bool) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            for call in calls:
                script, key, arguments, _ = call.work
                if by_digest:
                    pipeline.evalsha(script.digest, 1, key, *arguments)
                else:
                    pipeline.eval(script.text, 1, key, *arguments)
            if self._replicas:
                # For everything that this connection has written.
                pipeline.wait(self._replicas, self._patience)
            answers = pipeline.execute(raise_on_error=False)
        reached = answers.pop() if self._replicas else 0
        for call, answer in zip(calls, answers, strict=True):
            call.result, call.error = (None, answer) if isinstance(answer, Exception) else (answer, None)
        if not isinstance(reached, int) or reached < self._replicas:
            self._take_back(calls)

    def _take_back(self, calls: Sequence[Call[Work]]) -> None:
        """Refuse what a failover would undo; a new claim is released, so that the vendor's next try finds it free."""
        with self._client.pipeline(transaction=False) as pipeline:
            for call in calls:
                _, key, arguments, rested_on = call.work
                if not rested_on or not call.result:
                    continue
                match call.result:
                    case [b"busy", _]:
                        continue
                    case [b"new", _, done]:
                        pipeline.eval(RELEASE.text, 1, key, arguments[0], done, ABANDONED)
                call.result, call.error = None, NotReplicated(self._replicas)
            with contextlib.suppress(redis.RedisError):
                pipeline.execute(raise_on_error=False)

    def close(self) -> None:
        """Let go of the connections; the next operation opens others."""
        self._client.connection_pool.disconnect()
