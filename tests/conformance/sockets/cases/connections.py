"""Connections: kept, shared, old, and cut off."""

from __future__ import annotations

import time
from collections.abc import Callable

from webhook_kit import Outcome

from ...expected import MeetingBaaS
from ..connection import Connection, Silence, head, written
from ..http2 import statuses
from ..journal import ENTERED
from ..served import WAITS
from ..servers import Server
from ..site import ASYNC, SYNC, Otherwise, Site, each
from .case import Group

CONNECTIONS = Group("Connections")

NOTICE = 0.05
"""Seconds for a server to notice that somebody has hung up."""

HANGING_UP: dict[str, Callable[[Connection], None]] = {"closed": Connection.close, "reset": Connection.reset}


@CONNECTIONS.case("one connection carries several deliveries, one after the other", quick=True)
def kept(site: Site) -> None:
    with site.connect() as connection:
        for number in range(1, 4):
            connection.send(written(site.delivery(SYNC if number % 2 else ASYNC)))
            _compare(site, connection, number)


@CONNECTIONS.case("deliveries sent without waiting are answered in their order", quick=True)
def pipelined(site: Site) -> None:
    with site.connect() as connection:
        first, second = site.delivery(), site.delivery()
        bad = site.delivery().but(body=b"{}")
        connection.send(written(first) + written(second.but(chunked=True)) + written(bad) + written(first))
        outcomes = [Outcome.PROCESSED, Outcome.PROCESSED, Outcome.FORGED, Outcome.DUPLICATE]
        for expected in (MeetingBaaS.SUCCESS, MeetingBaaS.SUCCESS, MeetingBaaS.FORGED, MeetingBaaS.SUCCESS):
            try:
                if connection.receive() != expected:
                    raise Otherwise("other answers")
            except Silence:
                raise Otherwise("no answer") from None
        if site.outcomes() != outcomes:
            raise Otherwise("other outcomes")


@CONNECTIONS.case("HTTP/1.0 is understood, and the connection ends")
def old(site: Site) -> None:
    with site.connect() as connection:
        connection.send(written(site.delivery(), version="1.0"))
        _compare(site, connection, 1)
        if not connection.is_closed():
            raise Otherwise("the connection stays open")


@CONNECTIONS.case("a request whose head arrives slowly is handled")
def slow_head(site: Site) -> None:
    data = written(site.delivery())
    with site.connect() as connection:
        for start in range(0, len(data), len(data) // 3):
            connection.send(data[start : start + len(data) // 3])
            time.sleep(0.01)
        _compare(site, connection, 1)


@CONNECTIONS.case("a client that goes away before its body has arrived reaches no handler", quick=True)
def cut_in_the_body(site: Site) -> None:
    def cut(how: str) -> None:
        for chunked in (False, True):
            site.begin()
            sent = site.delivery().but(chunked=chunked)
            with site.connect() as connection:
                connection.send(written(sent)[:-15])
                time.sleep(NOTICE)
                HANGING_UP[how](connection)
            time.sleep(NOTICE)
            site.expect(sent, MeetingBaaS.SUCCESS, Outcome.PROCESSED)
            if len(site.entered()) != 1:
                raise Otherwise("handled")

    each(HANGING_UP, cut)


@CONNECTIONS.case("a client that goes away in the head reaches nobody")
def cut_in_the_head(site: Site) -> None:
    for how in HANGING_UP.values():
        with site.connect() as connection:
            connection.send(head(site.delivery())[:-20])
            how(connection)
    site.is_well()


@CONNECTIONS.case("a client that hangs up does not stop a handler, and its retry gets the answer", quick=True)
def cut_in_the_handler(site: Site) -> None:
    def cut(how: str) -> None:
        for kind in (SYNC, ASYNC):
            site.begin()
            sent = site.delivery(kind, WAITS)
            with site.connect() as connection:
                connection.send(written(sent))
                site.wait_for(ENTERED)
                HANGING_UP[how](connection)
            time.sleep(NOTICE)
            site.open_gates()
            site.wait_for(Outcome.PROCESSED.value, patience=3)
            site.expect(sent, MeetingBaaS.SUCCESS, Outcome.PROCESSED, Outcome.DUPLICATE)
            if len(site.entered()) != 1:
                raise Otherwise("handled twice")

    each(HANGING_UP, cut)


def _speaks_http2(host: str, server: Server) -> bool:
    return server.http2


@CONNECTIONS.case("one connection of HTTP/2 carries several deliveries at once", applies=_speaks_http2)
def http2(site: Site) -> None:
    waiting = [site.delivery(kind, WAITS).but(chunked=kind == ASYNC) for kind in (SYNC, ASYNC)]

    def go_on() -> None:
        site.wait_for(ENTERED, 2)
        site.open_gates()

    answered = statuses(site.port, [*waiting, site.delivery().but(body=b"{}")], go_on)
    if answered != [200, 200, 401]:
        raise Otherwise(" ".join(map(str, answered)))
    outcomes = [Outcome.FORGED, Outcome.PROCESSED, Outcome.PROCESSED]
    if sorted(site.outcomes()) != sorted(outcomes):
        raise Otherwise("other outcomes")


@CONNECTIONS.case("a client that closes its half after the request is answered")
def half_closed(site: Site) -> None:
    with site.connect() as connection:
        connection.send(written(site.delivery(doing=WAITS)))
        site.wait_for(ENTERED)
        connection.finish()
        time.sleep(NOTICE)
        site.open_gates()
        site.wait_for(Outcome.PROCESSED.value)
        _compare(site, connection, 1)


def _compare(site: Site, connection: Connection, times: int) -> None:
    try:
        site.compare(connection.receive(), MeetingBaaS.SUCCESS, *[Outcome.PROCESSED] * times)
    except Silence:
        raise Otherwise("no answer") from None
