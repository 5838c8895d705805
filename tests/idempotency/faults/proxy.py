"""A network that fails when told to: a TCP proxy between a client and a server."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import NamedTuple

# Closing a socket that lingers for no time sends RST instead of FIN.
RESET = struct.pack("ii", 1, 0)


class _Trap(NamedTuple):
    marker: bytes
    answered: bool
    what: tuple[Callable[[], None], ...]


class _Link:
    """One connection from the client, and the one to the server that belongs to it."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near, self.far = near, far
        self.pumps = 2
        self.dead = False
        self.trap: _Trap | None = None

    def cut(self, reset: bool) -> None:
        """Wake both pumps; the one that ends last closes the sockets."""
        self.dead = True
        for end in (self.near, self.far):
            if reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)


class Proxy:
    """Forward from a port of its own to a server, until something else is asked for."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._state = threading.Condition()
        self._stalled = False
        self._links: set[_Link] = set()
        self._trap: _Trap | None = None
        self._listener: socket.socket | None = None
        self.disguise: Callable[[bytes], bytes] = bytes
        """What becomes of what the server sends."""
        self.port = 0
        self.resume()

    @property
    def links(self) -> int:
        """How many connections are open."""
        with self._state:
            return len(self._links)

    def cut(self, *, reset: bool = True) -> None:
        """Break every connection, by RST or by FIN; new ones are let through."""
        with self._state:
            for link in self._links:
                link.cut(reset)
            self._state.notify_all()

    def at(self, marker: bytes, *what: Callable[[], None], answered: bool = False) -> None:
        """Do this once when a client sends these bytes: before they are forwarded, or before their answer is."""
        self._trap = _Trap(marker, answered, what)

    def stall(self) -> None:
        """Take what is sent and hold it back, also the ends of connections, as a network does that drops packets."""
        self._stalled = True

    def refuse(self) -> None:
        """Let nobody in any more."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def redirect(self, port: int) -> None:
        """Lead new connections to another server, as a name does whose address was changed."""
        self._target = self._target[0], port

    def resume(self) -> None:
        """Let everything through again, also what was held back."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        with self._state:
            self._stalled = False
            self._state.notify_all()

    def wait_for_links(self, most: int, least: int = 0) -> bool:
        """Wait until no more and no fewer connections are open."""
        with self._state:
            return self._state.wait_for(lambda: least <= len(self._links) <= most, timeout=10)

    def close(self) -> None:
        self.refuse()
        self.cut()
        assert self.wait_for_links(0)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target, timeout=10)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = _Link(near, far)
            with self._state:
                self._links.add(link)
                self._state.notify_all()
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(link, source, target), daemon=True).start()

    def _pump(self, link: _Link, source: socket.socket, target: socket.socket) -> None:
        try:
            while self._forward(link, source, target):
                continue
        except OSError:
            link.cut(reset=False)
        with self._state:
            # The one for the other direction may be holding something back.
            self._state.notify_all()
            link.pumps -= 1
            if link.pumps == 0:
                source.close()
                target.close()
                self._links.discard(link)
                self._state.notify_all()

    def _forward(self, link: _Link, source: socket.socket, target: socket.socket) -> bool:
        sent = source.recv(65536)
        self._spring(link, source, sent)
        with self._state:
            self._state.wait_for(lambda: link.dead or not self._stalled)
        if link.dead:
            return False
        if not sent:
            target.shutdown(socket.SHUT_WR)
            return False
        target.sendall(sent if source is link.near else self.disguise(sent))
        return True

    def _spring(self, link: _Link, source: socket.socket, sent: bytes) -> None:
        trap = link.trap if source is link.far else self._trap
        if trap is None or (source is link.near and trap.marker not in sent):
            return
        if source is link.near:
            self._trap = None
            if trap.answered:
                link.trap = trap
                return
        link.trap = None
        for act in trap.what:
            act()
