"""A real server in this process, on a free port of the loopback."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Any, Self

import uvicorn


class _Announcing(uvicorn.Server):
    """A server that says when its start is over."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()


class Server:
    """Serve an ASGI application in a thread of its own for as long as the context lasts."""

    def __init__(self, application: Any) -> None:
        # Named as TCP, without which asyncio leaves Nagle's algorithm on, and every answer takes 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(application, lifespan="on", log_config=None, timeout_graceful_shutdown=5)
        self._server = _Announcing(config)
        self._thread = threading.Thread(target=self._run, name="webhook_kit-demo", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server.settled.wait()
        if not self._server.started:
            self._thread.join()
            raise RuntimeError("the demo's server did not start; --verbose shows why")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except SystemExit:
            # How uvicorn reports a start that failed; it has logged the reason.
            pass
        finally:
            self._socket.close()
            self._server.settled.set()
