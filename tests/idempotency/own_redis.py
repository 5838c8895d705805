"""A Redis server that a test starts, stops and configures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from typing import Any

import pytest
import redis


class OwnRedis:
    """A server on a free port, without a file."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            if os.environ.get("WEBHOOK_KIT_REQUIRE_SERVICES") == "1":
                raise RuntimeError("redis-server is not installed")
            pytest.skip("redis-server is not installed")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._command = [program, "--port", str(self._port), "--save", "", "--appendonly", "no"]
        self._process: subprocess.Popen[bytes] | None = None
        self._client = redis.Redis(port=self._port)
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while True:
            try:
                self._client.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def stop(self) -> None:
        self._client.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def client(self) -> Any:
        return self._client

    def configure(self, name: str, value: str) -> None:
        self._client.config_set(name, value)
