"""All commands of all products: names, fields, aliases, units."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from webhook_kit import Event, Outcome, UnknownEvent
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers import tencent
from webhook_kit.providers.tencent import (
    AlertRequestOverLimit,
    C2CAfterMsgReport,
    C2CAfterSendMsg,
    CallAfterEndCall,
    CallAfterStartCall,
    ContentCallbackResultNotify,
    FollowAfterFollowDelete,
    GroupAfterCreateGroup,
    GroupAfterCreateTopic,
    GroupAfterGroupAttrChanged,
    GroupAfterMemberFieldChanged,
    GroupAfterNewMemberJoin,
    GroupAfterTopicDestroyed,
    GroupAfterTopicInfoChanged,
    GroupOnMemberStateChange,
    GroupType,
    LiveAfterCloudRecordingChanged,
    LiveAfterMemberStateChanged,
    LiveAfterModifyAdmin,
    LiveBeforeSendGift,
    MicAfterSeatInfoChanged,
    OperateType,
    ProfilePortraitSet,
    PushAllMemberPush,
    PushOfflinePush,
    PushStage,
    RoomAfterUpdateRoomInfo,
    SnsBlackListAdd,
    SnsBlackListDelete,
    SnsFriendAdd,
    SnsFriendDelete,
    StateStateChange,
    TencentCall,
    TencentChat,
    TencentLive,
    TencentPart,
    TencentRoom,
)
from webhook_kit.providers.tencent.catalog import CALL, CHAT, EVENTS, LIVE, ROOM
from webhook_kit.providers.tencent.provider import TencentProvider
from webhook_kit.providers.tencent.samples import RTC_SAMPLES, SAMPLES

from .sending import APP, SUCCESS, Desk, Driver

PROVIDERS: tuple[type[TencentProvider], ...] = (TencentChat, TencentRoom, TencentLive, TencentCall)
MOMENT = datetime(2026, 9, 21, 11, 26, 40, 123000, tzinfo=UTC)
SECOND = MOMENT.replace(microsecond=0)


def received(model: type[Event], payload: Any = None, *, command: str | None = None) -> Event:
    """Return the one event in a body, by default the sample's."""
    desk = Desk()
    sent = SAMPLES[model] if payload is None else payload
    assert 200 == desk.post(sent, command or model.wire_types[0]).status
    [event] = desk.events
    return event


def parts(value: Any) -> Iterator[BaseModel]:
    """Yield every model inside a value, itself included."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from parts(getattr(value, name))
    elif isinstance(value, tuple):
        for inner in value:
            yield from parts(inner)


def shape(value: Any) -> Any:
    """Return a JSON value's names without what is in them."""
    if isinstance(value, Mapping):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shape(inner) for inner in value]
    return None


def declared(model: type[BaseModel], name: str) -> str:
    """Return a field with the class that first declares it."""
    return f"{[each.__name__ for each in model.__mro__ if name in vars(each).get('__annotations__', {})][-1]}.{name}"


