"""The contract is not kept by a store that has one thing wrong, and says which."""

from __future__ import annotations

import asyncio
import inspect
import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from tests.core.plain import Clock
from webhook_kit import RawResponse
from webhook_kit.idempotency import Store
from webhook_kit.testing.store_contract import Half, StoreContract

from . import ledgers
from .ledgers import Ledger

LATIN = RawResponse(200, [("set-cookie", "a"), ("set-cookie", "b")], b"\xff")

# Mistake → the case that finds it, and what that says.
BROKEN: dict[type[Ledger], tuple[str, str]] = {
    ledgers.WithoutAFenceInComplete: (
        "test_a_late_worker_completes_nothing_that_was_taken_over",
        "a worker whose claim was taken over has completed the delivery: compare the token",
    ),
    ledgers.WithoutAFenceInRelease: (
        "test_a_late_worker_releases_nothing_that_was_taken_over",
        "a worker whose claim was taken over has released the delivery: compare the token",
    ),
    ledgers.WithoutAFenceInExtend: (
        "test_a_late_worker_extends_nothing_that_was_taken_over",
        "a worker whose claim was taken over has extended the delivery: compare the token",
    ),
    ledgers.InTwoSteps: ("test_of_many_at_once_one_claims", "a claim is one step"),
    ledgers.OfOneToken: ("test_no_two_claims_share_a_token", "every claim has a token of its own"),
    ledgers.OfOneTokenForEachKey: (
        "test_a_lease_that_is_over_is_taken_over",
        "every claim has a token of its own",
    ),
    ledgers.Forgetful: ("test_who_is_done_outlives_a_crash", "a claim keeps who was done before it"),
    ledgers.Deleting: ("test_a_released_key_is_new_at_once", "attempts are counted"),
    ledgers.Eternal: ("test_a_completed_key_is_forgotten_after_its_retention", "its retention is over"),
    ledgers.Prolonging: (
        "test_a_duplicate_does_not_prolong_the_retention",
        "the retention runs from the completion",
    ),
    ledgers.Rounding: ("test_a_lease_need_not_be_whole_seconds", "a lease is not rounded"),
    ledgers.Adding: ("test_an_extended_lease_runs_from_now", "an extension counts from now, not from the end"),
    ledgers.Impatient: ("test_a_late_worker_completes_what_nobody_took_over", "nobody has taken it over"),
    ledgers.Folding: ("test_keys_are_told_apart_by_case", "keys differ by case"),
    ledgers.Truncating: ("test_a_key_is_any_ascii_text_of_128", "every character of a key counts"),
    ledgers.ByBody: (
        "test_another_body_under_the_same_key_changes_nothing",
        "the fingerprint is no part of the key",
    ),
    ledgers.OfText: ("test_an_answer_is_kept_byte_for_byte", "an answer is kept byte for byte"),
    ledgers.OfOneHeaderEach: ("test_an_answer_is_kept_byte_for_byte", "an answer is kept byte for byte"),
    ledgers.InHalves: ("test_the_halves_are_one_store", "should be Busy: another worker holds it"),
    ledgers.OfOneLoop: ("test_event_loops_come_and_go", "the client is attached to a different loop"),
    ledgers.GoneOnceClosed: (
        "test_a_closed_store_opens_again",
        "a store that was closed opens again, and has forgotten nothing",
    ),
}


class Contract(StoreContract):
    kind: type[Ledger] = Ledger

    def __init__(self) -> None:
        self.clock = Clock()

    def make_store(self) -> Store:
        return self.kind(self.clock)

    def advance(self, store: Store, seconds: float) -> None:
        self.clock.advance(seconds)


class TestTheStoreAsItShouldBe(StoreContract):
    clock = Clock()

    def make_store(self) -> Store:
        return Ledger(self.clock)

    def advance(self, store: Store, seconds: float) -> None:
        self.clock.advance(seconds)


def check(kind: type[Ledger], case: str, runner: asyncio.Runner | None) -> None:
    """Run one case of the contract over one half of a store."""
    contract = Contract()
    contract.kind = kind
    store = contract.make_store()
    given: Mapping[str, Any] = {
        "store": store,
        "half": Half(store, runner),
        "key": secrets.token_hex(32),
        "wait": lambda leases: contract.advance(store, leases * contract.lease),
        "answer": LATIN,
        "shape": "x" * 64,
    }
    method = getattr(contract, case)
    method(**{name: given[name] for name in inspect.signature(method).parameters})


@pytest.mark.parametrize("kind", BROKEN)
def test_a_mistake_is_found_and_named(kind: type[Ledger]) -> None:
    case, said = BROKEN[kind]
    with pytest.raises(AssertionError) as caught:
        check(kind, case, None)
    assert said in str(caught.value)


def of_one_half(kind: type[Ledger]) -> bool:
    """Say whether the case that finds a mistake looks at one half of a store, or at both."""
    return "half" in inspect.signature(getattr(StoreContract, BROKEN[kind][0])).parameters


@pytest.mark.parametrize("kind", list(filter(of_one_half, BROKEN)))
def test_a_mistake_is_found_over_the_asynchronous_half(kind: type[Ledger]) -> None:
    case, said = BROKEN[kind]
    with asyncio.Runner() as runner, pytest.raises(AssertionError) as caught:
        check(kind, case, runner)
    assert said in str(caught.value)


@pytest.mark.parametrize("case", sorted({case for case, _ in BROKEN.values()}))
def test_the_same_case_passes_without_the_mistake(case: str) -> None:
    check(Ledger, case, None)


def test_a_failing_case_shows_what_it_has_compared() -> None:
    """Which pytest does for modules that it knew of before they were imported."""
    with pytest.raises(AssertionError) as caught:
        check(ledgers.WithoutAFenceInComplete, "test_a_late_worker_completes_nothing_that_was_taken_over", None)
    assert "assert True is False" in str(caught.value)
    assert "where True = complete(" in str(caught.value)
