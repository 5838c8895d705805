"""What every store promises, held by the one in memory."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from tests.core.plain import Clock
from tests.core.stores import ANSWER, LEASE, RETENTION, Half, Threaded, fill
from webhook_kit import ConfigurationError, RawResponse
from webhook_kit.idempotency import Busy, Done, MemoryStore, New, Store


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture(params=["sync", "async", "async by threads"])
def store(request: pytest.FixtureRequest, clock: Clock) -> Half:
    kind = Threaded if request.param == "async by threads" else MemoryStore
    return Half(kind(clock=clock), request.param != "sync")


class TestClaim:
    """Of all callers exactly one gets a key, until it lets go."""

    def test_the_first_gets_it(self, store: Half) -> None:
        claim = store.new()
        assert (claim.attempt, claim.done) == (1, ())
        assert claim.token

    def test_a_second_one_is_told_how_long_it_lasts(self, store: Half, clock: Clock) -> None:
        store.new()
        assert store.claim() == Busy(LEASE)
        clock.advance(LEASE - 1)
        assert store.claim() == Busy(1.0)

    def test_another_key_is_another_claim(self, store: Half) -> None:
        one, other = store.new("one"), store.new("other")
        assert one.token != other.token
        assert store.complete(one.token, "one")
        assert store.claim("other") == Busy(LEASE)

    def test_a_lease_is_over_when_its_time_has_come(self, store: Half, clock: Clock) -> None:
        store.new()
        clock.advance(LEASE - 0.001)
        assert isinstance(store.claim(), Busy)
        clock.advance(0.001)
        claim = store.new()
        assert (claim.attempt, claim.done) == (2, ())

    def test_attempts_count_from_one(self, store: Half, clock: Clock) -> None:
        attempts = []
        for _ in range(4):
            claim = store.new()
            attempts.append(claim.attempt)
            clock.advance(LEASE)
        assert attempts == [1, 2, 3, 4]

    def test_the_fingerprint_does_not_count(self, clock: Clock) -> None:
        store = MemoryStore(clock=clock)
        store.claim("key", "one", LEASE)
        assert store.claim("key", "other", LEASE) == Busy(LEASE)


class TestComplete:
    """The answer is kept, byte for byte."""

    def test_it_is_given_back(self, store: Half) -> None:
        answer = RawResponse(202, [("a", "1"), ("a", "2")], bytes(range(256)))
        assert store.complete(store.new().token, answer=answer)
        assert store.claim() == store.claim() == Done(answer)

    def test_it_is_kept_until_the_retention_is_over(self, store: Half, clock: Clock) -> None:
        store.complete(store.new().token)
        clock.advance(RETENTION - 0.001)
        assert store.claim() == Done(ANSWER)
        clock.advance(0.001)
        assert store.new().attempt == 1

    def test_retentions_differ(self, store: Half, clock: Clock) -> None:
        store.complete(store.new("long").token, "long", retention=100)
        store.complete(store.new("short").token, "short", retention=5)
        clock.advance(5)
        assert (store.claim("long"), type(store.claim("short"))) == (Done(ANSWER), New)

    def test_asking_does_not_keep_it_longer(self, store: Half, clock: Clock) -> None:
        store.complete(store.new().token)
        clock.advance(RETENTION / 2)
        assert store.claim() == Done(ANSWER)
        clock.advance(RETENTION / 2)
        assert isinstance(store.claim(), New)

    def test_a_late_one_counts_while_nobody_took_over(self, store: Half, clock: Clock) -> None:
        claim = store.new()
        clock.advance(LEASE * 2)
        assert store.complete(claim.token)
        assert store.claim() == Done(ANSWER)


class TestRelease:
    """The next one may try, and passes over what is done."""

    def test_the_next_one_gets_it_at_once(self, store: Half) -> None:
        assert store.release(store.new().token)
        claim = store.new()
        assert (claim.attempt, claim.done) == (2, ())

    def test_it_is_told_which_handlers_are_done(self, store: Half) -> None:
        store.release(store.new().token, "app.one", "app.two#2")
        claim = store.new()
        assert (claim.attempt, claim.done) == (2, ("app.one", "app.two#2"))

    def test_what_is_done_outlives_a_lease_that_ran_out(self, store: Half, clock: Clock) -> None:
        store.release(store.new().token, "app.one")
        store.new()
        clock.advance(LEASE)
        claim = store.new()
        assert (claim.attempt, claim.done) == (3, ("app.one",))

    def test_what_is_done_is_what_was_said_last(self, store: Half) -> None:
        store.release(store.new().token, "app.one")
        store.release(store.new().token, "app.one", "app.two")
        assert store.new().done == ("app.one", "app.two")

    def test_completing_forgets_what_was_done(self, store: Half, clock: Clock) -> None:
        store.release(store.new().token, "app.one")
        store.complete(store.new().token)
        clock.advance(RETENTION)
        claim = store.new()
        assert (claim.attempt, claim.done) == (1, ())


class TestExtend:
    """A long handler keeps its claim."""

    def test_the_lease_runs_from_now(self, store: Half, clock: Clock) -> None:
        claim = store.new()
        clock.advance(LEASE - 1)
        assert store.extend(claim.token)
        assert store.claim() == Busy(LEASE)
        clock.advance(LEASE)
        assert store.new().attempt == 2

    def test_it_can_be_shortened(self, store: Half) -> None:
        assert store.extend(store.new().token, 5)
        assert store.claim() == Busy(5)

    def test_one_that_ran_out_can_be_had_again_while_nobody_took_over(self, store: Half, clock: Clock) -> None:
        claim = store.new()
        clock.advance(LEASE * 2)
        assert store.extend(claim.token)
        assert store.claim() == Busy(LEASE)

    def test_what_is_done_stays(self, store: Half) -> None:
        store.release(store.new().token, "app.one")
        claim = store.new()
        store.extend(claim.token)
        store.release(claim.token, *claim.done)
        assert store.new().done == ("app.one",)


class TestFence:
    """A late finisher whose claim is another's changes nothing, and is told so."""

    @pytest.mark.parametrize("operation", ["complete", "release", "extend"])
    def test_after_another_took_over(self, operation: str, store: Half, clock: Clock) -> None:
        late = store.new()
        clock.advance(LEASE)
        current = store.new()
        assert not getattr(store, operation)(late.token)
        assert store.claim() == Busy(LEASE)
        assert store.complete(current.token)

    @pytest.mark.parametrize("operation", ["complete", "release", "extend"])
    @pytest.mark.parametrize("ended", ["complete", "release"])
    def test_after_it_was_ended(self, operation: str, ended: str, store: Half) -> None:
        claim = store.new()
        assert getattr(store, ended)(claim.token)
        assert not getattr(store, operation)(claim.token)
        assert isinstance(store.claim(), Done if ended == "complete" else New)

    @pytest.mark.parametrize("operation", ["complete", "release", "extend"])
    def test_of_a_key_that_was_never_claimed(self, operation: str, store: Half) -> None:
        token = store.new("other").token
        assert not getattr(store, operation)(token)
        assert isinstance(store.claim(), New)

    @pytest.mark.parametrize("operation", ["complete", "release", "extend"])
    def test_with_the_token_of_another_key(self, operation: str, store: Half) -> None:
        store.new()
        token = store.new("other").token
        assert not getattr(store, operation)(token)
        assert store.claim() == Busy(LEASE)

    def test_no_two_claims_have_one_token(self, store: Half) -> None:
        tokens = []
        for _ in range(10):
            tokens.append(store.new().token)
            store.release(tokens[-1])
        assert len(set(tokens)) == 10


