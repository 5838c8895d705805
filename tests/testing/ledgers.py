"""A store as it should be, in a dictionary, and stores that have one thing wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from webhook_kit import RawResponse
from webhook_kit.idempotency import Busy, Claim, Done, New, Store


@dataclass(frozen=True)
class Entry:
    token: str | None
    until: float
    attempt: int = 1
    done: tuple[str, ...] = ()
    answer: RawResponse | None = None
    expires: float = float("inf")


class Ledger(Store):
    """The honest one. What may go wrong is a method of its own."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.entries: dict[str, Entry] = {}
        self.lock: AbstractContextManager[Any] = threading.RLock()

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        with self.lock:
            key, now = self.name(key, fingerprint), self.clock()
            entry = self.entries.get(key)
            if entry is not None and entry.expires <= now:
                entry = None
            if entry is not None and entry.answer is not None:
                return self.answered(key, entry)
            if entry is not None and entry.token is not None and entry.until > now:
                return Busy(entry.until - now)
            token = self.token(entry)
            attempt, done = (1, ()) if entry is None else (entry.attempt + 1, entry.done)
            self.entries[key] = Entry(token, now + lease, attempt, done)
            return New(token, attempt, done)

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return self.change(key, token, token=None, answer=response, expires=self.clock() + retention)

    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return self.change(key, token, token=None, done=done)

    def extend(self, key: str, token: str, lease: float) -> bool:
        return self.change(key, token, until=self.clock() + lease)

    def change(self, key: str, held_by: str, **changes: Any) -> bool:
        with self.lock:
            key = self.name(key, "")
            entry = self.entries.get(key)
            if entry is None or entry.token is None or entry.token != held_by:
                return False
            self.entries[key] = dataclasses.replace(entry, **changes)
            return True

    def name(self, key: str, fingerprint: str) -> str:
        return key

    def token(self, entry: Entry | None) -> str:
        return secrets.token_hex(16)

    def answered(self, key: str, entry: Entry) -> Claim:
        assert entry.answer is not None
        return Done(entry.answer)


class Unfenced(Ledger):
    """Whoever comes changes what is there."""

    operation = ""

    def change(self, key: str, held_by: str, **changes: Any) -> bool:
        entry = self.entries.get(key)
        if entry is not None and entry.token is not None and self.concerns(changes):
            held_by = entry.token
        return super().change(key, held_by, **changes)

    def concerns(self, changes: dict[str, Any]) -> bool:
        raise NotImplementedError


class WithoutAFenceInComplete(Unfenced):
    def concerns(self, changes: dict[str, Any]) -> bool:
        return "answer" in changes


class WithoutAFenceInRelease(Unfenced):
    def concerns(self, changes: dict[str, Any]) -> bool:
        return "done" in changes


class WithoutAFenceInExtend(Unfenced):
    def concerns(self, changes: dict[str, Any]) -> bool:
        return "until" in changes


class InTwoSteps(Ledger):
    """Look, and then claim, with time for the others between."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.lock = nullcontext()
        self.meeting = threading.Barrier(16)

    def token(self, entry: Entry | None) -> str:
        try:
            self.meeting.wait(0.2)
        except threading.BrokenBarrierError:
            self.meeting.reset()
        return super().token(entry)


class OfOneToken(Ledger):
    def token(self, entry: Entry | None) -> str:
        return "token"


class OfOneTokenForEachKey(Ledger):
    def token(self, entry: Entry | None) -> str:
        return super().token(None) if entry is None or entry.token is None else entry.token


class Forgetful(Ledger):
    """A claim begins anew, also after a crash."""

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        claim = super().claim(key, fingerprint, lease)
        return New(claim.token) if isinstance(claim, New) else claim


class Deleting(Ledger):
    """A release forgets the delivery."""

    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        return super().release(key, token, done) and self.entries.pop(key, None) is not None


class Eternal(Ledger):
    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return super().complete(key, token, response, float("inf"))


class Prolonging(Ledger):
    """Every duplicate lets the retention begin anew."""

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        self.retention = retention
        return super().complete(key, token, response, retention)

    def answered(self, key: str, entry: Entry) -> Claim:
        self.entries[key] = dataclasses.replace(entry, expires=self.clock() + self.retention)
        return super().answered(key, entry)


class Rounding(Ledger):
    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        return super().claim(key, fingerprint, int(lease))


class Adding(Ledger):
    """An extension is added to what is left."""

    def extend(self, key: str, token: str, lease: float) -> bool:
        entry = self.entries.get(key)
        return self.change(key, token, until=lease + (self.clock() if entry is None else entry.until))


class Impatient(Ledger):
    """Who comes after the lease is too late, also where nobody has taken over."""

    def change(self, key: str, held_by: str, **changes: Any) -> bool:
        entry = self.entries.get(key)
        return entry is not None and entry.until > self.clock() and super().change(key, held_by, **changes)


class Folding(Ledger):
    """As a database whose collation ignores case."""

    def name(self, key: str, fingerprint: str) -> str:
        return key.lower()


class Truncating(Ledger):
    def name(self, key: str, fingerprint: str) -> str:
        return key[:64]


class ByBody(Ledger):
    """The body is a part of the key."""

    def name(self, key: str, fingerprint: str) -> str:
        return (
            key + fingerprint if fingerprint else next((each for each in self.entries if each[: len(key)] == key), key)
        )


class OfText(Ledger):
    """An answer is kept as text."""

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        text = response.body.decode(errors="replace").encode()
        return super().complete(key, token, RawResponse(response.status, response.headers, text), retention)


class OfOneHeaderEach(Ledger):
    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        headers = list(dict(response.headers).items())
        return super().complete(key, token, RawResponse(response.status, headers, response.body), retention)


class InHalves(Ledger):
    """The asynchronous half remembers by itself."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.other = Ledger(clock)

    async def aclaim(self, key: str, fingerprint: str, lease: float) -> Claim:
        return self.other.claim(key, fingerprint, lease)

    async def acomplete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        return self.other.complete(key, token, response, retention)


class OfOneLoop(Ledger):
    """The client of the asynchronous half belongs to the event loop that used it first."""

    loop: asyncio.AbstractEventLoop | None = None

    async def aclaim(self, key: str, fingerprint: str, lease: float) -> Claim:
        self.loop = self.loop or asyncio.get_running_loop()
        assert self.loop is asyncio.get_running_loop(), "the client is attached to a different loop"
        return self.claim(key, fingerprint, lease)


class GoneOnceClosed(Ledger):
    def close(self) -> None:
        self.entries.clear()
