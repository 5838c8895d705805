"""A client that sends whatever bytes it is told to, and reads what comes back."""

from __future__ import annotations

import socket
import struct
import time
from typing import Final

from ..wire import Answer, Sent, answer

PATIENCE: Final = 10.0

# What servers add to every answer, and what concerns the connection and not the answer.
_SERVERS_OWN: Final = frozenset({"date", "server", "connection", "keep-alive"})


class Silence(Exception):
    """Say that nothing came for so long that nothing will."""


def written(sent: Sent, *, version: str = "1.1", target: str = "", piece: int = 7) -> bytes:
    """Return a request as bytes; a chunked body in chunks of so many."""
    return head(sent, version=version, target=target) + (chunks(sent.body, piece) if sent.chunked else sent.body)


def head(sent: Sent, *, version: str = "1.1", target: str = "") -> bytes:
    """Return the lines before the body, with the empty one."""
    query = b"?" + sent.query if sent.query else b""
    first = f"{sent.method} {target or sent.path}".encode() + query + f" HTTP/{version}".encode()
    return b"\r\n".join([first, *(name + b": " + value for name, value in sent.all_headers()), b"", b""])


def chunks(body: bytes, piece: int = 7) -> bytes:
    """Return a body in chunks."""
    pieces = [body[start : start + piece] for start in range(0, len(body), piece)]
    return b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in [*pieces, b""])


class Connection:
    """One connection to a port of the loopback."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self.continued = False
        """Whether the server has asked for the body."""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        """Send bytes; a server that has hung up may have answered before."""
        try:
            self._socket.sendall(data)
        except OSError:
            return

    def receive(self, method: str = "POST", patience: float = PATIENCE) -> Answer | None:
        """Return the next answer, None where the server hangs up instead.

        Raises :class:`Silence` where nothing comes.
        """
        until = time.monotonic() + patience
        while True:
            lines = self._until(b"\r\n\r\n", until)
            if lines is None:
                return None
            first, *fields = lines.decode("latin-1").split("\r\n")
            status = int(first.split(" ")[1])
            if status >= 200:
                break
            self.continued = True
        headers = [(name.lower(), value.strip()) for name, _, value in (field.partition(":") for field in fields)]
        body = b"" if method == "HEAD" or status in (204, 304) else self._body(dict(headers), until)
        if body is None:
            return None
        return answer(status, [pair for pair in headers if pair[0] not in _SERVERS_OWN], body)

    def is_asked(self, patience: float) -> bool:
        """Whether the server asks for the body within so many seconds, before it answers."""
        until = time.monotonic() + patience
        try:
            while not self.continued and b"\r\n\r\n" not in self._buffer:
                if not self._more(until):
                    return False
        except Silence:
            return False
        if self._buffer.split(b" ")[1:2] == [b"100"]:
            self._buffer = self._buffer.partition(b"\r\n\r\n")[2]
            self.continued = True
        return self.continued

    def is_closed(self, patience: float = PATIENCE) -> bool:
        """Whether the server hangs up within so many seconds, and sends nothing before."""
        try:
            return not self._buffer and not self._more(time.monotonic() + patience)
        except Silence:
            return False

    def finish(self) -> None:
        """Send no more, and go on reading."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def reset(self) -> None:
        """Hang up as somebody whose machine has gone."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _body(self, headers: dict[str, str], until: float) -> bytes | None:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked(until)
        length = headers.get("content-length")
        while length is None or len(self._buffer) < int(length):
            if not self._more(until):
                if length is not None:
                    return None
                break
        size = len(self._buffer) if length is None else int(length)
        body, self._buffer = self._buffer[:size], self._buffer[size:]
        return body

    def _chunked(self, until: float) -> bytes | None:
        body = b""
        while True:
            line = self._until(b"\r\n", until)
            if line is None:
                return None
            size = int(line.partition(b";")[0], 16)
            while len(self._buffer) < size + 2:
                if not self._more(until):
                    return None
            body, self._buffer = body + self._buffer[:size], self._buffer[size + 2 :]
            if not size:
                return body

    def _until(self, end: bytes, until: float) -> bytes | None:
        while end not in self._buffer:
            if not self._more(until):
                return None
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def _more(self, until: float) -> bool:
        """Receive something; False where the server has hung up."""
        left = until - time.monotonic()
        if left <= 0:
            raise Silence
        self._socket.settimeout(left)
        try:
            received = self._socket.recv(65536)
        except TimeoutError:
            raise Silence from None
        except OSError:
            return False
        finally:
            self._socket.settimeout(PATIENCE)
        self._buffer += received
        return bool(received)