class TestLife:
    """One process, which may fork or close it."""

    def test_a_forked_child_knows_nothing_and_waits_for_nobody(self) -> None:
        store = MemoryStore(2)
        fill(store, 2)
        store._lock.acquire()
        store.after_fork()
        assert len(store) == 0
        assert isinstance(store.claim("key 1", "", LEASE), New)

    def test_closing_it_forgets_nothing(self) -> None:
        store = MemoryStore()
        fill(store, 1)
        store.close()
        asyncio.run(store.aclose())
        asyncio.run(Threaded().aclose())
        assert store.claim("key 0", "", LEASE) == Done(ANSWER)

    def test_an_empty_store_is_a_store(self) -> None:
        assert (bool(MemoryStore()), len(MemoryStore())) == (True, 0)

    def test_it_never_blocks(self) -> None:
        assert (Store.blocks, MemoryStore.blocks) == (True, False)

    def test_it_keeps_no_transactions(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"MemoryStore keeps no transactions, .* use SQLStore or DjangoStore"
        ):
            MemoryStore().transaction("key", "token", "app.one")

    def test_its_clock_never_runs_backwards(self) -> None:
        """Leases and retentions do not depend on what somebody sets the time of day to."""
        store = MemoryStore()
        first = store.claim("key", "", LEASE)
        left = store.claim("key", "", LEASE)
        assert isinstance(first, New)
        assert isinstance(left, Busy)
        assert 0 < left.lease_left <= LEASE

    def test_the_repr_shows_no_key(self) -> None:
        store = MemoryStore(5)
        fill(store, 2)
        assert repr(store) == "<MemoryStore: 2 of 5 keys>"
        assert repr(MemoryStore()) == "<MemoryStore: 0 of 100000 keys>"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"max_keys": 0}, "max_keys is 0; a store needs room for at least one key"),
            ({"max_keys": -1}, "max_keys is -1"),
            ({"max_keys": "5"}, "max_keys is '5'"),
            ({"max_keys": True}, "max_keys is True"),
            ({"max_keys": 1.5}, "max_keys is 1.5"),
            ({"when_full": "raise"}, 'when_full is \'raise\'; write "drop" or "refuse"'),
            ({"clock": 5}, "clock is a callable that returns seconds, such as time.monotonic"),
            ({"max_key": 5}, "MemoryStore takes no keyword 'max_key'; did you mean 'max_keys'"),
        ],
    )
    def test_mistakes_are_told_at_construction(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            MemoryStore(**arguments)
        assert message in str(refused.value)


class TestContract:
    """What a store is made of."""

    def test_each_operation_has_both_halves(self) -> None:
        for name in ("claim", "complete", "release", "extend"):
            sync, asynchronous = getattr(Store, name), getattr(Store, "a" + name)
            assert inspect.iscoroutinefunction(asynchronous)
            assert inspect.signature(sync).parameters.keys() == inspect.signature(asynchronous).parameters.keys()

    def test_the_parameters_are_these(self) -> None:
        assert [list(inspect.signature(getattr(Store, name)).parameters)[1:] for name in ("claim", "complete")] == [
            ["key", "fingerprint", "lease"],
            ["key", "token", "response", "retention"],
        ]
        release = inspect.signature(Store.release).parameters
        assert (list(release)[1:], release["done"].default) == (["key", "token", "done"], ())
        assert list(inspect.signature(Store.extend).parameters)[1:] == ["key", "token", "lease"]

    def test_the_four_operations_are_what_a_store_has_to_write(self) -> None:
        assert Store.__abstractmethods__ == {"claim", "complete", "release", "extend"}

    def test_claims_are_plain_values(self) -> None:
        assert New("t") == New(token="t", attempt=1, done=())
        assert (Busy(1.5).lease_left, Done(ANSWER).response) == (1.5, ANSWER)