def models_in(annotation: Any) -> Iterator[type[TencentPart]]:
    """Yield the models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, TencentPart):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def test_there_are_81_commands_and_three_further_spellings() -> None:
    assert (81, 81, 84) == (len(EVENTS), len(set(EVENTS)), len(TencentChat.catalog))
    assert (57, 6, 14, 4) == (len(CHAT), len(ROOM), len(LIVE), len(CALL))


def test_thirteen_of_them_ask_for_a_decision() -> None:
    assert {
        "Sns.CallbackPrevFriendAdd",
        "Sns.CallbackPrevFriendResponse",
        "C2C.CallbackBeforeSendMsg",
        "Group.CallbackBeforeCreateGroup",
        "Group.CallbackBeforeApplyJoinGroup",
        "Group.CallbackBeforeInviteJoinGroup",
        "Group.CallbackBeforeSendMsg",
        "Group.CallbackBeforeCreateTopic",
        "OfficialAccount.CallbackBeforeCreateOfficialAccount",
        "OfficialAccount.CallbackBeforeAddSubscriber",
        "OfficialAccount.CallbackBeforeSendMsg",
        "Chatbot.OnC2CSignalMessage",
        "Live.CallbackBeforeSendGift",
    } == {model.wire_types[0] for model in EVENTS if model.decides}
    assert [LiveBeforeSendGift] == [model for model in EVENTS if model.needs_default]


@pytest.mark.parametrize("model", EVENTS)
def test_a_class_is_called_as_its_command_without_dot_and_callback(model: type[Event]) -> None:
    product, _, rest = model.wire_types[0].partition(".")
    assert product + rest.removeprefix("Callback") == model.__name__
    assert getattr(tencent, model.__name__) is model
    assert model.__name__ in tencent.__all__


@pytest.mark.parametrize("model", EVENTS)
def test_the_docstring_of_an_event_names_its_page(model: type[Event]) -> None:
    assert "https://" in (model.__doc__ or "")


@pytest.mark.parametrize("model", EVENTS)
def test_a_sample_is_an_event_without_drift_or_unknown_fields(model: type[Event], driver: Driver) -> None:
    desk = Desk(driver=driver)
    response = desk.post(SAMPLES[model], model.wire_types[0])
    assert 200 == response.status
    assert model.decides or SUCCESS == response.body
    [event] = desk.events
    assert (model, model.wire_types[0], "tencent-chat") == (type(event), event.type, event.provider)
    assert {} == event.drift
    assert [] == [(type(part), part.model_extra) for part in parts(event) if part.model_extra]


@pytest.mark.parametrize("model", EVENTS)
def test_the_wire_names_of_a_sample_are_restored(model: type[Event]) -> None:
    sample = SAMPLES[model]
    event = received(model)
    restored = shape(event.model_dump(by_alias=True, exclude_unset=True))
    assert shape(sample["Events"][0] if "Events" in sample else sample) == restored
    assert json.loads(event.model_dump_json(by_alias=True))


def test_the_samples_together_hold_every_field_of_every_model() -> None:
    """A field that several callbacks inherit is in the sample of one of them at least."""
    events = [*map(received, EVENTS), *(model.model_validate(sample) for model, sample in RTC_SAMPLES.items())]
    seen = {declared(type(part), name) for event in events for part in parts(event) for name in part.model_fields_set}
    known: set[type[BaseModel]] = set()
    queue: list[type[BaseModel]] = [*EVENTS, *RTC_SAMPLES]
    while queue:
        model = queue.pop()
        if model not in known:
            known.add(model)
            queue += [inner for field in model.model_fields.values() for inner in models_in(field.annotation)]
    unseen = {declared(model, name) for model in known for name in model.model_fields} - seen
    assert {"UnknownElement.msg_type", "UnknownElement.msg_content", "RTCEvent.callback_ms_ts"} == unseen


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_knows_every_command(provider: type[TencentProvider]) -> None:
    desk = Desk(provider(sdk_app_id=APP))
    for model in EVENTS:
        desk.post(SAMPLES[model], model.wire_types[0])
    assert list(EVENTS) == [type(event) for event in desk.events]
    assert {provider.name} == {event.provider for event in desk.events}
    assert f"/{provider.name}" == f"/{desk.hooks.endpoints[0].path}"


@pytest.mark.parametrize(
    ("alias", "model"),
    [
        ("Room.CallbackUpdateRoomInfo", RoomAfterUpdateRoomInfo),
        ("Live.CallbackMemberStateChanged", LiveAfterMemberStateChanged),
        ("Follow.CallbackAfterCloudRecordingChanged", LiveAfterCloudRecordingChanged),
    ],
)
def test_a_second_spelling_of_a_command_reaches_the_same_handler(alias: str, model: type[Event]) -> None:
    event = received(model, {**SAMPLES[model], "CallbackCommand": alias}, command=alias)
    assert (model, alias) == (type(event), event.type)


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("Live.CallbackMemberStateChanged", "Live.CallbackAfterMemberStateChanged"),
        ("Live.CallbackAfterMemberStateChanged", "Live.CallbackMemberStateChanged"),
    ],
)
def test_two_spellings_of_one_command_do_not_differ(url: str, body: str) -> None:
    """The page's parameter table and its sample body spell it differently. https://trtc.io/document/64424"""
    payload = {**SAMPLES[LiveAfterMemberStateChanged], "CallbackCommand": body}
    assert LiveAfterMemberStateChanged is type(received(LiveAfterMemberStateChanged, payload, command=url))


def test_the_events_of_a_product_carry_its_provider_when_made_by_hand() -> None:
    def made(model: type[Event]) -> str:
        return model.model_validate(SAMPLES[model]).provider

    assert {"tencent-room"} == {made(model) for model in ROOM}
    assert {"tencent-live"} == {made(model) for model in LIVE}
    assert {"tencent-call"} == {made(model) for model in CALL}


