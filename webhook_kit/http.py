"""Requests and responses as plain values, without any I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qsl

HeaderPair: TypeAlias = tuple[str | bytes, str | bytes]


class ClientDisconnected(Exception):
    """Tell the flow that the client went away before its body had arrived."""


class Headers:
    """The header pairs of a request as they came, looked up without regard to case."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[HeaderPair] = ()) -> None:
        self._pairs = tuple(pairs)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of this name."""
        values = self.getlist(name)
        return values[0] if values else default

    def getlist(self, name: str) -> list[str]:
        """Return every value of this name, in the order of arrival; bytes are read as latin-1."""
        lowered = name.lower()
        wanted: tuple[str | bytes, ...] = (lowered, lowered.encode("latin-1", "replace"))
        return [
            value if isinstance(value, str) else value.decode("latin-1")
            for key, value in self._pairs
            if key.lower() in wanted
        ]

    def pairs(self) -> list[tuple[str, str]]:
        """Return all pairs as text."""
        return [(_text(key), _text(value)) for key, value in self._pairs]

    def __repr__(self) -> str:
        return f"<Headers: {len(self._pairs)} pairs>"


class Query:
    """The parameters of a query string, in order, percent-decoded."""

    __slots__ = ("_folded", "_pairs")

    def __init__(self, query_string: bytes) -> None:
        self._pairs = parse_qsl(query_string.decode("utf-8", "replace"), keep_blank_values=True) if query_string else []
        self._folded: dict[str, list[str]] = {}
        for key, value in self._pairs:
            self._folded.setdefault(key.lower(), []).append(value)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of this name."""
        values = self.getlist(name)
        return values[0] if values else default

    def getlist(self, name: str) -> list[str]:
        """Return every value of exactly this name."""
        return [value for key, value in self._pairs if key == name]

    def variants(self, name: str) -> list[str]:
        """Return every value of this name in any case, however it was encoded.

        Parameters that decide about security are looked up so: two spellings of one name are two values.
        """
        return list(self._folded.get(name.lower(), ()))

    def pairs(self) -> list[tuple[str, str]]:
        """Return all pairs."""
        return list(self._pairs)

    def __repr__(self) -> str:
        return f"<Query: {len(self._pairs)} parameters>"


class RawRequest:
    """A request as it arrived, before anybody has believed a word of it.

    ``path`` is relative to the mount (``/meeting-baas``). ``client`` is the peer's host, or None where the server does
    not say. The repr shows no header, no parameter and no body, because each of them may hold a secret.
    """

    __slots__ = (
        "_digest",
        "_header_pairs",
        "_headers",
        "_query",
        "body",
        "client",
        "method",
        "path",
        "query_string",
        "scheme",
    )

    def __init__(
        self,
        method: str,
        path: str,
        *,
        query_string: bytes | str = b"",
        headers: Iterable[HeaderPair] | Mapping[str, str] = (),
        body: bytes = b"",
        client: str | None = None,
        scheme: str = "https",
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string.encode("utf-8", "replace") if isinstance(query_string, str) else query_string
        pairs: Any = headers.items() if isinstance(headers, Mapping) else headers
        self._header_pairs: Iterable[HeaderPair] = pairs
        self._headers: Headers | None = None
        self._query: Query | None = None
        self._digest: str | None = None
        self.body = body
        self.client = client
        self.scheme = scheme

    @property
    def headers(self) -> Headers:
        """The header pairs, doubled ones included."""
        if self._headers is None:
            self._headers = Headers(self._header_pairs)
        return self._headers

    @property
    def query(self) -> Query:
        """The parameters of the query string, doubled ones included."""
        if self._query is None:
            self._query = Query(self.query_string)
        return self._query

    @property
    def digest(self) -> str:
        """The hexadecimal SHA-256 of the body."""
        if self._digest is None:
            self._digest = sha256(self.body).hexdigest()
        return self._digest

    def __repr__(self) -> str:
        return f"<RawRequest {self.method} {self.path!r}, {len(self.body)} bytes>"


class RawResponse:
    """An answer: a status, header pairs and the bytes of the body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> None:
        self.status = status
        self.headers = list(headers)
        self.body = body

    def copy(self) -> RawResponse:
        """Return one whose headers can be changed without changing these."""
        return RawResponse(self.status, self.headers, self.body)

    def with_header(self, name: str, value: str) -> RawResponse:
        """Return a copy with one more header."""
        return RawResponse(self.status, [*self.headers, (name, value)], self.body)

    @property
    def phrase(self) -> str:
        """The standard reason phrase of the status, empty for one that has none."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RawResponse):
            return NotImplemented
        return (self.status, self.headers, self.body) == (other.status, other.headers, other.body)

    __hash__ = None  # type: ignore[assignment]  # mutable headers

    def __repr__(self) -> str:
        return f"<RawResponse {self.status}, {len(self.body)} bytes>"


ContentKind: TypeAlias = Literal["application/json", "text/plain; charset=utf-8"]


def response(status: int, kind: ContentKind, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> RawResponse:
    """Return a response with its type and length, which no intermediary may store or sniff."""
    return RawResponse(
        status,
        [
            ("content-type", kind),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            *headers,
        ],
        body,
    )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def wire_bytes(value: str) -> bytes:
    """Return the bytes that a header or parameter value stood for on the wire.

    Servers hand header bytes over as latin-1 text; a value that cannot be such text came from the caller as text.
    """
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
