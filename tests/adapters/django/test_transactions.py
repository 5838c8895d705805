"""A handler's writes with the ORM and "this handler is done": both or neither."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from tests.core.conftest import Send
from tests.core.plain import SECRET, Opened, Plain, body, request
from webhook_kit import ConfigurationError, Delivery, Dispatcher, RawResponse, Record
from webhook_kit.adapters.django import DjangoStore, transitions
from webhook_kit.adapters.django.threads import ClosingBehind
from webhook_kit.idempotency import Fenced, New

from .shop.models import Effect
from .sites import DjangoSite, params

LEASE = 30.0


@pytest.fixture
def store(at: DjangoSite) -> DjangoStore:
    return at.store()


def write(at: DjangoSite, door: str | None) -> None:
    Effect.objects.using(at.alias).create(door=door)


async def awrite(at: DjangoSite, door: str | None) -> None:
    await Effect.objects.using(at.alias).acreate(door=door)


def seen(at: DjangoSite) -> list[str]:
    return sorted(Effect.objects.using(at.alias).values_list("door", flat=True))


def claimed(store: DjangoStore, key: str = "key") -> str:
    claim = store.claim(key, "", LEASE)
    assert isinstance(claim, New)
    return claim.token


def next_done(at: DjangoSite, store: DjangoStore) -> tuple[str, ...]:
    """Return who is done, as the next worker hears it after this one was killed."""
    at.advance(store, LEASE + 1)
    claim = store.claim("key", "", LEASE)
    assert isinstance(claim, New)
    return claim.done


def dispatcher(store: DjangoStore) -> tuple[Dispatcher, list[Record]]:
    hooks = Dispatcher(idempotency=store)
    hooks.add(Plain(secret=SECRET))
    records: list[Record] = []
    hooks.observe(thread=False)(records.append)
    return hooks, records


class TestWith:
    def test_what_was_written_and_who_is_done_are_kept_together(self, at: DjangoSite, store: DjangoStore) -> None:
        with store.transaction("key", claimed(store), "first") as connection:
            assert connection is connections[at.alias]
            assert connection.in_atomic_block
            write(at, "front")
        assert seen(at) == ["front"]
        assert next_done(at, store) == ("first",)

    def test_neither_is_kept_where_the_handler_raises(self, at: DjangoSite, store: DjangoStore) -> None:
        def handle() -> None:
            with store.transaction("key", claimed(store), "first"):
                write(at, "front")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            handle()
        assert seen(at) == []
        assert next_done(at, store) == ()

    def test_a_release_keeps_who_committed(self, store: DjangoStore) -> None:
        """Also where the handler raises after its transaction, and so is not among those that finished."""
        token = claimed(store)
        with store.transaction("key", token, "second"):
            pass
        assert store.release("key", token, ("first",)) is True
        claim = store.claim("key", "", LEASE)
        assert isinstance(claim, New)
        assert claim.done == ("second", "first")

    def test_a_late_worker_does_not_begin(self, at: DjangoSite, store: DjangoStore) -> None:
        late = claimed(store)
        at.advance(store, LEASE + 1)
        live = claimed(store)
        with pytest.raises(Fenced, match="another worker took this delivery over"):
            store.transaction("key", late, "first").__enter__()
        with store.transaction("key", live, "first"):
            write(at, "front")
        assert seen(at) == ["front"]

    def test_a_handler_has_one_transaction(self, store: DjangoStore) -> None:
        token = claimed(store)
        with store.transaction("key", token, "first"):
            pass
        with pytest.raises(ConfigurationError, match="a handler writes in one transaction"):
            store.transaction("key", token, "first").__enter__()
        with store.transaction("key", token, "second"):
            pass

    def test_it_is_the_outer_one(self, at: DjangoSite, store: DjangoStore) -> None:
        """One around it could take back what this one committed, and the delivery would count as done."""
        token = claimed(store)
        with (
            pytest.raises(ConfigurationError, match=r"let delivery\.transaction\(\) be the outer one"),
            transaction.atomic(at.alias),
        ):
            store.transaction("key", token, "first").__enter__()
        with store.transaction("key", token, "first"), transaction.atomic(at.alias):
            write(at, "front")
        assert seen(at) == ["front"]

    def test_a_savepoint_may_fail(self, at: DjangoSite, store: DjangoStore) -> None:
        with store.transaction("key", claimed(store), "first"):
            write(at, "front")
            with pytest.raises(IntegrityError), transaction.atomic(at.alias):
                write(at, None)
        assert seen(at) == ["front"]

    def test_what_is_done_on_commit_is_done_after_it(self, at: DjangoSite, store: DjangoStore) -> None:
        told: list[bool] = []

        def tell() -> None:
            told.append(connections[at.alias].in_atomic_block)

        with store.transaction("key", claimed(store), "first"):
            write(at, "front")
            transaction.on_commit(tell, using=at.alias)
            assert told == []
        assert told == [False]

    def test_nothing_is_done_on_commit_where_there_is_none(self, at: DjangoSite, store: DjangoStore) -> None:
        told: list[bool] = []

        def handle() -> None:
            with store.transaction("key", claimed(store), "first"):
                transaction.on_commit(lambda: told.append(True), using=at.alias)
                at.advance(store, LEASE + 1)
                store.deliveries().update(token="another")

        with pytest.raises(Fenced):
            handle()
        assert told == []

    async def test_on_an_event_loop_it_raises_at_once(self, at: DjangoSite) -> None:
        with pytest.raises(ConfigurationError, match="async with"):
            at.store().transaction("key", "token", "first").__enter__()


class TestAsyncWith:
    """Outside of any request, where it takes a thread of its own."""

    async def test_what_was_written_and_who_is_done_are_kept_together(self, at: DjangoSite, store: DjangoStore) -> None:
        token = await aclaimed(store)
        async with store.transaction("key", token, "first"):
            await awrite(at, "front")
            await awrite(at, "back")
        assert await asyncio.to_thread(closing, seen, at) == ["back", "front"]
        assert await asyncio.to_thread(closing, next_done, at, store) == ("first",)

    async def test_neither_is_kept_where_the_handler_raises(self, at: DjangoSite, store: DjangoStore) -> None:
        token = await aclaimed(store)

        async def handle() -> None:
            async with store.transaction("key", token, "first"):
                await awrite(at, "front")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await handle()
        assert await asyncio.to_thread(closing, seen, at) == []
        assert await asyncio.to_thread(closing, next_done, at, store) == ()

    async def test_a_late_worker_does_not_begin(self, at: DjangoSite, store: DjangoStore) -> None:
        await aclaimed(store)
        with pytest.raises(Fenced):
            await store.transaction("key", "late", "first").__aenter__()

    async def test_a_cancelled_handler_writes_nothing(self, at: DjangoSite, store: DjangoStore) -> None:
        token, written = await aclaimed(store), asyncio.Event()

        async def handle() -> None:
            async with store.transaction("key", token, "first"):
                await awrite(at, "front")
                written.set()
                await asyncio.Event().wait()

        task = asyncio.ensure_future(handle())
        await written.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(closing, seen, at) == []
        assert await asyncio.to_thread(closing, next_done, at, store) == ()

    async def test_one_that_is_cancelled_as_it_begins_leaves_nothing_open(
        self, at: DjangoSite, store: DjangoStore
    ) -> None:
        token = await aclaimed(store)
        task = asyncio.ensure_future(store.transaction("key", token, "first").__aenter__())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with store.transaction("key", token, "first"):
            await awrite(at, "front")
        assert await asyncio.to_thread(closing, seen, at) == ["front"]

    async def test_many_do_not_mix(self, at: DjangoSite, store: DjangoStore) -> None:
        """Every other one fails, and takes back nothing of the others'."""

        async def handle(number: int) -> None:
            token = await aclaimed(store, f"key{number}")
            async with store.transaction(f"key{number}", token, "first"):
                await awrite(at, f"{number:02}")
                if number % 2:
                    raise ZeroDivisionError

        ended = await asyncio.gather(*map(handle, range(10)), return_exceptions=True)
        assert [isinstance(error, ZeroDivisionError) for error in ended] == [False, True] * 5
        assert await asyncio.to_thread(closing, seen, at) == ["00", "02", "04", "06", "08"]