@pytest.mark.parametrize("model", EVENTS)
def test_the_time_of_an_event_is_the_vendors(model: type[Event]) -> None:
    """Milliseconds everywhere, seconds for notifications; a message's or a gift's own time where there is no other."""
    seconds = {PushAllMemberPush, PushOfflinePush, LiveBeforeSendGift}
    timeless = {
        AlertRequestOverLimit,
        C2CAfterMsgReport,
        tencent.C2CAfterMsgWithDraw,
        ContentCallbackResultNotify,
        GroupAfterCreateTopic,
        GroupAfterTopicDestroyed,
        GroupAfterTopicInfoChanged,
        tencent.GroupBeforeCreateTopic,
        GroupOnMemberStateChange,
        SnsBlackListAdd,
        SnsBlackListDelete,
        SnsFriendAdd,
        SnsFriendDelete,
    }
    expected = SECOND if model in seconds else None if model in timeless else MOMENT
    assert expected == received(model).occurred_at


def test_a_message_without_an_event_time_has_its_own() -> None:
    sample = {name: value for name, value in SAMPLES[C2CAfterSendMsg].items() if name != "EventTime"}
    assert SECOND == received(C2CAfterSendMsg, sample).occurred_at


def test_a_state_change_tells_who_was_logged_out() -> None:
    event = received(StateStateChange)
    assert isinstance(event, StateStateChange)
    assert ("Login", "amira", "Register") == (event.info.action, event.info.to_account, event.info.reason)
    assert ["iPad", "Web"] == [device.platform for device in event.kicked_device or ()]


def test_the_values_of_a_profile_keep_their_kind() -> None:
    event = received(ProfilePortraitSet)
    assert isinstance(event, ProfilePortraitSet)
    assert ["Amira", 4294967295] == [item.value for item in event.profile_item or ()]


@pytest.mark.parametrize("name", ["Member_Account", "Modified_Account"])
def test_both_spellings_of_a_changed_member_are_read(name: str) -> None:
    sample = {key: value for key, value in SAMPLES[GroupAfterMemberFieldChanged].items() if key != "Member_Account"}
    event = received(GroupAfterMemberFieldChanged, {**sample, name: "bo"})
    assert isinstance(event, GroupAfterMemberFieldChanged)
    assert ("bo", {}) == (event.member_account, event.model_extra)


def test_both_spellings_of_a_new_group_are_read() -> None:
    sample = {key: value for key, value in SAMPLES[GroupAfterCreateGroup].items() if key != "GroupId"}
    event = received(GroupAfterCreateGroup, {**sample, "groupID": "g"})
    assert isinstance(event, GroupAfterCreateGroup)
    assert ("g", {}) == (event.group_id, event.model_extra)


def test_both_spellings_of_a_calls_medium_are_read() -> None:
    info = {"CallId": "c", "MediaType": "Audio"}
    event = received(CallAfterStartCall, {"CallInfo": info})
    assert isinstance(event, CallAfterStartCall)
    assert ("Audio", {}) == (event.call_info.call_media_type, event.call_info.model_extra)


def test_the_kind_of_a_group_is_not_the_type_of_the_event() -> None:
    event = received(GroupAfterNewMemberJoin)
    assert isinstance(event, GroupAfterNewMemberJoin)
    assert ("Group.CallbackAfterNewMemberJoin", GroupType.PUBLIC) == (event.type, event.group_type)
    assert "Public" == event.model_dump(by_alias=True)["Type"]


def test_attributes_of_a_group_are_in_lower_case() -> None:
    event = received(GroupAfterGroupAttrChanged)
    assert isinstance(event, GroupAfterGroupAttrChanged)
    assert {"topic": "tides", "speaker": "bo"} == {each.key: each.value for each in event.group_attr or ()}


def test_who_is_followed_no_longer_is_a_list_of_accounts() -> None:
    event = received(FollowAfterFollowDelete)
    assert isinstance(event, FollowAfterFollowDelete)
    assert ("bo", "chidi") == event.to_account


def test_an_empty_seat_has_no_member_and_big_numbers_are_kept() -> None:
    event = received(MicAfterSeatInfoChanged)
    assert isinstance(event, MicAfterSeatInfoChanged)
    assert ["144115188075855873", None] == [seat.member_account for seat in event.seat_list or ()]


def test_administrators_are_changed_by_a_field_in_lower_case() -> None:
    event = received(LiveAfterModifyAdmin)
    assert isinstance(event, LiveAfterModifyAdmin)
    assert (("bo", "chidi"), "add") == (event.admin_account, event.op_type)


def test_times_of_a_call_are_seconds() -> None:
    event = received(CallAfterEndCall)
    assert isinstance(event, CallAfterEndCall)
    assert SECOND == event.call_record.end_time


