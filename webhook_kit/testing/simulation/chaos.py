"""What can happen to a delivery, and what a receiver has to make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from enum import StrEnum
from random import Random
from secrets import token_bytes, token_urlsafe
from typing import Any, Final

from ...events import Event, UnknownEvent
from ...parsing import fit
from ...providers.base import Provider
from ...signatures import Signed
from ...standard_signatures import StandardSignatures


class Chaos(StrEnum):
    """One thing that happens."""

    DUPLICATES = "duplicates"
    REORDERING = "reordering"
    SKEW = "skew"
    ROTATION = "rotation"
    CHUNKED = "chunked"
    CUT = "cut"
    DRIFT = "drift"
    UNKNOWN = "unknown"
    FORGED = "forged"
    STALE = "stale"


MEANING: Final[Mapping[Chaos, str]] = {
    Chaos.DUPLICATES: "sent twice at the same time",
    Chaos.REORDERING: "overtaken by later ones",
    Chaos.SKEW: "signed by a clock that is wrong",
    Chaos.ROTATION: "signed with a new secret too",
    Chaos.CHUNKED: "in pieces, without a length",
    Chaos.CUT: "broken off, then sent whole",
    Chaos.DRIFT: "fields of other types, and new ones",
    Chaos.UNKNOWN: "of a type nobody knows",
    Chaos.FORGED: "signed with another secret",
    Chaos.STALE: "signed long ago",
}

BESIDE: Final = (Chaos.UNKNOWN, Chaos.FORGED, Chaos.STALE)
"""Those that are deliveries of their own; the others happen to an event."""
REFUSED: Final = (Chaos.FORGED, Chaos.STALE)
"""Those that nobody may accept."""

PART: Final = 0.15
"""The part of all events to which each thing happens."""


def possible(provider: Provider) -> list[Chaos]:
    """Return what can happen with a provider: without a signature there is no forgery, without a time no clock."""
    without: set[Chaos] = set()
    if provider.verifier is None:
        without |= {Chaos.FORGED, Chaos.STALE, Chaos.SKEW, Chaos.ROTATION}
    if tolerance_of(provider) is None:
        without |= {Chaos.STALE, Chaos.SKEW}
    if not isinstance(provider.verifier, StandardSignatures):
        without.add(Chaos.ROTATION)
    return [each for each in Chaos if each not in without]


def tolerance_of(provider: Provider) -> float | None:
    """Return the seconds by which a sender's clock may be wrong; None where no time is signed."""
    return getattr(provider.verifier, "tolerance", None)


def chosen(random: Random, count: int) -> set[int]:
    """Return the numbers of the events to which one thing happens: at least one."""
    return set(random.sample(range(count), max(1, round(count * PART)))) if count else set()


def another_secret(provider: Provider) -> str:
    """Return a secret of the right kind that nobody knows."""
    if isinstance(provider.verifier, StandardSignatures):
        from base64 import b64encode

        return f"whsec_{b64encode(token_bytes(32)).decode()}"
    return token_urlsafe(32)


def with_both(old: Signed, new: Signed) -> Signed:
    """Return a signature of Standard Webhooks by two secrets, as it is sent while they are rotated."""
    *rest, (name, proof) = old.headers
    return Signed(headers=(*rest, (name, f"{new.headers[-1][1]} {proof}")))


def drifted(random: Random, model: type[Event], fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields of which one is of another type, as far as the event can still be read, and one is new."""
    body = {**fields, "addedByTheVendor": {"since": "today"}}
    # The name of the event is what the vendor sends it under.
    paths = [path for path, value in _leaves(fields) if not (isinstance(value, str) and value in model.wire_types)]
    random.shuffle(paths)
    for path in paths:
        changed = deepcopy(body)
        place = changed
        for name in path[:-1]:
            place = place[name]
        # What it was stays in it, because every event is another one by something.
        place[path[-1]] = {"was": place[path[-1]]}
        event = fit(model, changed, type="", provider="", size=0)
        if not isinstance(event, UnknownEvent) and event.drift:
            return changed
    return body


def _leaves(fields: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and the value of every field that is no object, also of those in objects."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value
