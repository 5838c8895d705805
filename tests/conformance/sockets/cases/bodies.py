"""Bodies: kept to the byte, bounded, whole."""

from __future__ import annotations

import gzip
import json
import time
from hashlib import sha256

from webhook_kit import Outcome

from ... import deliveries
from ...expected import MeetingBaaS, Tencent
from ...wire import Answer, Sent
from ..connection import Connection, Silence, head, written
from ..served import SMALL
from ..site import REFUSAL, Otherwise, Site, each
from .case import Group

BODIES = Group("Bodies")

PAUSE = 0.02
"""Seconds, so that what is sent before and after does not arrive at once."""


@BODIES.case("a body without a length arrives whole", quick=True)
def chunked(site: Site) -> None:
    site.expect(site.delivery().but(chunked=True), MeetingBaaS.SUCCESS, Outcome.PROCESSED)


@BODIES.case("chunk extensions and trailers are no part of it")
def extensions_and_trailers(site: Site) -> None:
    sent = site.delivery().but(chunked=True)
    size, rest = len(sent.body) - 9, sent.body[-9:]
    data = head(sent) + b"%x;name=value\r\n%b\r\n9\r\n%b\r\n0\r\nX-Trailer: yes\r\n\r\n" % (size, sent.body[:-9], rest)
    site.expect(data, MeetingBaaS.SUCCESS, Outcome.PROCESSED)


@BODIES.case("a million bytes arrive whole, with a length and without", quick=True)
def large(site: Site) -> None:
    whole = json.dumps({"event": "complete", "data": {"bot_id": "large", "text": "é" * 150_000}}).encode()
    for is_chunked in (False, True):
        site.begin()
        sent = site.at(deliveries.meeting(whole + b" " * is_chunked)).but(chunked=is_chunked)
        site.expect(written(sent, piece=60_000), MeetingBaaS.SUCCESS, Outcome.PROCESSED)
        if [entry.body for entry in site.entered()] != [sha256(sent.body).hexdigest()]:
            raise Otherwise("another body")


@BODIES.case("a signed body that is no JSON object in UTF-8 is told so")
def malformed(site: Site) -> None:
    def refuse(content: bytes) -> None:
        site.begin()
        site.expect(site.at(deliveries.meeting(content)), MeetingBaaS.MALFORMED, Outcome.MALFORMED)

    each((b"", b"\x00", b"[]", b"{", b'{"event":"\xe9"}', b"\xff\xfe{\x00}\x00"), refuse)


@BODIES.case("a body that arrives slowly arrives whole", quick=True)
def slow(site: Site) -> None:
    for is_chunked in (False, True):
        site.begin()
        data = written(site.delivery().but(chunked=is_chunked))
        with site.connect() as connection:
            for piece in _pieces(data, 4):
                connection.send(piece)
                time.sleep(PAUSE)
            site.compare(_received(connection), MeetingBaaS.SUCCESS, Outcome.PROCESSED)


@BODIES.case("one that says that it is over the limit is refused before it is sent", quick=True)
def too_long_as_declared(site: Site) -> None:
    _refused_by_its_head(site, head(_small(site, SMALL + 1)), MeetingBaaS.TOO_LARGE, Outcome.TOO_LARGE)


@BODIES.case("one that grows over the limit is refused as soon as it does")
def too_long_as_sent(site: Site) -> None:
    start = head(_small(site, SMALL).but(chunked=True)) + b"%x\r\n%b\r\n" % (SMALL + 1, b"x" * (SMALL + 1))
    _refused_by_its_head(site, start, MeetingBaaS.TOO_LARGE, Outcome.TOO_LARGE)


@BODIES.case("the parameters rule a request out before its body is sent")
def ruled_out(site: Site) -> None:
    start = head(site.at(deliveries.room(b"SdkAppid=1")))
    _refused_by_its_head(site, start, Tencent.WRONG_APP, Outcome.WRONG_APP)


