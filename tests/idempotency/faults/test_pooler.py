"""Poolers between the store and PostgreSQL, which hand each transaction to another session.

https://www.pgbouncer.org
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from sqlalchemy import make_url, text

from tests.idempotency.faults.application import LEASE, running
from tests.idempotency.faults.conftest import RemotePostgreSQL
from tests.idempotency.sites import POSTGRESQL, PostgreSQL
from webhook_kit import ConfigurationError
from webhook_kit.idempotency import New, SQLStore

pytestmark = pytest.mark.services


def hurried(store: SQLStore) -> None:
    """Repeat each operation so often that psycopg would prepare its statement."""
    for number in range(12):
        key = secrets.token_hex(8)
        claim = store.claim(key, "", LEASE)
        assert isinstance(claim, New)
        with store.transaction(key, claim.token, "first") as connection:
            assert connection.scalar(text("SELECT CAST(:number AS integer)"), {"number": number}) == number
        assert store.extend(key, claim.token, LEASE)
        assert store.release(key, claim.token)


def prepared(site: PostgreSQL, store: SQLStore) -> int:
    [found] = site.rows(store, "SELECT count(*) FROM pg_prepared_statements")
    assert isinstance(found, int)
    return found


def another_number(sent: bytes) -> bytes:
    """Change the number of the session in what a server says to a new client."""
    return re.sub(rb"K\0\0\0\x0c....", b"K\0\0\0\x0c\0\0\0\1", sent, flags=re.DOTALL)


class TestAPooler:
    def test_is_noticed_and_nothing_is_prepared(self) -> None:
        """The number of the session, as a pooler tells it, is another one than the server's."""
        remote = RemotePostgreSQL()
        for expected in (True, False):
            store = remote.store()
            hurried(store)
            assert (prepared(remote.tables, store) > 0) is expected
            store.close()
            remote.proxy.disguise = another_number
        remote.close()

    def test_that_takes_no_options_is_told_apart(self, caplog: pytest.LogCaptureFixture) -> None:
        message = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def refuse() -> None:
                with listener.accept()[0] as client:
                    # No to encryption, then no to the parameters.
                    while len(client.recv(1000)) == 8:
                        client.sendall(b"N")
                    client.sendall(b"E" + (len(message) + 4).to_bytes(4, "big") + message)
                    client.recv(1)

            threading.Thread(target=refuse, daemon=True).start()
            store = SQLStore(f"postgresql://postgres@127.0.0.1:{listener.getsockname()[1]}/test", timeout=5)
            with pytest.raises(ConfigurationError, match="ignore_startup_parameters = options"):
                store.claim("key", "", LEASE)
            store.close()
        assert "ignore_startup_parameters" in caplog.text

    def test_hands_every_transaction_to_another_session(self, bouncer: str, tables: PostgreSQL, driver: str) -> None:
        store = SQLStore(bouncer, prefix=tables.prefix, timeout=4, pool_size=4)
        doors = [f"door {number}" for number in range(40)]
        with running(store, driver) as application:
            hurried(store)
            assert set(application.statuses(*doors)) == {200}
            assert sorted(application.opened) == sorted(doors)
            assert prepared(tables, store) == 0


@pytest.fixture
def tables() -> Iterator[PostgreSQL]:
    made = PostgreSQL()
    yield made
    made.leave()


@pytest.fixture
def bouncer() -> Iterator[str]:
    """A PgBouncer of the test's own, with two sessions for everybody; not a service that CI has to have."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with psycopg.connect(POSTGRESQL) as probe, TemporaryDirectory() as folder:
        server = probe.info
        Path(folder).chmod(0o755)
        settings = Path(folder) / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={server.host} port={server.port} user={server.user}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            "pool_mode = transaction\ndefault_pool_size = 2\nignore_startup_parameters = options\n"
        )
        # It does not run as root.
        command = [program, *(["--user", "nobody"] if os.geteuid() == 0 else []), str(settings)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            url = make_url(POSTGRESQL).set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
            wait_for(url, process)
            yield url
        finally:
            process.kill()
            process.wait(10)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None, "pgbouncer ended at once"
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return
