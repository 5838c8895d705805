"""Events as frozen typed values."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import Field, PrivateAttr, ValidationError

from webhook_kit import ConfigurationError, Event, UnknownEvent
from webhook_kit.events import SHOWN_CHARACTERS, Part, stamp, unknown_event
from webhook_kit.fields import Instant, OpenEnum
from webhook_kit.parsing import read_event


class Lamp(Part):
    """A part with something that identifies it, and something that does not."""

    lamp_id: str = Field(alias="lampId")
    note: str | None = None


class Colour(OpenEnum):
    RED = "red"


class Switched(Event):
    """A lamp was switched on or off."""

    wire_types = ("lamp.switched", "lamp.switch")
    default_provider = "lamps"

    room: str
    number: int
    lamp: Lamp
    lamps: tuple[Lamp, ...] = ()
    colour: Colour | None = None
    at: Instant | None = None
    secret: str | None = None

    @property
    def occurred_at(self) -> datetime | None:
        return self.at


class Counting(Event):
    """An event of a user who keeps something of his own in it."""

    wire_types = ("counting",)

    _count: int = PrivateAttr(3)


WIRE: dict[str, Any] = {
    "room": "kitchen",
    "number": 7,
    "lamp": {"lampId": "L1", "note": "a payload"},
    "lamps": [{"lampId": "L1"}, {"lampId": "L2"}],
    "colour": "ultraviolet",
    "at": 1_700_000_000,
    "secret": "a secret of more than sixteen characters",
}


def switched(**changes: Any) -> Switched:
    event = read_event(Switched, json.dumps(WIRE | changes).encode(), type="lamp.switch", provider="lamps-2")
    assert isinstance(event, Switched)
    return event


class TestWhatItSays:
    """The four names that every event has."""

    def test_a_delivered_event_says_what_the_wire_said(self) -> None:
        event = switched()
        assert (event.type, event.provider) == ("lamp.switch", "lamps-2")
        assert event.occurred_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
        assert dict(event.drift) == {}

    def test_an_event_made_by_hand_says_what_its_class_says(self) -> None:
        event = Switched.model_validate(WIRE)
        assert (event.type, event.provider, dict(event.drift)) == ("lamp.switched", "lamps", {})

    def test_the_base_says_nothing(self) -> None:
        event = Event()
        assert (event.type, event.provider, event.occurred_at, dict(event.drift)) == ("unknown", "", None, {})

    def test_drift_cannot_be_written(self) -> None:
        drift: Any = switched(secret=[]).drift
        with pytest.raises(TypeError):
            drift["secret"] = None

    def test_wire_fields_of_these_names_do_not_shadow_them(self) -> None:
        wire = {
            "type": "fake",
            "provider": "fake",
            "drift": {"a": 1},
            "occurred_at": 5,
            "wire_types": [],
            "decides": True,
        }
        event = switched(**wire)
        assert (event.type, event.provider, dict(event.drift)) == ("lamp.switch", "lamps-2", {})
        assert event.occurred_at is event.at
        assert (event.wire_types, event.decides) == (("lamp.switched", "lamp.switch"), False)
        assert event.model_extra == wire


class TestWhatItHolds:
    """Fields as the vendor sent them."""

    def test_sequences_are_tuples(self) -> None:
        assert switched().lamps == (Lamp(lampId="L1"), Lamp(lampId="L2"))

    def test_unknown_fields_are_kept_at_every_depth(self) -> None:
        event = switched(brand="new", lamp={"lampId": "L1", "watts": 40})
        assert (event.model_extra, event.lamp.model_extra) == ({"brand": "new"}, {"watts": 40})

    def test_the_wire_names_are_restored(self) -> None:
        event = switched(at=None, brand="new")
        assert json.loads(event.model_dump_json(by_alias=True, exclude_unset=True)) == WIRE | {
            "at": None,
            "brand": "new",
        }

    def test_json_is_read_by_wire_name_only(self) -> None:
        with pytest.raises(ValidationError):
            Lamp.model_validate({"lamp_id": "L1"})
        with pytest.raises(ValidationError):
            Lamp.model_validate_json('{"lamp_id": "L1"}')

    def test_one_that_is_made_by_hand_takes_either_name(self) -> None:
        by_hand: Any = Lamp
        assert by_hand(lamp_id="L1") == Lamp.model_validate({"lampId": "L1"}) == by_hand(lampId="L1")

    @pytest.mark.parametrize("name", ["type", "provider", "occurred_at", "drift"])
    @pytest.mark.filterwarnings("ignore:Field name:UserWarning")
    def test_a_field_may_not_hide_what_every_event_has(self, name: str) -> None:
        namespace = {"__annotations__": {name: str}, "__module__": __name__}
        with pytest.raises(ConfigurationError, match=rf"write signup_{name}: ... = Field\(alias=\"{name}\"\)"):
            type("Signup", (Event,), namespace)

    @pytest.mark.parametrize("number", [2**53 + 1, 144115212910570789, 1])
    def test_a_number_is_text_where_text_is_expected(self, number: int) -> None:
        assert switched(room=number).room == str(number)

    def test_nothing_can_be_changed(self) -> None:
        event = switched()
        with pytest.raises(ValidationError, match="frozen"):
            event.room = "hall"
        with pytest.raises(ValidationError, match="frozen"):
            event.lamp.note = "other"


class TestRepr:
    """Type, provider and identifying fields only."""

    @pytest.mark.parametrize("shown", [repr, str, "{}".format], ids=["repr", "str", "format"])
    def test_it_shows_what_identifies_and_no_payload(self, shown: Callable[[object], str]) -> None:
        text = shown(switched())
        for each in ("lamp.switch", "lamps-2", "kitchen", "7", "L1"):
            assert each in text
        for each in ("a payload", WIRE["secret"], "ultraviolet", "L2", "2023"):
            assert each not in text

    def test_it_is_this(self) -> None:
        expected = "Switched(type='lamp.switch', provider='lamps-2', room='kitchen', number=7, lamp=Lamp(lamp_id='L1'))"
        assert repr(switched()) == expected

    def test_it_is_short_and_one_line_however_long_the_fields_are(self) -> None:
        event = switched(room="line\n" * 1000, lamp={"lampId": "x" * 10_000})
        stamp(event, "y" * 10_000, "lamps")
        assert len(repr(event)) < 4 * SHOWN_CHARACTERS
        assert "\n" not in repr(event)

    def test_an_incomplete_event_has_one_too(self) -> None:
        assert (
            repr(Switched.model_construct(room="hall"))
            == "Switched(type='lamp.switched', provider='lamps', room='hall')"
        )

    def test_a_required_field_that_is_no_text_and_no_part_is_left_out(self) -> None:
        class Listed(Event):
            rows: tuple[str, ...]

        assert repr(Listed(rows=("a payload",))) == "Listed(type='unknown', provider='')"


def test_defining_an_event_costs_little_until_one_arrives() -> None:
    """There are more than a hundred, of which an application uses a few."""

    class Rare(Event):
        wire_types = ("rare",)

    assert not Rare.__pydantic_complete__
    read_event(Rare, b"{}", type="rare", provider="lamps")
    assert Rare.__pydantic_complete__


class TestUnknownEvent:
    """An event of a type that is not known."""

    def test_it_keeps_type_provider_and_payload(self) -> None:
        payload = {"kind": "lamp.exploded", "room": ["kitchen"]}
        event = unknown_event(payload, "lamp.exploded", "lamps")
        assert (event.type, event.provider, event.payload) == ("lamp.exploded", "lamps", payload)
        assert (event.occurred_at, dict(event.drift)) == (None, {})

    @pytest.mark.parametrize("type", [None, "", 5, True, ["lamp"], {"lamp": 1}])
    def test_a_type_that_is_no_text_is_unknown(self, type: object) -> None:
        assert unknown_event({}, type, "lamps").type == "unknown"

    def test_its_repr_shows_no_payload(self) -> None:
        event = unknown_event({"secret": "a secret"}, "t" * 1000, "lamps")
        assert repr(event) == f"UnknownEvent(type='{'t' * SHOWN_CHARACTERS}', provider='lamps')"
        assert repr(UnknownEvent(payload={"secret": "a secret"})) == "UnknownEvent(type='unknown', provider='')"

    def test_made_by_hand_it_has_no_payload_unless_given(self) -> None:
        assert (UnknownEvent().payload, UnknownEvent(payload={"a": 1}).payload) == ({}, {"a": 1})


COPIES: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda event: pickle.loads(pickle.dumps(event)),
    lambda event: event.model_copy(),
    lambda event: event.model_copy(deep=True),
]


class TestCopies:
    """Copies, pickles and comparisons know what the event was delivered as."""

    @pytest.mark.parametrize("copied", COPIES, ids=["copy", "deepcopy", "pickle", "model_copy", "model_copy deep"])
    @pytest.mark.parametrize(
        "event",
        [switched(), switched(secret=["no text"]), unknown_event({"a": [1]}, "lamp.exploded", "lamps"), Event()],
        ids=["fitting", "drifted", "unknown", "by hand"],
    )
    def test_a_copy_is_equal(self, event: Event, copied: Callable[[Event], Event]) -> None:
        other = copied(event)
        assert other == event
        assert (other.type, other.provider, other.drift) == (event.type, event.provider, event.drift)

    def test_the_same_fields_of_another_type_are_another_event(self) -> None:
        assert switched() == switched()
        assert switched() != Switched.model_validate(WIRE)

    def test_private_attributes_of_a_users_event_live_on(self) -> None:
        event = read_event(Counting, b"{}", type="counting", provider="users")
        assert isinstance(event, Counting)
        assert (event._count, event.type, event.provider) == (3, "counting", "users")

    def test_they_do_not_hide_the_type_of_one_made_by_hand(self) -> None:
        assert (Counting().type, Counting().provider, dict(Counting().drift)) == ("counting", "", {})
