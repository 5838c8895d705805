"""``webhook-kit events``: what it lists, on which screen, and what it says about a name that is not known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from webhook_kit import ConfigurationError, Event
from webhook_kit.cli import event_models
from webhook_kit.events import Part
from webhook_kit.providers import registry
from webhook_kit.providers.base import Provider
from webhook_kit.providers.vcaas import UserJoinLeave

from .conftest import Invoke


class Colour(StrEnum):
    RED = "red"


class Hinge(Part):
    """Where a door turns."""

    colour: Colour
    inner: tuple[Hinge, ...] | None = None


class DoorOpened(Event):
    """A door was opened. https://doors.example/opened

    Not told when it was open already.
    """

    wire_types = ("door.opened", "door.open")

    door_id: Annotated[str, "an annotation's metadata"] = Field(alias="doorId")
    kind: Literal["door.opened"] = Field("door.opened", alias="type")
    hinge: Hinge | None = None
    seconds: int | float | None = None
    notes: Mapping[str, Any] | None = None


def section(screen: str, start: str) -> list[str]:
    """Return the lines of a block, its heading included."""
    lines = screen.splitlines()
    block = lines[lines.index(start) :]
    return block[: block.index("")] if "" in block else block


def test_every_provider_is_listed_with_its_classes_and_their_wire_names(invoke: Invoke) -> None:
    result = invoke("events")
    assert (0, "") == (result.exit_code, result.stderr)
    assert section(result.stdout, "vcaas") == [
        "vcaas",
        "  MeetingData        meetingData",
        "  UserJoinLeave      userJoinLeave",
        "  MeetingStartEnd    meetingStartEnd",
        "  RecordingStartEnd  recordingStartEnd",
        "  EndClassForAll     endClassForAll",
    ]
    for name in registry.SHIPPED:
        for wire, model in registry.provider_class(name).catalog.items():
            assert model.__name__ in result.stdout
            assert wire in result.stdout.split()


def test_providers_that_know_the_same_events_are_listed_together(invoke: Invoke) -> None:
    result = invoke("events")
    assert "tencent-chat, tencent-room, tencent-live, tencent-call" in result.stdout.splitlines()
    assert 1 == result.stdout.count("RoomAfterCreateRoom")


def test_a_provider_whose_events_are_the_users_says_so(invoke: Invoke) -> None:
    assert section(invoke("events", "standard-webhooks").stdout, "standard-webhooks") == [
        "standard-webhooks",
        "  its events are models of your own, which its constructor takes",
    ]


def test_one_provider_is_shown_with_fields(invoke: Invoke) -> None:
    result = invoke("events", "vcaas")
    assert (0, "") == (result.exit_code, result.stderr)
    assert section(result.stdout, "webhook_kit.providers.vcaas.MeetingStartEnd") == [
        "webhook_kit.providers.vcaas.MeetingStartEnd",
        "  meetingStartEnd",
        "  A meeting started or ended.",
        "    meeting_uid          str                    meetingUid",
        "    meeting_external_id  str | None             meetingExternalId",
        "    timestamp            datetime | None",
        "    meeting_status       MeetingStatus          meetingStatus",
        "    meeting_end_type     MeetingEndType | None  meetingEndType",
    ]
    assert "tencent" not in result.stdout


def test_types_of_fields_are_shown_with_what_is_in_them(invoke: Invoke) -> None:
    result = invoke("events", "vcaas")
    assert section(result.stdout, "webhook_kit.providers.vcaas.MeetingEndType") == [
        "webhook_kit.providers.vcaas.MeetingEndType",
        "  How the meeting ended; irregular is a network error.",
        "    0 REGULAR, 1 IRREGULAR",
    ]
    assert 1 == result.stdout.splitlines().count("webhook_kit.providers.vcaas.Option")


def test_an_event_that_asks_for_a_decision_says_so(invoke: Invoke) -> None:
    block = section(invoke("events", "tencent-live").stdout, "webhook_kit.providers.tencent.LiveBeforeSendGift")
    assert "  Asks for a decision." in block


def test_fields_of_all_providers_are_shown_on_demand(invoke: Invoke) -> None:
    result = invoke("events", "--fields")
    assert 0 == result.exit_code
    for name in registry.SHIPPED:
        for model in registry.provider_class(name).catalog.values():
            assert f"{event_models.home(model)}.{model.__name__}" in result.stdout.splitlines()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("arguments", [(), ("--fields",), ("tencent-chat",)], ids=" ".join)
def test_nothing_is_wider_than_the_screen_or_cut(arguments: tuple[str, ...], width: int, invoke: Invoke) -> None:
    narrow, wide = invoke("events", *arguments, COLUMNS=str(width)).stdout, invoke("events", *arguments).stdout
    assert width >= max(map(len, narrow.splitlines()))
    assert sorted(narrow.split()) == sorted(wide.split())
    assert not any(line != line.rstrip() for line in narrow.splitlines())


def test_a_narrow_screen_has_wire_names_below_their_class(invoke: Invoke) -> None:
    lines = invoke("events", COLUMNS="80").stdout.splitlines()
    place = lines.index("  RoomAfterUpdateRoomInfo")
    assert lines[place + 1 : place + 3] == [
        "      Room.CallbackAfterUpdateRoomInfo",
        "      Room.CallbackUpdateRoomInfo",
    ]


def test_json_has_everything(invoke: Invoke) -> None:
    result = invoke("events", "vcaas", "--json")
    [group] = json.loads(result.stdout)
    assert ["vcaas"] == group["providers"]
    [event] = [each for each in group["events"] if each["class"] == "UserJoinLeave"]
    assert event["wire_types"] == ["userJoinLeave"]
    assert (event["module"], event["decides"]) == ("webhook_kit.providers.vcaas", False)
    assert list(UserJoinLeave.model_fields) == [field["name"] for field in event["fields"]]
    assert {"name": "user_status", "type": "UserStatus", "wire": "userStatus", "required": True} in event["fields"]
    [status] = [each for each in group["types"] if each["class"] == "UserStatus"]
    assert ["0", "1", "2"] == list(status["values"].values())


def test_json_of_all_providers_has_each_of_them(invoke: Invoke) -> None:
    groups = json.loads(invoke("events", "--json").stdout)
    assert list(registry.SHIPPED) == [name for group in groups for name in group["providers"]]


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=" ".join)
def test_an_unknown_provider_is_an_error_with_the_nearest_names(arguments: tuple[str, ...], invoke: Invoke) -> None:
    result = invoke("events", "tencent-chatt", *arguments, COLUMNS="200")
    assert (2, "") == (result.exit_code, result.stdout)
    assert "there is no provider 'tencent-chatt'; did you mean 'tencent-chat', 'tencent-call'" in result.stderr


def test_a_broken_provider_is_named_below_the_others(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch)
    result = invoke("events")
    assert (0, "the provider 'doors' is broken\n") == (result.exit_code, result.stderr)
    assert "vcaas" in result.stdout.splitlines()


def test_a_broken_provider_that_was_asked_for_ends_in_1(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch)
    result = invoke("events", "doors")
    assert (1, "", "the provider 'doors' is broken\n") == (result.exit_code, result.stdout, result.stderr)


def breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a provider that cannot be loaded."""
    working = registry.provider_class

    def provider_class(name: str) -> type[Provider]:
        if name == "doors":
            raise ConfigurationError("the provider 'doors' is broken")
        return working(name)

    monkeypatch.setattr(registry, "names", lambda: (*registry.SHIPPED, "doors"))
    monkeypatch.setattr(registry, "provider_class", provider_class)


def test_types_are_written_as_in_a_program() -> None:
    assert [(field.name, field.type, field.wire, field.required) for field in event_models.fields_of(DoorOpened)] == [
        ("door_id", "str", "doorId", True),
        ("kind", "Literal['door.opened']", "type", False),
        ("hinge", "Hinge | None", "hinge", False),
        ("seconds", "int | float | None", "seconds", False),
        ("notes", "Mapping[str, Any] | None", "notes", False),
    ]
    assert "tuple[Hinge, ...] | None" == event_models.fields_of(Hinge)[1].type


def test_types_that_hold_themselves_are_listed_once() -> None:
    assert [Hinge, Colour] == event_models.types_of([DoorOpened])


def test_a_summary_is_the_first_paragraph_without_addresses() -> None:
    assert "A door was opened." == event_models.summary(DoorOpened)


def test_a_class_of_no_package_is_imported_from_its_module() -> None:
    assert __name__ == event_models.home(DoorOpened)
