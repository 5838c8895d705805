"""What is particular to the SQL store: its tables, its trouble, its cleaning up."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError as PoolError

from tests.idempotency.sites import POSTGRESQL, SQL, PostgreSQL, SQLiteFile, params, site
from webhook_kit import ConfigurationError, RawResponse
from webhook_kit.idempotency import Busy, New, SQLStore
from webhook_kit.idempotency.sql import postgresql as postgresql_module
from webhook_kit.idempotency.sql import sqlite, statements
from webhook_kit.idempotency.sql import store as store_module

ANSWER = RawResponse(200, [("content-type", "text/plain")], b"success")


@pytest.fixture
def file(tmp_path: Path) -> SQLiteFile:
    return SQLiteFile(tmp_path)


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    at = PostgreSQL()
    yield at
    at.leave()


@pytest.fixture(params=params("sqlite-file", "postgresql"))
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQL]:
    found = site(request.param, tmp_path)
    assert isinstance(found, SQL)
    yield found
    found.leave()


@pytest.fixture
def opened() -> Iterator[Callable[[SQLStore], SQLStore]]:
    """Close each of these stores after the test."""
    stores: list[SQLStore] = []

    def keep(store: SQLStore) -> SQLStore:
        stores.append(store)
        return store

    yield keep
    for store in stores:
        store.close()


Opened = Callable[[SQLStore], SQLStore]


def claimed(store: SQLStore, key: str) -> str:
    claim = store.claim(key, "", 30)
    assert isinstance(claim, New)
    return claim.token


def run(store: SQLStore, statement: str) -> Any:
    return store._backend.call(lambda execute: execute(statement, {}))


class TestURLs:
    @pytest.mark.parametrize("url", ["webhooks.db", "", "sqlite//x", 5])
    def test_what_is_no_url_is_refused_without_being_shown(self, url: Any) -> None:
        with pytest.raises(ConfigurationError, match="SQLStore takes a URL") as caught:
            SQLStore(url)
        assert caught.value.__cause__ is None

    @pytest.mark.parametrize("name", ["mysql", "postgresql+psycopg2", "sqlite+aiosqlite"])
    def test_other_databases_and_drivers_are_refused(self, name: str) -> None:
        with pytest.raises(ConfigurationError, match=r"write sqlite:///\.\.\. or postgresql://\.\.\., whose driver"):
            SQLStore(f"{name}://user:hunter2@host/database")

    @pytest.mark.parametrize("name", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg_async"])
    def test_postgresql_is_spoken_to_by_psycopg_3(self, name: str) -> None:
        assert repr(SQLStore(f"{name}://user:hunter2@host/database")) == "<SQLStore: postgresql>"

    def test_a_parsed_url_will_do(self) -> None:
        assert repr(SQLStore(make_url("sqlite://"))) == "<SQLStore: sqlite>"

    def test_without_psycopg_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "webhook_kit.idempotency.sql.postgresql", None)
        with pytest.raises(ConfigurationError, match=r"webhook-kit\[postgresql\]"):
            SQLStore("postgresql://host/database")

    @pytest.mark.parametrize("timeout", [0, -1, True, "5", float("inf")])
    def test_a_timeout_is_seconds(self, timeout: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"timeout is .*; give seconds above 0"):
            SQLStore("sqlite://", timeout=timeout)

    @pytest.mark.parametrize("pool_size", [0, True, 2.5])
    def test_a_pool_has_connections(self, pool_size: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"pool_size is .*; give a number of connections"):
            SQLStore("sqlite://", pool_size=pool_size)

    @pytest.mark.parametrize("prefix", ["", "Big", "a-b", "x" * 41, "1x", None, 'x"; DROP'])
    def test_a_prefix_is_a_name(self, prefix: Any) -> None:
        with pytest.raises(ConfigurationError, match="prefix is"):
            SQLStore("sqlite://", prefix=prefix)


class TestTables:
    def test_they_are_made_once(self, at: SQL, opened: Opened) -> None:
        store = opened(at.store())
        store.create()
        token = claimed(store, "key")
        store.create()
        store.check()
        assert store.complete("key", token, ANSWER, 60)

    def test_several_processes_may_make_them_at_once(self, at: SQL, opened: Opened) -> None:
        at.leave()
        stores = [opened(at.store()) for _ in range(6)]
        threads = [threading.Thread(target=store.create) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for store in stores:
            store.check()

    @pytest.mark.services
    def test_a_server_without_them_says_what_to_run(
        self, server: PostgreSQL, opened: Opened, caplog: pytest.LogCaptureFixture
    ) -> None:
        store = opened(server.store())
        server.leave()
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=r"run SQLStore\(url\)\.create\(\) once"):
                store.claim("key", "", 30)
        with pytest.raises(ConfigurationError, match="create"):
            asyncio.run(store.aclaim("key", "", 30))
        assert len(caplog.records) == 1, "said once, because a delivery's line names only the kind of error"
        store.create()
        claimed(store, "key")

    @pytest.mark.services
    def test_tables_that_are_dropped_meanwhile_are_missed(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        claimed(store, "key")
        server.leave()
        with pytest.raises(ConfigurationError, match="run SQLStore"):
            store.claim("key", "", 30)
        store.create()
        claimed(store, "key")

    def test_tables_of_another_version_are_refused(self, at: SQL, opened: Opened) -> None:
        store = opened(at.store())
        run(store, f"UPDATE {store._backend.schema.versions} SET version = 7")
        later = opened(at.store())
        with pytest.raises(ConfigurationError, match="are of version 7, and this webhook_kit works with version 1"):
            later.claim("key", "", 30)
        with pytest.raises(ConfigurationError, match="version 7"):
            later.create()

    @pytest.mark.services
    def test_a_version_that_was_lost_is_like_no_tables(self, server: PostgreSQL, opened: Opened) -> None:
        run(opened(server.store()), f"DELETE FROM {server.prefix}schema")
        with pytest.raises(ConfigurationError, match="run SQLStore"):
            opened(server.store()).check()

    def test_another_prefix_is_another_store(self, file: SQLiteFile, opened: Opened) -> None:
        claimed(opened(file.store()), "key")
        claimed(opened(file.store(prefix="other_")), "key")


class TestPurging:
    def fill(self, store: SQLStore, at: SQL) -> None:
        for number in range(5):
            store.complete(f"done{number}", claimed(store, f"done{number}"), ANSWER, 60)
        store.complete("kept", claimed(store, "kept"), ANSWER, 6000)
        claimed(store, "running")
        at.advance(store, 61)

    def left(self, store: SQLStore, at: SQL) -> list[str]:
        return at.rows(store, f"SELECT key FROM {store._backend.schema.deliveries} ORDER BY key")

    def test_what_has_expired_is_forgotten(self, at: SQL, opened: Opened) -> None:
        store = opened(at.store())
        self.fill(store, at)
        assert store.purge() == 5
        assert self.left(store, at) == ["kept", "running"]
        assert store.purge() == 0

    def test_it_goes_in_batches(self, at: SQL, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(statements, "AT_ONCE", 2)
        monkeypatch.setattr(store_module, "AT_ONCE", 2)
        store = opened(at.store())
        self.fill(store, at)
        assert store.purge() == 5

    def test_a_claim_that_was_abandoned_is_forgotten_after_eight_days(self, at: SQL, opened: Opened) -> None:
        store = opened(at.store())
        claimed(store, "crashed")
        at.advance(store, 8 * 24 * 3600 + 29)
        assert store.purge() == 0
        at.advance(store, 2)
        again = store.claim("crashed", "", 30)
        assert isinstance(again, New)
        assert again.attempt == 1, "also where nobody purged"

    def test_a_store_purges_by_itself(self, at: SQL, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (statements, sqlite, postgresql_module):
            monkeypatch.setattr(module, "AT_ONCE", 2)
        store = opened(at.store())
        self.fill(store, at)
        backend: Any = store._backend
        backend._purged = time.monotonic() - 61
        for _ in range(4):
            store.claim("running", "", 30)
        store.close()
        assert self.left(store, at) == ["kept", "running"]


class TestSQLite:
    def test_a_file_is_written_ahead_and_synced_in_full(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store())
        assert file.rows(store, "PRAGMA journal_mode") == ["wal"]
        assert file.rows(store, "PRAGMA synchronous") == [2]
        with store.transaction("key", claimed(store, "key"), "first") as connection:
            assert connection.scalar(text("PRAGMA synchronous")) == 2

    def test_a_file_without_a_folder_is_trouble_until_it_has_one(self, tmp_path: Path, opened: Opened) -> None:
        store = opened(SQLStore(f"sqlite:///{tmp_path}/folder/webhooks.db"))
        with pytest.raises(sqlite3.OperationalError, match="unable to open database file"):
            store.claim("key", "", 30)
        (tmp_path / "folder").mkdir()
        claimed(store, "key")

    def test_a_file_that_is_no_database_is_trouble_until_it_is_one(self, file: SQLiteFile, opened: Opened) -> None:
        file.path.write_bytes(b"no database" * 100)
        store = opened(file.store())
        with pytest.raises(sqlite3.DatabaseError, match="not a database"):
            store.claim("key", "", 30)
        file.path.unlink()
        claimed(store, "key")

    def test_a_file_that_may_only_be_read_is_trouble(self, file: SQLiteFile, opened: Opened) -> None:
        claimed(opened(file.store()), "key")
        store = opened(SQLStore(f"sqlite:///file:{file.path}?mode=ro&uri=true"))
        with pytest.raises((sqlite3.OperationalError, DBAPIError), match="readonly"):
            store.claim("other", "", 30)

    def test_a_full_disk_is_the_trouble_of_those_that_do_not_fit(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store())
        token, other = claimed(store, "key"), claimed(store, "other")
        backend: Any = store._backend
        pages = backend.call(lambda execute: execute("PRAGMA page_count", {}).fetchone()[0])
        opening = backend._open

        def open_small() -> sqlite3.Connection:
            connection: sqlite3.Connection = opening()
            connection.execute(f"PRAGMA max_page_count = {pages + 1}")
            return connection

        backend._open = open_small
        store.close()

        async def complete() -> Any:
            large = store.acomplete("key", token, RawResponse(200, [], b"x" * 100_000), 60)
            return await asyncio.gather(large, store.acomplete("other", other, ANSWER, 60), return_exceptions=True)

        failed, kept = asyncio.run(complete())
        assert isinstance(failed, sqlite3.OperationalError)
        assert "full" in str(failed)
        assert kept is True
        with pytest.raises(sqlite3.OperationalError, match="full"):
            store.complete("key", token, RawResponse(200, [], b"x" * 100_000), 60)
        backend._open = opening
        assert store.complete("key", token, RawResponse(200, [], b"x" * 100_000), 60), "the claim is still held"

    def test_the_wait_for_another_process_is_bounded(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store(timeout=0.1))
        token = claimed(store, "key")
        with sqlite3.connect(file.path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            with pytest.raises((TimeoutError, sqlite3.OperationalError)):
                store.claim("other", "", 30)

            async def several() -> list[Any]:
                return await asyncio.gather(*(store.aclaim(f"{n}", "", 30) for n in range(9)), return_exceptions=True)

            assert {type(each) for each in asyncio.run(several())} <= {TimeoutError, sqlite3.OperationalError}
            with pytest.raises(DBAPIError, match="locked"):
                store.transaction("key", token, "first").__enter__()
            assert time.monotonic() - started < 3
            other.execute("ROLLBACK")
        other.close()
        claimed(store, "third")
        with store.transaction("key", token, "first"):
            pass

    def test_the_wait_for_this_process_is_bounded(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store(timeout=0.1))
        token = claimed(store, "key")
        with store.transaction("key", token, "first"), pytest.raises(TimeoutError):
            store.claim("other", "", 30)
        claimed(store, "other")

    def test_what_nobody_waits_for_any_more_is_left_out(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store())
        claimed(store, "key")
        backend: Any = store._backend
        done: list[str] = []
        calls = [sqlite.Call(lambda execute, name=name: done.append(name)) for name in ("given up", "waited for")]
        calls[0].abandoned = True
        backend._write(calls)
        assert done == ["waited for"]

    def test_a_batch_that_cannot_begin_again_fails_at_once(self, file: SQLiteFile, opened: Opened) -> None:
        """What failed together is tried one by one, but the wait for the lock is not repeated for each."""
        store = opened(file.store(timeout=0.05))
        claimed(store, "key")
        backend: Any = store._backend
        begun: list[int] = []
        memory = sqlite3.connect(":memory:", isolation_level=None)

        def begin() -> Any:
            begun.append(1)
            if len(begun) == 1:
                return memory
            raise sqlite3.OperationalError("locked")

        backend._begin = begin
        calls = [sqlite.Call(lambda execute: execute("nonsense", {})) for _ in range(3)]
        backend._write(calls)
        assert [str(call.error) for call in calls] == ["locked"] * 3
        assert len(begun) == 2
        memory.close()

    def test_a_broken_batch_in_memory_keeps_the_memory(self, opened: Opened) -> None:
        store = opened(SQLStore("sqlite://"))
        claimed(store, "key")
        with pytest.raises(sqlite3.OperationalError):
            run(store, "nonsense")
        with pytest.raises(sqlite3.OperationalError):
            store._backend.call(lambda execute: execute("COMMIT", {}))
        assert isinstance(store.claim("key", "", 30), Busy)

    def test_a_forked_child_opens_the_file_anew(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store())
        claimed(store, "key")
        before: Any = store._backend
        store.after_fork()
        after: Any = store._backend
        assert isinstance(store.claim("key", "", 30), Busy)
        assert before._connection is not after._connection
        before.close()

    def test_a_dropped_store_takes_its_thread_along(self, file: SQLiteFile) -> None:
        store = file.store()
        claimed(store, "key")
        backend: Any = store._backend
        thread = backend._writer._thread
        del store
        thread.join(10)
        assert not thread.is_alive()
        assert backend._connection is None


@pytest.mark.services
class TestPostgreSQL:
    def test_an_unreachable_server_is_trouble_within_bounded_time(self, opened: Opened) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            store = opened(SQLStore(f"postgresql://postgres@127.0.0.1:{unused.getsockname()[1]}/test", timeout=1))
            started = time.monotonic()
            with pytest.raises(PoolError):
                store.claim("key", "", 30)
            with pytest.raises(PoolError):
                asyncio.run(store.aclaim("key", "", 30))
            assert time.monotonic() - started < 3

    def test_a_server_that_says_nothing_is_trouble_within_bounded_time(
        self, server: PostgreSQL, opened: Opened
    ) -> None:
        store = opened(server.store(timeout=0.4))
        claimed(store, "key")
        started = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            store._backend.call(
                lambda execute: execute("SET statement_timeout = 0", {}) and execute("SELECT pg_sleep(10)", {})
            )
        assert time.monotonic() - started < 3
        claimed(store, "other")

    def test_a_locked_row_is_trouble_within_bounded_time(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store(timeout=0.4))
        token = claimed(store, "key")
        with psycopg.connect(POSTGRESQL) as other:
            other.execute(f"SELECT 1 FROM {server.prefix}deliveries FOR UPDATE".encode())
            assert isinstance(store.claim("key", "", 30), Busy), "a duplicate waits for no lock"
            with pytest.raises((LockNotAvailable, psycopg.OperationalError)):
                store.complete("key", token, ANSWER, 60)
        assert store.complete("key", token, ANSWER, 60)

    def test_connections_that_the_server_closed_are_replaced(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store(pool_size=4))

        async def claim(number: int) -> Any:
            return await store.aclaim(f"key{number}", "", 30)

        async def several(numbers: range) -> list[Any]:
            return await asyncio.gather(*map(claim, numbers))

        asyncio.run(several(range(8)))
        with store._backend.engine.connect():
            pass
        with psycopg.connect(POSTGRESQL, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'webhook_kit' AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert [type(each) for each in asyncio.run(several(range(8, 16)))] == [New] * 8

    def test_one_that_breaks_twice_is_trouble(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())

        def suicide(execute: Any) -> Any:
            return execute("SELECT pg_terminate_backend(pg_backend_pid())", {})

        with pytest.raises(psycopg.OperationalError):
            store._backend.call(suicide)
        claimed(store, "key")

    def test_a_claim_whose_answer_was_lost_is_ours(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        tries: list[Any] = []
        work = store._claiming("key", 30)

        def lose_the_first(execute: Any) -> Any:
            tries.append(work(execute))
            if len(tries) == 1:
                execute("SELECT pg_terminate_backend(pg_backend_pid())", {})
            return tries[-1]

        assert store._backend.call(lose_the_first) == tries[0]

    def test_who_is_overtaken_again_and_again_is_told_to_come_back(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        claimed(store, "key")
        server.advance(store, 31)
        take = store._backend.statements._take

        def overtaken(execute: Any) -> Any:
            def slow(statement: str, values: Any) -> Any:
                return execute(statement, {**values, "seen_until": 0.0} if statement is take else values)

            return store._claiming("key", 30)(slow)

        assert store._backend.call(overtaken) == Busy(30)

    def test_a_key_that_is_purged_meanwhile_is_claimed_anew(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        claimed(store, "key")
        look = store._backend.statements._look

        def purged(execute: Any) -> Any:
            def slow(statement: str, values: Any) -> Any:
                if statement is look:
                    execute(f"DELETE FROM {server.prefix}deliveries", {})
                return execute(statement, values)

            return store._claiming("key", 30)(slow)

        claim = store._backend.call(purged)
        assert isinstance(claim, New)
        assert claim.attempt == 1

    def test_a_database_that_may_not_be_read_is_trouble(self, server: PostgreSQL, opened: Opened) -> None:
        """Which is not the same as tables that are missing."""
        url = make_url(POSTGRESQL).update_query_dict({"options": "-c role=pg_monitor"})
        with pytest.raises(DBAPIError, match="permission denied"):
            opened(SQLStore(url, prefix=server.prefix)).claim("key", "", 30)

    def test_who_waits_too_long_for_a_thread_does_not_begin(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store(pool_size=1, timeout=0.4))
        backend: Any = store._backend
        go_on = threading.Event()

        async def both() -> Any:
            slow = asyncio.ensure_future(backend.acall(lambda execute: go_on.wait(10)))
            quick = asyncio.ensure_future(store.aclaim("key", "", 30))
            await asyncio.sleep(0.5)
            go_on.set()
            return await asyncio.gather(slow, quick, return_exceptions=True)

        assert isinstance(asyncio.run(both())[1], TimeoutError)
        claimed(store, "key")

    def test_options_of_the_url_are_kept(self, server: PostgreSQL, opened: Opened) -> None:
        url = make_url(POSTGRESQL).update_query_dict({"options": "-c work_mem=5MB", "application_name": "mine"})
        store = opened(SQLStore(url, prefix=server.prefix, timeout=3))

        def setting(name: str) -> Any:
            return store._backend.call(lambda execute: execute(f"SHOW {name}", {}).fetchone()[0])

        assert [setting(name) for name in ("work_mem", "application_name", "lock_timeout")] == ["5MB", "mine", "1500ms"]

    def test_a_lost_connection_rolls_a_transaction_back(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        token = claimed(store, "key")
        with pytest.raises(Exception, match=r"terminat|closed"), store.transaction("key", token, "first") as connection:
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        with store.transaction("key", token, "first") as connection:
            assert connection.scalar(text("SELECT 1")) == 1

    def test_a_forked_child_has_connections_of_its_own(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        claimed(store, "key")
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                store.after_fork()
                os.write(write, type(store.claim("key", "", 30)).__name__.encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert os.read(read, 10) == b"Busy"
        os.close(read)
        os.close(write)
        assert isinstance(store.claim("key", "", 30), Busy), "the parent's connections still work"
