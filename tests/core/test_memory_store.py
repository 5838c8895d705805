"""What every store promises, held by the one in memory; and what it alone does when it is full."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from hypothesis.stateful import Bundle as BundleOf

from tests.core.plain import Clock
from webhook_kit import ConfigurationError, RawResponse, WebhookError
from webhook_kit.idempotency import Busy, Claim, Done, MemoryStore, New, Store, StoreFull
from webhook_kit.idempotency.memory import ABANDONED_AFTER

LEASE = 60.0
RETENTION = 3600.0
ANSWER = RawResponse(200, [("content-type", "text/plain")], b"success")


class Half:
    """One half of a store, called the same way: the sync one, or the async one on a loop of its own."""

    def __init__(self, store: Store, asynchronous: bool) -> None:
        self.store = store
        self._asynchronous = asynchronous

    def _call(self, name: str, *arguments: Any) -> Any:
        if not self._asynchronous:
            return getattr(self.store, name)(*arguments)

        async def call() -> Any:
            return await getattr(self.store, "a" + name)(*arguments)

        return asyncio.run(call())

    def claim(self, key: str = "key", lease: float = LEASE) -> Claim:
        claim: Claim = self._call("claim", key, "fingerprint", lease)
        return claim

    def new(self, key: str = "key", lease: float = LEASE) -> New:
        claim = self.claim(key, lease)
        assert isinstance(claim, New)
        return claim

    def complete(self, token: str, key: str = "key", answer: RawResponse = ANSWER, retention: float = RETENTION) -> bool:
        return bool(self._call("complete", key, token, answer, retention))

    def release(self, token: str, *done: str, key: str = "key") -> bool:
        return bool(self._call("release", key, token, done))

    def extend(self, token: str, lease: float = LEASE, key: str = "key") -> bool:
        return bool(self._call("extend", key, token, lease))


class Threaded(MemoryStore):
    """The same store with the async half that stores have by default."""

    blocks = True
    aclaim = Store.aclaim
    acomplete = Store.acomplete
    arelease = Store.arelease
    aextend = Store.aextend
    aclose = Store.aclose


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture(params=["sync", "async", "async by threads"])
def store(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Half]:
    kind = Threaded if request.param == "async by threads" else MemoryStore
    yield Half(kind(clock=clock), request.param != "sync")


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


def fill(store: MemoryStore, number: int, *, retention: float = RETENTION) -> None:
    for each in range(number):
        claim = store.claim(f"key {each}", "", LEASE)
        assert isinstance(claim, New)
        assert store.complete(f"key {each}", claim.token, ANSWER, retention)


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

    def test_a_claim_that_was_extended_does_not_keep_abandoned_ones(self, clock: Clock) -> None:
        store = MemoryStore(clock=clock)
        long = store.claim("long", "", LEASE)
        assert isinstance(long, New)
        store.claim("abandoned", "", LEASE)
        clock.advance(LEASE + ABANDONED_AFTER)
        assert store.extend("long", long.token, LEASE)
        store.claim("new", "", LEASE)
        assert len(store) == 2
        assert store.claim("long", "", LEASE) == Busy(LEASE)


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
        kept = sum(map(len, store._completed.values())) + len(store._claims)
        assert kept == 50


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
        with pytest.raises(ConfigurationError, match="MemoryStore keeps no transactions, .* use SQLStore or DjangoStore"):
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

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"max_keys": 0}, "max_keys is 0; a store needs room for at least one key"),
            ({"max_keys": -1}, "max_keys is -1"),
            ({"max_keys": "5"}, "max_keys is '5'"),
            ({"max_keys": True}, "max_keys is True"),
            ({"max_keys": 1.5}, "max_keys is 1.5"),
            ({"when_full": "raise"}, "when_full is 'raise'; write \"drop\" or \"refuse\""),
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


class Model(RuleBasedStateMachine):
    """The store against the plainest description of it: three dictionaries and no bound."""

    tokens = BundleOf("tokens")
    keys = some.sampled_from(["a", "b", "c"])

    @initialize()
    def begin(self) -> None:
        self.clock = Clock(0.0)
        self.store = MemoryStore(clock=self.clock)
        self.held: dict[str, tuple[str, float]] = {}
        self.tries: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.completed: dict[str, tuple[float, RawResponse]] = {}

    @rule(target=tokens, key=keys, lease=some.integers(1, 20))
    def claim(self, key: str, lease: int) -> Any:
        claim = self.store.claim(key, "", lease)
        kept = self.completed.get(key)
        token, until = self.held.get(key, (None, 0.0))
        if kept is not None and kept[0] > self.clock.now:
            assert claim == Done(kept[1])
            return multiple()
        if token is not None and until > self.clock.now:
            assert claim == Busy(until - self.clock.now)
            return multiple()
        if kept is not None:
            del self.completed[key]
        attempt, done = self.tries.get(key, (0, ()))
        assert isinstance(claim, New)
        assert (claim.attempt, claim.done) == (attempt + 1, done)
        assert claim.token != token
        self.held[key] = (claim.token, self.clock.now + lease)
        self.tries[key] = (attempt + 1, done)
        return key, claim.token

    def _is_held(self, key: str, token: str) -> bool:
        return self.held.get(key, (None, 0.0))[0] == token

    @rule(which=tokens, retention=some.integers(1, 30), number=some.integers(0, 9))
    def complete(self, which: tuple[str, str], retention: int, number: int) -> None:
        key, token = which
        answer = RawResponse(200, [], b"%d" % number)
        held = self._is_held(key, token)
        assert self.store.complete(key, token, answer, retention) is held
        if held:
            del self.held[key], self.tries[key]
            self.completed[key] = (self.clock.now + retention, answer)

    @rule(which=consumes(tokens), done=some.lists(some.sampled_from(["x", "y"]), unique=True).map(tuple))
    def release(self, which: tuple[str, str], done: tuple[str, ...]) -> None:
        key, token = which
        held = self._is_held(key, token)
        assert self.store.release(key, token, done) is held
        if held:
            del self.held[key]
            self.tries[key] = (self.tries[key][0], done)

    @rule(which=tokens, lease=some.integers(1, 20))
    def extend(self, which: tuple[str, str], lease: int) -> None:
        key, token = which
        held = self._is_held(key, token)
        assert self.store.extend(key, token, lease) is held
        if held:
            self.held[key] = (token, self.clock.now + lease)

    @rule(which=tokens, other=keys)
    def use_a_token_on_another_key(self, which: tuple[str, str], other: str) -> None:
        if other != which[0]:
            assert not self.store.complete(other, which[1], ANSWER, 5)
            assert not self.store.release(other, which[1])
            assert not self.store.extend(other, which[1], 5)

    @rule(seconds=some.integers(0, 12))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @invariant()
    def the_size_is_that_of_what_is_kept(self) -> None:
        kept = sum(map(len, self.store._completed.values())) + len(self.store._claims)
        assert len(self.store) == kept


class Bounded(RuleBasedStateMachine):
    """A store of three keys: never more, and never without a live claim that it gave."""

    @initialize(when_full=some.sampled_from(["drop", "refuse"]))
    def begin(self, when_full: Any) -> None:
        self.clock = Clock(0.0)
        self.store = MemoryStore(3, when_full=when_full, clock=self.clock)
        self.live: dict[str, tuple[str, float]] = {}

    @rule(key=some.sampled_from("abcdefgh"), lease=some.integers(1, 20))
    def claim(self, key: str, lease: int) -> None:
        try:
            claim = self.store.claim(key, "", lease)
        except StoreFull:
            assert key not in self.live
            return
        assert isinstance(claim, Busy) is (key in self.live)
        if isinstance(claim, New):
            self.live[key] = (claim.token, self.clock.now + lease)

    @rule(key=some.sampled_from("abcdefgh"), end=some.sampled_from(["complete", "release"]), retention=some.integers(1, 30))
    def end(self, key: str, end: str, retention: int) -> None:
        if key in self.live:
            token, _ = self.live.pop(key)
            ended = (
                self.store.complete(key, token, ANSWER, retention)
                if end == "complete"
                else self.store.release(key, token)
            )
            assert ended

    @rule(seconds=some.integers(0, 12))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.live = {key: held for key, held in self.live.items() if held[1] > self.clock.now}

    @invariant()
    def it_is_never_over_its_bound(self) -> None:
        kept = sum(map(len, self.store._completed.values())) + len(self.store._claims)
        assert len(self.store) == kept <= 3

    @invariant()
    def live_claims_are_kept(self) -> None:
        for key, (token, until) in self.live.items():
            assert self.store._claims[key][:2] == (token, until)


STEPS = settings(max_examples=60, stateful_step_count=30, deadline=None)

TestModel = Model.TestCase
TestModel.settings = STEPS
TestBounded = Bounded.TestCase
TestBounded.settings = STEPS
