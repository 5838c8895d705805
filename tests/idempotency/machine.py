"""A model of what a store remembers, and a machine that compares a store with it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
# Mostly the last worker that claimed, else one that is late, or nobody.
WHICH = st.sampled_from([0, 0, 0, 1, 2, 3])
WHO = st.integers(0, 1)


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
    """Claims, completions, releases and extensions by live and by late workers, as time goes by.

    The stores share a site, as those of several processes do.
    """

    site: Site
    stores: Sequence[Store]

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.run = str(next(_runs))
        self.model: dict[str, Remembered] = {}
        # Every claim that was ever made of a key: the workers of all but the last are late.
        self.tokens: dict[str, list[str]] = {}

    @rule(key=KEYS, who=WHO, lease=LEASES)
    def claim(self, key: str, who: int, lease: float) -> None:
        self._compare(key, lease, [self._store(who).claim(self.run + key, "", lease)])

    @rule(key=KEYS, lease=LEASES)
    def claim_at_once(self, key: str, lease: float) -> None:
        with ThreadPoolExecutor(2) as pool:
            claims = pool.map(lambda who: self._store(who).claim(self.run + key, "", lease), range(2))
        self._compare(key, lease, list(claims))

    @rule(key=KEYS, who=WHO, which=WHICH, body=st.binary(max_size=4), retention=RETENTIONS)
    def complete(self, key: str, who: int, which: int, body: bytes, retention: float) -> None:
        number, token = self._worker(key, which)
        answer = RawResponse(200, [("x", "y")], body)
        held = self._holds(key, number)
        assert self._store(who).complete(self.run + key, token, answer, retention) is held
        if held:
            known = self.model[key]
            known.holder, known.answer, known.expires = None, answer, self.now + retention

    @rule(key=KEYS, who=WHO, which=WHICH, name=NAMES)
    def release(self, key: str, who: int, which: int, name: str) -> None:
        number, token = self._worker(key, which)
        held = self._holds(key, number)
        before = self.model[key].done if held else ()
        done = before if name in before else (*before, name)
        assert self._store(who).release(self.run + key, token, done) is held
        if held:
            self.model[key].holder, self.model[key].done = None, done

    @rule(key=KEYS, who=WHO, which=WHICH, lease=LEASES)
    def extend(self, key: str, who: int, which: int, lease: float) -> None:
        number, token = self._worker(key, which)
        held = self._holds(key, number)
        assert self._store(who).extend(self.run + key, token, lease) is held
        if held:
            self.model[key].until = self.now + lease

    @rule(seconds=STEPS)
    def wait(self, seconds: float) -> None:
        self.site.advance(self._store(0), seconds)
        self.now += seconds

    def _store(self, who: int) -> Store:
        return self.stores[who % len(self.stores)]

    def _compare(self, key: str, lease: float, claims: list[Claim]) -> None:
        """Compare claims that were made at the same time with what the model expects of them."""
        expected = self._expected(key)
        if isinstance(expected, New):
            new = [claim for claim in claims if isinstance(claim, New)]
            assert len(new) == 1, f"{claims}, and the key was free"
            claim = new[0]
            assert (claim.attempt, claim.done) == (expected.attempt, expected.done)
            tokens = self.tokens.setdefault(key, [])
            assert claim.token not in tokens
            tokens.append(claim.token)
            self.model[key] = Remembered(len(tokens) - 1, self.now + lease, claim.attempt, claim.done)
            claims = [claim for claim in claims if claim not in new]
            expected = Busy(lease)
        for claim in claims:
            if isinstance(expected, Done):
                assert claim == expected
            else:
                assert isinstance(expected, Busy)
                assert isinstance(claim, Busy), f"{claim}, and the key is held"
                assert abs(claim.lease_left - expected.lease_left) < 20

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


def compare(shared: Store | Sequence[Store], at: Site, examples: int, *, shrink: bool = True) -> None:
    """Raise what the machine finds when it compares a store, or several that share a site, with the model."""

    class Compared(Machine):
        site = at
        stores = [shared] if isinstance(shared, Store) else shared

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
