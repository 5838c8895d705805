"""The support matrix says what the code does."""

from __future__ import annotations

import csv
from collections import Counter
from typing import Any

import pytest

from docs import tables
from webhook_kit.cli.event_models import models_of
from webhook_kit.providers import registry
from webhook_kit.providers.base import Provider

ROWS = list(csv.DictReader(tables.MATRIX.read_text(encoding="utf-8").splitlines()))
BY_CLASS = {row["class"]: row for row in ROWS}
DAYS = str(8 * 24 * 3600)


def cells(row: dict[str, str], column: str) -> list[str]:
    """Return the values of a cell."""
    return row[column].split("; ")


def test_the_file_is_as_the_code_writes_it() -> None:
    """``python -m docs.tables`` writes it."""
    assert tables.matrix() == tables.MATRIX.read_text(encoding="utf-8")


def test_every_event_has_one_row() -> None:
    expected = {model.__name__ for name in registry.SHIPPED for model in models_of(registry.provider_class(name))}
    assert {*expected, "(your own)"} == set(BY_CLASS)
    assert len(BY_CLASS) == len(ROWS)


@pytest.mark.parametrize("name", registry.SHIPPED)
def test_every_type_of_a_provider_is_in_the_row_of_its_class(name: str) -> None:
    told = {
        (wire, row["class"]) for row in ROWS if name in cells(row, "providers") for wire in cells(row, "wire_types")
    }
    known = {(wire, model.__name__) for wire, model in registry.provider_class(name).catalog.items()}
    assert told == (known or {("*", "(your own)")})


def test_thirteen_events_ask_for_a_decision_and_have_no_retention() -> None:
    assert Counter({("no", True): 97, ("yes", False): 13}) == Counter(
        (row["decides"], bool(row["retention_seconds"])) for row in ROWS
    )


@pytest.mark.parametrize(
    ("event", "column", "expected"),
    [
        ("GroupOnMemberStateChange", "retention_seconds", "5"),
        ("SnsFriendAdd", "retention_seconds", "300"),
        ("TranscriptionAvailable", "retention_seconds", "600"),
        ("RoomAfterCreateRoom", "retention_seconds", DAYS),
        ("(your own)", "retention_seconds", DAYS),
        ("PushOfflinePush", "deduplicated_by", "entry of the batch"),
        ("LiveBeforeSendGift", "deduplicated_by", "never"),
        ("BotChatMessage", "deduplicated_by", "message id"),
        ("BotCompleted", "deduplicated_by", "message id (signing_secret=); body (callback_secret=)"),
        ("BotCompleted", "methods", "POST (signing_secret=); POST PUT (callback_secret=)"),
        ("MeetingData", "methods", "POST"),
        ("RTCEvent", "authentication", "header Sign: HMAC of the body (key=)"),
        ("AlertTriggered", "authentication", "header x-mb-alert-secret: the secret itself (alert_secret=)"),
        (
            "C2CAfterSendMsg",
            "authentication",
            "parameters SdkAppid and Sign RequestTime: digest of the time (token=)",
        ),
        ("GroupOnMemberStateChange", "page", "https://www.tencentcloud.com/document/product/1047/48734"),
    ],
)
def test_a_row_says_what_is_known_of_its_event(event: str, column: str, expected: str) -> None:
    assert expected == BY_CLASS[event][column]


def test_every_event_of_a_vendor_has_a_page_of_the_vendor() -> None:
    assert [] == [
        row["class"] for row in ROWS if not row["page"].startswith("https://") and row["class"] != "(your own)"
    ]


def test_every_way_to_check_what_arrives_is_told() -> None:
    told = {keyword for row in ROWS for each in cells(row, "authentication") for keyword in [each.rpartition("(")[2]]}
    assert {f"{setup.keyword}=)" for setup in tables.setups()} == told


def test_the_setups_are_those_of_all_providers() -> None:
    made: dict[str, Any] = {setup.provider.name: setup.provider for setup in tables.setups()}
    assert set(registry.SHIPPED) == set(made)
    assert all(isinstance(each, Provider) and each.verifier is not None for each in made.values())
