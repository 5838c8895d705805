"""The store in memory against plain descriptions of it, through arbitrary sequences of operations."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from tests.core.plain import Clock
from tests.core.stores import ANSWER
from webhook_kit import RawResponse
from webhook_kit.idempotency import Busy, Done, MemoryStore, New, StoreFull


class Model(RuleBasedStateMachine):
    """The store against the plainest description of it: three dictionaries and no bound."""

    tokens = Bundle("tokens")
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
    def every_answer_is_forgotten_in_its_turn(self) -> None:
        assert in_turn(self.store) == sorted(self.store._answers)


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

    @rule(
        key=some.sampled_from("abcdefgh"),
        end=some.sampled_from(["complete", "release"]),
        retention=some.integers(1, 30),
    )
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
        assert len(self.store) <= 3
        assert in_turn(self.store) == sorted(self.store._answers)

    @invariant()
    def live_claims_are_kept(self) -> None:
        for key, (token, until) in self.live.items():
            assert self.store._claims[key][:2] == (token, until)


def in_turn(store: MemoryStore) -> list[str]:
    """Return the keys that will be forgotten; entries of keys that were completed anew do not count."""
    orders = store._by_retention.values()
    return sorted(kept[2] for order in orders for kept in order if store._answers.get(kept[2]) is kept)


STEPS = settings(max_examples=60, stateful_step_count=30, deadline=None)

TestModel = Model.TestCase
TestModel.settings = STEPS
TestBounded = Bounded.TestCase
TestBounded.settings = STEPS
