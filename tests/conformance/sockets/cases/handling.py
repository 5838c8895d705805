"""Deliveries that are in order, and what handlers make of them."""

from __future__ import annotations

from hashlib import sha256

from webhook_kit import Outcome

from ... import deliveries
from ...expected import MeetingBaaS, Tencent, VCaaS
from ..connection import written
from ..journal import ENTERED
from ..served import FAILS_ONCE, WAITS
from ..servers import Server
from ..site import ASYNC, SYNC, Otherwise, Site, each
from .case import Group

HANDLING = Group("Handling")


@HANDLING.case("a delivery runs a sync handler, with the very bytes of its body", quick=True)
def sync_handler(site: Site) -> None:
    _run(site, SYNC)


@HANDLING.case("a delivery runs an async handler, with the very bytes of its body", quick=True)
def async_handler(site: Site) -> None:
    _run(site, ASYNC)


def _run(site: Site, kind: str) -> None:
    sent = site.delivery(kind)
    site.expect(sent, MeetingBaaS.SUCCESS, Outcome.PROCESSED)
    if [entry.body for entry in site.entered()] != [sha256(sent.body).hexdigest()]:
        raise Otherwise("another body")


@HANDLING.case("every vendor gets the answer that it wants")
def every_vendor(site: Site) -> None:
    site.expect(site.at(deliveries.chat()), Tencent.SUCCESS, Outcome.UNHANDLED)
    site.begin()
    site.expect(site.at(deliveries.room()), Tencent.SUCCESS, Outcome.UNHANDLED)
    site.begin()
    site.expect(site.at(deliveries.join()), VCaaS.SUCCESS, Outcome.UNHANDLED)


@HANDLING.case("the vendor's retry gets the same bytes and runs nothing", quick=True)
def duplicate(site: Site) -> None:
    sent = site.delivery()
    site.expect(sent, MeetingBaaS.SUCCESS, Outcome.PROCESSED)
    site.expect(sent, MeetingBaaS.SUCCESS, Outcome.PROCESSED, Outcome.DUPLICATE)


@HANDLING.case("a handler that raises is told of with 500, and runs again at the retry", quick=True)
def raising(site: Site) -> None:
    for kind in (SYNC, ASYNC):
        site.begin()
        sent = site.delivery(kind, FAILS_ONCE)
        site.expect(sent, MeetingBaaS.FAILED, Outcome.HANDLER_FAILED)
        site.expect(sent, MeetingBaaS.SUCCESS, Outcome.HANDLER_FAILED, Outcome.PROCESSED)


@HANDLING.case("the twin of a delivery that is being handled is told to come again", quick=True)
def in_flight(site: Site) -> None:
    sent = site.delivery(doing=WAITS)
    with site.connect() as first:
        first.send(written(sent))
        site.wait_for(ENTERED)
        site.expect(sent, MeetingBaaS.IN_FLIGHT.with_header("retry-after", "60"), Outcome.IN_FLIGHT)
        site.open_gates()
        site.compare(first.receive(), MeetingBaaS.SUCCESS, Outcome.IN_FLIGHT, Outcome.PROCESSED)


def _on_several(host: str, server: Server) -> bool:
    return server.shared


@HANDLING.case("what one worker has handled, the others know", applies=_on_several)
def several_workers(site: Site) -> None:
    workers: set[int] = set()

    def deliver(number: int) -> None:
        site.begin()
        sent = site.delivery(ASYNC if number % 2 else SYNC)
        site.expect(sent, MeetingBaaS.SUCCESS, Outcome.PROCESSED)
        site.expect(sent, MeetingBaaS.SUCCESS, Outcome.PROCESSED, Outcome.DUPLICATE)
        workers.update(entry.process for entry in site.entries())

    for number in range(400):
        deliver(number)
        if len(workers) > 1 and number > 5:
            break
    if len(workers) < 2:
        raise Otherwise("one worker")


@HANDLING.case("a refused one runs nothing", quick=True)
def forged(site: Site) -> None:
    variants = {"digest": b"0" * 64, "short": b"x", "prefix": b"sha256=00", "list": b"a, b"}

    def refuse(name: str) -> None:
        site.begin()
        body = site.body()
        sent = site.at(deliveries.meeting(body)).but(headers=((deliveries.SIGNATURE, variants[name]),))
        site.expect(sent, MeetingBaaS.FORGED, Outcome.FORGED)

    each(variants, refuse)
