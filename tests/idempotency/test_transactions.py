"""A handler's writes and "this handler is done": both or neither."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.core.conftest import Send
from tests.core.plain import SECRET, Opened, Plain, body, request
from tests.idempotency.sites import SQL, ask, params, site
from webhook_kit import ConfigurationError, Delivery, Dispatcher, RawResponse, Record
from webhook_kit.idempotency import Fenced, New, SQLStore

LEASE = 30.0


@pytest.fixture(params=params("sqlite-file", "sqlite-memory", "postgresql"))
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQL]:
    found = site(request.param, tmp_path)
    assert isinstance(found, SQL)
    yield found
    found.leave()


@pytest.fixture
def store(at: SQL) -> Iterator[SQLStore]:
    """A store whose database has a table of the handlers' own, without a unique key, so that doubles show."""
    store = at.store()
    ask(store, f"CREATE TABLE {effects(store)} (door text NOT NULL)")
    yield store
    store.close()


def effects(store: SQLStore) -> str:
    return f"{store._backend.schema.prefix}effects"


def seen(at: SQL, store: SQLStore) -> list[str]:
    return at.rows(store, f"SELECT door FROM {effects(store)} ORDER BY door")


def insert(store: SQLStore) -> Any:
    return text(f"INSERT INTO {effects(store)} VALUES (:door)")


def claimed(store: SQLStore, key: str = "key") -> str:
    claim = store.claim(key, "", LEASE)
    assert isinstance(claim, New)
    return claim.token


def next_done(at: SQL, store: SQLStore) -> tuple[str, ...]:
    """Return who is done, as the next worker hears it after this one was killed."""
    at.advance(store, LEASE + 1)
    claim = store.claim("key", "", LEASE)
    assert isinstance(claim, New)
    return claim.done


def dispatcher(store: SQLStore) -> tuple[Dispatcher, list[Record]]:
    hooks = Dispatcher(idempotency=store)
    hooks.add(Plain(secret=SECRET))
    records: list[Record] = []
    hooks.observe(thread=False)(records.append)
    return hooks, records


class TestWith:
    def test_what_was_written_and_who_is_done_are_kept_together(self, at: SQL, store: SQLStore) -> None:
        with store.transaction("key", claimed(store), "first") as connection:
            connection.execute(insert(store), {"door": "front"})
        assert seen(at, store) == ["front"]
        assert next_done(at, store) == ("first",)

    def test_neither_is_kept_where_the_handler_raises(self, at: SQL, store: SQLStore) -> None:
        def handle() -> None:
            with store.transaction("key", claimed(store), "first") as connection:
                connection.execute(insert(store), {"door": "front"})
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            handle()
        assert seen(at, store) == []
        assert next_done(at, store) == ()

    def test_a_release_keeps_who_committed(self, at: SQL, store: SQLStore) -> None:
        """Also where the handler raises after its transaction, and so is not among those that finished."""
        token = claimed(store)
        with store.transaction("key", token, "second"):
            pass
        assert store.release("key", token, ("first",)) is True
        claim = store.claim("key", "", LEASE)
        assert isinstance(claim, New)
        assert claim.done == ("second", "first")

    def test_a_late_worker_does_not_begin(self, at: SQL, store: SQLStore) -> None:
        late = claimed(store)
        at.advance(store, LEASE + 1)
        live = claimed(store)
        with pytest.raises(Fenced, match="another worker took this delivery over"):
            store.transaction("key", late, "first").__enter__()
        with store.transaction("key", live, "first") as connection:
            connection.execute(insert(store), {"door": "front"})
        assert seen(at, store) == ["front"]

    def test_a_handler_has_one_transaction(self, at: SQL, store: SQLStore) -> None:
        token = claimed(store)
        with store.transaction("key", token, "first"):
            pass
        with pytest.raises(ConfigurationError, match="a handler writes in one transaction"):
            store.transaction("key", token, "first").__enter__()
        with store.transaction("key", token, "second"):
            pass

    def test_the_handler_does_not_commit_itself(self, at: SQL, store: SQLStore) -> None:
        with (
            pytest.raises(ConfigurationError, match=r"leave commit and rollback to delivery\.transaction\(\)"),
            store.transaction("key", claimed(store), "first") as connection,
        ):
            connection.rollback()
        assert next_done(at, store) == ()

    def test_a_savepoint_may_fail(self, at: SQL, store: SQLStore) -> None:
        with store.transaction("key", claimed(store), "first") as connection:
            connection.execute(insert(store), {"door": "front"})
            with pytest.raises(IntegrityError), connection.begin_nested():
                connection.execute(insert(store), {"door": None})
        assert seen(at, store) == ["front"]

    def test_a_statement_that_failed_is_the_handlers(self, at: SQL, store: SQLStore) -> None:
        token = claimed(store)
        with pytest.raises(IntegrityError), store.transaction("key", token, "first") as connection:
            connection.execute(insert(store), {"door": None})
        with store.transaction("key", token, "first") as connection:
            connection.execute(insert(store), {"door": "front"})
        assert seen(at, store) == ["front"]

    async def test_on_an_event_loop_it_raises_at_once(self, at: SQL, store: SQLStore) -> None:
        transaction = store.transaction("key", claimed(store), "first")
        with pytest.raises(ConfigurationError, match="async with"):
            transaction.__enter__()
        async with transaction:
            pass


