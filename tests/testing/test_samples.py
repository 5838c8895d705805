"""Sample events: valid, and changed where a test cares."""

from __future__ import annotations

import copy
import gc
import json
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field

from tests.testing.parcels import Contract, Parcels, ParcelSent
from webhook_kit import ConfigurationError, Dispatcher, Event, UnknownEvent
from webhook_kit.events import Part
from webhook_kit.fields import OpenEnum, Seconds
from webhook_kit.providers import registry
from webhook_kit.providers.meeting_baas import BotCompleted, MeetingBaaS, MeetingCompleted
from webhook_kit.providers.tencent import GroupOnMemberStateChange, PushOfflinePush, RoomAfterCreateRoom
from webhook_kit.providers.vcaas import MeetingData, UserJoinLeave
from webhook_kit.providers.vendor import Vendor
from webhook_kit.testing import sample, sample_body
from webhook_kit.testing.samples import bodies, fields_of

EVENTS = {
    model.__name__: model for name in registry.names() for model in registry.provider_class(name).catalog.values()
}


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS)
def test_every_event_of_the_kit_has_a_sample(model: type[Event]) -> None:
    event = sample(model)
    assert type(event) is model
    assert not event.drift
    assert event.type in model.wire_types
    assert event.provider == model.default_provider


def test_two_samples_are_equal() -> None:
    assert sample(MeetingCompleted) == sample(MeetingCompleted)


@pytest.mark.parametrize(
    "changes",
    [{"meeting_uid": "m-1"}, {"meetingUid": "m-1"}],
    ids=["by the name in Python", "by the name on the wire"],
)
def test_a_field_is_changed(changes: dict[str, Any]) -> None:
    assert sample(UserJoinLeave, **changes).meeting_uid == "m-1"
    assert sample_body(UserJoinLeave, **changes)["meetingUid"] == "m-1"


@pytest.mark.parametrize(
    "path", ["room_info__room_id", "room_info.room_id", "RoomInfo.RoomId", "RoomInfo__room_id"], ids=str
)
def test_a_field_inside_an_object_is_changed(path: str) -> None:
    assert sample(RoomAfterCreateRoom, **{path: "r-7"}).room_info.room_id == "r-7"
    assert sample_body(RoomAfterCreateRoom, **{path: "r-7"})["RoomInfo"]["RoomId"] == "r-7"


def test_an_entry_of_a_list_is_changed() -> None:
    event = sample(MeetingCompleted, data__transcript__1__speaker="Chidi")
    assert event.data.transcript is not None
    assert [each.speaker for each in event.data.transcript][1] == "Chidi"


def test_an_object_that_the_sample_lacks_is_made() -> None:
    assert sample_body(MeetingData, attendee_datas=None)["attendeeDatas"] is None
    assert sample_body(ShippedThings, second__town="Tromsø")["second"] == {"town": "Tromsø"}


def test_what_the_user_gave_to_the_vendor_is_free() -> None:
    assert sample_body(MeetingCompleted, data__extra__customer="c-1")["data"]["extra"]["customer"] == "c-1"


def test_values_are_written_as_json() -> None:
    moment = datetime(2026, 9, 21, 14, tzinfo=UTC)
    event = sample(UserJoinLeave, timestamp=moment)
    assert event.occurred_at == moment
    json.dumps(sample_body(UserJoinLeave, timestamp=moment))


def test_an_entry_of_a_batch_is_an_event() -> None:
    assert sample(PushOfflinePush, to_account="chidi").to_account == "chidi"


