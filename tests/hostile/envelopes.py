"""Rows about everything around a delivery: address, method, network, size, encoding, other headers."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

from webhook_kit import Outcome

from .inputs import HARMLESS_HEADERS, HOSTS, KINDS
from .rows import Row, both, covering, everybody, firewalled, known, not_covering, padded, posting, proving, signing
from .senders import LIMIT, Place


def addresses() -> Iterator[Row]:
    changes: dict[str, Callable[[str], str]] = {
        "nobody's path": lambda path: "/nowhere",
        "a letter more": lambda path: path + "x",
        "a segment more": lambda path: path + "/below",
        "capitals": lambda path: path.upper(),
        "two slashes at its end": lambda path: path + "//",
        "two slashes at its start": lambda path: "/" + path,
        "an encoded slash at its start": lambda path: "/%2F" + path[1:],
        "a dot for a segment": lambda path: "/." + path,
        "a way out and in again": lambda path: path + "/.." + path,
        "a backslash": lambda path: path + "%5C",
        "a NUL": lambda path: path + "%00",
        "a line break at its end": lambda path: path + "%0a",
        "a header in it": lambda path: path + "%0d%0aset-cookie:%20a=b",
        "bytes that are no text": lambda path: path + "%ff%fe",
        "a full-width letter": lambda path: path[:-1] + "%EF%BD%93",
        "a parameter of its own": lambda path: path + ";a=b",
        "an encoded question mark": lambda path: path + "%3fa=b",
        "8,000 letters more": lambda path: path + "x" * 8000,
    }
    for name, change in changes.items():
        make = posting(lambda sent, sender, change=change: sent.but(path=change(sent.path)))
        yield Row(f"to a path with {name}", make, Outcome.NOT_FOUND, everybody)
    yield Row(
        "with one slash at its end",
        posting(lambda sent, _: sent.but(path=sent.path + "/")),
        Outcome.PROCESSED,
        everybody,
    )
    spelled = posting(lambda sent, _: sent.but(path=f"/%{ord(sent.path[1]):02x}{sent.path[2:]}"))
    yield Row("to a path in another spelling", spelled, Outcome.PROCESSED, everybody)


def methods() -> Iterator[Row]:
    for method in ("GET", "HEAD", "OPTIONS", "DELETE", "PATCH", "PROPFIND", "QUERY", "BREW"):
        make = posting(lambda sent, _, method=method: sent.but(method=method))
        yield Row(f"by {method}", make, Outcome.METHOD_NOT_ALLOWED, everybody)
    for method in ("post", "TRACE", "CONNECT", "PO ST"):
        make = posting(lambda sent, _, method=method: sent.but(method=method))
        yield Row(f"by {method}", make, Outcome.METHOD_NOT_ALLOWED, everybody, on_wire=False)
    put = posting(lambda sent, _: sent.but(method="PUT"))
    yield Row("by PUT", put, Outcome.METHOD_NOT_ALLOWED, both(everybody, lambda sender: "PUT" not in sender.methods))
    yield Row(
        "by PUT where the vendor may", put, Outcome.PROCESSED, both(everybody, lambda sender: "PUT" in sender.methods)
    )


def strangers() -> Iterator[Row]:
    yield Row("from another network", lambda sender: sender.genuine(), Outcome.WRONG_NETWORK, firewalled)
    for header in (b"X-Forwarded-For", b"Forwarded", b"X-Real-IP", b"True-Client-IP", b"CF-Connecting-IP"):
        value = b"for=198.51.100.7" if header == b"Forwarded" else b"198.51.100.7"
        make = posting(lambda sent, _, header=header, value=value: sent.beside(Place("header", header), value))
        yield Row(
            f"from another network that says otherwise in {header.decode()}", make, Outcome.WRONG_NETWORK, firewalled
        )


def encodings() -> Iterator[Row]:
    for value in (
        b"gzip",
        b"GZIP",
        b"deflate",
        b"br",
        b"x-gzip",
        b"identity, gzip",
        b"gzip;q=0",
        b"aes128gcm",
        b"\xff",
    ):
        make = posting(lambda sent, _, value=value: sent.beside(Place("header", b"Content-Encoding"), value))
        yield Row(f"with the encoding {value!r}", make, Outcome.UNSUPPORTED_ENCODING, everybody)
    packed = gzip.compress(b" " * 5_000_000, 9)
    bomb = signing(packed, lambda sent, _: sent.beside(Place("header", b"Content-Encoding"), b"gzip"))
    yield Row("that would be 5 MB when unpacked", bomb, Outcome.UNSUPPORTED_ENCODING, everybody)
    for value in (b"", b"identity", b"Identity, identity"):
        make = posting(lambda sent, _, value=value: sent.beside(Place("header", b"Content-Encoding"), value))
        yield Row(f"with the encoding {value!r}, which is none", make, Outcome.PROCESSED, everybody)


def sizes() -> Iterator[Row]:
    large, larger = padded(LIMIT), padded(LIMIT + 1)
    yield Row("of exactly the size that is allowed", large, Outcome.PROCESSED, everybody)
    yield Row("of a byte too many", larger, Outcome.TOO_LARGE, everybody)
    yield Row(
        "of a byte too many in chunks",
        padded(LIMIT + 1, lambda sent, _: sent.but(chunked=True)),
        Outcome.TOO_LARGE,
        everybody,
    )
    unsigned = padded(LIMIT + 1, lambda sent, sender: sent.without(known(sender.proof)))
    yield Row("of a byte too many without a proof", unsigned, Outcome.UNAUTHENTICATED, proving)
    forged = padded(LIMIT + 1, lambda sent, sender: sent.replaced(known(sender.proof), b"wrong"))
    yield Row("of a byte too many with a wrong proof of it", forged, Outcome.TOO_LARGE, covering)
    yield Row("of a byte too many with a wrong secret", forged, Outcome.FORGED, both(proving, not_covering))
    for name, length in {"99,999,999 bytes": b"99999999", "a length of 4,000 digits": b"9" * 4000}.items():
        make = posting(lambda sent, _, length=length: sent.but(length=length))
        yield Row(f"that announces {name}", make, Outcome.TOO_LARGE, everybody, on_wire=False)
    nothing = signing(b"", lambda sent, _: sent.but(length=None))
    yield Row("with neither a body nor a length", nothing, Outcome.MALFORMED, everybody)


def surroundings() -> Iterator[Row]:
    for name, (header, value) in HARMLESS_HEADERS.items():
        make = posting(lambda sent, _, header=header, value=value: sent.beside(Place("header", header), value))
        yield Row(f"with a header with {name}", make, Outcome.PROCESSED, everybody)
    for name, host in HOSTS.items():
        make = posting(lambda sent, _, host=host: sent.but(host=host))
        # Flask's router writes the host as a domain name, and answers 400 where that cannot be.
        stopped_by = "flask" if name in ("two dots", "5,000 letters") else ""
        yield Row(f"that calls {name}", make, Outcome.PROCESSED, everybody, stopped_by=stopped_by)
    for name, kind in KINDS.items():
        make = posting(lambda sent, _, kind=kind: sent.but(kind=kind))
        # Django's WSGIRequest decodes the query string with that codec, and raises LookupError to the server.
        stopped_by = "django-wsgi" if name == "a charset that is a compression" else ""
        yield Row(f"whose type is {name}", make, Outcome.PROCESSED, everybody, stopped_by=stopped_by)
    junk = tuple((b"X-Junk-%d" % number, b"\xff") for number in range(80))
    yield Row(
        "with 80 headers more",
        posting(lambda sent, _: sent.but(headers=(*sent.headers, *junk))),
        Outcome.PROCESSED,
        everybody,
    )
    for name, query in {
        "1,000 parameters more": b"a=1&" * 1000,
        "parameters without names": b"&&&=&=1&?&",
        "broken percent signs": b"%zz=%&%=%1&%u0041=1",
        "parameters that are no text": b"%ff%fe=%80",
        "raw bytes for parameters": b"\xff=\xfe",
        "parameters after semicolons": b"a=1;b=2;&c[]=3&d[e][f]=4",
    }.items():
        make = posting(lambda sent, _, query=query: sent.but(query=b"&".join(filter(None, (query, sent.query)))))
        # Django's ASGIRequest decodes it as UTF-8, and answers 400.
        raw = not query.isascii()
        yield Row(
            f"with {name}", make, Outcome.PROCESSED, everybody, on_wire=not raw, stopped_by="django-asgi" if raw else ""
        )
