"""A commit that is interrupted: the handler's writes and "this handler is done" agree, whatever happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from tests.core.plain import Opened
from tests.idempotency.faults.application import LEASE, Application, heavy, refused, running
from tests.idempotency.faults.conftest import RemotePostgreSQL
from tests.idempotency.sites import POSTGRESQL, PostgreSQL, ask
from webhook_kit import Delivery, Outcome
from webhook_kit.idempotency import Claim, Fenced, New, SQLStore
from webhook_kit.idempotency.sql.backend import Work
from webhook_kit.idempotency.sql.statements import Steps

pytestmark = pytest.mark.services


@pytest.fixture
def remote() -> Iterator[RemotePostgreSQL]:
    found = RemotePostgreSQL()
    run(found.tables, f"CREATE TABLE {found.tables.prefix}effects (door text NOT NULL)")
    yield found
    found.close()


def run(site: PostgreSQL, statement: str) -> None:
    store = site.store()
    ask(store, statement)
    store.close()


def effects(remote: RemotePostgreSQL) -> list[str]:
    store = remote.tables.store()
    try:
        return remote.tables.rows(store, f"SELECT door FROM {remote.tables.prefix}effects ORDER BY door")
    finally:
        store.close()


class Writing:
    """An application whose handler writes in a transaction, and may be interrupted before it ends."""

    def __init__(self, application: Application, store: SQLStore) -> None:
        self.application = application
        self.begun: list[int] = []
        insert = text(f"INSERT INTO {store._backend.schema.prefix}effects VALUES (:door)")

        def write(event: Opened, delivery: Delivery) -> None:
            self.begun.append(delivery.attempt)
            with delivery.transaction() as connection:
                connection.execute(insert, {"door": event.door})
                self.meanwhile()

        async def awrite(event: Opened, delivery: Delivery) -> None:
            self.begun.append(delivery.attempt)
            async with delivery.transaction() as connection:
                await connection.execute(insert, {"door": event.door})
                self.meanwhile()

        application.handle(write if application.driver == "sync" else awrite)

    def meanwhile(self) -> None:
        pass


class TestACommit:
    @pytest.mark.parametrize("answered", [False, True], ids=["its request", "its answer"])
    def test_that_gets_lost_is_made_good_by_the_retry(
        self, remote: RemotePostgreSQL, driver: str, answered: bool
    ) -> None:
        store = remote.store()
        with running(store, driver) as application:
            writing = Writing(application, store)
            writing.meanwhile = lambda: remote.proxy.at(b"COMMIT", remote.proxy.cut, answered=answered)
            assert application.statuses("front") == [500]
            assert effects(remote) == (["front"] if answered else [])
            writing.meanwhile = lambda: None
            assert application.statuses("front") == [200]
            assert effects(remote) == ["front"]
            assert writing.begun == ([1] if answered else [1, 2]), "who committed is not asked again"

    @pytest.mark.parametrize("answered", [False, True], ids=["its request", "its answer"])
    def test_that_gets_lost_with_the_server_is_made_good_after_the_lease(
        self, remote: RemotePostgreSQL, driver: str, answered: bool
    ) -> None:
        store = remote.store()
        with running(store, driver) as application:
            writing = Writing(application, store)
            writing.meanwhile = lambda: remote.proxy.at(
                b"COMMIT", remote.proxy.refuse, remote.proxy.cut, answered=answered
            )
            assert application.statuses("front") == [500]
            remote.proxy.resume()
            writing.meanwhile = lambda: None
            assert application.statuses("front") == [503]
            assert application.outcomes[-1] is Outcome.IN_FLIGHT
            remote.tables.advance(store, 31)
            assert application.statuses("front") == [200]
            assert effects(remote) == ["front"]
            assert writing.begun == ([1] if answered else [1, 2])


class TestAStall:
    @heavy
    @pytest.mark.parametrize("marker", [b"BEGIN", b"COMMIT"])
    def test_ends_a_transaction_within_bounded_time(self, remote: RemotePostgreSQL, driver: str, marker: bytes) -> None:
        store = remote.store()
        with running(store, driver) as application:
            writing = Writing(application, store)
            assert application.statuses("warm") == [200]
            application.meanwhile = lambda delivery: remote.proxy.at(marker, remote.proxy.stall)
            [answer] = application.deliver("front")
            # The release that follows has to find out by itself.
            assert answer.status == 500
            assert answer.seconds < 2 * remote.bound
            remote.proxy.resume()
            application.meanwhile = lambda delivery: None
            assert application.statuses("back") == [200]
            remote.tables.advance(store, 31)
            assert application.statuses("front") == [200]
            assert effects(remote) == ["back", "front", "warm"]
            application.no_thread_is_left_behind(remote.connections)
            assert writing.begun[0] == 1


class TestManyAtOnce:
    def test_none_is_lost_or_doubled_by_cuts(self, remote: RemotePostgreSQL, driver: str) -> None:
        store = remote.store()
        doors = [f"door {number}" for number in range(40)]
        with running(store, driver) as application:
            Writing(application, store)
            waiting = doors
            for _ in range(20):
                remote.proxy.at(b"COMMIT", remote.proxy.cut, answered=True)
                statuses = application.statuses(*waiting)
                waiting = [door for door, status in zip(waiting, statuses, strict=True) if status != 200]
                remote.tables.advance(store, 31)
                if not waiting:
                    break
            assert waiting == []
        assert effects(remote) == sorted(doors)


def test_a_server_that_cannot_be_reached_refuses_before_the_handler(remote: RemotePostgreSQL, driver: str) -> None:
    store = remote.store()
    with running(store, driver) as application:
        writing = Writing(application, store)
        remote.proxy.refuse()
        refused(application.deliver("front"), remote.bound)
        assert writing.begun == []


class TestACommitThatArrivesLate:
    """The network took its answer away, or has held it back: the worker gives up while the server still commits."""

    @pytest.fixture
    def store(self, remote: RemotePostgreSQL) -> Iterator[SQLStore]:
        made = remote.tables.store()
        yield made
        made.close()

    def committing(self, store: SQLStore, work: Callable[[], object]) -> object:
        """Return what work returns that has to wait for the commit of a handler of the same delivery."""
        deliveries = store._backend.schema.deliveries
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
        with ThreadPoolExecutor(1) as pool, psycopg.connect(POSTGRESQL) as late:
            late.execute(f"UPDATE {deliveries} SET done = '[\"first\"]'".encode())
            working = pool.submit(work)
            with psycopg.connect(POSTGRESQL, autocommit=True) as onlooker:
                while onlooker.execute(waiting, [f"%{deliveries}%"]).fetchone() == (0,):
                    assert not working.done()
            late.commit()
            return working.result()

    def test_counts_for_a_release_that_waits_for_it(self, store: SQLStore) -> None:
        claim = store.claim("key", "", LEASE)
        assert isinstance(claim, New)
        assert self.committing(store, lambda: store.release("key", claim.token, ("second",))) is True
        again = store.claim("key", "", LEASE)
        assert isinstance(again, New)
        assert again.done == ("first", "second")

    def test_counts_for_a_claim_that_has_looked_already(self, remote: RemotePostgreSQL, store: SQLStore) -> None:
        store.claim("key", "", LEASE)
        remote.tables.advance(store, LEASE + 1)
        take = store._backend.statements._take

        def claim() -> Steps[Claim]:
            steps = store._backend.statements.claim("key", "another token", LEASE)
            request = next(steps)
            while True:
                if request[0] is take:
                    run(remote.tables, f"UPDATE {store._backend.schema.deliveries} SET done = '[\"first\"]'")
                try:
                    request = steps.send((yield request))
                except StopIteration as end:
                    claimed: Claim = end.value
                    return claimed

        again = store._backend.call(Work("key", claim))
        assert isinstance(again, New)
        assert (again.attempt, again.done) == (2, ("first",))

    def test_counts_for_a_transaction_of_the_next_handler(self, remote: RemotePostgreSQL, store: SQLStore) -> None:
        claim = store.claim("key", "", LEASE)
        assert isinstance(claim, New)
        with store.transaction("key", claim.token, "second"):
            run(remote.tables, f"UPDATE {store._backend.schema.deliveries} SET done = '[\"first\"]'")
        assert store.release("key", claim.token)
        again = store.claim("key", "", LEASE)
        assert isinstance(again, New)
        assert again.done == ("first", "second")

    def test_does_not_let_the_next_one_try_for_ever(self, store: SQLStore) -> None:
        """Whatever keeps the row from being changed."""
        claim = store.claim("key", "", LEASE)
        assert isinstance(claim, New)
        statements = store._backend.statements
        for name in ("_release", "_mark"):
            setattr(statements, name, getattr(statements, name) + " AND 1 = 0")
        assert store.release("key", claim.token) is False
        with pytest.raises(Fenced), store.transaction("key", claim.token, "first"):
            pass
