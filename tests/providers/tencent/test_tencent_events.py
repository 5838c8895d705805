"""What handlers see of Tencent's callbacks: the two that every page of this kit shows, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from webhook_kit import Event, UnknownEvent
from webhook_kit.providers.tencent import (
    GroupOnMemberStateChange,
    MemberEventCause,
    MemberEventType,
    RoomAfterCreateRoom,
    RoomStatus,
    RoomType,
    TakeSeatMode,
    TencentChat,
    TencentRoom,
)
from webhook_kit.providers.tencent.samples import SAMPLES

from .sending import APP, Desk, Payload

EventT = TypeVar("EventT", bound=Event)


def received(model: type[EventT], payload: Payload) -> EventT:
    """Return the event that a handler sees, after a check of its class."""
    desk = Desk(TencentRoom(sdk_app_id=APP))
    assert 200 == desk.post(payload, model.wire_types[0]).status
    [event] = desk.events
    assert isinstance(event, model)
    return event


def changed(model: type[Event], **fields: Any) -> dict[str, Any]:
    """Return the sample with other values at its top level."""
    return {**SAMPLES[model], **fields}


def in_room(**fields: Any) -> dict[str, Any]:
    """Return the sample of a created room with other values in its RoomInfo."""
    return changed(RoomAfterCreateRoom, RoomInfo={**SAMPLES[RoomAfterCreateRoom]["RoomInfo"], **fields})


def test_every_field_of_a_member_state_change() -> None:
    event = received(GroupOnMemberStateChange, SAMPLES[GroupOnMemberStateChange])
    assert "Group.CallbackOnMemberStateChange" == event.type == event.callback_command
    assert "@TGS#a7QK2MZ4C" == event.group_id
    assert MemberEventType.OFFLINE is event.event_type
    assert MemberEventCause.HEARTBEAT_INTERRUPT is event.event_cause
    assert event.member_list is not None
    assert ["amira", "bo"] == [member.member_account for member in event.member_list]
    assert event.occurred_at is None
    assert {} == event.drift == event.model_extra


@pytest.mark.parametrize("cause", ["HeartbeatInterrupt", "HeartbeatRecover", "Join", "Quit"])
def test_every_documented_cause_is_known(cause: str) -> None:
    event = received(GroupOnMemberStateChange, changed(GroupOnMemberStateChange, EventCause=cause))
    assert event.event_cause is not None
    assert (cause, True) == (event.event_cause, event.event_cause.known)


def test_a_member_state_change_may_have_no_cause() -> None:
    event = received(GroupOnMemberStateChange, {"GroupId": "g", "EventType": "Online"})
    assert (MemberEventType.ONLINE, None, None) == (event.event_type, event.event_cause, event.member_list)


def test_every_field_of_a_created_room() -> None:
    event = received(RoomAfterCreateRoom, SAMPLES[RoomAfterCreateRoom])
    room = event.room_info
    assert ("weekly-review", "Weekly review", "amira") == (room.room_id, room.room_name, room.owner_account)
    assert (120, 12, "quarter=4") == (room.max_member_count, room.max_seat_count, room.custom_info)
    assert (False, True, False) == (room.is_video_disabled, room.is_audio_disabled, room.is_message_disabled)
    assert (True, False, True) == (
        room.is_screen_sharing_disabled,
        room.is_cloud_recording_disabled,
        room.is_seat_enabled,
    )
    assert (RoomType.MEETING, RoomStatus.NOT_STARTED, TakeSeatMode.APPLY_TO_TAKE) == (
        room.room_type,
        room.room_status,
        room.take_seat_mode,
    )
    assert datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC) == room.schedule_start_time
    assert datetime(2026, 9, 21, 15, 13, 20, tzinfo=UTC) == room.schedule_end_time
    assert datetime(2026, 9, 21, 11, 26, 40, tzinfo=UTC) == room.create_time
    assert ("administrator", ("bo", "chidi", "bo")) == (event.operator_account, event.schedule_invitee_list_account)
    assert datetime(2026, 9, 21, 11, 26, 40, 123000, tzinfo=UTC) == event.event_time == event.occurred_at
    assert {} == event.drift == event.model_extra == room.model_extra
    assert 18 == len(type(room).model_fields) == len(SAMPLES[RoomAfterCreateRoom]["RoomInfo"])


def test_a_room_may_say_no_more_than_its_id() -> None:
    event = received(RoomAfterCreateRoom, {"RoomInfo": {"RoomId": "r"}})
    assert "r" == event.room_info.room_id
    assert {None} == {getattr(event.room_info, name) for name in type(event.room_info).model_fields} - {"r"}
    assert (None, None, None) == (event.operator_account, event.schedule_invitee_list_account, event.occurred_at)


@pytest.mark.parametrize("time", [1789990000123, "1789990000123"])
def test_the_events_time_is_a_number_or_digits(time: int | str) -> None:
    event = received(RoomAfterCreateRoom, changed(RoomAfterCreateRoom, EventTime=time))
    assert datetime(2026, 9, 21, 11, 26, 40, 123000, tzinfo=UTC) == event.occurred_at


def test_the_events_time_is_milliseconds_however_small() -> None:
    event = received(RoomAfterCreateRoom, changed(RoomAfterCreateRoom, EventTime=1500))
    assert datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC) == event.occurred_at


@pytest.mark.parametrize("time", ["soon", True, [], {}, 10**30, "", 1e300])
def test_a_time_that_is_none_drifts(time: Any) -> None:
    event = received(RoomAfterCreateRoom, changed(RoomAfterCreateRoom, EventTime=time))
    assert event.occurred_at is None
    assert {"EventTime": time} == event.drift


@pytest.mark.parametrize("time", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_never_fails_the_callback(time: str) -> None:
    desk = Desk(TencentRoom(sdk_app_id=APP))
    body = b'{"RoomInfo":{"RoomId":"r"},"EventTime":%s}' % time.encode()
    assert desk.post(body, RoomAfterCreateRoom.wire_types[0]).status in (200, 400)


def test_a_field_of_another_type_drifts_and_the_others_stay() -> None:
    event = received(RoomAfterCreateRoom, in_room(MaxSeatCount="many", IsSeatEnabled="maybe", RoomName=["a"]))
    room = event.room_info
    assert (None, None, None, 120) == (room.max_seat_count, room.is_seat_enabled, room.room_name, room.max_member_count)
    assert {
        "RoomInfo.MaxSeatCount": "many",
        "RoomInfo.IsSeatEnabled": "maybe",
        "RoomInfo.RoomName": ["a"],
    } == event.drift


def test_text_is_read_as_the_bool_that_it_spells() -> None:
    """A sample of the vendor has the text ``"false"``. https://trtc.io/document/60731"""
    room = received(RoomAfterCreateRoom, in_room(IsCloudRecordingDisabled="false", IsSeatEnabled="true")).room_info
    assert (False, True) == (room.is_cloud_recording_disabled, room.is_seat_enabled)