def test_documented_numbers_have_names_and_others_are_kept() -> None:
    event = received(tencent.C2CAfterC2CMsgExtension)
    assert isinstance(event, tencent.C2CAfterC2CMsgExtension)
    assert OperateType.SET is event.operate_type
    for sent, known in ((3, True), ("3", True), (17, False), ("17", False), (-1, False)):
        changed = received(
            tencent.C2CAfterC2CMsgExtension, {**SAMPLES[tencent.C2CAfterC2CMsgExtension], "OperateType": sent}
        )
        assert isinstance(changed, tencent.C2CAfterC2CMsgExtension)
        assert changed.operate_type is not None
        assert (int(sent), known, {}) == (changed.operate_type, changed.operate_type.known, changed.drift)


@pytest.mark.parametrize("value", ["many", "", "１", 1.5, True, [], {}])
def test_a_number_that_is_none_drifts(value: Any) -> None:
    model = tencent.C2CAfterC2CMsgExtension
    event = received(model, {**SAMPLES[model], "OperateType": value})
    assert isinstance(event, model)
    if value is not True:
        assert (None, {"OperateType": value}) == (event.operate_type, event.drift)


def test_open_numbers_show_what_they_are() -> None:
    assert "<PushStage.CLICKED: 3>" == repr(PushStage(3))
    assert "<PushStage.unknown: 9>" == repr(PushStage(9))
    assert PushStage("3") is PushStage.CLICKED  # type: ignore[arg-type]  # what a body may hold
    with pytest.raises(ValueError, match="not a valid PushStage"):
        PushStage("nine")  # type: ignore[arg-type]  # what a body may hold


def test_checked_content_names_no_command_in_its_body() -> None:
    """So that its URL alone tells what it is."""
    assert "CallbackCommand" not in SAMPLES[ContentCallbackResultNotify]
    event = received(ContentCallbackResultNotify)
    assert isinstance(event, ContentCallbackResultNotify)
    assert (1400000000, "338", ("boat",)) == (event.sdk_app_id, event.msg_id, event.ctxcb_keywords)
    assert UnknownEvent is type(received(ContentCallbackResultNotify, {"Scene": "C2C"}))


@pytest.mark.parametrize(
    "model",
    [
        SnsFriendAdd,
        SnsFriendDelete,
        SnsBlackListAdd,
        SnsBlackListDelete,
        GroupAfterCreateTopic,
        GroupAfterTopicDestroyed,
        GroupAfterTopicInfoChanged,
        AlertRequestOverLimit,
    ],
)
def test_events_without_a_time_are_remembered_for_minutes_only(model: type[Event]) -> None:
    now = [0.0]
    desk = Desk(store=MemoryStore(clock=lambda: now[0]))
    for seconds in (0.0, 299.0, 2.0):
        now[0] += seconds
        desk.post(SAMPLES[model], model.wire_types[0])
    assert [Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED] == desk.outcomes


def test_so_are_those_of_them_that_cannot_be_read() -> None:
    now = [0.0]
    desk = Desk(store=MemoryStore(clock=lambda: now[0]))
    body = {name: value for name, value in SAMPLES[GroupOnMemberStateChange].items() if name != "GroupId"}
    for seconds in (0.0, 4.9, 0.2):
        now[0] += seconds
        desk.post(body, "Group.CallbackOnMemberStateChange")
    assert [UnknownEvent] * 2 == [type(event) for event in desk.events]
    assert [Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED] == desk.outcomes


def test_all_others_are_remembered_for_eight_days() -> None:
    provider = TencentChat(sdk_app_id=APP)
    retentions = {
        provider.retention(model.model_validate(sample["Events"][0] if "Events" in sample else sample)): model
        for model, sample in SAMPLES.items()
    }
    assert {5.0, 300.0, 8 * 24 * 3600.0} == set(retentions)


def test_setup_names_the_rest_request_that_configures_a_product() -> None:
    base = "https://example.com/webhooks"
    room = TencentRoom(sdk_app_id=APP).setup(base)
    assert ("https://example.com/webhooks/tencent-room", "v4/room_config/set_callback") == (room["url"], room["rest"])
    assert room["url"] == room["body"]["Url"]
    assert "Mic.CallbackAfterSeatInfoChanged" in room["body"]["CallbackCommandList"]
    call = TencentCall(sdk_app_id=APP).setup(base)
    assert ("https://example.com/webhooks/tencent-call", "v4/call_config/set_callback") == (call["url"], call["rest"])
    assert {"url": "https://example.com/webhooks/tencent-live"} == TencentLive(sdk_app_id=APP).setup(base)
