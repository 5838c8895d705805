"""A client that costs next to nothing, so that the run measures the server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


class Connection:
    """One keep-alive connection to a port of the loopback, opened when needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        """Connect unless it is connected. Raises :class:`OSError`."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)

    async def post(self, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> int:
        """Send a request and return the status of its answer.

        Raises :class:`OSError` or :class:`EOFError` where none comes; close it then.
        """
        await self.open()
        assert self._streams is not None
        reader, writer = self._streams
        head = [
            f"POST {path} HTTP/1.1",
            "host: 127.0.0.1",
            "content-type: application/json",
            f"content-length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers),
            "\r\n",
        ]
        writer.write("\r\n".join(head).encode() + body)
        first, *fields = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        [length] = [int(field[15:]) for field in fields if field.startswith(b"content-length:")]
        await reader.readexactly(length)
        if b"connection: close" in fields:
            self.close()
        return int(first.split()[1])

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
