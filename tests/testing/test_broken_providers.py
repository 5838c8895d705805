"""The contract is not kept by a provider that has one thing wrong, and the test that says so is the right one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from webhook_kit.testing.provider_contract import ProviderContract

from . import parcels
from .parcels import Contract, with_event, with_provider

SENT = "parcel.sent"
Check = Callable[[ProviderContract], None]


class WithoutASample(Contract):
    samples: ClassVar[Mapping[Any, Mapping[str, Any]]] = {}


def told(contract: ProviderContract) -> None:
    """Run the one test that looks at the log."""
    lines, logger = _Lines(), logging.getLogger()
    before = logging.getLogger("parcels").level
    logger.addHandler(lines)
    logging.getLogger("parcels").setLevel(logging.DEBUG)
    try:
        contract.test_neither_secrets_nor_payloads_are_told(lines)  # type: ignore[arg-type]  # it has what is used of it
    finally:
        logger.removeHandler(lines)
        logging.getLogger("parcels").setLevel(before)


class _Lines(logging.Handler):
    """Stand for pytest's own fixture, of which there is one for each test."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += self.format(record)

    def set_level(self, level: int) -> None:
        self.setLevel(level)


BROKEN: dict[str, tuple[type[Contract], Check]] = {
    "no check": (with_provider(parcels.Unchecked), lambda each: each.test_it_is_not_made_without_a_check(None)),
    "another address": (with_provider(parcels.Elsewhere), lambda each: each.test_its_setup_names_its_address()),
    "no sample": (WithoutASample, lambda each: each.test_every_event_has_a_sample()),
    "a field is missing": (with_event(parcels.WithoutAField), lambda each: each.test_a_sample_is_read_whole(SENT)),
    "a field of another type": (with_event(parcels.OfAnotherType), lambda each: each.test_a_sample_is_read_whole(SENT)),
    "a time without a zone": (with_event(parcels.OfNoTimeZone), lambda each: each.test_a_sample_is_read_whole(SENT)),
    "another provider's name": (with_provider(parcels.Nameless), lambda each: each.test_a_sample_is_read_whole(SENT)),
    "a name that is not restored": (
        with_event(parcels.ReadUnderOneNameOnly),
        lambda each: each.test_the_wire_names_are_restored(SENT),
    ),
    "not frozen": (with_event(parcels.Changeable), lambda each: each.test_an_event_is_frozen(SENT)),
    "a payload in the repr": (
        with_event(parcels.Talkative),
        lambda each: each.test_a_repr_shows_what_identifies_and_nothing_else(SENT),
    ),
    "another success": (
        with_provider(parcels.Wordy),
        lambda each: each.test_a_delivery_is_handled_and_answered(SENT, "dispatch"),
    ),
    "another status": (
        with_provider(parcels.Created),
        lambda each: each.test_a_delivery_is_handled_and_answered(SENT, "adispatch"),
    ),
    "a retry that is new": (
        with_provider(parcels.Forgetful),
        lambda each: each.test_a_retry_is_answered_the_same_and_handled_no_more(SENT, "dispatch"),
    ),
    "a short memory": (
        with_provider(parcels.Hasty),
        lambda each: each.test_a_delivery_is_remembered_longer_than_the_vendor_comes_back(SENT),
    ),
    "every signature": (with_provider(parcels.Credulous), lambda each: each.test_a_forgery_is_refused("dispatch")),
    "every signature, of any body": (
        with_provider(parcels.Credulous),
        lambda each: each.test_a_body_that_was_changed_is_refused_where_the_proof_covers_it("adispatch"),
    ),
    "a body that is not covered": (
        with_provider(parcels.Superficial),
        lambda each: each.test_a_body_that_was_changed_is_refused_where_the_proof_covers_it("dispatch"),
    ),
    "malformed is an error": (
        with_provider(parcels.Careless),
        lambda each: each.test_a_body_that_is_no_json_object_is_malformed("dispatch"),
    ),
    "unknown is refused": (
        with_provider(parcels.Strict),
        lambda each: each.test_an_unknown_event_is_accepted("dispatch"),
    ),
    "a payload in the log": (with_provider(parcels.Loud), told),
    "a secret in the repr": (with_provider(parcels.Open), told),
    "relies on a field": (with_provider(parcels.Trusting), lambda each: each.test_any_json_object_is_an_event()),
    "relies on a value": (
        with_event(parcels.Fragile),
        lambda each: each.test_a_sample_with_odd_values_is_an_event(SENT),
    ),
}


class TestTheProviderAsItShouldBe(Contract):
    pass


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_is_found(mistake: str) -> None:
    contract, check = BROKEN[mistake]
    with pytest.raises(AssertionError):
        check(contract())


@pytest.mark.parametrize("mistake", BROKEN)
def test_the_same_check_passes_without_the_mistake(mistake: str) -> None:
    _, check = BROKEN[mistake]
    check(Contract())


def test_a_contract_without_a_provider_says_what_to_write() -> None:
    with pytest.raises(NotImplementedError, match=r"return Acme\(secret=secret"):
        ProviderContract().provider("a secret of more than sixteen characters")
