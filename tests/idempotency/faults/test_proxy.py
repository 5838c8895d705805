"""The network of these tests fails as it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.idempotency.faults.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[socket.socket]:
    """A server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                while sent := connection.recv(100):
                    connection.sendall(sent)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield listener
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(echo: socket.socket) -> Iterator[Proxy]:
    made = Proxy(*echo.getsockname())
    yield made
    made.close()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with connected(proxy) as made:
        yield made


def connected(proxy: Proxy) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
    assert proxy.wait_for_links(1, least=1)
    return client


def test_what_is_sent_comes_back(client: socket.socket) -> None:
    client.sendall(b"hello")
    assert client.recv(100) == b"hello"


def test_a_client_that_goes_is_forgotten(proxy: Proxy, client: socket.socket) -> None:
    client.close()
    assert proxy.wait_for_links(0)


def test_a_cut_is_a_reset_or_an_end(proxy: Proxy, client: socket.socket) -> None:
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        client.recv(100)
    assert proxy.wait_for_links(0)
    with connected(proxy) as other:
        proxy.cut(reset=False)
        assert other.recv(100) == b""


def test_what_is_stalled_arrives_later(proxy: Proxy, client: socket.socket) -> None:
    proxy.stall()
    client.sendall(b"hello")
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(100)
    proxy.resume()
    client.settimeout(10)
    assert client.recv(100) == b"hello"


def test_what_is_stalled_can_be_cut(proxy: Proxy, client: socket.socket) -> None:
    proxy.stall()
    client.sendall(b"hello")
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        client.recv(100)


def test_who_is_refused_gets_in_later(proxy: Proxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port))
    proxy.resume()
    with connected(proxy) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"


@pytest.mark.parametrize("answered", [False, True])
def test_something_happens_at_a_certain_moment(proxy: Proxy, client: socket.socket, answered: bool) -> None:
    said: list[str] = []
    proxy.at(b"now", proxy.cut, lambda: said.append("cut"), answered=answered)
    client.sendall(b"not yet")
    assert client.recv(100) == b"not yet"
    client.sendall(b"and now")
    with pytest.raises(ConnectionResetError):
        client.recv(100)
    assert said == ["cut"]
    with connected(proxy) as other:
        other.sendall(b"now it is over")
        assert other.recv(100) == b"now it is over"
