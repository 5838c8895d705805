"""Where a server or a host goes its own way: found by trying, and held to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from .cell import Cell


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some cells do not pass. Each of them must be as ``seen`` says, in the words of the case."""

    why: str
    seen: str
    cases: Collection[str]
    servers: Collection[str]
    hosts: Collection[str] | None = None
    """All of the servers', unless it is the host's reason."""

    def holds_for(self, cell: Cell) -> bool:
        return (
            cell.case in self.cases and cell.server in self.servers and (self.hosts is None or cell.host in self.hosts)
        )


H11: Final = ("uvicorn", "hypercorn")
HTTPTOOLS: Final = ("uvicorn-httptools", "uvicorn-workers")
UVICORN: Final = ("uvicorn", *HTTPTOOLS)
GUNICORN: Final = ("gunicorn", "gunicorn-preload")
GRANIAN: Final = ("granian", "granian-wsgi")
DJANGO: Final = ("django-asgi",)

REASONS: Final = (
    Reason(
        "Django receives the whole body before it calls anybody under ASGI. What it never gets, nobody answers.",
        "no answer",
        ("too-long-as-declared", "too-long-as-sent", "ruled-out"),
        (*UVICORN, "hypercorn", "granian"),
        DJANGO,
    ),
    Reason(
        "The same: Django waits for the body whose length is beyond all reason.",
        "20: no answer",
        ("huge-length",),
        H11,
        DJANGO,
    ),
    Reason(
        "The same: Django receives the body, so that the server asks for it.",
        "the body was asked for",
        ("expect-refusal",),
        (*UVICORN, "granian"),
        DJANGO,
    ),
    Reason(
        "The server itself receives the whole body before it calls the application.",
        "no answer",
        ("too-long-as-declared", "too-long-as-sent", "ruled-out"),
        ("daphne", "waitress"),
    ),
    Reason(
        "The same: it waits for the body whose length is beyond all reason.",
        "20: no answer",
        ("huge-length",),
        ("daphne",),
    ),
    Reason(
        "The server waits for the chunk whose size is beyond all reason.",
        "no answer",
        ("huge-chunk",),
        ("daphne", "waitress", *GUNICORN),
    ),
    Reason(
        "The server asks for every body, before the application has said whether it wants it.",
        "the body was asked for",
        ("expect-refusal",),
        ("hypercorn", "daphne", "waitress", *GUNICORN),
    ),
    Reason(
        "It refuses the two together, as RFC 9112, section 6.1, allows.",
        "length first chunks first: 400, not by us",
        ("length-and-chunks",),
        (*HTTPTOOLS, "daphne", *GUNICORN),
    ),
    Reason(
        "It reads the chunks, but keeps the connection, which RFC 9112, section 6.1, forbids. A proxy in front that "
        "goes by the length can be made to smuggle: have it refuse such requests.",
        "length first chunks first: the connection stays open",
        ("length-and-chunks",),
        (*H11, "waitress"),
    ),
    Reason(
        "The same: what follows the chunks is the next request on the connection.",
        "handled",
        ("smuggling",),
        (*H11, "waitress"),
    ),
    Reason(
        "It refuses a length that is given twice, as RFC 9112, section 6.3, allows.",
        "400, not by us",
        ("equal-lengths",),
        (*HTTPTOOLS, "daphne", "waitress", *GUNICORN),
    ),
    Reason(
        "It decodes them, though HTTP/1.0 has no chunks. The signature is that of the decoded body.",
        "handled",
        ("chunks-of-old",),
        (*UVICORN, "hypercorn", "daphne"),
    ),
    Reason(
        "It takes `chunked, chunked` for `chunked`. The signature is that of the decoded body.",
        "twice: handled",
        ("odd-encodings",),
        (*GRANIAN, "waitress"),
    ),
    Reason(
        "It tells the application that the client has gone, and answers 500 by itself where the application then says "
        "nothing. No handler runs.",
        "word plus hex minus underscore: 500",
        ("odd-chunks",),
        ("granian",),
    ),
    Reason("The same.", "500", ("huge-chunk", "long-chunk"), ("granian",)),
    Reason(
        "A chunked body that is cut off ends there for the application, as if it were whole: it is forged. No handler "
        "runs.",
        "closed reset: 200, forged, processed",
        ("cut-in-the-body",),
        ("granian-wsgi",),
    ),
    Reason(
        "It takes an underscore in a header's name for a dash, and hands over the first of `X_Name` and `X-Name`. A "
        "signature that is right is so under either name.",
        "200, processed",
        ("underscores",),
        ("granian-wsgi",),
    ),
    Reason(
        "It leaves out headers whose values are no text.",
        "401, unauthenticated",
        ("bytes-in-a-value",),
        ("granian-wsgi",),
    ),
    Reason(
        "The same: what the header said is then missing, and nothing is accepted that would not be without it.",
        "with the encoding b'\\xff' (Tencent Chat with a token): handled; "
        "with latin-1 for its proof (Tencent RTC): 401, unauthenticated; "
        "with a right signature between odd ones (Meeting BaaS, second generation): not handled",
        ("hostile-bytes",),
        ("granian-wsgi",),
    ),
    Reason(
        "It refuses a `Content-Type` that is given twice.",
        "Content-Type: 400, not by us",
        ("doubled",),
        GUNICORN,
    ),
    Reason(
        "Its limit for the first line of a request is 4,094 bytes; `--limit-request-line` raises it.",
        "414, not by us",
        ("long-query",),
        GUNICORN,
    ),
    Reason(
        "It believes clients on 127.0.0.1, where a proxy usually is: `--forwarded-allow-ips` says whom it believes.",
        "https from 203.0.113.9",
        ("forwarded",),
        UVICORN,
    ),
    Reason(
        "The same: a client on 127.0.0.1 can name any network.",
        "from another network that says otherwise in X-Forwarded-For (Meeting BaaS behind a firewall): handled",
        ("hostile-networks",),
        UVICORN,
    ),
    Reason(
        "It believes what clients on 127.0.0.1, where a proxy usually is, say about the scheme: "
        "`--forwarded-allow-ips` says whom it believes.",
        "https from 127.0.0.1",
        ("forwarded",),
        GUNICORN,
    ),
    Reason(
        "It hands over the whole target as the path, against RFC 9112, section 3.2.2. Clients send such targets to "
        "proxies only.",
        "404",
        ("absolute",),
        (*H11, "daphne"),
    ),
    Reason(
        "It reads forms by itself, before the application, and refuses what is none.",
        "multipart: 400, not by us",
        ("any-type",),
        ("daphne",),
    ),
    Reason(
        "It takes the request for the beginning of a WebSocket, and refuses it.",
        "websocket: 400, not by us",
        ("upgrades",),
        ("uvicorn", "granian"),
    ),
    Reason(
        "The same.",
        "websocket: 405, not by us",
        ("upgrades",),
        ("daphne",),
    ),
    Reason(
        "The same; and its parser stops where any other upgrade is asked for: the body is lost, and so it is forged.",
        "h2c TLS/1.0: 401, forged; websocket: 400, not by us",
        ("upgrades",),
        HTTPTOOLS,
    ),
    Reason(
        "Django raises an error for everything but HTTP under ASGI, unless something in front of it takes that.",
        "500",
        ("websocket",),
        (*UVICORN, "hypercorn", "daphne"),
        DJANGO,
    ),
    Reason(
        "It hands over every method in upper case.",
        "post: handled",
        ("odd-methods",),
        ("hypercorn",),
    ),
    Reason(
        "It hangs up on a client that has closed its half, and the answer is lost. The handler has run, and the "
        "vendor's retry gets its answer.",
        "hung up",
        ("half-closed",),
        (*UVICORN, *GRANIAN, "daphne"),
    ),
    Reason(
        "Django answers nobody who has closed one half. The handler has run, and the vendor's retry gets its answer.",
        "hung up",
        ("half-closed",),
        ("hypercorn",),
        DJANGO,
    ),
    Reason(
        "It stops at once. What was in flight runs again when its lease is over and the vendor comes again.",
        "hung up",
        ("graceful",),
        ("daphne", "waitress"),
    ),
)


def reason_for(cell: Cell) -> Reason | None:
    """Return why a cell does not pass, None where it has to."""
    return next(reasons_for(cell), None)


def reasons_for(cell: Cell) -> Iterator[Reason]:
    """Return all reasons that are given for a cell; one is enough."""
    return (reason for reason in REASONS if reason.holds_for(cell))
