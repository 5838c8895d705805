"""The hostile table on the wire: what a server lets through ends as its row says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Final, TypeAlias

from tests.conformance.wire import Sent
from tests.hostile.answers import expected
from tests.hostile.rows import Row
from tests.hostile.senders import Sender, senders
from tests.hostile.table import TABLE
from webhook_kit import Outcome

from ..connection import Silence
from ..served import HOSTILE as BELOW
from ..servers import SERVED
from ..site import Otherwise, Site
from .case import Group

HOSTILE = Group("Hostile requests")

PATIENCE: Final = 5.0

Request: TypeAlias = tuple[Sender, Row, Sent]


@HOSTILE.case("a request of the hostile table ends as its row says, unless the server refuses it by itself")
def hostile_rows(site: Site) -> None:
    # There are thousands: each server gets all of them, shared among the hosts that are put on it.
    hosts = SERVED[site.server.protocol]
    chosen = requests(lambda sender, sent: not sender.firewalled and _in_text(sent))
    _check(site, chosen[hosts.index(site.host_name) :: len(hosts)])


@HOSTILE.case("the same where the value of a header is no text")
def hostile_bytes(site: Site) -> None:
    _check(site, requests(lambda sender, sent: not sender.firewalled and not _in_text(sent)))


@HOSTILE.case("the same from a network that is not allowed")
def hostile_networks(site: Site) -> None:
    _check(site, requests(lambda sender, sent: sender.firewalled))


def requests(chosen: Callable[[Sender, Sent], bool]) -> list[Request]:
    """Return those requests of the table that servers let through as they are."""
    return [(sender, row, sent) for sender, row, sent in _all() if chosen(sender, sent)]


@cache
def _all() -> list[Request]:
    return [(sender, row, row.make(sender)) for sender in senders() for row in TABLE if row.on_wire and row.who(sender)]


def _in_text(sent: Sent) -> bool:
    return all(value.isascii() for _, value in sent.headers)


def _check(site: Site, chosen: Iterable[Request]) -> None:
    """Send them one by one, and tell of the first one of each kind that ends otherwise."""
    found: dict[str, str] = {}
    for sender, row, sent in chosen:
        if not (row.stopped_by and site.host_name.startswith(row.stopped_by)):
            seen = _sent(site, sender, row.outcome, sent)
            if seen:
                found.setdefault(seen, f"{row.name} ({sender})")
    if found:
        raise Otherwise("; ".join(f"{name}: {seen}" for seen, name in found.items()))


def _sent(site: Site, sender: Sender, outcome: Outcome, sent: Sent) -> str:
    """Return what is otherwise, empty where nothing is."""
    site.begin()
    try:
        answered = site.exchange(site.at(sent.but(path=f"/{BELOW}{sent.path}")), patience=PATIENCE)
    except Silence:
        return "no answer"
    by_us = site.entries()
    if not by_us and (answered is None or 400 <= answered.status < 500 or answered.status == 501):
        return ""
    handled = bool(site.entered())
    if handled != (outcome is Outcome.PROCESSED):
        return "handled" if handled else "not handled"
    try:
        site.compare(answered, expected(sender, outcome, sent.method), outcome)
    except Otherwise as otherwise:
        return str(otherwise)
    return ""