def test_the_sample_itself_stays_as_it_is() -> None:
    body = sample_body(MeetingCompleted)
    body["data"]["bot_id"] = "changed"
    assert sample(MeetingCompleted).data.bot_id != "changed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data__bot": "b"}, r"data__bot: CompletedData has no 'bot'; did you mean 'bot_id'"),
        ({"dta": {}}, r"dta: MeetingCompleted has no 'dta'; did you mean 'data'"),
        ({"data__transcript__9__speaker": "b"}, r"the sample has 2 entries there; give a number from 0"),
        ({"data__transcript__first": "b"}, r"the sample has 2 entries there; give a number from 0"),
        ({"data__speakers": 7}, r"the value for data\.speakers does not fit MeetingCompleted; .* sample_body\(\)"),
        ({"data__bot_id": None}, r"data__bot_id: .* nobody would read this as MeetingCompleted"),
    ],
)
def test_a_change_that_cannot_be_says_what_to_write(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        sample(MeetingCompleted, **changes)


class Carrier(OpenEnum):
    SLED = "sled"


class Address(Part):
    town: str
    street: str | None = None


class ShippedThings(Event):
    event_type: Literal["things.shipped"] = Field(alias="type")
    carrier: Carrier
    address: Address
    at: Seconds
    things: tuple[Address, ...]
    weight: float
    count: int
    fragile: bool
    labels: dict[str, str]
    anything: Any
    note: str | None
    remark: str | None = None
    second: Address | None = None


def test_a_model_of_the_users_own_gets_the_least_that_it_takes() -> None:
    assert sample_body(ShippedThings) == {
        "type": "things.shipped",
        "carrier": "sled",
        "address": {"town": "town"},
        "at": "2026-09-21T14:00:00Z",
        "things": [],
        "weight": 1.5,
        "count": 1,
        "fragile": True,
        "labels": {},
        "anything": "anything",
        "note": "note",
    }
    assert sample(ShippedThings, count=3).count == 3
    assert not sample(ShippedThings).drift


def test_an_event_of_no_registered_provider_is_made_up() -> None:
    assert sample(ParcelSent, parcel_id="p-1").parcel_id == "p-1"
    assert sample_body(ParcelSent) == {"type": "parcel.sent", "parcelId": "parcel_id"}


def test_a_provider_that_is_in_use_has_samples() -> None:
    class ParcelVendor(Vendor):
        samples: ClassVar[Mapping[Any, Mapping[str, Any]]] = Contract.samples

    class WithVendor(Parcels):
        @classmethod
        def vendor_class(cls) -> type[Vendor]:
            return ParcelVendor

    hooks = Dispatcher()
    hooks.add(WithVendor(secret="a secret of more than sixteen characters"))
    assert sample(ParcelSent).note == "left at the neighbour's"


def test_an_event_remembers_the_bytes_it_was_made_from() -> None:
    """Times stay as the vendor writes them."""
    assert fields_of(sample(UserJoinLeave, external_id="u-1"))["timestamp"] == sample_body(UserJoinLeave)["timestamp"]


@pytest.mark.parametrize(
    "copied",
    [
        lambda event: event.model_copy(update={"external_id": "u-2"}),
        lambda event: pickle.loads(pickle.dumps(event)).model_copy(update={"external_id": "u-2"}),
        lambda event: copy.deepcopy(event).model_copy(update={"external_id": "u-2"}),
    ],
)
def test_a_changed_copy_is_written_from_its_values(copied: Any) -> None:
    assert fields_of(copied(sample(UserJoinLeave)))["externalId"] == "u-2"


def test_nothing_is_kept_for_events_that_are_gone() -> None:
    event = sample(GroupOnMemberStateChange)
    number = id(event)
    assert number in bodies._bodies
    del event
    gc.collect()
    assert number not in bodies._bodies


def test_an_event_made_by_hand_is_written_from_its_values() -> None:
    event = UserJoinLeave(meeting_uid="m-1", user_status="0")  # type: ignore[arg-type]  # as a test may write it
    assert fields_of(event) == {"meetingUid": "m-1", "userStatus": "0"}


def test_an_unknown_event_is_its_payload() -> None:
    assert fields_of(UnknownEvent(payload={"weather": "fair"})) == {"weather": "fair"}


def test_the_class_of_a_sample_is_known_to_type_checkers() -> None:
    event: BotCompleted = sample(BotCompleted)
    assert MeetingBaaS.catalog[event.type] is BotCompleted
