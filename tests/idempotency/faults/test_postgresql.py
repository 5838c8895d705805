"""What a PostgreSQL server refuses to do for a while, and how connections end."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests.idempotency.faults.application import LEASE, Application, refused, running
from tests.idempotency.faults.conftest import TIMEOUT, RemotePostgreSQL
from tests.idempotency.sites import POSTGRESQL, PostgreSQL
from webhook_kit import Delivery, Outcome
from webhook_kit.idempotency import SQLStore
from webhook_kit.idempotency.sql.watchdog import Watchdog

pytestmark = pytest.mark.services

BOUND = RemotePostgreSQL.bound


class Administrator:
    """Whoever may change a role of its own making."""

    def __init__(self, tables: PostgreSQL) -> None:
        self.role = f"wk_{secrets.token_hex(6)}"
        self._tables = tables
        self.run("CREATE ROLE {} LOGIN")
        self.run(f"GRANT ALL ON {tables.prefix}deliveries, {tables.prefix}schema TO {{}}")

    def run(self, statement: str) -> None:
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.role)))  # type: ignore[arg-type]  # ours

    def end_sessions(self) -> None:
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [self.role])

    def store(self, pool_size: int = 2) -> SQLStore:
        url = make_url(POSTGRESQL).set(username=self.role)
        return SQLStore(url, prefix=self._tables.prefix, timeout=TIMEOUT, pool_size=pool_size)

    def leave(self) -> None:
        self.run("DROP OWNED BY {}")
        self.run("DROP ROLE {}")


@pytest.fixture
def tables() -> Iterator[PostgreSQL]:
    made = PostgreSQL()
    yield made
    made.leave()


@pytest.fixture
def administrator(tables: PostgreSQL) -> Iterator[Administrator]:
    made = Administrator(tables)
    yield made
    made.leave()


@pytest.fixture
def application(administrator: Administrator, driver: str) -> Iterator[Application]:
    with running(administrator.store(), driver) as made:
        yield made


class TestARefusal:
    def test_of_writes_lasts_as_long_as_the_server_is_read_only(
        self, administrator: Administrator, application: Application
    ) -> None:
        """As after a failover, or when a provider has stopped writes because the disk is full."""
        assert application.statuses("before") == [200]
        administrator.run("ALTER ROLE {} SET default_transaction_read_only = on")
        administrator.end_sessions()
        refused(application.deliver("front", "back"), BOUND)
        administrator.run("ALTER ROLE {} RESET default_transaction_read_only")
        assert application.statuses("front", "back") == [200, 200]

    def test_of_connections_lasts_as_long_as_there_are_too_many(
        self, administrator: Administrator, application: Application
    ) -> None:
        administrator.run("ALTER ROLE {} CONNECTION LIMIT 1")
        with psycopg.connect(POSTGRESQL, user=administrator.role):
            refused(application.deliver("front", "back"), BOUND)
        administrator.run("ALTER ROLE {} CONNECTION LIMIT -1")
        assert application.statuses("front", "back") == [200, 200]

    def test_of_the_user_lasts_as_long_as_it_may_not_log_in(
        self, administrator: Administrator, application: Application
    ) -> None:
        assert application.statuses("before") == [200]
        administrator.run("ALTER ROLE {} NOLOGIN")
        administrator.end_sessions()
        refused(application.deliver("front", "back"), BOUND)
        administrator.run("ALTER ROLE {} LOGIN")
        assert application.statuses("front", "back") == [200, 200]


class TestALock:
    def test_of_the_row_makes_the_completion_fail_within_bounded_time(
        self, tables: PostgreSQL, application: Application
    ) -> None:
        with psycopg.connect(POSTGRESQL) as other:

            def lock(delivery: Delivery) -> None:
                other.execute(f"SELECT 1 FROM {tables.prefix}deliveries FOR UPDATE".encode())

            application.meanwhile = lock
            refused(application.deliver("front"), BOUND)
            assert application.outcomes == [Outcome.STORE_UNAVAILABLE]
        application.meanwhile = lambda delivery: None
        tables.advance(application.store, LEASE + 1)
        assert application.statuses("front") == [200]
        assert application.attempts == [1, 2]

    def test_of_the_table_makes_the_claim_fail_within_bounded_time(
        self, tables: PostgreSQL, application: Application
    ) -> None:
        with psycopg.connect(POSTGRESQL) as other:
            other.execute(f"LOCK TABLE {tables.prefix}deliveries".encode())
            refused(application.deliver("front", "back", "side"), BOUND)
        assert application.statuses("front", "back", "side") == [200, 200, 200]


class TestAConnection:
    def test_that_is_closed_already_does_not_end_the_watch(self) -> None:
        """psycopg says so by an error of its own."""
        watchdog = Watchdog(0.0)
        watchdog._thread = threading.current_thread()
        connection = psycopg.connect(POSTGRESQL)
        with watchdog.watch(connection):
            connection.close()
            watchdog.look()
        watchdog.close()

    def test_that_breaks_while_it_is_made_is_closed(self, driver: str) -> None:
        remote = RemotePostgreSQL()
        remote.proxy.at(b"pg_backend_pid", remote.proxy.cut)
        with running(remote.store(), driver) as application:
            refused(application.deliver("front"), BOUND)
            assert remote.proxy.wait_for_links(0)
            assert application.statuses("front") == [200]
        remote.close()

    def test_whose_other_end_is_gone_is_found_out_by_probes(self, tables: PostgreSQL) -> None:
        """While a handler's own statement is waited for, for which there is no time-out."""
        store = tables.store(timeout=3)
        with store._backend.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            with socket.socket(fileno=socket.dup(driver.fileno())) as wire:
                options = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_USER_TIMEOUT]
                assert [wire.getsockopt(socket.IPPROTO_TCP, option) for option in options] == [3, 3, 3000]
        store.close()
