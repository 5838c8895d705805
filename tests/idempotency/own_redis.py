"""A Redis server that a test starts, stops and configures."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class OwnRedis:
    """A server on a free port, without a file unless the arguments ask for one."""

    def __init__(self, *arguments: str) -> None:
        program = shutil.which("redis-server")
        if program is None:
            if os.environ.get("WEBHOOK_KIT_REQUIRE_SERVICES") == "1":
                raise RuntimeError("redis-server is not installed")
            pytest.skip("redis-server is not installed")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        # Where a replica keeps what it was sent, which a later server would load.
        self._dump = Path(tempfile.gettempdir()) / f"webhook_kit-{secrets.token_hex(8)}.rdb"
        self._command = [program, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._command += ["--dir", str(self._dump.parent), "--dbfilename", self._dump.name, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._client = redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0))
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while True:
            try:
                self._client.ping()
                return
            except redis.BusyLoadingError:
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
            self._dump.unlink(missing_ok=True)

    def follow(self, primary: OwnRedis, port: int | None = None) -> None:
        """Become a replica, of a primary that is reached at this port, and wait until everything is there."""
        self._client.replicaof("127.0.0.1", str(port or primary.port))
        until = time.monotonic() + 20
        while self._client.info("replication")["master_link_status"] != "up":
            assert time.monotonic() < until
            time.sleep(0.01)
        primary.wait_for_replica()

    def wait_for_replica(self) -> None:
        """Wait until a replica has what was written here."""
        self._client.set("written", "now")
        assert self._client.wait(1, 20_000) == 1

    def lead(self) -> None:
        """Become a primary."""
        self._client.replicaof("NO", "ONE")

    def client(self) -> Any:
        return self._client

    def configure(self, name: str, value: str) -> None:
        self._client.config_set(name, value)
