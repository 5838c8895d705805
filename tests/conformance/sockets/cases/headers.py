"""Headers and parameters as they came: doubled, in every spelling, and far too many."""

from __future__ import annotations

from webhook_kit import Outcome

from ... import deliveries
from ...deliveries import APP, SIGNATURE, URL_TOKEN
from ...expected import MeetingBaaS, Tencent, VCaaS
from ..connection import Silence, head, written
from ..site import Otherwise, Site, each
from .case import Group

HEADERS = Group("Headers and parameters")


@HEADERS.case("the case of a header's name does not matter", quick=True)
def any_case(site: Site) -> None:
    def accept(name: bytes) -> None:
        site.begin()
        sent = site.delivery()
        site.expect(sent.but(headers=((name, sent.headers[0][1]),)), MeetingBaaS.SUCCESS, Outcome.PROCESSED)

    each((SIGNATURE.lower(), SIGNATURE.upper(), b"x-MeetingBaaS-sigNATURE"), accept)


@HEADERS.case("two signatures are forged, also where both are right", quick=True)
def two_signatures(site: Site) -> None:
    def refuse(second: bytes) -> None:
        site.begin()
        sent = site.delivery()
        name, value = sent.headers[0]
        other = value if second == b"right" else b"0" * 64
        pairs = ((name, other), (name.lower(), value)) if second == b"wrong first" else ((name, value), (name, other))
        site.expect(sent.but(headers=pairs), MeetingBaaS.FORGED, Outcome.FORGED)

    each((b"right", b"wrong", b"wrong first"), refuse)


@HEADERS.case("a name with underscores is another name")
def underscores(site: Site) -> None:
    sent = site.delivery()
    name = SIGNATURE.replace(b"-", b"_")
    alone = sent.but(headers=((name, sent.headers[0][1]),))
    site.expect(alone, MeetingBaaS.UNAUTHENTICATED, Outcome.UNAUTHENTICATED)
    site.begin()
    site.expect(sent.with_headers((name, b"0" * 64)), MeetingBaaS.SUCCESS, Outcome.PROCESSED)


@HEADERS.case("a value of bytes that are no text is forged")
def bytes_in_a_value(site: Site) -> None:
    for value in (b"\xff\xfe", "é".encode(), b"\x80"):
        site.begin()
        sent = site.delivery().but(headers=((SIGNATURE, value),))
        site.expect(sent, MeetingBaaS.FORGED, Outcome.FORGED)


@HEADERS.case("a value of 6,000 characters is forged")
def long_value(site: Site) -> None:
    sent = site.delivery().but(headers=((SIGNATURE, b"x" * 6000),))
    site.expect(sent, MeetingBaaS.FORGED, Outcome.FORGED)


@HEADERS.case("a control character in a value is refused")
def control_characters(site: Site) -> None:
    def refuse(name: str) -> None:
        site.begin()
        sent = site.delivery()
        site.refuses(head(sent.with_headers((b"X-Odd", {"NUL": b"a\x00b", "CR": b"a\rb"}[name]))) + sent.body)
        site.is_well()

    each(("NUL", "CR"), refuse)


@HEADERS.case("a space before the colon is refused")
def space_before_the_colon(site: Site) -> None:
    sent = site.delivery()
    name, value = sent.headers[0]
    site.refuses(head(sent.but(headers=((name + b" ", value),))) + sent.body)
    site.is_well()


@HEADERS.case("a signature that goes on in the next line is refused")
def folded(site: Site) -> None:
    sent = site.delivery()
    name, value = sent.headers[0]
    site.refuses(head(sent.but(headers=((name, value[:9] + b"\r\n " + value[9:]),))) + sent.body)
    site.is_well()


@HEADERS.case("a header that decides nothing may be doubled")
def doubled(site: Site) -> None:
    def accept(name: bytes) -> None:
        site.begin()
        site.expect(site.delivery().with_headers((name, b"a"), (name, b"b")), MeetingBaaS.SUCCESS, Outcome.PROCESSED)

    each(("X-Trace", "Content-Type", "Cookie", "User-Agent"), lambda name: accept(name.encode()))