class TestAsyncWith:
    async def test_what_was_written_and_who_is_done_are_kept_together(self, at: SQL, store: SQLStore) -> None:
        async with store.transaction("key", claimed(store), "first") as connection:
            assert isinstance(connection, AsyncConnection)
            await connection.execute(insert(store), {"door": "front"})
            await connection.execute(insert(store), [{"door": "back"}, {"door": "side"}])
            await connection.exec_driver_sql(f"INSERT INTO {effects(store)} VALUES ('trap')")
            found = await connection.scalars(text(f"SELECT door FROM {effects(store)} ORDER BY door"))
            assert found.all() == ["back", "front", "side", "trap"]
            plain = await connection.exec_driver_sql("SELECT 1", execution_options={"no_parameters": True})
            assert plain.scalar() == 1
        assert seen(at, store) == ["back", "front", "side", "trap"]
        assert next_done(at, store) == ("first",)

    async def test_neither_is_kept_where_the_handler_raises(self, at: SQL, store: SQLStore) -> None:
        async def handle() -> None:
            async with store.transaction("key", claimed(store), "first") as connection:
                await connection.execute(insert(store), {"door": "front"})
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await handle()
        assert seen(at, store) == []
        assert next_done(at, store) == ()

    async def test_a_late_worker_does_not_begin(self, at: SQL, store: SQLStore) -> None:
        claimed(store)
        with pytest.raises(Fenced):
            await store.transaction("key", "late", "first").__aenter__()

    async def test_a_cancelled_handler_writes_nothing(self, at: SQL, store: SQLStore) -> None:
        token, written = claimed(store), asyncio.Event()

        async def handle() -> None:
            async with store.transaction("key", token, "first") as connection:
                await connection.execute(insert(store), {"door": "front"})
                written.set()
                await asyncio.Event().wait()

        task = asyncio.ensure_future(handle())
        await written.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert seen(at, store) == []
        assert next_done(at, store) == ()

    async def test_one_that_is_cancelled_as_it_begins_leaves_nothing_open(self, at: SQL, store: SQLStore) -> None:
        token = claimed(store)
        transaction = store.transaction("key", token, "first")
        task = asyncio.ensure_future(transaction.__aenter__())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with store.transaction("key", token, "first") as connection:
            await connection.execute(insert(store), {"door": "front"})
        assert seen(at, store) == ["front"]

    async def test_the_orm_writes_in_it_too(self, at: SQL, store: SQLStore) -> None:
        async with store.transaction("key", claimed(store), "first") as connection:
            async with AsyncSession(bind=connection, join_transaction_mode="create_savepoint") as session:
                await session.execute(insert(store), {"door": "front"})
                await session.commit()
        assert seen(at, store) == ["front"]

    async def test_many_take_turns(self, at: SQL, store: SQLStore) -> None:
        async def handle(number: int) -> None:
            claim = await store.aclaim(f"key{number}", "", LEASE)
            assert isinstance(claim, New)
            async with store.transaction(f"key{number}", claim.token, "first") as connection:
                await connection.execute(insert(store), {"door": f"{number:02}"})

        await asyncio.gather(*(handle(number) for number in range(20)))
        assert seen(at, store) == [f"{number:02}" for number in range(20)]


