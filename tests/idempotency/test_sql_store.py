"""What is particular to the SQL store: its tables, its trouble, its cleaning up."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from weakref import WeakSet

import psycopg
import pytest
from psycopg.errors import LockNotAvailable, SerializationFailure
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError as PoolError

from tests.idempotency.sites import PATIENCE, POSTGRESQL, SQL, PostgreSQL, SQLiteFile, ask, asking, params, site
from webhook_kit import ConfigurationError, Dispatcher, RawResponse
from webhook_kit.idempotency import Busy, Claim, Done, New, SQLStore
from webhook_kit.idempotency.batching import Call
from webhook_kit.idempotency.sql import backend as backend_module
from webhook_kit.idempotency.sql import sqlite, statements
from webhook_kit.idempotency.sql import store as store_module
from webhook_kit.idempotency.sql.backend import Work
from webhook_kit.idempotency.sql.statements import Steps

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


def before_each(work: Work, intrude: Callable[[str], str | None]) -> Work:
    """Let somebody else's statement run before one of the work's own."""

    def disturbed() -> Steps[Any]:
        steps = work.begin()
        request = next(steps)
        while True:
            if (other := intrude(request[0])) is not None:
                yield other, {}
            try:
                request = steps.send((yield request))
            except StopIteration as end:
                return end.value

    return Work(work.key, disturbed)


def claimed(store: SQLStore, key: str) -> str:
    claim = store.claim(key, "", 30)
    assert isinstance(claim, New)
    return claim.token


class TestURLs:
    @pytest.mark.parametrize("url", ["webhooks.db", "", "sqlite//x", "sqlite://webhooks.db", 5])
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

    async def test_they_may_be_made_where_an_event_loop_runs(self, at: SQL, opened: Opened) -> None:
        """As in a notebook, or at the start of an asynchronous application."""
        store = opened(at.store())
        at.leave()
        store.create()
        store.check()

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

    def test_in_a_new_file_they_wait_for_another_worker_that_makes_them(
        self, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SQLite refuses at once whoever wants another journal then, and waits for no time-out."""
        path = tmp_path / "webhooks.db"
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        waited: list[float] = []

        def wait(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 3:
                other.execute("COMMIT")

        monkeypatch.setattr(sqlite.time, "sleep", wait)
        store = opened(SQLStore(f"sqlite:///{path}"))
        store.create()
        other.close()
        store.check()
        assert waited == [sqlite.AGAIN] * 3

    def test_they_wait_for_another_worker_that_recovers_what_a_crash_left(
        self, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        execute = sqlite3.Connection.execute
        waited: list[float] = []

        def busy(connection: sqlite3.Connection, statement: str, *values: Any) -> sqlite3.Cursor:
            if not waited and "journal_mode" in statement:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
                raise error
            return execute(connection, statement, *values)

        monkeypatch.setattr(sqlite._Connection, "execute", busy)
        monkeypatch.setattr(sqlite.time, "sleep", waited.append)
        opened(SQLStore(f"sqlite:///{tmp_path / 'webhooks.db'}")).create()
        assert waited == [sqlite.AGAIN]

    def test_in_a_new_file_they_do_not_wait_for_ever(self, tmp_path: Path) -> None:
        path = str(tmp_path / "webhooks.db")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with closing(sqlite._Connection(path, timeout=0, isolation_level=None)) as connection:
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    connection.prepare()

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
        with pytest.raises(ConfigurationError, match=r"run SQLStore\(url\)\.create\(\) once"):
            Dispatcher(idempotency=store).open()
        store.create()
        Dispatcher(idempotency=store).open()
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
        ask(store, f"UPDATE {store._backend.schema.versions} SET version = 7")
        later = opened(at.store())
        with pytest.raises(ConfigurationError, match="are of version 7, and this webhook_kit works with version 1"):
            later.claim("key", "", 30)
        with pytest.raises(ConfigurationError, match="version 7"):
            later.create()
        with pytest.raises(
            ConfigurationError, match=r"give SQLStore another prefix= and run SQLStore\(url\)\.create\(\)"
        ):
            Dispatcher(idempotency=later).open()

    async def test_a_database_that_is_away_stops_no_start_and_is_used_when_it_is_back(
        self, tmp_path: Path, opened: Opened, caplog: pytest.LogCaptureFixture
    ) -> None:
        store = opened(SQLStore(f"sqlite:///{tmp_path}/volume/webhooks.db"))
        async with Dispatcher(idempotency=store):
            assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["OperationalError"]
            (tmp_path / "volume").mkdir()
            claimed(store, "key")

    @pytest.mark.services
    def test_a_version_that_was_lost_is_like_no_tables(self, server: PostgreSQL, opened: Opened) -> None:
        ask(opened(server.store()), f"DELETE FROM {server.prefix}schema")
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
        for module in (statements, backend_module):
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
        [pages] = file.rows(store, "PRAGMA page_count")
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
            assert time.monotonic() - started < 3 * PATIENCE
            other.execute("ROLLBACK")
        other.close()
        claimed(store, "third")
        with store.transaction("key", token, "first"):
            pass

    def test_it_is_not_closed_under_the_hands_of_another_thread(self, file: SQLiteFile, opened: Opened) -> None:
        """SQLite would take the process along."""
        store = opened(file.store(timeout=0.1))
        token = claimed(store, "key")
        backend: Any = store._backend
        used = backend._connection
        with store.transaction("key", token, "first"), ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(store.close).result()
            assert backend._connection is used
        assert store.complete("key", token, RawResponse(200), 60)
        store.close()
        assert backend._connection is None

    def test_the_wait_for_this_process_is_bounded(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store(timeout=0.1))
        token = claimed(store, "key")
        with store.transaction("key", token, "first"), pytest.raises(TimeoutError):
            store.claim("other", "", 30)
        claimed(store, "other")

    def test_what_nobody_waits_for_any_more_is_left_out(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store())
        claimed(store, "key")
        calls = [Call(store._claiming(name, 30)) for name in ("given up", "waited for")]
        calls[0].abandoned = True
        store._backend.run(calls)
        assert file.rows(store, f"SELECT key FROM {store._backend.schema.deliveries}") == ["key", "waited for"]

    def test_nor_is_it_tried_again_by_itself(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store())
        calls = [Call(work) for work in (asking("nonsense"), store._claiming("given up", 30))]
        calls[1].abandoned = True
        store._backend.run(calls)
        assert isinstance(calls[0].error, sqlite3.OperationalError)
        assert file.rows(store, f"SELECT key FROM {store._backend.schema.deliveries}") == []

    def test_a_batch_that_cannot_begin_again_fails_at_once(self, file: SQLiteFile, opened: Opened) -> None:
        """What failed together is tried one by one, but the wait for the lock is not repeated for each."""
        store = opened(file.store())
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
        calls = [Call(asking("nonsense")) for _ in range(3)]
        backend.run(calls)
        assert [str(call.error) for call in calls] == ["locked"] * 3
        assert len(begun) == 2
        memory.close()

    def test_a_broken_batch_in_memory_keeps_the_memory(self, opened: Opened) -> None:
        store = opened(SQLStore("sqlite://"))
        claimed(store, "key")
        with pytest.raises(sqlite3.OperationalError):
            ask(store, "nonsense")
        with pytest.raises(sqlite3.OperationalError):
            ask(store, "COMMIT")
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

    def test_a_process_that_goes_elsewhere_keeps_its_file(
        self, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As those do that become daemons, also between two forks."""
        monkeypatch.chdir(tmp_path)
        store = opened(SQLStore("sqlite:///webhooks.db"))
        claimed(store, "key")
        store.close()
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        store.after_fork()
        assert isinstance(store.claim("key", "", 30), Busy)

    def test_a_dropped_store_takes_its_thread_along(self, file: SQLiteFile) -> None:
        store = file.store()
        claimed(store, "key")
        backend: Any = store._backend
        thread = backend._batcher._thread
        del store
        thread.join(10)
        assert not thread.is_alive()
        assert backend._connection is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
class TestForksOfSQLite:
    """A child would take the locks of its parent for its own, and write into a log that others remove."""

    def test_what_a_child_completes_outlives_its_parents_close(self, file: SQLiteFile, opened: Opened) -> None:
        store = opened(file.store())
        claimed(store, "before")
        hooks = Dispatcher(idempotency=store)
        (ready, tell), (go_on, let) = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            try:
                token = claimed(store, "key")
                os.write(tell, b"x")
                os.read(go_on, 1)
                store.complete("key", token, ANSWER, 60)
            finally:
                os._exit(0)
        os.read(ready, 1)
        hooks.close()
        os.write(let, b"x")
        os.waitpid(child, 0)
        for end in (ready, tell, go_on, let):
            os.close(end)
        assert store.claim("key", "", 30) == Done(ANSWER)

    def test_a_parent_in_a_transaction_is_told(
        self, file: SQLiteFile, opened: Opened, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = opened(file.store())
        token, gate = claimed(store, "key"), store._backend.gate
        with store.transaction("key", token, "mine"):
            self.fork()
        elsewhere = threading.Thread(target=gate.enter)
        elsewhere.start()
        elsewhere.join()
        with monkeypatch.context() as patience:
            patience.setattr(gate, "_timeout", 0.01)
            self.fork()
        gate.leave()
        assert [record.getMessage()[:50] for record in caplog.records] == [
            "this process is forked while a transaction of SQLS"
        ] * 2
        self.fork()
        assert store.release("key", token)
        assert store.claim("key", "", 30)[1:] == (2, ("mine",)), "the transaction was committed"

    def test_a_database_in_memory_stays_with_its_parent(self, opened: Opened) -> None:
        store = opened(SQLStore("sqlite://"))
        claimed(store, "key")
        self.fork()
        assert isinstance(store.claim("key", "", 30), Busy)

    def test_a_child_leaves_alone_what_its_parent_let_go(
        self, file: SQLiteFile, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It may fork as well, and must not wait for places that nobody leaves."""
        before: Any = opened(file.store())._backend
        monkeypatch.setattr(sqlite, "_living", WeakSet({before}))
        sqlite._before_fork()
        sqlite._after_fork_in_child()
        assert (list(sqlite._living), sqlite._let_go) == ([], [])

    def fork(self) -> None:
        if (child := os.fork()) == 0:
            os._exit(0)
        os.waitpid(child, 0)


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
            assert time.monotonic() - started < 3 * PATIENCE

    def test_a_server_that_says_nothing_is_trouble_within_bounded_time(
        self, server: PostgreSQL, opened: Opened
    ) -> None:
        store = opened(server.store(timeout=0.4 * PATIENCE))
        claimed(store, "key")
        started = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            ask(store, "SET statement_timeout = 0", "SELECT pg_sleep(10)")
        assert time.monotonic() - started < 3 * PATIENCE
        claimed(store, "other")

    def test_a_locked_row_is_trouble_within_bounded_time(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store(timeout=0.4 * PATIENCE))
        token = claimed(store, "key")
        with psycopg.connect(POSTGRESQL) as other:
            other.execute(f"SELECT 1 FROM {server.prefix}deliveries FOR UPDATE".encode())
            assert isinstance(store.claim("key", "", 30), Busy), "a duplicate waits for no lock"
            with pytest.raises((LockNotAvailable, psycopg.OperationalError)):
                store.complete("key", token, ANSWER, 60)
        assert store.complete("key", token, ANSWER, 60)

    def test_connections_that_the_server_closed_are_replaced(self, server: PostgreSQL, opened: Opened) -> None:
        url = make_url(POSTGRESQL).update_query_dict({"application_name": server.prefix})
        store = opened(SQLStore(url, prefix=server.prefix, pool_size=4))

        async def claim(number: int) -> Any:
            return await store.aclaim(f"key{number}", "", 30)

        async def several(numbers: range) -> list[Any]:
            return await asyncio.gather(*map(claim, numbers))

        asyncio.run(several(range(8)))
        with store._backend.engine.connect():
            pass
        with psycopg.connect(POSTGRESQL, autocommit=True) as other:
            ended = other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [server.prefix]
            ).fetchall()
        assert ended == [(True,)] * len(ended) != []
        assert [type(each) for each in asyncio.run(several(range(8, 16)))] == [New] * 8

    def test_one_that_breaks_twice_is_trouble(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        with pytest.raises(psycopg.OperationalError):
            ask(store, "SELECT pg_terminate_backend(pg_backend_pid())")
        claimed(store, "key")

    def test_a_claim_whose_answer_was_lost_is_ours(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        tries: list[Any] = []
        work = store._claiming("key", 30)

        def lose_the_first() -> Steps[Claim]:
            tries.append((yield from work.begin()))
            if len(tries) == 1:
                yield "SELECT pg_terminate_backend(pg_backend_pid())", {}
            return tries[-1]

        assert store._backend.call(Work("key", lose_the_first)) == tries[0]
        assert len(tries) == 2

    def test_who_is_overtaken_again_and_again_is_told_to_come_back(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        claimed(store, "key")
        server.advance(store, 31)
        take = store._backend.statements._take

        def overtake(statement: str) -> str | None:
            return f"UPDATE {server.prefix}deliveries SET attempt = attempt + 1" if statement is take else None

        assert store._backend.call(before_each(store._claiming("key", 30), overtake)) == Busy(30)

    def test_a_key_that_is_purged_meanwhile_is_claimed_anew(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        claimed(store, "key")
        look = store._backend.statements._look

        def purge(statement: str) -> str | None:
            return f"DELETE FROM {server.prefix}deliveries" if statement is look else None

        claim = store._backend.call(before_each(store._claiming("key", 30), purge))
        assert isinstance(claim, New)
        assert claim.attempt == 1

    def test_a_database_that_may_not_be_read_is_trouble(self, server: PostgreSQL, opened: Opened) -> None:
        """Which is not the same as tables that are missing."""
        url = make_url(POSTGRESQL).update_query_dict({"options": "-c role=pg_monitor"})
        with pytest.raises(DBAPIError, match="permission denied"):
            opened(SQLStore(url, prefix=server.prefix)).claim("key", "", 30)

    def test_who_has_waited_too_long_does_not_begin(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store(timeout=1))
        backend: Any = store._backend
        begun, go_on = threading.Event(), threading.Event()

        def wait() -> Steps[None]:
            begun.set()
            go_on.wait(10)
            yield "SELECT 1", {}

        async def both() -> Any:
            slow = asyncio.ensure_future(backend.acall(Work("", wait)))
            await asyncio.to_thread(begun.wait, 10)
            quick = asyncio.ensure_future(store.aclaim("key", "", 30))
            await asyncio.wait({quick})
            go_on.set()
            return await asyncio.gather(slow, quick, return_exceptions=True)

        assert isinstance(asyncio.run(both())[1], TimeoutError)
        claimed(store, "key")

    def test_what_waits_shares_a_commit(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        calls = [Call(store._claiming(f"key{number}", 30)) for number in range(9)]
        store._backend.run(calls)
        assert [type(call.outcome()) for call in calls] == [New] * 9
        assert len(set(server.rows(store, f"SELECT xmin::text FROM {server.prefix}deliveries"))) == 1

    def test_twins_that_wait_together_are_told_apart(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        calls = [Call(store._claiming("key", 30)) for _ in range(9)]
        store._backend.run(calls)
        assert [type(call.outcome()) for call in calls] == [New, *[Busy] * 8], "in the order of arrival"

    def test_the_trouble_of_one_is_not_that_of_the_others(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store(timeout=0.4 * PATIENCE))
        locked, other = claimed(store, "locked"), claimed(store, "other")
        server.advance(store, 31)
        calls = [
            Call(store._completing("other", other, ANSWER, 60)),
            Call(store._claiming("locked", 30)),
            Call(store._claiming("new", 30)),
        ]
        with psycopg.connect(POSTGRESQL) as connection:
            connection.execute(f"SELECT 1 FROM {server.prefix}deliveries WHERE key = 'locked' FOR UPDATE".encode())
            store._backend.run(calls)
        assert isinstance(calls[1].error, LockNotAvailable)
        assert (calls[0].outcome(), type(calls[2].outcome())) == (True, New), "nor was anything done twice"
        assert store.complete("locked", locked, ANSWER, 60), "nobody took it over"

    def test_a_row_that_cannot_be_read_is_the_trouble_of_its_delivery(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        claimed(store, "broken")
        ask(store, f"UPDATE {server.prefix}deliveries SET done = 'no JSON'")
        calls = [Call(store._claiming(key, 30)) for key in ("broken", "key")]
        store._backend.run(calls)
        with pytest.raises(ValueError, match="Expecting value"):
            calls[0].outcome()
        assert isinstance(calls[1].outcome(), New)

    def test_many_on_a_lost_connection_are_done_again(self, server: PostgreSQL, opened: Opened) -> None:
        store = opened(server.store())
        ask(store, "SELECT 1")
        with psycopg.connect(POSTGRESQL, autocommit=True) as other:
            [pid] = server.rows(store, "SELECT pg_backend_pid()")
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        calls = [Call(store._claiming(f"key{number}", 30)) for number in range(9)]
        store._backend.run(calls)
        assert [type(call.outcome()) for call in calls] == [New] * 9

    def test_rows_are_locked_in_the_order_of_their_keys(self, server: PostgreSQL, opened: Opened) -> None:
        """So that two processes do not wait for each other in a circle."""
        store = opened(server.store())
        begun: list[str] = []

        def claiming(key: str) -> Call[Work]:
            def noted() -> Steps[Any]:
                begun.append(key)
                return (yield from store._claiming(key, 30).begin())

            return Call(Work(key, noted))

        store._backend.run([Call(store._backend.purging()), *map(claiming, ["b", "c", "a"])])
        assert begun == ["a", "b", "c"]

    def test_options_of_the_url_are_kept(self, server: PostgreSQL, opened: Opened) -> None:
        url = make_url(POSTGRESQL).update_query_dict({"options": "-c work_mem=5MB", "application_name": "mine"})
        store = opened(SQLStore(url, prefix=server.prefix, timeout=3))

        names = ("work_mem", "application_name", "statement_timeout", "lock_timeout", "transaction_isolation")
        settings = [*itertools.chain(*(server.rows(store, f"SHOW {name}") for name in names))]
        assert settings == ["5MB", "mine", "1500ms", "375ms", "read committed"]

    def test_above_read_committed_no_transaction_outlives_a_heartbeat(self, server: PostgreSQL, opened: Opened) -> None:
        """Which the guide says."""
        url = make_url(POSTGRESQL).update_query_dict({"options": r"-c default_transaction_isolation=repeatable\ read"})
        store = opened(SQLStore(url, prefix=server.prefix))
        token = claimed(store, "key")
        transaction = store.transaction("key", token, "first")
        connection = transaction.__enter__()
        connection.execute(text(f"CREATE TABLE {server.prefix}effects (number int)"))
        assert store.extend("key", token, 30)
        with pytest.raises(SerializationFailure):
            transaction.__exit__(None, None, None)
        with store.transaction("key", token, "first") as connection:
            assert connection.scalar(text(f"SELECT to_regclass('{server.prefix}effects')")) is None

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
