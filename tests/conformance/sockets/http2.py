"""Deliveries over HTTP/2, several at once on one connection."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded

from ..wire import Sent
from .connection import PATIENCE, Silence


def statuses(port: int, sent: Sequence[Sent], on_sent: Callable[[], None]) -> list[int | None]:
    """Send all of them and return the status of each answer, None where there is none.

    Raises :class:`Silence` where nothing comes.
    """
    protocol = H2Connection()
    found: dict[int, int] = {}
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        protocol.initiate_connection()
        streams = [_send(protocol, each) for each in sent]
        connection.sendall(protocol.data_to_send())
        on_sent()
        left = set(streams)
        while left:
            try:
                received = connection.recv(65536)
            except TimeoutError:
                raise Silence from None
            if not received:
                break
            for event in protocol.receive_data(received):
                if isinstance(event, ResponseReceived):
                    found[event.stream_id] = int(dict(event.headers)[b":status"])
                elif isinstance(event, DataReceived):
                    protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, StreamEnded):
                    left.discard(event.stream_id)
            connection.sendall(protocol.data_to_send())
    return [found.get(stream) for stream in streams]


def _send(protocol: H2Connection, sent: Sent) -> int:
    """Send a request, without a length where it would be in chunks."""
    stream = protocol.get_next_available_stream_id()
    fields = [
        (b":method", sent.method.encode()),
        (b":path", sent.path.encode()),
        (b":scheme", b"http"),
        (b":authority", b"hooks.example"),
    ]
    left_out = (b"host", b"transfer-encoding")
    fields += [(name.lower(), value) for name, value in sent.all_headers() if name not in left_out]
    protocol.send_headers(stream, fields)
    protocol.send_data(stream, sent.body, end_stream=True)
    return stream
