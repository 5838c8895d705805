"""How long a body says it is, and a body read from a stream with a limit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Final

from webhook_kit.http import ClientDisconnected

CHUNK: Final = 64 * 1024

# Longer numbers are over every limit, and thousands of digits are more than int() takes.
_MOST_DIGITS: Final = 18


def declared_length(text: str | bytes) -> int | None:
    """Return the number in a ``Content-Length``; None for anything but ASCII digits."""
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text) if len(text) <= _MOST_DIGITS else sys.maxsize


def over(limit: int, declared: Sequence[str]) -> bool:
    """Whether one of these values of ``Content-Length`` says that the body is longer than the limit (bytes)."""
    for text in declared:
        length = declared_length(text)
        if length is not None and length > limit:
            return True
    return False


def read_stream(read: Callable[[int], bytes], limit: int, length: int | None) -> bytes | None:
    """Return what a stream holds, or None as soon as it is longer than ``limit``.

    ``length`` is the length that was declared; without one the stream ends by itself. Raises
    :class:`ClientDisconnected` where less arrives than was declared.
    """
    if length is not None and length > limit:
        return None
    left = limit + 1 if length is None else length
    # One buffer, because senders choose the size of chunks: each kept by itself takes dozens of bytes more.
    body = bytearray()
    while left > 0:
        try:
            chunk = read(min(left, CHUNK))
        except Exception as error:  # servers have errors of their own for a broken chunk or a client that went away
            raise ClientDisconnected from error
        if not chunk:
            break
        if len(chunk) == length:
            return bytes(chunk)  # at once, as nearly always
        body += chunk
        left -= len(chunk)
    if length is None:
        return bytes(body) if left > 0 else None
    if left > 0:
        raise ClientDisconnected
    return bytes(body)
