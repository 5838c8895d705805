"""Requests to a server, as vendors send them: no redirect is followed, and everything that goes wrong has a name."""

from __future__ import annotations

import io
import re
import socket
import ssl
import time
from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from ..errors import ConfigurationError
from ..http import RawRequest, RawResponse
from ..providers.retries import Failure

CHUNK: Final = 97
"""Bytes of a chunk: few, and a number that no parser expects."""
MOST: Final = 1_048_576
"""Bytes of an answer that are read: vendors want a few, and an endless one must end."""
_IN_A_PATH: Final = "/%:@!$&'()*+,;=~"
_LINE_ENDS: Final = re.compile(r"[\r\n\0]")


class Trouble(StrEnum):
    """Why nobody answered."""

    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIME_OUT = "time-out"


class Unanswered(ConnectionError):
    """A request got no answer."""

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble = trouble

    @property
    def failure(self) -> Failure:
        """What it is to a vendor."""
        return Failure.TIME_OUT if self.trouble is Trouble.TIME_OUT else Failure.NO_CONNECTION


class Wire:
    """A server's address, to which the paths of requests are appended.

    ``timeout`` is in seconds. ``insecure`` accepts any certificate.
    """

    def __init__(self, address: str, *, timeout: float = 30.0, insecure: bool = False) -> None:
        parts = _parts(address)
        self.shown = _shown(parts)
        """The address without what may be secret in it."""
        self._timeout = timeout
        self._host = parts.hostname or ""
        self._port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        self._context: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._context = ssl.create_default_context()
            if insecure:
                self._context.check_hostname = False
                self._context.verify_mode = ssl.CERT_NONE
        self._path = quote(parts.path.rstrip("/"), safe=_IN_A_PATH)
        self._given = parse_qsl(parts.query, keep_blank_values=True)

    def exchange(self, request: RawRequest, *, chunked: bool = False, timeout: float | None = None) -> RawResponse:
        """Send a request, and return the answer, of which a megabyte is read; raises :class:`Unanswered`.

        ``chunked`` sends the body without its length, in small pieces. ``timeout`` (seconds) is for this one, and for
        all of it: an answer that comes drop by drop is late, too.
        """
        timeout = timeout or self._timeout
        connection = self._connection(timeout)
        connection.response_class = partial(_Response, ends=time.monotonic() + timeout)  # type: ignore[assignment]
        try:
            self._start(connection, request, chunked=chunked)
            connection.endheaders(_pieces(request.body) if chunked else request.body, encode_chunked=chunked)
            with connection.getresponse() as answer:
                body = answer.read(MOST)
                if answer.length and len(body) < MOST:
                    raise IncompleteRead(body, answer.length)
                return RawResponse(answer.status, answer.getheaders(), body)
        except (OSError, HTTPException) as error:
            raise self._unanswered(error, timeout) from None
        finally:
            connection.close()

    def cut(self, request: RawRequest) -> None:
        """Send a request whose connection breaks in the middle of its body; raises :class:`Unanswered`."""
        connection = self._connection(self._timeout)
        try:
            self._start(connection, request, chunked=False)
            connection.endheaders(request.body[: len(request.body) // 2])
        except (OSError, HTTPException) as error:
            raise self._unanswered(error, self._timeout) from None
        finally:
            connection.close()

    def knock(self) -> None:
        """Connect, and hang up; raises :class:`Unanswered` where nobody listens."""
        connection = self._connection(self._timeout)
        try:
            connection.connect()
        except OSError as error:
            raise self._unanswered(error, self._timeout) from None
        finally:
            connection.close()

    def path_of(self, request: RawRequest) -> str:
        """Return the path and the query that are sent; a parameter of the address takes the place of the request's."""
        given = {name.lower() for name, _ in self._given}
        pairs = [pair for pair in request.query.pairs() if pair[0].lower() not in given]
        query = urlencode([*self._given, *pairs])
        path = f"{self._path}{request.path}" or "/"
        return f"{path}?{query}" if query else path

    def _connection(self, timeout: float) -> HTTPConnection:
        if self._context is None:
            return HTTPConnection(self._host, self._port, timeout=timeout)
        return HTTPSConnection(self._host, self._port, timeout=timeout, context=self._context)

    def _start(self, connection: HTTPConnection, request: RawRequest, *, chunked: bool) -> None:
        connection.putrequest(request.method, self.path_of(request), skip_accept_encoding=True)
        connection.putheader("user-agent", "webhook-kit")
        if chunked:
            connection.putheader("transfer-encoding", "chunked")
        else:
            connection.putheader("content-length", str(len(request.body)))
        for name, value in request.headers.pairs():
            if _LINE_ENDS.search(value):
                # http.client's own error shows the value, which may be the secret.
                raise ConfigurationError(
                    f"the header {name} cannot hold a line's end: take it off the secret, with .strip() for example"
                )
            connection.putheader(name, value)

    def _unanswered(self, error: Exception, timeout: float) -> Unanswered:
        where = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        if isinstance(error, TimeoutError):
            return Unanswered(Trouble.TIME_OUT, f"{where} did not answer within {timeout:g} s")
        if isinstance(error, ssl.SSLCertVerificationError):
            return Unanswered(Trouble.TLS, f"the certificate of {where} is not trusted: {error.verify_message}")
        if isinstance(error, ssl.SSLError):
            reason = (error.reason or "no reason given").replace("_", " ").lower()
            return Unanswered(Trouble.TLS, f"no TLS with {where}: {reason}")
        if isinstance(error, socket.gaierror):
            return Unanswered(Trouble.UNREACHABLE, f"the host {self._host!r} is not known")
        if isinstance(error, ConnectionRefusedError):
            return Unanswered(Trouble.UNREACHABLE, f"nobody listens at {where}")
        if isinstance(error, ConnectionError):
            return Unanswered(Trouble.UNREACHABLE, f"{where} hung up without an answer")
        if isinstance(error, IncompleteRead):
            return Unanswered(Trouble.UNREACHABLE, f"{where} hung up in the middle of its answer")
        if isinstance(error, HTTPException):
            return Unanswered(Trouble.UNREACHABLE, f"what {where} answers is no HTTP")
        return Unanswered(
            Trouble.UNREACHABLE, f"{where} cannot be reached: {getattr(error, 'strerror', None) or error}"
        )


class _Response(HTTPResponse):
    """An answer that has to be there by a time on the monotonic clock; a socket's own time-out is for each read."""

    def __init__(self, sock: socket.socket, *arguments: Any, ends: float, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock, ends))


class _Timed(io.RawIOBase):
    """What comes out of a socket until a time on the monotonic clock."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock = sock
        self._ends = ends
        # Holds the socket open, which a connection closes as soon as it knows that no other request follows.
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer) or 0

    def close(self) -> None:
        self._raw.close()
        super().close()


def _parts(address: str) -> SplitResult:
    """Return the parts of an address; raise :class:`ConfigurationError` for one that nobody can call."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise ConfigurationError("this is no address: write http://host:port/path") from None
    host = parts.hostname or ""
    try:
        usable = parts.port != 0 and bool(host.encode("idna")) and not re.search(r"\s", host)
    except ValueError:
        usable = False
    if parts.scheme not in ("http", "https") or not usable:
        raise ConfigurationError(f"{_shown(parts)!r} is no address: write http://host:port/path")
    return parts


def _shown(parts: SplitResult) -> str:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), CHUNK):
        yield body[start : start + CHUNK]