async def aclaimed(store: DjangoStore, key: str = "key") -> str:
    claim = await store.aclaim(key, "", LEASE)
    assert isinstance(claim, New)
    return claim.token


def closing(function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    finally:
        connections.close_all()


@pytest.mark.services
@pytest.mark.parametrize("at", params("postgresql"), indirect=True)
def test_the_fence_is_looked_at_again_at_the_end(at: DjangoSite, store: DjangoStore) -> None:
    """Another worker takes over while the handler writes; in SQLite nobody else writes meanwhile."""
    late = claimed(store)

    def handle() -> None:
        with store.transaction("key", late, "first"):
            write(at, "front")
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(closing, next_done, at, store).result()

    with pytest.raises(Fenced):
        handle()
    assert seen(at) == []


class TestDispatched:
    """Through the dispatcher, under both drivers."""

    def test_the_retry_runs_only_the_handler_that_failed(self, send: Send, at: DjangoSite, store: DjangoStore) -> None:
        hooks, records = dispatcher(store)

        @hooks.on(Opened)
        def first(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction():
                write(at, "first")

        @hooks.on(Opened)
        async def second(event: Opened, delivery: Delivery) -> None:
            async with delivery.transaction():
                await awrite(at, "second")
                if delivery.attempt == 1:
                    raise RuntimeError("jammed")

        @hooks.on(Opened)
        def third(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction():
                write(at, "third")
            if delivery.attempt == 1:
                raise RuntimeError("after the commit, which counts")

        hooks.runtime.aside = ClosingBehind()
        assert [send(hooks, request(sign=True)).status for _ in range(3)] == [500, 200, 200]
        assert seen(at) == ["first", "second", "third"]
        assert [record.outcome.value for record in records] == ["handler_failed", "processed", "duplicate"]
        hooks.close()

    def test_a_crash_between_commit_and_completion_doubles_nothing(
        self, send: Send, at: DjangoSite, store: DjangoStore
    ) -> None:
        hooks, records = dispatcher(store)

        @hooks.on(Opened)
        def first(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction():
                write(at, f"attempt {delivery.attempt}")

        hooks.runtime.aside = ClosingBehind()
        hooks.store = Killed(using=at.alias)
        assert send(hooks, request(sign=True)).status == 503
        hooks.store = store
        assert send(hooks, request(sign=True)).status == 503, "the lease of the killed one"
        at.advance(store, 61)
        assert send(hooks, request(sign=True)).status == 200
        assert seen(at) == ["attempt 1"]
        assert [record.outcome.value for record in records] == ["store_unavailable", "in_flight", "processed"]
        assert records[-1].attempt == 2
        hooks.close()

    def test_a_plain_with_in_an_async_handler_is_an_error(self, send: Send, store: DjangoStore) -> None:
        hooks, records = dispatcher(store)

        @hooks.on(Opened)
        async def wrong(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction():
                pass

        assert send(hooks, request(sign=True)).status == 500
        assert isinstance(records[0].error, ConfigurationError)
        hooks.close()

    def test_a_duplicate_is_answered_as_before(self, send: Send, at: DjangoSite, store: DjangoStore) -> None:
        hooks, _ = dispatcher(store)

        @hooks.on(Opened)
        def wrote(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction():
                write(at, event.door)

        hooks.runtime.aside = ClosingBehind()
        answers = [send(hooks, request(content, sign=True)) for content in (body(), body(), body(door="back"))]
        assert answers[0] == answers[1]
        assert seen(at) == ["back", "front"]
        hooks.close()


class Killed(DjangoStore):
    """The same store, in a process that is killed before it completes."""

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        raise ConnectionAbortedError


class TestACommitThatArrivesLate:
    """Its answer got lost, or the network held it back: the worker has gone on meanwhile."""

    def commit(self, store: DjangoStore, name: str) -> None:
        """Commit from another connection, as the server does for the worker that gave up."""

        def late() -> None:
            try:
                store.deliveries().update(done=[name])
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as thread:
            thread.submit(late).result()

    def test_counts_for_a_release_that_has_looked_already(
        self, store: DjangoStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = claimed(store)
        looking = transitions._done

        def look(held: Any) -> Any:
            found = looking(held)
            if found == ():
                self.commit(store, "first")
            return found

        monkeypatch.setattr(transitions, "_done", look)
        assert store.release("key", token, ("second",)) is True
        claim = store.claim("key", "", LEASE)
        assert isinstance(claim, New)
        assert claim.done == ("first", "second")

    @pytest.mark.parametrize("at", params("postgresql"), indirect=True)
    def test_counts_for_the_transaction_of_the_next_handler(self, at: DjangoSite, store: DjangoStore) -> None:
        """On SQLite nobody else writes meanwhile."""
        token = claimed(store)
        with store.transaction("key", token, "second"):
            self.commit(store, "first")
        assert next_done(at, store) == ("first", "second")

    def test_does_not_let_the_next_one_try_for_ever(self, store: DjangoStore, monkeypatch: pytest.MonkeyPatch) -> None:
        token = claimed(store)
        monkeypatch.setattr(transitions, "_done", lambda held: ("another",))
        assert store.release("key", token) is False
        with pytest.raises(Fenced), store.transaction("key", token, "first"):
            pass
