"""What the store in memory forgets, and what it does when it is full or asked by many at once."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.core.plain import Clock
from tests.core.stores import ANSWER, LEASE, RETENTION, fill
from webhook_kit import WebhookError
from webhook_kit.idempotency import Busy, Claim, Done, MemoryStore, New, StoreFull
from webhook_kit.idempotency.memory import ABANDONED_AFTER


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


class TestFull:
    """The memory is bounded."""

    def test_the_oldest_completed_key_is_dropped_with_one_warning(
        self, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        store = MemoryStore(3, clock=clock)
        fill(store, 3)
        assert caplog.messages == []
        for key in ("a", "b"):
            assert isinstance(store.claim(key, "", LEASE), New)
        assert len(store) == 3
        assert store.claim("key 2", "", LEASE) == Done(ANSWER)
        [line] = caplog.records
        assert (line.name, line.levelno) == ("webhook_kit", logging.WARNING)
        assert line.getMessage() == (
            "MemoryStore is full (3 keys) and forgets the oldest ones: a late retry of theirs will run again; "
            "raise max_keys, or use SQLStore"
        )

    def test_the_oldest_is_the_one_completed_first_whatever_its_retention(self, clock: Clock) -> None:
        store = MemoryStore(3, clock=clock)
        for key, retention in (("first", 500.0), ("second", 10.0), ("third", 500.0)):
            claim = store.claim(key, "", LEASE)
            assert isinstance(claim, New)
            store.complete(key, claim.token, ANSWER, retention)
            clock.advance(1)
        store.claim("new", "", LEASE)
        assert [store.claim(key, "", LEASE) for key in ("second", "third")] == [Done(ANSWER), Done(ANSWER)]

    def test_what_expired_before_is_no_candidate(self, clock: Clock) -> None:
        store = MemoryStore(2, clock=clock)
        fill(store, 1, retention=10.0)
        clock.advance(10)
        for key in ("a", "b", "c"):
            claim = store.claim(key, "", LEASE)
            assert isinstance(claim, New)
            store.complete(key, claim.token, ANSWER, RETENTION)
        assert [type(store.claim(key, "", LEASE)) for key in ("c", "b", "a")] == [Done, Done, New]

    def test_a_live_claim_is_never_dropped(self, clock: Clock) -> None:
        store = MemoryStore(2, clock=clock)
        claims = [store.claim(key, "", LEASE) for key in ("a", "b")]
        with pytest.raises(StoreFull, match="all 2 keys are claimed by running deliveries"):
            store.claim("c", "", LEASE)
        for key, claim in zip(("a", "b"), claims, strict=True):
            assert isinstance(claim, New)
            assert store.complete(key, claim.token, ANSWER, RETENTION)
        assert isinstance(store.claim("c", "", LEASE), New)

    @pytest.mark.parametrize("how", ["released", "run out"])
    def test_a_claim_that_nobody_holds_makes_room(self, how: str, clock: Clock) -> None:
        store = MemoryStore(2, clock=clock)
        held = store.claim("held", "", 10 * LEASE)
        idle = store.claim("idle", "", LEASE)
        assert isinstance(idle, New)
        if how == "released":
            store.release("idle", idle.token)
        else:
            clock.advance(LEASE)
        assert isinstance(store.claim("new", "", LEASE), New)
        assert isinstance(held, New)
        assert store.extend("held", held.token, LEASE)

    def test_a_completed_key_goes_before_a_released_one(self, clock: Clock) -> None:
        """Which knows what is done already."""
        store = MemoryStore(2, clock=clock)
        claim = store.claim("released", "", LEASE)
        assert isinstance(claim, New)
        store.release("released", claim.token, ("app.one",))
        clock.advance(1)
        fill(store, 1)
        store.claim("new", "", LEASE)
        assert len(store) == 2
        again = store.claim("released", "", LEASE)
        assert isinstance(again, New)
        assert again.done == ("app.one",)

    def test_a_key_that_is_known_needs_no_room(self, clock: Clock) -> None:
        store = MemoryStore(1, when_full="refuse", clock=clock)
        claim = store.claim("key", "", LEASE)
        assert isinstance(claim, New)
        store.release("key", claim.token)
        again = store.claim("key", "", LEASE)
        assert isinstance(again, New)
        store.complete("key", again.token, ANSWER, RETENTION)
        assert store.claim("key", "", LEASE) == Done(ANSWER)

    def test_it_can_refuse_instead(self, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
        store = MemoryStore(2, when_full="refuse", clock=clock)
        fill(store, 2)
        with pytest.raises(StoreFull, match="all 2 keys are in use"):
            store.claim("new", "", LEASE)
        assert [store.claim(f"key {each}", "", LEASE) for each in range(2)] == [Done(ANSWER)] * 2
        clock.advance(RETENTION)
        assert isinstance(store.claim("new", "", LEASE), New)
        assert caplog.messages == []

    def test_a_full_store_is_an_error_of_the_kit(self) -> None:
        assert issubclass(StoreFull, WebhookError)


class TestExpiry:
    """What nobody will ask for again is forgotten, a little at each claim."""

    def test_completed_keys_that_expired_go(self, clock: Clock) -> None:
        store = MemoryStore(clock=clock)
        fill(store, 10)
        clock.advance(RETENTION)
        sizes = []
        for each in range(6):
            store.claim(f"new {each}", "", LEASE)
            sizes.append(len(store))
        assert sizes == [9, 8, 7, 6, 5, 6]

    def test_a_retention_that_no_key_has_any_more_leaves_nothing(self, clock: Clock) -> None:
        """A provider may give every event one of its own."""
        store = MemoryStore(clock=clock)
        for number in range(20):
            fill(store, 1, retention=10.0 + number / 100)
            clock.advance(11)
        assert len(store) <= 2
        assert len(store._by_retention) <= 2

    def test_one_that_is_asked_for_before_its_turn_goes_at_once(self, clock: Clock) -> None:
        store = MemoryStore(clock=clock)
        fill(store, 10)
        clock.advance(RETENTION)
        claim = store.claim("key 9", "", LEASE)
        assert isinstance(claim, New)
        assert len(store) == 8
        store.complete("key 9", claim.token, ANSWER, RETENTION)
        for each in range(6):
            store.claim(f"new {each}", "", LEASE)
        assert store.claim("key 9", "", LEASE) == Done(ANSWER)

    def test_claims_that_were_abandoned_go(self, clock: Clock) -> None:
        store = MemoryStore(clock=clock)
        for each in range(4):
            store.claim(f"abandoned {each}", "", LEASE)
        clock.advance(LEASE + ABANDONED_AFTER - 0.001)
        store.claim("new", "", LEASE)
        assert len(store) == 5
        clock.advance(0.001)
        store.claim("newer", "", LEASE)
        assert len(store) == 4

    def test_what_is_done_is_remembered_longer_than_vendors_come_back(self, clock: Clock) -> None:
        store = MemoryStore(clock=clock)
        claim = store.claim("key", "", LEASE)
        assert isinstance(claim, New)
        store.release("key", claim.token, ("app.one",))
        clock.advance(8 * 24 * 3600 - 1)
        store.claim("other", "", LEASE)
        again = store.claim("key", "", LEASE)
        assert again == New(getattr(again, "token", ""), 2, ("app.one",))

    @pytest.mark.parametrize("how", ["extended", "released", "taken over"])
    def test_a_claim_that_lives_on_does_not_keep_abandoned_ones(self, how: str, clock: Clock) -> None:
        store = MemoryStore(clock=clock)
        long = store.claim("long", "", LEASE)
        assert isinstance(long, New)
        store.claim("abandoned", "", 2 * LEASE)
        clock.advance(LEASE)
        if how == "taken over":
            long = store.claim("long", "", LEASE)
            assert isinstance(long, New)
        clock.advance(LEASE + ABANDONED_AFTER - 1)
        if how == "released":
            store.release("long", long.token)
        else:
            store.extend("long", long.token, LEASE)
        clock.advance(1)
        store.claim("new", "", LEASE)
        assert len(store) == 2
        again = store.claim("long", "", LEASE)
        assert isinstance(again, New) if how == "released" else again == Busy(LEASE - 1)


class TestThreads:
    """Simultaneous callers."""

    def race(self, store: MemoryStore, number: int, key: str = "key") -> list[Claim]:
        barrier = threading.Barrier(number)

        def claim() -> Claim:
            barrier.wait()
            return store.claim(key, "", LEASE)

        with ThreadPoolExecutor(number) as pool:
            return [future.result() for future in [pool.submit(claim) for _ in range(number)]]

    def test_of_64_callers_exactly_one_gets_a_key(self) -> None:
        store = MemoryStore()
        for round in range(10):
            claims = self.race(store, 64, f"key {round}")
            assert sorted(type(claim).__name__ for claim in claims) == ["Busy"] * 63 + ["New"]
        assert len(store) == 10

    def test_of_64_callers_exactly_one_takes_over(self, clock: Clock) -> None:
        store = MemoryStore(clock=clock)
        store.claim("key", "", LEASE)
        clock.advance(LEASE)
        claims = self.race(store, 64)
        assert [claim.attempt for claim in claims if isinstance(claim, New)] == [2]

    def test_the_size_is_right_after_all_of_them(self) -> None:
        store = MemoryStore(50)
        barrier = threading.Barrier(8)

        def work(worker: int) -> None:
            barrier.wait()
            for number in range(100):
                key = f"{worker if number % 2 else 'shared'} {number}"
                claim = store.claim(key, "", LEASE)
                if isinstance(claim, New):
                    store.complete(key, claim.token, ANSWER, RETENTION)

        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(work, each) for each in range(8)]:
                future.result()
        assert len(store) == 50
        assert sorted(kept[2] for order in store._by_retention.values() for kept in order) == sorted(store._answers)