@pytest.mark.services
@pytest.mark.parametrize("at", params("postgresql"), indirect=True)
def test_the_fence_is_looked_at_again_at_the_end(at: SQL, store: SQLStore) -> None:
    """Another worker takes over while the handler writes; in SQLite nobody else writes meanwhile."""
    late = claimed(store)

    def handle() -> None:
        with store.transaction("key", late, "first") as connection:
            connection.execute(insert(store), {"door": "front"})
            at.advance(store, LEASE + 1)
            claimed(store)

    with pytest.raises(Fenced):
        handle()
    assert seen(at, store) == []


class TestDispatched:
    """Through the dispatcher, under both drivers."""

    def test_the_retry_runs_only_the_handler_that_failed(self, send: Send, at: SQL, store: SQLStore) -> None:
        hooks, records = dispatcher(store)

        @hooks.on(Opened)
        def first(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction() as connection:
                connection.execute(insert(store), {"door": "first"})

        @hooks.on(Opened)
        async def second(event: Opened, delivery: Delivery) -> None:
            async with delivery.transaction() as connection:
                await connection.execute(insert(store), {"door": "second"})
                if delivery.attempt == 1:
                    raise RuntimeError("jammed")

        @hooks.on(Opened)
        def third(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction() as connection:
                connection.execute(insert(store), {"door": "third"})
            if delivery.attempt == 1:
                raise RuntimeError("after the commit, which counts")

        assert [send(hooks, request(sign=True)).status for _ in range(3)] == [500, 200, 200]
        assert seen(at, store) == ["first", "second", "third"]
        assert [record.outcome.value for record in records] == ["handler_failed", "processed", "duplicate"]
        hooks.close()

    def test_a_crash_between_commit_and_completion_doubles_nothing(self, send: Send, at: SQL, store: SQLStore) -> None:
        hooks, records = dispatcher(store)

        @hooks.on(Opened)
        def first(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction() as connection:
                connection.execute(insert(store), {"door": f"attempt {delivery.attempt}"})

        killed = Killed(store)
        hooks.store = killed
        assert send(hooks, request(sign=True)).status == 503
        hooks.store = store
        assert send(hooks, request(sign=True)).status == 503, "the lease of the killed one"
        at.advance(store, 61)
        assert send(hooks, request(sign=True)).status == 200
        assert seen(at, store) == ["attempt 1"]
        assert [record.outcome.value for record in records] == ["store_unavailable", "in_flight", "processed"]
        assert records[-1].attempt == 2
        hooks.close()

    def test_a_plain_with_in_an_async_handler_is_an_error(self, send: Send, at: SQL, store: SQLStore) -> None:
        hooks, records = dispatcher(store)

        @hooks.on(Opened)
        async def wrong(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction():
                pass

        assert send(hooks, request(sign=True)).status == 500
        assert isinstance(records[0].error, ConfigurationError)
        hooks.close()

    @pytest.mark.services
    @pytest.mark.parametrize("at", params("postgresql"), indirect=True)
    def test_a_worker_whose_lease_was_taken_over_is_fenced(self, send: Send, at: SQL, store: SQLStore) -> None:
        hooks, records = dispatcher(store)
        taken: list[int] = []

        @hooks.on(Opened)
        def slow(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction() as connection:
                connection.execute(insert(store), {"door": f"attempt {delivery.attempt}"})
                if delivery.attempt == 1:
                    at.advance(store, 61)
                    taken.append(hooks.dispatch(request(sign=True)).status)

        assert send(hooks, request(sign=True)).status == 503
        assert taken == [200]
        assert seen(at, store) == ["attempt 2"]
        assert [(record.outcome.value, record.attempt) for record in records] == [("processed", 2), ("fenced", 1)]
        hooks.close()

    def test_a_duplicate_is_answered_as_before(self, send: Send, at: SQL, store: SQLStore) -> None:
        hooks, _ = dispatcher(store)

        @hooks.on(Opened)
        def write(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction() as connection:
                connection.execute(insert(store), {"door": event.door})

        answers = [send(hooks, request(content, sign=True)) for content in (body(), body(), body(door="back"))]
        assert answers[0] == answers[1]
        assert seen(at, store) == ["back", "front"]
        hooks.close()


class Killed(SQLStore):
    """The same store, in a process that is killed before it completes."""

    def __init__(self, store: SQLStore) -> None:
        self._backend = store._backend

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        raise ConnectionAbortedError

    async def acomplete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        raise ConnectionAbortedError
