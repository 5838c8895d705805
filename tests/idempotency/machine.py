"""A model of what a store remembers, and a machine that compares a store with it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.idempotency.sites import Site
from webhook_kit import RawResponse
from webhook_kit.idempotency import Busy, Claim, Done, New, Store

KEYS = st.sampled_from(["one", "two"])
# No sum of steps is a lease or a retention, so that the time that a test takes changes nothing.
LEASES = st.sampled_from([100.0, 300.0])
RETENTIONS = st.sampled_from([90.0, 500.0])
STEPS = st.sampled_from([70.0, 130.0])
NAMES = st.sampled_from(["first", "second", "third"])
WHICH = st.integers(0, 3)


@dataclass
class Remembered:
    """What the model knows of a key."""

    holder: int | None
    until: float
    attempt: int
    done: tuple[str, ...] = ()
    answer: RawResponse | None = None
    expires: float = 0.0


class Machine(RuleBasedStateMachine):
    """Claims, completions, releases and extensions by live and by late workers, as time goes by."""

    site: Site
    stores: list[Store]

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.run = str(next(_runs))
        self.model: dict[str, Remembered] = {}
        # Every claim that was ever made of a key: the workers of all but the last are late.
        self.tokens: dict[str, list[str]] = {}

    @rule(key=KEYS, lease=LEASES)
    def claim(self, key: str, lease: float) -> None:
        claim = self.store.claim(self.run + key, "", lease)
        expected = self._expected(key)
        if isinstance(expected, New):
            assert isinstance(claim, New), f"{claim}, and the key is free"
            assert (claim.attempt, claim.done) == (expected.attempt, expected.done)
            tokens = self.tokens.setdefault(key, [])
            assert claim.token not in tokens
            tokens.append(claim.token)
            self.model[key] = Remembered(len(tokens) - 1, self.now + lease, claim.attempt, claim.done)
        elif isinstance(expected, Busy):
            assert isinstance(claim, Busy), f"{claim}, and the key is held"
            assert abs(claim.lease_left - expected.lease_left) < 20
        else:
            assert claim == expected

    @rule(key=KEYS, which=WHICH, body=st.binary(max_size=4), retention=RETENTIONS)
    def complete(self, key: str, which: int, body: bytes, retention: float) -> None:
        number, token = self._worker(key, which)
        answer = RawResponse(200, [("x", "y")], body)
        held = self._holds(key, number)
        assert self.store.complete(self.run + key, token, answer, retention) is held
        if held:
            known = self.model[key]
            known.holder, known.answer, known.expires = None, answer, self.now + retention

    @rule(key=KEYS, which=WHICH, name=NAMES)
    def release(self, key: str, which: int, name: str) -> None:
        number, token = self._worker(key, which)
        held = self._holds(key, number)
        before = self.model[key].done if held else ()
        done = before if name in before else (*before, name)
        assert self.store.release(self.run + key, token, done) is held
        if held:
            self.model[key].holder, self.model[key].done = None, done

    @rule(key=KEYS, which=WHICH, lease=LEASES)
    def extend(self, key: str, which: int, lease: float) -> None:
        number, token = self._worker(key, which)
        held = self._holds(key, number)
        assert self.store.extend(self.run + key, token, lease) is held
        if held:
            self.model[key].until = self.now + lease

    @rule(seconds=STEPS)
    def wait(self, seconds: float) -> None:
        self.site.advance(self.store, seconds)
        self.now += seconds

    @property
    def store(self) -> Store:
        return self.stores[0]

    def _expected(self, key: str) -> Claim:
        known = self.model.get(key)
        if known is None or (known.answer is not None and known.expires <= self.now):
            return New("", 1)
        if known.answer is not None:
            return Done(known.answer)
        if known.holder is not None and known.until > self.now:
            return Busy(known.until - self.now)
        return New("", known.attempt + 1, known.done)

    def _worker(self, key: str, which: int) -> tuple[int, str]:
        """Return a worker: the last one, one of those before, or somebody who never claimed."""
        tokens = self.tokens.get(key, [])
        number = len(tokens) - 1 - which
        return (number, tokens[number]) if number >= 0 else (-1, "nobody's")

    def _holds(self, key: str, number: int) -> bool:
        known = self.model.get(key)
        return known is not None and known.holder is not None and known.holder == number


def compare(store: Store, at: Site, examples: int, *, shrink: bool = True) -> None:
    """Raise what the machine finds when it compares the store with the model."""

    class Compared(Machine):
        site = at
        stores = [store]  # noqa: RUF012  # a class for one run

    options: Any = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(Compared, settings=options)


# Each run of the machine has keys of its own.
_runs = itertools.count()