@BODIES.case("a body of just the limit is taken")
def as_long_as_allowed(site: Site) -> None:
    start = b'{"event":"of.next.year","data":"'
    content = start + b"x" * (SMALL - len(start) - 2) + b'"}'
    for is_chunked in (False, True):
        site.begin()
        sent = site.at(deliveries.meeting(content)).but(chunked=is_chunked)
        sent = sent.but(path=sent.path.replace("meeting-baas", "small"))
        site.expect(sent, MeetingBaaS.SUCCESS, Outcome.UNKNOWN_EVENT)


@BODIES.case("what is left of a refused body is never taken for a request", quick=True)
def left_over(site: Site) -> None:
    inner = written(site.delivery())
    with site.connect() as connection:
        connection.send(head(_small(site, 40 * len(inner))) + inner * 40)
        try:
            answered = connection.receive()
            if site.entered():
                raise Otherwise("handled")
            site.compare(answered, MeetingBaaS.TOO_LARGE, Outcome.TOO_LARGE)
            after = site.delivery()
            connection.send(written(after))
            if connection.receive(patience=2) not in (None, MeetingBaaS.SUCCESS):
                raise Otherwise("the next request on the connection is misread")
        except Silence:
            raise Otherwise("no answer") from None
    if [entry.bot for entry in site.entered()] not in ([], [json.loads(after.body)["data"]["bot_id"]]):
        raise Otherwise("handled")


@BODIES.case("a compressed body is refused")
def compressed(site: Site) -> None:
    content = gzip.compress(site.body())
    for is_chunked in (False, True):
        site.begin()
        sent = site.at(deliveries.meeting(content)).with_headers((b"Content-Encoding", b"gzip"))
        site.expect(sent.but(chunked=is_chunked), MeetingBaaS.ENCODING, Outcome.UNSUPPORTED_ENCODING)


@BODIES.case("a body is read whatever its type says")
def any_type(site: Site) -> None:
    def accept(kind: bytes) -> None:
        site.begin()
        site.expect(site.delivery().but(kind=kind), MeetingBaaS.SUCCESS, Outcome.PROCESSED)

    kinds = {"form": b"application/x-www-form-urlencoded", "multipart": b"multipart/form-data; boundary=x", "odd": b"?"}
    each(kinds, lambda name: accept(kinds[name]))


@BODIES.case("`Expect: 100-continue` is answered, and the body then sent is handled", quick=True)
def expect_continue(site: Site) -> None:
    sent = site.delivery().with_headers((b"Expect", b"100-continue"))
    with site.connect() as connection:
        connection.send(head(sent))
        asked = connection.is_asked(2)
        connection.send(sent.body)
        site.compare(_received(connection), MeetingBaaS.SUCCESS, Outcome.PROCESSED)
    if not asked:
        raise Otherwise("the body was not asked for")


@BODIES.case("`Expect: 100-continue` with a body that would be refused: it is not asked for")
def expect_refusal(site: Site) -> None:
    sent = _small(site, SMALL + 1).with_headers((b"Expect", b"100-continue"))
    with site.connect() as connection:
        connection.send(head(sent))
        asked = connection.is_asked(2)
        try:
            answered = connection.receive(patience=1)
        except Silence:
            answered = None
        if asked:
            raise Otherwise("the body was asked for")
        site.compare(answered, MeetingBaaS.TOO_LARGE, Outcome.TOO_LARGE)


def _small(site: Site, size: int) -> Sent:
    """Return a delivery to the endpoint that takes little, with a body of so many bytes."""
    sent = site.at(deliveries.meeting(b"x" * size))
    return sent.but(path=sent.path.replace("meeting-baas", "small"))


def _refused_by_its_head(site: Site, start: bytes, expected: Answer, outcome: Outcome) -> None:
    with site.connect() as connection:
        connection.send(start)
        site.compare(_received(connection, REFUSAL), expected, outcome)


def _received(connection: Connection, patience: float = 10) -> Answer | None:
    try:
        return connection.receive(patience=patience)
    except Silence:
        raise Otherwise("no answer") from None


def _pieces(data: bytes, number: int) -> list[bytes]:
    size = -(-len(data) // number)
    return [data[start : start + size] for start in range(0, len(data), size)]
