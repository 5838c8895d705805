"""Requests and responses as plain values, without any I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from .confidential import Confidential

HeaderPair: TypeAlias = tuple[str | bytes, str | bytes]


class ClientDisconnected(Exception):
    """Tell the flow that the client went away before its body had arrived."""


class Headers(Confidential):
    """The header pairs of a request as they came, looked up without regard to case."""

    __slots__ = ("_pairs", "_values")

    def __init__(self, pairs: Iterable[HeaderPair] | Mapping[str, str] = ()) -> None:
        given: Any = pairs
        if type(pairs) is not list and isinstance(pairs, Mapping):
            given = pairs.items()
        self._pairs: tuple[HeaderPair, ...] = tuple(given)
        values: dict[Any, Any] = dict(self._pairs)
        try:
            # As nearly all servers hand them over, which is found out faster than it is done.
            lowered = b"".join(values).islower()
        except TypeError:  # names that are text
            lowered = False
        if not lowered:
            values = {_lowered_now(key): value for key, value in self._pairs}
        # The value of every name in lower case; None where a name occurs twice.
        self._values: dict[bytes, str | bytes] | None = values if len(values) == len(self._pairs) else None

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of this name."""
        values = self.getlist(name)
        return values[0] if values else default

    def getlist(self, name: str) -> list[str]:
        """Return every value of this name, in the order of arrival; bytes are read as latin-1."""
        raw = _lowered(name)
        if self._values is None:
            return [_text(value) for key, value in self._pairs if _lowered_now(key) == raw]
        value = self._values.get(raw)
        if value is None:
            return []
        return [value if isinstance(value, str) else value.decode("latin-1")]

    def pairs(self) -> list[tuple[str, str]]:
        """Return all pairs as text."""
        return [(_text(key), _text(value)) for key, value in self._pairs]

    def __repr__(self) -> str:
        return f"<Headers: {len(self.pairs())} pairs>"


def _lowered_now(name: str | bytes) -> bytes:
    return name.lower() if isinstance(name, bytes) else name.lower().encode("latin-1", "replace")


# For names that the program looks up; those that arrive are the sender's choice.
_lowered = lru_cache(256)(_lowered_now)


class Query(Confidential):
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


class RawRequest(Confidential):
    """A request as it arrived, before anybody has believed a word of it.

    ``path`` is relative to the mount (``/meeting-baas``). ``client`` is the peer's host, or None where the server does
    not say. The repr shows no header, no parameter and no body, because each of them may hold a secret; for the same
    reason it cannot be pickled or copied.
    """

    __slots__ = (
        "_digest",
        "_query",
        "body",
        "client",
        "headers",
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
        headers: Iterable[HeaderPair] | Mapping[str, str] | Headers = (),
        body: bytes = b"",
        client: str | None = None,
        scheme: str = "https",
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string.encode("utf-8", "replace") if isinstance(query_string, str) else query_string
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        """The header pairs, doubled ones included."""
        self._query: Query | None = None
        self._digest: str | None = None
        self.body = body
        self.client = client
        self.scheme = scheme

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


Encoded: TypeAlias = tuple[Sequence[tuple[str, str]], tuple[tuple[bytes, bytes], ...]]
"""Headers as they were when they were encoded, and what they were encoded to."""

_NOTHING_ENCODED: Final[Encoded] = ([], ())


class RawResponse:
    """An answer: a status, header pairs and the bytes of the body."""

    __slots__ = ("_encoded", "body", "headers", "status")

    def __init__(self, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> None:
        self.status = status
        self.headers = list(headers)
        self.body = body
        self._encoded = _NOTHING_ENCODED

    def copy(self) -> RawResponse:
        """Return one whose headers can be changed without changing these."""
        return RawResponse(self.status, self.headers, self.body)

    def with_header(self, name: str, value: str) -> RawResponse:
        """Return a copy with one more header."""
        return RawResponse(self.status, [*self.headers, (name, value)], self.body)

    def encoded_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Return the header pairs as bytes, the names in lower case."""
        before, encoded = self._encoded
        # Most answers are the same from the start to the end of the process.
        if before != self.headers:
            headers = [*self.headers]
            encoded = tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers)
            self._encoded = headers, encoded
        return encoded

    @property
    def phrase(self) -> str:
        """The standard reason phrase of the status, empty for one that has none."""
        return _PHRASES.get(self.status, "")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RawResponse):
            return NotImplemented
        return (self.status, self.headers, self.body) == (other.status, other.headers, other.body)

    __hash__ = None  # type: ignore[assignment]  # mutable headers

    def __repr__(self) -> str:
        return f"<RawResponse {self.status}, {len(self.body)} bytes>"


_PHRASES: Final[Mapping[int, str]] = {status.value: status.phrase for status in HTTPStatus}

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
