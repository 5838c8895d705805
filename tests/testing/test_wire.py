"""Requests over the wire: whatever a server does, the answer is there in time, or there is one line that says why."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from webhook_kit import ConfigurationError, RawRequest
from webhook_kit.testing.wire import MOST, Trouble, Unanswered, Wire

REQUEST = RawRequest("POST", "/hooks", body=b"{}")


@contextmanager
def speaking(*parts: bytes, pause: float = 0.0, forever: bool = False) -> Iterator[str]:
    """Say these parts to whoever calls, with pauses, and hang up."""

    def speak() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                received = b""
                while not received.endswith(REQUEST.body):
                    received += connection.recv(65536)
                for part in parts:
                    connection.sendall(part)
                    ended.wait(pause)
                while forever and not ended.is_set():
                    connection.sendall(parts[-1])
                    ended.wait(pause)
            except OSError:
                pass  # the other side has had enough

    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=speak)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\n\r\n"],
)
def test_an_answer_that_comes_drop_by_drop_is_late(start: bytes) -> None:
    """In its headers, or in its body: a time-out of the socket would begin anew with each drop."""
    with speaking(start, b"x", pause=0.02, forever=True) as url:
        began = time.monotonic()
        with pytest.raises(Unanswered, match=r"did not answer within 0\.2 s") as caught:
            Wire(url, timeout=0.2).exchange(REQUEST)
    assert caught.value.trouble is Trouble.TIME_OUT
    assert time.monotonic() - began < 10


def test_of_an_endless_answer_a_megabyte_is_read() -> None:
    with speaking(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, forever=True) as url:
        assert len(Wire(url).exchange(REQUEST).body) == MOST


@pytest.mark.parametrize("headers", [b"", b"connection: close\r\n", b"content-length: 7\r\n"])
def test_an_answer_is_read_whole_in_whatever_pieces_it_comes(headers: bytes) -> None:
    with speaking(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n", b"succ", b"ess", pause=0.01) as url:
        answer = Wire(url).exchange(REQUEST)
    assert (answer.status, answer.body) == (200, b"success")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "hung up without an answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsuccess", "hung up in the middle of its answer"),
        (b"SSH-2.0-OpenSSH_9\r\n", r"what 127\.0\.0\.1:\d+ answers is no HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n", r"what 127\.0\.0\.1:\d+ answers is no HTTP"),
    ],
)
def test_what_is_no_answer_is_told(said: bytes, told: str) -> None:
    with speaking(said) as url:
        with pytest.raises(Unanswered, match=told) as caught:
            Wire(url).exchange(REQUEST)
    assert caught.value.trouble is Trouble.UNREACHABLE


@pytest.mark.parametrize(
    "address",
    [
        "localhost",
        "ftp://localhost/",
        "http://",
        "http://[::1",
        "http://a b/",
        "http://h:0/",
        "http://h:99999/",
        "http://example..com/",
        f"http://{'a' * 64}.com/",
    ],
)
def test_what_nobody_can_call_is_no_address(address: str) -> None:
    with pytest.raises(ConfigurationError, match="is no address: write http://host:port/path"):
        Wire(address)


def test_a_path_is_sent_as_a_browser_would() -> None:
    assert Wire("http://h/a b/ü/%C3%BC/").path_of(REQUEST) == "/a%20b/%C3%BC/%C3%BC/hooks"


def test_the_address_of_the_sixth_version_is_shown_in_brackets() -> None:
    with pytest.raises(Unanswered, match=r"\[::1\]:1"):
        Wire("http://[::1]:1").exchange(REQUEST)


def test_a_secret_with_a_lines_end_is_told_without_it() -> None:
    request = RawRequest("POST", "/", headers=[("x-api-key", "tell-nobody\n")])
    with pytest.raises(ConfigurationError, match="the header x-api-key cannot hold a line's end") as caught:
        Wire("http://127.0.0.1:1").exchange(request)
    assert "tell-nobody" not in str(caught.value)