def test_values_that_are_not_documented_are_kept() -> None:
    event = received(RoomAfterCreateRoom, in_room(RoomType="Webinar", RoomStatus="Paused", TakeSeatMode="Raffle"))
    room = event.room_info
    assert ("Webinar", "Paused", "Raffle") == (room.room_type, room.room_status, room.take_seat_mode)
    assert {} == event.drift
    assert room.room_type is not None
    assert not room.room_type.known


def test_both_spellings_of_a_meeting_are_known() -> None:
    """The page's table says ``conference``, its sample ``Meeting``."""
    for spelling in ("Meeting", "conference"):
        room = received(RoomAfterCreateRoom, in_room(RoomType=spelling)).room_info
        assert room.room_type is not None
        assert room.room_type.known


def test_fields_that_are_not_documented_are_kept() -> None:
    event = received(GroupOnMemberStateChange, changed(GroupOnMemberStateChange, NextYearsField={"a": [1]}))
    assert {"NextYearsField": {"a": [1]}} == event.model_extra


def test_account_numbers_above_two_to_the_53_are_kept_exactly() -> None:
    event = received(
        GroupOnMemberStateChange,
        changed(GroupOnMemberStateChange, GroupId=144115233775727695, MemberList=[{"Member_Account": 2**63 + 1}]),
    )
    assert event.member_list is not None
    assert ("144115233775727695", "9223372036854775809") == (event.group_id, event.member_list[0].member_account)


@pytest.mark.parametrize("value", [None, [], {}, True])
def test_without_what_identifies_it_an_event_is_unknown(value: Any) -> None:
    for model, payload in (
        (GroupOnMemberStateChange, changed(GroupOnMemberStateChange, GroupId=value)),
        (RoomAfterCreateRoom, in_room(RoomId=value)),
        (RoomAfterCreateRoom, changed(RoomAfterCreateRoom, RoomInfo=value)),
    ):
        desk = Desk(TencentChat(sdk_app_id=APP))
        assert 200 == desk.post(payload, model.wire_types[0]).status
        [event] = desk.events
        assert isinstance(event, UnknownEvent)
        assert (model.wire_types[0], payload) == (event.type, event.payload)


def test_an_event_shows_what_identifies_it_and_nothing_else() -> None:
    event = received(RoomAfterCreateRoom, SAMPLES[RoomAfterCreateRoom])
    shown = repr(event)
    assert "Room.CallbackAfterCreateRoom" in shown
    assert "weekly-review" in shown
    assert "quarter" not in shown
    assert "amira" not in shown


def test_events_are_frozen() -> None:
    event = received(GroupOnMemberStateChange, SAMPLES[GroupOnMemberStateChange])
    with pytest.raises(ValueError, match="frozen"):
        event.group_id = "another"


def test_an_event_made_by_hand_has_the_vendors_usual_type() -> None:
    event = GroupOnMemberStateChange.model_validate(SAMPLES[GroupOnMemberStateChange])
    assert ("Group.CallbackOnMemberStateChange", "tencent-chat") == (event.type, event.provider)


@pytest.mark.parametrize("model", [GroupOnMemberStateChange, RoomAfterCreateRoom])
def test_the_wire_names_can_be_restored(model: type[Event]) -> None:
    event = received(model, SAMPLES[model])
    assert set(SAMPLES[model]) == set(event.model_dump(by_alias=True, exclude_unset=True))
