"""Where one request ends and the next begins: what two parties could read in two ways."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_kit import Outcome

from ...expected import MeetingBaaS
from ...wire import Sent
from ..connection import Silence, chunks, head, written
from ..site import Otherwise, Site, each
from .case import Group

FRAMING = Group("Framing")


def _framed(sent: Sent, lines: Sequence[bytes], body: bytes) -> bytes:
    """Return a delivery with these lines in the place of the one that frames its body."""
    first, *fields = head(sent).removesuffix(b"\r\n\r\n").split(b"\r\n")
    others = [field for field in fields if not field.startswith((b"content-length:", b"transfer-encoding:"))]
    return b"\r\n".join([first, *others, *lines, b"", body])


@FRAMING.case("a length and chunks together: the chunks count, and the connection ends", quick=True)
def length_and_chunks(site: Site) -> None:
    def deliver(order: str) -> None:
        site.begin()
        sent = site.delivery()
        body = chunks(sent.body)
        lines = [b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked"]
        with site.connect() as connection:
            connection.send(_framed(sent, lines if order == "length first" else lines[::-1], body))
            try:
                site.compare(connection.receive(), MeetingBaaS.SUCCESS, Outcome.PROCESSED)
            except Silence:
                raise Otherwise("no answer") from None
            if not connection.is_closed(1):
                raise Otherwise("the connection stays open")

    each(("length first", "chunks first"), deliver)


@FRAMING.case("a length that is shorter than the chunks smuggles no second request", quick=True)
def smuggling(site: Site) -> None:
    inner = written(site.delivery())
    outer = site.delivery()
    data = _framed(outer, [b"Content-Length: 5", b"Transfer-Encoding: chunked"], b"0\r\n\r\n" + inner)
    with site.connect() as connection:
        connection.send(data)
        try:
            connection.receive()
            connection.receive(patience=0.5)
        except Silence:
            pass
    if site.entered():
        raise Otherwise("handled")
    site.is_well()


@FRAMING.case("two lengths that are equal are one")
def equal_lengths(site: Site) -> None:
    sent = site.delivery()
    line = b"Content-Length: %d" % len(sent.body)
    site.expect(_framed(sent, [line, line], sent.body), MeetingBaaS.SUCCESS, Outcome.PROCESSED)


def _refused(site: Site, variants: dict[str, Sequence[bytes]], *, chunked: bool = False) -> None:
    def refuse(name: str) -> None:
        site.begin()
        sent = site.delivery()
        site.refuses(_framed(sent, variants[name], chunks(sent.body) if chunked else sent.body))
        site.is_well()

    each(variants, refuse)


@FRAMING.case("two lengths that differ are refused")
def different_lengths(site: Site) -> None:
    sent = site.delivery()
    lines = [b"Content-Length: %d" % (len(sent.body) + more) for more in (0, 1)]
    listed = [b"Content-Length: %d, %d" % (len(sent.body), len(sent.body) + 1)]
    _refused(site, {"up": lines, "down": lines[::-1], "list": listed})


@FRAMING.case("a length that is no number is refused", quick=True)
def odd_lengths(site: Site) -> None:
    odd = {"plus": b"+9", "minus": b"-1", "underscore": b"1_0", "hex": b"0x9", "wide": b"\xef\xbc\x99", "empty": b""}
    _refused(site, {name: [b"Content-Length: " + value] for name, value in odd.items()})


@FRAMING.case("a length of twenty digits is refused")
def huge_length(site: Site) -> None:
    _refused(site, {"20": [b"Content-Length: 99999999999999999999"], "5000": [b"Content-Length: " + b"9" * 5000]})


@FRAMING.case("an encoding of the transfer that is none is refused")
def odd_encodings(site: Site) -> None:
    odd = {"unknown": b"xchunked", "before": b"chunked, gzip", "twice": b"chunked, chunked", "quoted": b'"chunked"'}
    _refused(site, {name: [b"Transfer-Encoding: " + value] for name, value in odd.items()}, chunked=True)


@FRAMING.case("chunks in HTTP/1.0 are refused")
def chunks_of_old(site: Site) -> None:
    site.refuses(written(site.delivery().but(chunked=True), version="1.0"))


@FRAMING.case("a chunk whose size is no number is refused")
def odd_chunks(site: Site) -> None:
    odd = {"word": b"zz", "plus": b"+5", "hex": b"0x5", "minus": b"-5", "underscore": b"0_5"}

    def refuse(name: str) -> None:
        site.begin()
        sent = site.delivery().but(chunked=True)
        site.refuses(head(sent) + odd[name] + b"\r\n" + sent.body + b"\r\n0\r\n\r\n")
        site.is_well()

    each(odd, refuse)


@FRAMING.case("a chunk whose size has forty digits is refused")
def huge_chunk(site: Site) -> None:
    sent = site.delivery().but(chunked=True)
    site.refuses(head(sent) + b"f" * 40 + b"\r\n" + sent.body + b"\r\n0\r\n\r\n")
    site.is_well()


@FRAMING.case("a chunk that is longer than its size is refused")
def long_chunk(site: Site) -> None:
    sent = site.delivery().but(chunked=True)
    site.refuses(head(sent) + b"5\r\n" + sent.body + b"\r\n0\r\n\r\n")
    site.is_well()
