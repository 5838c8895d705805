"""What every store promises, as a test class.

A store of your own keeps the promises if this passes::

    class TestMyStore(StoreContract):
        def make_store(self) -> Store:
            return MyStore(...)

        def advance(self, store: Store, seconds: float) -> None:
            my_clock.advance(seconds)

Every case runs over the synchronous and over the asynchronous half. Where the store's clock cannot be moved,
``advance`` sleeps, and ``lease`` and ``retention`` are made short.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import pytest

from ..http import RawResponse
from ..idempotency.base import Busy, Claim, Done, New, Store

T = TypeVar("T")

ANSWER = RawResponse(
    200, [("content-type", "application/json"), ("cache-control", "no-store")], b'{"status":"success"}'
)
OTHER = RawResponse(200, [], b"another answer")
FINGERPRINT = "0" * 64


class Half:
    """One half of a store, called in the same way."""

    def __init__(self, store: Store, runner: asyncio.Runner | None) -> None:
        self.store = store
        self._runner = runner

    def claim(self, key: str, lease: float, fingerprint: str = FINGERPRINT) -> Claim:
        """Claim a key."""
        if self._runner is None:
            return self.store.claim(key, fingerprint, lease)
        return self._runner.run(self.store.aclaim(key, fingerprint, lease))

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        """Complete a claim."""
        if self._runner is None:
            return self.store.complete(key, token, response, retention)
        return self._runner.run(self.store.acomplete(key, token, response, retention))

    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        """Release a claim."""
        if self._runner is None:
            return self.store.release(key, token, done)
        return self._runner.run(self.store.arelease(key, token, done))

    def extend(self, key: str, token: str, lease: float) -> bool:
        """Extend a claim."""
        if self._runner is None:
            return self.store.extend(key, token, lease)
        return self._runner.run(self.store.aextend(key, token, lease))

    def claim_at_once(self, key: str, lease: float, claimers: int) -> list[Claim]:
        """Claim a key from so many threads or tasks at the same time."""
        if self._runner is not None:
            return self._runner.run(_gathered([self.store.aclaim(key, FINGERPRINT, lease) for _ in range(claimers)]))
        barrier = threading.Barrier(claimers)

        def claim(_: int) -> Claim:
            barrier.wait()
            return self.store.claim(key, FINGERPRINT, lease)

        with ThreadPoolExecutor(claimers) as pool:
            return list(pool.map(claim, range(claimers)))


async def _gathered(claims: list[Coroutine[Any, Any, Claim]]) -> list[Claim]:
    return await asyncio.gather(*claims)


def new(claim: Claim, why: str = "nobody holds it") -> New:
    """Return the claim, which must be a new one."""
    assert isinstance(claim, New), f"{claim} should be New: {why}"
    return claim


def busy(claim: Claim, why: str = "another worker holds it") -> Busy:
    """Return the claim, which must be held by another."""
    assert isinstance(claim, Busy), f"{claim} should be Busy: {why}"
    return claim


def done(claim: Claim, why: str = "it was completed") -> RawResponse:
    """Return the answer of a completed claim."""
    assert isinstance(claim, Done), f"{claim} should be Done: {why}"
    return claim.response


def names(claims: Sequence[Claim]) -> list[str]:
    """Return what each claim is."""
    return sorted(type(claim).__name__ for claim in claims)


OVERTAKEN: Final = "a worker whose claim was taken over has {} the delivery: compare the token"
ONE_STEP: Final = "of many at once more than one may run the handlers, or none: a claim is one step"


class StoreContract:
    """Subclass it, and write ``make_store`` and ``advance``."""

    lease = 30.0
    """Seconds, as the cases use them."""

    retention = 3600.0
    """Seconds, as the cases use them."""

    claimers = 16
    """How many claim at the same time."""

    def make_store(self) -> Store:
        """Return a new store; it is closed after the case."""
        raise NotImplementedError

    def advance(self, store: Store, seconds: float) -> None:
        """Let so much time pass on the store's clock."""
        raise NotImplementedError

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """A store of this case's own."""
        store = self.make_store()
        yield store
        store.close()

    @pytest.fixture(params=["sync", "async"])
    def half(self, store: Store, request: pytest.FixtureRequest) -> Iterator[Half]:
        """One of its halves."""
        if request.param == "sync":
            yield Half(store, None)
        else:
            with asyncio.Runner() as runner:
                yield Half(store, runner)
                runner.run(store.aclose())

    @pytest.fixture
    def key(self) -> str:
        """A key that nobody used."""
        return secrets.token_hex(32)

    @pytest.fixture
    def wait(self, store: Store) -> Callable[[float], None]:
        """Let leases pass."""
        return lambda leases: self.advance(store, leases * self.lease)

    # Claiming

    def test_the_first_claim_is_new(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        assert (claim.attempt, claim.done) == (1, ()), "the first attempt is number 1, and no handler is done"
        assert claim.token, "a claim has a token"

    def test_a_claimed_key_is_busy(self, half: Half, key: str) -> None:
        half.claim(key, self.lease)
        left = busy(half.claim(key, self.lease)).lease_left
        assert 0.9 * self.lease < left <= self.lease, "lease_left is what is left of the lease, in seconds"

    def test_the_lease_of_the_second_does_not_count(self, half: Half, key: str) -> None:
        half.claim(key, self.lease)
        half.claim(key, 100 * self.lease)
        assert busy(half.claim(key, self.lease)).lease_left <= self.lease, "who does not get a claim does not change it"

    def test_a_lease_runs_down(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        half.claim(key, self.lease)
        wait(0.5)
        assert 0 < busy(half.claim(key, self.lease)).lease_left <= 0.5 * self.lease, "time has passed"

    def test_a_lease_lasts_until_its_end(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        half.claim(key, self.lease)
        wait(0.8)
        busy(half.claim(key, self.lease), "its lease runs")

    def test_a_lease_that_is_over_is_taken_over(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        first = new(half.claim(key, self.lease))
        wait(1.01)
        second = new(half.claim(key, self.lease), "its lease is over")
        assert (second.attempt, second.done) == (2, ()), "attempts are counted, also those of workers that crashed"
        assert second.token != first.token, "every claim has a token of its own"

    def test_who_took_over_has_a_whole_lease(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        half.claim(key, self.lease)
        wait(1.01)
        half.claim(key, self.lease)
        wait(0.8)
        busy(half.claim(key, self.lease))

    def test_attempts_are_counted(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        attempts = []
        for _ in range(4):
            attempts.append(new(half.claim(key, self.lease)).attempt)
            wait(1.01)
        assert attempts == [1, 2, 3, 4]

    def test_each_claim_has_its_own_lease(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        half.claim(key, self.lease)
        half.claim(key + "x", 3 * self.lease)
        wait(1.01)
        new(half.claim(key, self.lease), "its lease is over")
        busy(half.claim(key + "x", self.lease), "its own lease is longer")

    def test_a_lease_need_not_be_whole_seconds(self, half: Half, key: str) -> None:
        half.claim(key, 1.5)
        assert 1 < busy(half.claim(key, 1.5)).lease_left <= 1.5, "a lease is not rounded"

    def test_a_lease_may_be_an_integer(self, half: Half, key: str) -> None:
        half.claim(key, 60)
        assert 59 < busy(half.claim(key, 60)).lease_left <= 60

    def test_no_two_claims_share_a_token(self, half: Half, key: str) -> None:
        tokens = {new(half.claim(f"{key[:32]}{number}", self.lease)).token for number in range(20)}
        assert len(tokens) == 20, "every claim has a token of its own"

    def test_keys_are_apart(self, half: Half, key: str) -> None:
        first = new(half.claim(key, self.lease))
        assert new(half.claim(key[:-1], self.lease), "it is another key").attempt == 1
        assert half.complete(key, first.token, ANSWER, self.retention)
        busy(half.claim(key[:-1], self.lease), "another key was completed")

    def test_keys_are_told_apart_by_case(self, half: Half, key: str) -> None:
        half.claim(f"a{key}", self.lease)
        new(half.claim(f"A{key}", self.lease), "keys differ by case")

    @pytest.mark.parametrize(
        "shape", ["x" * 64, "a b\t{c}:%s'\"\\*?[]", "--;/*", " "], ids=["long", "odd", "sql", "blank"]
    )
    def test_a_key_is_any_ascii_text_of_128(self, half: Half, key: str, shape: str) -> None:
        text = key + shape
        half.claim(text, self.lease)
        busy(half.claim(text, self.lease))
        new(half.claim(text + "x" if len(text) < 128 else text[:-1], self.lease), "every character of a key counts")

    def test_another_body_under_the_same_key_changes_nothing(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease, "1" * 64))
        busy(half.claim(key, self.lease, "2" * 64), "the fingerprint is no part of the key")
        half.complete(key, claim.token, ANSWER, self.retention)
        assert done(half.claim(key, self.lease, "3" * 64), "the fingerprint is no part of the key") == ANSWER

    # Completing

    def test_a_completed_key_is_done(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        assert half.complete(key, claim.token, ANSWER, self.retention) is True
        assert done(half.claim(key, self.lease)) == ANSWER
        assert done(half.claim(key, self.lease)) == ANSWER

    @pytest.mark.parametrize(
        "answer",
        [
            RawResponse(200),
            RawResponse(204, [("x-empty", "")]),
            RawResponse(
                202, [("set-cookie", "a"), ("set-cookie", "b"), ("X-Case", "Kept"), ("x-latin", "\xe9")], b"\n"
            ),
            RawResponse(200, [], bytes(range(256))),
            RawResponse(200, [], b"\x00" * 65_536),
        ],
        ids=["empty", "no body", "headers", "bytes", "64 KiB"],
    )
    def test_an_answer_is_kept_byte_for_byte(self, half: Half, key: str, answer: RawResponse) -> None:
        claim = new(half.claim(key, self.lease))
        half.complete(key, claim.token, answer, self.retention)
        assert done(half.claim(key, self.lease)) == answer, "an answer is kept byte for byte"

    def test_a_completed_key_is_remembered_for_its_retention(self, half: Half, key: str, store: Store) -> None:
        claim = new(half.claim(key, self.lease))
        half.complete(key, claim.token, ANSWER, self.retention)
        self.advance(store, 0.9 * self.retention)
        assert done(half.claim(key, self.lease), "its retention is not over") == ANSWER

    def test_a_completed_key_is_forgotten_after_its_retention(self, half: Half, key: str, store: Store) -> None:
        claim = new(half.claim(key, self.lease))
        half.release(key, claim.token, ("first",))
        claim = new(half.claim(key, self.lease))
        half.complete(key, claim.token, ANSWER, self.retention)
        self.advance(store, 1.01 * self.retention)
        again = new(half.claim(key, self.lease), "its retention is over")
        assert (again.attempt, again.done) == (1, ()), "nothing is left of a delivery that was forgotten"
        assert half.complete(key, again.token, OTHER, self.retention)
        assert done(half.claim(key, self.lease)) == OTHER

    def test_a_duplicate_does_not_prolong_the_retention(self, half: Half, key: str, store: Store) -> None:
        claim = new(half.claim(key, self.lease))
        half.complete(key, claim.token, ANSWER, self.retention)
        self.advance(store, 0.6 * self.retention)
        done(half.claim(key, self.lease))
        self.advance(store, 0.5 * self.retention)
        new(half.claim(key, self.lease), "the retention runs from the completion")

    def test_each_key_has_its_own_retention(self, half: Half, key: str, store: Store) -> None:
        for name, factor in (("short", 1), ("long", 3)):
            claim = new(half.claim(key + name, self.lease))
            half.complete(key + name, claim.token, ANSWER, factor * self.retention)
        self.advance(store, 1.5 * self.retention)
        new(half.claim(key + "short", self.lease), "its retention is over")
        done(half.claim(key + "long", self.lease), "its own retention is longer")

    def test_a_claim_is_completed_once(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        assert half.complete(key, claim.token, ANSWER, self.retention) is True
        assert half.complete(key, claim.token, OTHER, self.retention) is False, "it was completed before"
        assert done(half.claim(key, self.lease)) == ANSWER

    def test_a_stranger_completes_nothing(self, half: Half, key: str) -> None:
        half.claim(key, self.lease)
        stranger = new(half.claim(key + "x", self.lease))
        assert half.complete(key, stranger.token, ANSWER, self.retention) is False, "the token is that of another key"
        assert half.complete(key, "", ANSWER, self.retention) is False, "nobody has that token"
        busy(half.claim(key, self.lease))

    def test_what_nobody_claimed_is_not_completed(self, half: Half, key: str) -> None:
        assert half.complete(key, "token", ANSWER, self.retention) is False, "nobody has claimed it"
        assert new(half.claim(key, self.lease)).attempt == 1

    def test_a_late_worker_completes_what_nobody_took_over(
        self, half: Half, key: str, wait: Callable[[float], None]
    ) -> None:
        claim = new(half.claim(key, self.lease))
        wait(1.01)
        assert half.complete(key, claim.token, ANSWER, self.retention) is True, "nobody has taken it over"
        assert done(half.claim(key, self.lease)) == ANSWER

    def test_a_late_worker_completes_nothing_that_was_taken_over(
        self, half: Half, key: str, wait: Callable[[float], None]
    ) -> None:
        late = new(half.claim(key, self.lease))
        wait(1.01)
        live = new(half.claim(key, self.lease), "its lease is over")
        assert half.complete(key, late.token, ANSWER, self.retention) is False, OVERTAKEN.format("completed")
        busy(half.claim(key, self.lease))
        assert half.complete(key, live.token, OTHER, self.retention) is True
        assert half.complete(key, late.token, ANSWER, self.retention) is False, OVERTAKEN.format("completed")
        assert done(half.claim(key, self.lease)) == OTHER

    # Releasing

    def test_a_released_key_is_new_at_once(self, half: Half, key: str) -> None:
        first = new(half.claim(key, self.lease))
        assert half.release(key, first.token) is True
        second = new(half.claim(key, self.lease), "it was released")
        assert (second.attempt, second.done) == (2, ()), "attempts are counted"
        assert second.token != first.token, "every claim has a token of its own"

    def test_who_is_done_is_told_to_the_next(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        half.release(key, claim.token, ("shop.archive", "shop.<lambda>", "läden.öffnen"))
        again = new(half.claim(key, self.lease))
        assert again.done == ("shop.archive", "shop.<lambda>", "läden.öffnen"), "who is done is kept by release"

    def test_who_is_done_grows_from_try_to_try(self, half: Half, key: str) -> None:
        for names in ((), ("one",), ("one", "two")):
            claim = new(half.claim(key, self.lease))
            assert claim.done == names[:-1]
            half.release(key, claim.token, names)
        last = new(half.claim(key, self.lease))
        assert (last.attempt, last.done) == (4, ("one", "two"))

    def test_who_is_done_outlives_a_crash(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        claim = new(half.claim(key, self.lease))
        half.release(key, claim.token, ("one",))
        half.claim(key, self.lease)
        wait(1.01)
        again = new(half.claim(key, self.lease))
        assert (again.attempt, again.done) == (3, ("one",)), "a claim keeps who was done before it"

    def test_a_claim_is_released_once(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        assert half.release(key, claim.token, ("one",)) is True
        assert half.release(key, claim.token, ("two",)) is False, "it was released before"
        assert new(half.claim(key, self.lease)).done == ("one",)

    def test_a_stranger_releases_nothing(self, half: Half, key: str) -> None:
        half.claim(key, self.lease)
        stranger = new(half.claim(key + "x", self.lease))
        assert half.release(key, stranger.token) is False
        assert half.release(key + "y", stranger.token) is False
        busy(half.claim(key, self.lease))

    def test_a_late_worker_releases_nothing_that_was_taken_over(
        self, half: Half, key: str, wait: Callable[[float], None]
    ) -> None:
        late = new(half.claim(key, self.lease))
        wait(1.01)
        live = new(half.claim(key, self.lease))
        assert half.release(key, late.token, ("late",)) is False, OVERTAKEN.format("released")
        busy(half.claim(key, self.lease))
        assert half.release(key, live.token) is True
        assert new(half.claim(key, self.lease)).done == ()

    def test_a_completed_claim_is_not_released(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        half.complete(key, claim.token, ANSWER, self.retention)
        assert half.release(key, claim.token) is False, "it was completed"
        assert done(half.claim(key, self.lease)) == ANSWER

    def test_a_released_claim_is_not_completed(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        half.release(key, claim.token)
        assert half.complete(key, claim.token, ANSWER, self.retention) is False, "it was released"
        new(half.claim(key, self.lease))

    # Extending

    def test_an_extended_lease_runs_from_now(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        claim = new(half.claim(key, self.lease))
        wait(0.5)
        assert half.extend(key, claim.token, self.lease) is True
        assert busy(half.claim(key, self.lease)).lease_left > 0.8 * self.lease, "the lease was extended"
        wait(0.8)
        busy(half.claim(key, self.lease))
        wait(0.3)
        assert new(half.claim(key, self.lease), "an extension counts from now, not from the end").attempt == 2

    def test_an_extended_claim_is_completed_by_its_token(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        half.extend(key, claim.token, 2 * self.lease)
        assert half.complete(key, claim.token, ANSWER, self.retention) is True

    def test_extending_keeps_who_is_done(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        claim = new(half.claim(key, self.lease))
        half.release(key, claim.token, ("one",))
        claim = new(half.claim(key, self.lease))
        half.extend(key, claim.token, self.lease)
        wait(1.01)
        assert new(half.claim(key, self.lease)).done == ("one",)

    def test_a_late_worker_may_extend_what_nobody_took_over(
        self, half: Half, key: str, wait: Callable[[float], None]
    ) -> None:
        claim = new(half.claim(key, self.lease))
        wait(1.01)
        assert half.extend(key, claim.token, self.lease) is True
        busy(half.claim(key, self.lease))

    def test_a_late_worker_extends_nothing_that_was_taken_over(
        self, half: Half, key: str, wait: Callable[[float], None]
    ) -> None:
        late = new(half.claim(key, self.lease))
        wait(1.01)
        half.claim(key, self.lease)
        assert half.extend(key, late.token, 100 * self.lease) is False, OVERTAKEN.format("extended")
        assert busy(half.claim(key, self.lease)).lease_left <= self.lease

    def test_what_is_not_held_is_not_extended(self, half: Half, key: str) -> None:
        assert half.extend(key, "token", self.lease) is False
        released = new(half.claim(key, self.lease))
        half.release(key, released.token)
        assert half.extend(key, released.token, self.lease) is False
        completed = new(half.claim(key, self.lease))
        half.complete(key, completed.token, ANSWER, self.retention)
        assert half.extend(key, completed.token, self.lease) is False
        assert done(half.claim(key, self.lease)) == ANSWER

    # At the same time

    def test_of_many_at_once_one_claims(self, half: Half, key: str) -> None:
        claims = half.claim_at_once(key, self.lease, self.claimers)
        assert names(claims) == ["Busy"] * (self.claimers - 1) + ["New"], ONE_STEP

    def test_of_many_at_once_one_takes_over(self, half: Half, key: str, wait: Callable[[float], None]) -> None:
        half.claim(key, self.lease)
        wait(1.01)
        claims = half.claim_at_once(key, self.lease, self.claimers)
        assert [claim.attempt for claim in claims if isinstance(claim, New)] == [2], ONE_STEP

    def test_of_many_at_once_one_retries(self, half: Half, key: str) -> None:
        half.release(key, new(half.claim(key, self.lease)).token)
        claims = half.claim_at_once(key, self.lease, self.claimers)
        assert [claim.attempt for claim in claims if isinstance(claim, New)] == [2], ONE_STEP

    def test_of_many_at_once_all_see_the_answer(self, half: Half, key: str) -> None:
        half.complete(key, new(half.claim(key, self.lease)).token, ANSWER, self.retention)
        claims = half.claim_at_once(key, self.lease, self.claimers)
        assert [claim for claim in claims if claim != Done(ANSWER)] == []

    # As a part of an application

    def test_the_halves_are_one_store(self, store: Store, key: str) -> None:
        async def complete(token: str) -> bool:
            busy(await store.aclaim(key, FINGERPRINT, self.lease))
            return await store.acomplete(key, token, ANSWER, self.retention)

        claim = new(store.claim(key, FINGERPRINT, self.lease))
        assert asyncio.run(complete(claim.token)) is True
        assert done(store.claim(key, FINGERPRINT, self.lease), "its asynchronous half has completed it") == ANSWER

    def test_event_loops_come_and_go(self, store: Store, key: str) -> None:
        async def claim(name: str) -> Claim:
            return await store.aclaim(key + name, FINGERPRINT, self.lease)

        assert [new(asyncio.run(claim(name))).attempt for name in "abc"] == [1, 1, 1]
        busy(asyncio.run(claim("a")))

    def test_a_closed_store_opens_again(self, half: Half, key: str) -> None:
        claim = new(half.claim(key, self.lease))
        half.complete(key, claim.token, ANSWER, self.retention)
        half.store.close()
        half.store.close()
        assert (
            done(half.claim(key, self.lease), "a store that was closed opens again, and has forgotten nothing")
            == ANSWER
        )