@HEADERS.case("a doubled `Content-Encoding` is a list")
def doubled_encoding(site: Site) -> None:
    def refuse(first: bytes) -> None:
        site.begin()
        second = {b"identity": b"gzip", b"gzip": b"identity"}[first]
        sent = site.delivery().with_headers((b"Content-Encoding", first), (b"content-encoding", second))
        site.expect(sent, MeetingBaaS.ENCODING, Outcome.UNSUPPORTED_ENCODING)

    each((b"identity", b"gzip"), refuse)


@HEADERS.case("as many headers as the server lets through do no harm", quick=True)
def junk(site: Site) -> None:
    """Up to 2,048; what the server refuses, it refuses by itself."""
    for number in (32, 64, 128, 256, 512, 1024, 2048):
        site.begin()
        sent = site.delivery().with_headers(*((b"X-Junk-%d" % index, b"x") for index in range(number)))
        try:
            answered = site.exchange(sent)
        except Silence:
            raise Otherwise("no answer") from None
        if answered == MeetingBaaS.SUCCESS and site.outcomes() == [Outcome.PROCESSED]:
            continue
        if site.entries() or (answered is not None and not 400 <= answered.status < 500):
            raise Otherwise("hung up" if answered is None else str(answered.status))
        break
    site.is_well()


OURS = f"SdkAppid={APP}".encode()
LOWER = f"sdkappid={APP}".encode()
ENCODED = f"%53dkAppid={APP}".encode()


@HEADERS.case("a parameter that decides must be there once, in whatever spelling", quick=True)
def parameters(site: Site) -> None:
    def refuse(query: bytes) -> None:
        site.begin()
        sent = site.at(deliveries.room(deliveries.room_query(query)))
        site.expect(sent, Tencent.WRONG_APP, Outcome.WRONG_APP)

    def accept(query: bytes) -> None:
        site.begin()
        sent = site.at(deliveries.room(deliveries.room_query(query)))
        site.expect(sent, Tencent.SUCCESS, Outcome.UNHANDLED)

    each((OURS, LOWER, ENCODED), accept)
    each((b"&".join(pair) for pair in ((OURS, OURS), (OURS, LOWER), (ENCODED, OURS), (OURS, b"SdkAppid=1"))), refuse)


@HEADERS.case("a token in the address is compared, and must be there once", quick=True)
def token(site: Site) -> None:
    given = f"token={URL_TOKEN}".encode()
    site.expect(site.at(deliveries.join(query=given)), VCaaS.SUCCESS, Outcome.UNHANDLED)

    def refuse(query: bytes) -> None:
        site.begin()
        site.expect(site.at(deliveries.join(query=query)), VCaaS.FORGED, Outcome.FORGED)

    each((given + b"&" + given, given + b"&TOKEN=x", given + b"&%74oken=x", b"token=%FF%FE"), refuse)


@HEADERS.case("bytes that no address may hold are refused")
def bytes_in_the_query(site: Site) -> None:
    site.refuses(written(site.at(deliveries.room(deliveries.room_query(OURS) + b"&x=\xff\xc3\xa9"))))
    site.is_well()


@HEADERS.case("a query of 6,000 characters is read")
def long_query(site: Site) -> None:
    sent = site.at(deliveries.room(deliveries.room_query(OURS) + b"&x=" + b"y" * 6000))
    site.expect(sent, Tencent.SUCCESS, Outcome.UNHANDLED)


@HEADERS.case("a client cannot say who it is")
def forwarded(site: Site) -> None:
    pairs = ((b"X-Forwarded-For", b"203.0.113.9"), (b"X-Forwarded-Proto", b"https"), (b"Forwarded", b"for=203.0.113.9"))
    site.expect(site.delivery().with_headers(*pairs), MeetingBaaS.SUCCESS, Outcome.PROCESSED)
    [entry] = site.entered()
    if (entry.client, entry.scheme) != ("127.0.0.1", "http"):
        raise Otherwise(f"{entry.scheme} from {entry.client}")
