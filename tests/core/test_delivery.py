"""What arrived, and what became of it."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from webhook_kit import ConfigurationError, Delivery, Outcome, RawRequest, Record, WebhookError
from webhook_kit.delivery import Refusal, new_id

SECRET = "a secret of more than sixteen characters"

OUTCOMES = [
    "processed",
    "unhandled",
    "unknown_event",
    "duplicate",
    "decided_by_default",
    "not_found",
    "method_not_allowed",
    "wrong_network",
    "insecure",
    "too_large",
    "unsupported_encoding",
    "unauthenticated",
    "forged",
    "stale",
    "wrong_app",
    "malformed",
    "in_flight",
    "handler_failed",
    "handler_timed_out",
    "store_unavailable",
    "secret_unavailable",
    "fenced",
    "cancelled",
]


def delivery(**changes: Any) -> Delivery:
    request = RawRequest("POST", "/chat", query_string=f"token={SECRET}".encode(), body=SECRET.encode())
    values: dict[str, Any] = {"endpoint": "chat", "provider": "tencent-chat", "request": request, "received": 1.5e9}
    return Delivery(**values | changes)


class TestOutcome:
    """What becomes of deliveries."""

    def test_there_are_these(self) -> None:
        assert [outcome.value for outcome in Outcome] == OUTCOMES

    @pytest.mark.parametrize("name", OUTCOMES)
    def test_each_is_its_text_in_either_case(self, name: str) -> None:
        assert Outcome(name) is Outcome[name] is Outcome[name.upper()] is getattr(Outcome, name)
        assert f"{Outcome(name)}" == name
        assert Outcome(name) == name


class TestDelivery:
    """One request from a vendor."""

    def test_it_says_where_it_arrived(self) -> None:
        made = delivery(context={"sdk_app_id": "14"}, attempt=2, idempotency_key="k", id="d")
        assert (made.id, made.endpoint, made.provider, made.attempt) == ("d", "chat", "tencent-chat", 2)
        assert (made.idempotency_key, made.context, made.request.path) == ("k", {"sdk_app_id": "14"}, "/chat")

    def test_its_defaults_are_those_of_a_first_try_without_a_store(self) -> None:
        made = delivery()
        assert (made.attempt, made.idempotency_key, made.context) == (1, None, MappingProxyType({}))

    def test_the_time_of_arrival_is_aware(self) -> None:
        assert delivery().received_at == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)
        assert delivery().received_at.utcoffset() is not None

    def test_a_transaction_needs_a_store_that_keeps_them(self) -> None:
        message = r"delivery.transaction\(\) needs a store .* write Dispatcher\(idempotency=SQLStore\(\.\.\.\)\)"
        with pytest.raises(ConfigurationError, match=message):
            delivery().transaction()

    def test_a_transaction_is_the_stores(self) -> None:
        opened: Any = object()
        assert delivery(transaction=lambda: opened).transaction() is opened

    def test_the_repr_shows_no_request(self) -> None:
        assert repr(delivery(id="d", attempt=3)) == "<Delivery d at 'chat', attempt 3>"


class TestIds:
    """Random, in logs and records."""

    def test_they_differ(self) -> None:
        assert len({delivery().id for _ in range(1000)}) == 1000

    def test_they_are_hexadecimal_and_of_one_length(self) -> None:
        for _ in range(100):
            assert len(new_id()) == 24
            assert int(new_id(), 16) >= 0

    def test_an_application_that_seeds_its_random_numbers_gets_different_ones(self) -> None:
        """Else two workers that seed alike, as many training jobs do, would share them."""
        state = random.getstate()
        try:
            ids = []
            for _ in range(2):
                random.seed(42)
                ids.append(new_id())
        finally:
            random.setstate(state)
        assert ids[0] != ids[1]


class TestRecord:
    """What observers get."""

    def test_it_says_what_became_of_an_event(self) -> None:
        error = ValueError("x")
        record = Record(
            outcome=Outcome.HANDLER_FAILED,
            status=500,
            duration=0.5,
            delivery_id="d",
            endpoint="chat",
            provider="tencent-chat",
            event_type="a.b",
            attempt=2,
            error=error,
            secret_index=1,
            drift={"a": 1},
        )
        assert (record.outcome, record.status, record.duration, record.delivery_id) == ("handler_failed", 500, 0.5, "d")
        assert (record.endpoint, record.provider, record.event_type) == ("chat", "tencent-chat", "a.b")
        assert (record.attempt, record.error, record.secret_index, record.drift) == (2, error, 1, {"a": 1})

    def test_what_is_not_known_is_none_or_unknown(self) -> None:
        record = Record(outcome=Outcome.NOT_FOUND, status=404, duration=0.1, delivery_id="d")
        assert (record.endpoint, record.provider, record.event_type) == (None, None, "unknown")
        assert (record.attempt, record.error, record.secret_index, dict(record.drift)) == (None, None, None, {})

    def test_the_repr_shows_neither_error_nor_drift(self) -> None:
        record = Record(
            outcome=Outcome.HANDLER_FAILED,
            status=500,
            duration=0.5,
            delivery_id="d",
            error=ValueError(SECRET),
            drift={"a": SECRET},
        )
        assert repr(record) == "<Record handler_failed endpoint=None type=unknown delivery=d status=500>"


def test_a_refusal_is_an_outcome_and_no_error_of_the_kits() -> None:
    """It never leaves the dispatcher, so that nobody has to catch it."""
    refusal = Refusal(Outcome.FORGED)
    assert (refusal.outcome, str(refusal), isinstance(refusal, WebhookError)) == (Outcome.FORGED, "forged", False)
