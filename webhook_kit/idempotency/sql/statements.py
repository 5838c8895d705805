"""The transitions of a delivery in SQL, one text for SQLite and PostgreSQL.

Every statement is atomic by itself and compares what it relies on, so that none needs a transaction around it. A
transition yields its statements and is sent what each gave back: who runs it may run others beside it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from sqlalchemy import Dialect, text

from ...http import RawResponse
from ..base import Busy, Claim, Done, Fenced, New
from ..memory import ABANDONED_AFTER
from .schema import Schema

T = TypeVar("T")

AT_ONCE: Final = 1000
"""How many expired deliveries one statement purges."""

_TRIES: Final = 3


class Rows(Protocol):
    """What a statement gives back."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...


Request: TypeAlias = tuple[str, Mapping[str, Any]]
"""A statement in the driver's own dialect, with its values."""

Steps: TypeAlias = Generator[Request, Rows, T]
"""Requests one after the other, and a result at the end."""

Execute: TypeAlias = Callable[[str, Mapping[str, Any]], Rows]


def run(steps: Steps[T], execute: Execute) -> T:
    """Run a transition by itself."""
    try:
        request = next(steps)
        while True:
            request = steps.send(execute(*request))
    except StopIteration as end:
        result: T = end.value
        return result


class Statements:
    """The transitions, compiled for one driver. ``now`` is what the database calls the time, in Unix seconds."""

    def __init__(self, schema: Schema, dialect: Dialect, now: str, skip_locked: str = "") -> None:
        def compiled(statement: str) -> str:
            return str(
                text(statement.format(table=schema.deliveries, now=now, skip_locked=skip_locked)).compile(
                    dialect=dialect
                )
            )

        self._insert = compiled(
            "INSERT INTO {table} (key, token, leased_until, attempt, done, expires_at) "
            "VALUES (:key, :token, {now} + :lease, 1, '[]', {now} + :lease + :abandoned) ON CONFLICT (key) DO NOTHING"
        )
        self._look = compiled(
            "SELECT coalesce(token, ''), leased_until, leased_until - {now}, attempt, done, status, headers, body, "
            "expires_at - {now} FROM {table} WHERE key = :key"
        )
        self._take = compiled(
            "UPDATE {table} SET token = :token, leased_until = {now} + :lease, attempt = :attempt, done = :done, "
            "status = NULL, headers = NULL, body = NULL, expires_at = {now} + :lease + :abandoned WHERE key = :key "
            "AND coalesce(token, '') = :seen_token AND leased_until = :seen_until AND attempt = :seen_attempt "
            "AND done = :seen_done"
        )
        self._complete = compiled(
            "UPDATE {table} SET token = NULL, leased_until = {now}, status = :status, headers = :headers, "
            "body = :body, expires_at = {now} + :retention WHERE key = :key AND token = :token"
        )
        self._release = compiled(
            "UPDATE {table} SET token = NULL, leased_until = {now}, done = :done, expires_at = {now} + :abandoned "
            "WHERE key = :key AND token = :token AND done = :seen_done"
        )
        self._extend = compiled(
            "UPDATE {table} SET leased_until = {now} + :lease, expires_at = {now} + :lease + :abandoned "
            "WHERE key = :key AND token = :token"
        )
        self._done = compiled("SELECT done FROM {table} WHERE key = :key AND token = :token")
        self._mark = compiled(
            "UPDATE {table} SET done = :done WHERE key = :key AND token = :token AND done = :seen_done"
        )
        # The clock in a query of its own is read once, so that the index is used.
        self._expired = compiled("SELECT count(*) FROM {table} WHERE expires_at <= (SELECT {now})")
        self._purge = compiled(
            "DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE expires_at <= (SELECT {now}) "
            "ORDER BY expires_at LIMIT :at_once {skip_locked})"
        )

    def claim(self, key: str, token: str, lease: float) -> Steps[Claim]:
        """Claim a key for a token of the caller's; the same token may ask again."""
        times = {"key": key, "token": token, "lease": lease, "abandoned": ABANDONED_AFTER}
        for _ in range(_TRIES):
            if (yield self._insert, times).rowcount == 1:
                return New(token)
            row = (yield self._look, {"key": key}).fetchone()
            if row is not None:
                seen, until, left, attempt, done, status, headers, body, keeps = row
                names = _names(done)
                if seen == token:
                    return New(token, attempt, names)
                if keeps <= 0:
                    attempt, names = 0, ()
                elif status is not None:
                    return Done(RawResponse(status, [(name, value) for name, value in json.loads(headers)], body))
                elif seen and left > 0:
                    return Busy(left)
                compared = {"seen_token": seen, "seen_until": until, "seen_attempt": row[3], "seen_done": done}
                taking = {**times, **compared, "attempt": attempt + 1, "done": json.dumps(names)}
                if (yield self._take, taking).rowcount == 1:
                    return New(token, attempt + 1, names)
        # Each time somebody else was faster between two statements.
        return Busy(lease)

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> Steps[bool]:
        """Keep the answer."""
        answer = {
            "key": key,
            "token": token,
            "status": response.status,
            "headers": json.dumps(response.headers),
            "body": response.body,
            "retention": retention,
        }
        return (yield self._complete, answer).rowcount == 1

    def release(self, key: str, token: str, done: tuple[str, ...]) -> Steps[bool]:
        """Give the claim back; what a transaction committed as done stays so."""
        held = {"key": key, "token": token}
        for _ in range(_TRIES):
            row = (yield self._done, held).fetchone()
            if row is None:
                break
            given = {**held, "done": _with(row[0], done), "abandoned": ABANDONED_AFTER, "seen_done": row[0]}
            if (yield self._release, given).rowcount == 1:
                return True
            # The commit of a handler that was given up came between: its answer had got lost.
        return False

    def extend(self, key: str, token: str, lease: float) -> Steps[bool]:
        """Let the lease run from now."""
        times = {"key": key, "token": token, "lease": lease, "abandoned": ABANDONED_AFTER}
        return (yield self._extend, times).rowcount == 1

    def done(self, key: str, token: str) -> Steps[tuple[str, ...]]:
        """Return who is done; raises :class:`Fenced` for a claim that is another's."""
        held = (yield self._done, {"key": key, "token": token}).fetchone()
        if held is None:
            raise _fenced()
        return _names(held[0])

    def mark(self, key: str, token: str, done: tuple[str, ...], name: str) -> Steps[None]:
        """Add a name to those that were done; raises :class:`Fenced` for a claim that is another's."""
        held = {"key": key, "token": token}
        seen = json.dumps(done)
        for _ in range(_TRIES):
            if (yield self._mark, {**held, "seen_done": seen, "done": _with(seen, (name,))}).rowcount == 1:
                return
            row = (yield self._done, held).fetchone()
            if row is None:
                break
            seen = row[0]
        raise _fenced()

    def expired(self) -> Steps[int]:
        """Return how many have expired."""
        [number] = (yield self._expired, {}).fetchone()
        return int(number)

    def purge(self) -> Steps[int]:
        """Forget some of what has expired, and return how many they were."""
        return (yield self._purge, {"at_once": AT_ONCE}).rowcount


def new_token() -> str:
    """Return a token that no other claim has."""
    return secrets.token_hex(16)


def _names(done: str) -> tuple[str, ...]:
    return () if done == "[]" else tuple(json.loads(done))


def _with(done: str, more: tuple[str, ...]) -> str:
    return json.dumps([*dict.fromkeys((*_names(done), *more))])


def _fenced() -> Fenced:
    return Fenced("another worker took this delivery over; nothing was written")
