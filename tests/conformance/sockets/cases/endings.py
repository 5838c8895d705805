"""The end of a server, and what it leaves behind."""

from __future__ import annotations

import signal
import time
from typing import Final

from tests.reliability.processes import listens
from tests.reliability.server import ROOT
from webhook_kit import Outcome

from ... import deliveries
from ...expected import MeetingBaaS
from ..connection import Silence, written
from ..journal import ENTERED
from ..served import WAITS
from ..site import ASYNC, SYNC, Otherwise, Site
from .case import Group

ENDINGS = Group("The end")

UNTIL_DEAF: Final = 1.0
"""Seconds within which a server that was told to stop listens no more, where it ever does before its end."""

_OURS: Final = tuple(f'  File "{ROOT / folder}' for folder in ("adapters", "webhook_kit"))


@ENDINGS.case("told to stop, the server finishes the deliveries in flight", ends=True, quick=True)
def graceful(site: Site) -> None:
    waiting = [site.delivery(kind, WAITS) for kind in (SYNC, ASYNC)]
    connections = [site.connect() for _ in waiting]
    try:
        for connection, sent in zip(connections, waiting, strict=True):
            connection.send(written(sent))
        site.wait_for(ENTERED, 2)
        site.process.send(signal.SIGTERM)
        until = time.monotonic() + UNTIL_DEAF
        while listens(site.port) and time.monotonic() < until:
            time.sleep(0.01)
        site.open_gates()
        answers = [connection.receive() for connection in connections]
    except Silence:
        raise Otherwise("no answer") from None
    finally:
        for connection in connections:
            connection.close()
    if answers != [MeetingBaaS.SUCCESS] * 2:
        raise Otherwise("hung up" if None in answers else "other answers")
    if site.outcomes() != [Outcome.PROCESSED] * 2:
        raise Otherwise("other outcomes")
    site.process.wait()


@ENDINGS.case("nothing that the server wrote holds a secret, a signature or a payload", ends=True, quick=True)
def quiet_log(site: Site) -> None:
    site.process.stop()
    log = site.log()
    kept = {
        "a secret": [deliveries.SECRET, deliveries.TOKEN],
        "a token of an address": [deliveries.URL_TOKEN],
        "a signature": site.signatures,
        "a payload": ['"bot_id"', *site.bots],
    }
    if found := [what for what, texts in kept.items() if any(text in log for text in texts)]:
        raise Otherwise(", ".join(found))


@ENDINGS.case("no error comes out of the kit", ends=True)
def errors(site: Site) -> None:
    """What handlers raise is logged without a line of the kit's, and servers have errors of their own."""
    for line in site.log().splitlines():
        if line.startswith(_OURS):
            raise Otherwise("an error")
