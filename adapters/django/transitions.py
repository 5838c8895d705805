"""The transitions of a delivery in the ORM's terms, each an update that compares what it relies on."""

from __future__ import annotations

import hashlib
import re
import secrets
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from webhook_kit.http import RawResponse
from webhook_kit.idempotency.base import Busy, Claim, Done, Fenced, New
from webhook_kit.idempotency.memory import ABANDONED_AFTER

from .clock import Clock
from .receiving import origin

if TYPE_CHECKING:
    from .models import StoredDeliveries

_TRIES: Final = 3
# What every database tells apart, whatever its collation. Keys are digests, unless somebody else uses the store.
_PLAIN: Final = re.compile(r"[0-9a-f]{1,128}")


def claim(deliveries: StoredDeliveries, key: str, lease: float) -> Claim:
    """Claim a key, or say who has it."""
    token = secrets.token_hex(16)
    row = _row(deliveries, key)
    look = row.annotate(left=F("leased_until") - Clock(), keeps=F("expires_at") - Clock()).values_list(
        "token", "left", "keeps", "attempt", "done", "status", "headers", "body"
    )
    for _ in range(_TRIES):
        found: Any = look.first()
        if found is None:
            if _insert(deliveries, key, token, lease):
                return New(token)
            continue
        seen, left, keeps, attempt, done, status, headers, body = found
        changes: dict[str, Any] = {}
        if keeps <= 0:
            same = Q(expires_at__lte=Clock())
            attempt, done = 0, ()
            changes = {"arrived_at": timezone.now(), "status": None, "headers": None, "body": None, "done": []}
        elif status is not None:
            return Done(RawResponse(status, [(name, value) for name, value in headers], bytes(body)))
        elif seen is None:
            same = Q(token=None, status=None, attempt=attempt)
        elif left > 0:
            return Busy(left)
        else:
            same = Q(token=seen, leased_until__lte=Clock())
        if row.filter(same).update(token=token, attempt=attempt + 1, **_times(lease), **changes):
            return New(token, attempt + 1, tuple(done))
    # Each time somebody else was faster between two statements.
    return Busy(lease)


def complete(deliveries: StoredDeliveries, key: str, token: str, response: RawResponse, retention: float) -> bool:
    """Keep the answer."""
    answer = {"status": response.status, "headers": response.headers, "body": response.body}
    times = {"leased_until": Clock(), "expires_at": Clock() + retention}
    return _held(deliveries, key, token).update(token=None, **answer, **times) == 1


def release(deliveries: StoredDeliveries, key: str, token: str, done: tuple[str, ...]) -> bool:
    """Give the claim back; what a transaction committed as done stays so."""
    held = _held(deliveries, key, token)
    times = {"leased_until": Clock(), "expires_at": Clock() + ABANDONED_AFTER}
    for _ in range(_TRIES):
        before = _done(held)
        if before is None:
            break
        names = [*dict.fromkeys((*before, *done))]
        if held.filter(done=list(before)).update(token=None, done=names, **times) == 1:
            return True
        # The commit of a handler that was given up came between: its answer had got lost.
    return False


def extend(deliveries: StoredDeliveries, key: str, token: str, lease: float) -> bool:
    """Let the lease run from now."""
    return _held(deliveries, key, token).update(**_times(lease)) == 1


def begin(deliveries: StoredDeliveries, key: str, token: str) -> tuple[str, ...]:
    """Return who is done, at the start of a transaction; raises :class:`Fenced` for a claim that is another's."""
    held = _held(deliveries, key, token)
    if connections[deliveries.db].vendor == "sqlite":
        # A transaction that reads before it writes fails at once where another one has written meanwhile.
        held.update(token=token)
    done = _done(held)
    if done is None:
        raise _fenced()
    return done


def mark(deliveries: StoredDeliveries, key: str, token: str, done: tuple[str, ...], name: str) -> None:
    """Add a name to those that were done, at the end of a transaction.

    Raises :class:`Fenced` for a claim that is another's.
    """
    held = _held(deliveries, key, token)
    before: tuple[str, ...] | None = done
    for _ in range(_TRIES):
        if before is None:
            break
        if held.filter(done=list(before)).update(done=[*before, *({name} - {*before})]) == 1:
            return
        before = _done(held)
    raise _fenced()


def _insert(deliveries: StoredDeliveries, key: str, token: str, lease: float) -> bool:
    alias = deliveries.db
    namespace, endpoint = origin()
    # In a test's transaction an error would spoil the rest of it.
    savepoint = transaction.atomic(alias) if connections[alias].in_atomic_block else nullcontext()
    try:
        with savepoint:
            deliveries.create(
                key=_stored(key), namespace=namespace[:100], endpoint=endpoint[:200], token=token, **_times(lease)
            )
    except IntegrityError:
        return False
    return True


def _row(deliveries: StoredDeliveries, key: str) -> StoredDeliveries:
    return deliveries.filter(pk=_stored(key))


def _held(deliveries: StoredDeliveries, key: str, token: str) -> StoredDeliveries:
    return _row(deliveries, key).filter(token=token)


def _done(held: StoredDeliveries) -> tuple[str, ...] | None:
    found = held.values_list("done", flat=True).first()
    return None if found is None else tuple(found)


def _times(lease: float) -> dict[str, Any]:
    return {"leased_until": Clock() + lease, "expires_at": Clock() + lease + ABANDONED_AFTER}


def _stored(key: str) -> str:
    return key if _PLAIN.fullmatch(key) else f"~{hashlib.sha256(key.encode()).hexdigest()}"


def _fenced() -> Fenced:
    return Fenced("another worker took this delivery over; nothing was written")
