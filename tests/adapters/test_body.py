"""Lengths that are declared, and streams that are longer or shorter."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable

import pytest

from webhook_kit.adapters.body import CHUNK, declared_length, read_stream
from webhook_kit.http import ClientDisconnected


@pytest.mark.parametrize("text", ["0", "7", "0012", b"7", "999999999999999999"])
def test_a_length_is_ascii_digits(text: str | bytes) -> None:
    assert declared_length(text) == int(text)


@pytest.mark.parametrize(
    "text", ["", " 7", "7 ", "+7", "-7", "7_0", "7.0", "0x7", "７", "²", "7,7", b"", b"-7", b"\xb2"]
)
def test_anything_else_is_no_length(text: str | bytes) -> None:
    assert declared_length(text) is None


def test_a_length_of_thousands_of_digits_is_over_every_limit() -> None:
    assert (declared_length("9" * 5000) or 0) > 2**60


def test_a_stream_is_read_to_its_declared_length_and_no_further() -> None:
    stream = io.BytesIO(b"body and the next request")
    assert read_stream(stream.read, 100, 4) == b"body"
    assert stream.read() == b" and the next request"


def test_nothing_is_read_of_what_is_declared_over_the_limit() -> None:
    stream = io.BytesIO(b"body")
    assert read_stream(stream.read, 3, 4) is None
    assert stream.tell() == 0


def test_a_stream_without_a_length_is_read_to_its_end() -> None:
    assert read_stream(io.BytesIO(b"body").read, 4, None) == b"body"


def test_a_stream_without_a_length_is_read_one_byte_past_the_limit() -> None:
    stream = io.BytesIO(b"body and more")
    assert read_stream(stream.read, 4, None) is None
    assert stream.tell() == 5


def test_a_stream_is_read_in_bounded_chunks() -> None:
    asked: list[int] = []
    stream = io.BytesIO(b"x" * (CHUNK + 10))

    def read(size: int) -> bytes:
        asked.append(size)
        return stream.read(size)

    assert read_stream(read, 10 * CHUNK, CHUNK + 10) == b"x" * (CHUNK + 10)
    assert asked == [CHUNK, 10]


def test_a_stream_may_return_less_than_asked_for() -> None:
    stream = io.BytesIO(b"in small pieces")
    assert read_stream(lambda size: stream.read(min(size, 2)), 100, 15) == b"in small pieces"


def test_a_body_in_tiny_pieces_takes_no_more_memory_than_in_large_ones() -> None:
    """Senders choose the size of chunks, and need no secret for it."""
    stream = io.BytesIO(bytes(16 * 1024))
    tracemalloc.start()
    try:
        read_stream(lambda size: stream.read(2), 16 * 1024, None)
        assert tracemalloc.get_traced_memory()[1] < 4 * 16 * 1024
    finally:
        tracemalloc.stop()


def test_a_stream_that_ends_early_is_a_client_that_went_away() -> None:
    with pytest.raises(ClientDisconnected):
        read_stream(io.BytesIO(b"bod").read, 100, 4)


def raising(error: Exception) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        raise error

    return read


@pytest.mark.parametrize("error", [OSError("reset"), ValueError("a broken chunk")])
def test_an_error_of_the_server_is_a_client_that_went_away(error: Exception) -> None:
    with pytest.raises(ClientDisconnected):
        read_stream(raising(error), 100, None)
