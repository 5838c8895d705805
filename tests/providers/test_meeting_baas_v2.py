"""Meeting BaaS, second generation: what its events hold, in the shape of either of the vendor's descriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.providers.meeting_baas_sending import read
from webhook_kit import Event, UnknownEvent
from webhook_kit.providers.meeting_baas import (
    BotChatMessage,
    BotCompleted,
    BotFailed,
    BotStatusChanged,
    BotStatusCode,
    CalendarConnectionCreated,
    CalendarConnectionDeleted,
    CalendarConnectionError,
    CalendarConnectionUpdated,
    CalendarEventsSynced,
    CalendarEventType,
    CalendarInstanceCancelled,
    CalendarInstanceCreated,
    CalendarInstanceUpdated,
    CalendarPlatform,
    ConnectionStatus,
    InstanceStatus,
    MeetingPlatform,
    Participant,
)
from webhook_kit.providers.meeting_baas.samples import BOT, CALENDAR, INSTANCE, SAMPLES


def bot(name: str, **data: Any) -> dict[str, Any]:
    """Return a body about a bot, with as little as it can have."""
    return {"event": name, "data": {"bot_id": BOT, **data}}


def completed(payload: Any) -> BotCompleted:
    """Return the event in a body about a completed bot."""
    event = read("signing_secret", payload)
    assert isinstance(event, BotCompleted)
    return event


def test_a_completed_bot_brings_people_times_and_artifacts() -> None:
    event = completed(SAMPLES[BotCompleted])
    data = event.data
    assert data.participants is not None
    assert ["Amira Haddad", "Bo Lindqvist"] == [each.name for each in data.participants]
    assert (Participant(name="Amira Haddad", id=1),) == data.speakers
    assert datetime(2026, 9, 21, 14, 0, 5, tzinfo=UTC) == data.joined_at
    assert datetime(2026, 9, 21, 14, 59, 5, tzinfo=UTC) == data.exited_at
    assert datetime(2026, 9, 21, 15, 3, 10, 500000, UTC) == event.occurred_at == data.sent_at
    assert (3540, False, None, "none") == (
        data.duration_seconds,
        data.data_deleted,
        data.transcription,
        data.transcription_provider,
    )
    assert {"project": "quarterly review"} == event.extra


@pytest.mark.parametrize("channel", ["signing_secret", "callback_secret"])
@pytest.mark.parametrize("name", ["bot.completed", "bot.failed"])
def test_all_but_the_bot_may_be_missing(channel: str, name: str) -> None:
    event = read(channel, bot(name))
    assert isinstance(event, BotCompleted | BotFailed)
    assert ({"bot_id": BOT}, None, None) == (event.data.model_dump(exclude_none=True), event.extra, event.occurred_at)


def test_artifacts_that_were_not_made_are_none() -> None:
    nothing = dict.fromkeys(SAMPLES[BotCompleted]["data"]) | {"bot_id": BOT}
    event = completed({"event": "bot.completed", "data": nothing, "extra": None})
    assert ({"bot_id": BOT}, {}) == (event.data.model_dump(exclude_none=True), dict(event.drift))


def test_the_guide_s_completed_bot_is_read_as_well() -> None:
    event = completed(
        bot(
            "bot.completed",
            event_id="789e0123-e45b-67c8-d901-234567890abc",
            transcription="https://artifacts.example.com/transcription.json",
            mp4="https://artifacts.example.com/video.mp4",
            audio="https://artifacts.example.com/audio.mp3",
            diarization="https://artifacts.example.com/diarization.jsonl",
            chat_messages="https://artifacts.example.com/chat_messages.json",
            duration_seconds=3600,
            participants=[],
            speakers=[],
            extra={"customer_id": "12345"},
        )
    )
    assert "https://artifacts.example.com/video.mp4" == event.data.video
    assert "https://artifacts.example.com/chat_messages.json" == event.data.chat_messages
    assert ((), (), {"customer_id": "12345"}) == (event.data.participants, event.data.speakers, event.extra)
    assert {} == event.drift


def test_the_migration_guide_s_completed_bot_says_when_it_was_sent() -> None:
    event = completed(
        {
            **bot("bot.completed", status="completed", error_code=None, error_message=None),
            "sent_at": "2025-01-20T14:00:00Z",
        }
    )
    assert datetime(2025, 1, 20, 14, tzinfo=UTC) == event.occurred_at


def test_the_documented_place_wins() -> None:
    event = completed(
        {
            **bot("bot.completed", mp4="the guide's", video="the description's", extra={"from": "the guide"}),
            "extra": {"from": "the description"},
        }
    )
    assert ("the description's", {"from": "the description"}) == (event.data.video, event.extra)


def test_participants_may_be_names() -> None:
    event = completed(bot("bot.completed", participants=["Amira", {"name": "Bo", "id": "2"}], speakers=["Amira"]))
    assert (Participant(name="Amira"), Participant(name="Bo", id=2)) == event.data.participants
    assert (Participant(name="Amira"),) == event.data.speakers
    assert {} == event.drift


@pytest.mark.parametrize("name", ["bot.completed", "bot.failed", "bot.chat_message", "bot.status_change"])
@pytest.mark.parametrize(
    ("payload", "extra", "drift"),
    [
        ({"extra": {"a": [1]}}, {"a": [1]}, {}),
        ({"extra": None}, None, {}),
        ({"extra": "text"}, None, {"extra": "text"}),
        ({"data": {"extra": {"a": 1}}}, {"a": 1}, {}),
        ({"data": {"extra": None}}, None, {}),
        ({"data": {"extra": [1, 2]}}, None, {"data.extra": [1, 2]}),
    ],
)
def test_extra_stands_beside_the_data_or_inside(name: str, payload: Any, extra: Any, drift: Any) -> None:
    event = read("signing_secret", {**payload, **bot(name, **payload.get("data", {}))})
    assert isinstance(event, BotCompleted | BotFailed | BotChatMessage | BotStatusChanged)
    assert (extra, drift, BOT) == (event.extra, dict(event.drift), event.data.bot_id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mp4", {"url": "https://artifacts.example.com/video.mp4"}),
        ("video", ["https://artifacts.example.com/video.mp4"]),
        ("participants", "Amira"),
        ("duration_seconds", "an hour"),
        ("joined_at", "yesterday"),
        ("data_deleted", "perhaps"),
    ],
)
def test_a_field_of_another_type_is_none_and_its_value_is_drift(field: str, value: object) -> None:
    event = completed(bot("bot.completed", **{field: value}))
    assert ({"bot_id": BOT}, {f"data.{field}": value}) == (
        event.data.model_dump(exclude_none=True, include=set(type(event.data).model_fields)),
        event.drift,
    )


@pytest.mark.parametrize("code", ["BOT_NOT_ACCEPTED", "MEETING_ENDED", "invented_tomorrow"])
def test_an_error_code_is_whatever_text_is_sent(code: str) -> None:
    event = read("callback_secret", bot("bot.failed", error_code=code))
    assert isinstance(event, BotFailed)
    assert code == event.data.error_code


def test_a_recording_starts_in_seconds() -> None:
    status = {"code": "in_call_recording", "created_at": "2025-01-15T10:30:00Z", "start_time": 1736937000}
    event = read("signing_secret", bot("bot.status_change", event_id=None, status=status))
    assert isinstance(event, BotStatusChanged)
    assert event.data.status is not None
    assert datetime(2025, 1, 15, 10, 30, tzinfo=UTC) == event.data.status.start_time == event.occurred_at


def test_a_bot_that_tries_again_says_how_often() -> None:
    status = {"code": "retrying", "created_at": "2026-08-01T10:30:00Z", "attempt": 2, "max": 5}
    event = read("signing_secret", {**bot("bot.status_change", event_id=None, status=status), "extra": None})
    assert isinstance(event, BotStatusChanged)
    assert event.data.status is not None
    assert (BotStatusCode.RETRYING, 2, 5) == (
        event.data.status.code,
        event.data.status.attempt,
        event.data.status.max,
    )


def test_a_chat_message_has_its_author_and_text() -> None:
    event = read("signing_secret", SAMPLES[BotChatMessage])
    assert isinstance(event, BotChatMessage)
    assert ("Bo Lindqvist", 2, "Where are the slides?") == (
        event.data.sender_name,
        event.data.sender_id,
        event.data.text,
    )
    assert datetime(2026, 9, 21, 14, 1, 40, tzinfo=UTC) == event.occurred_at


def test_a_chat_message_keeps_its_text_out_of_the_repr() -> None:
    event = read("signing_secret", SAMPLES[BotChatMessage])
    assert (
        f"BotChatMessage(type='bot.chat_message', provider='meeting-baas', data=ChatMessageData(bot_id='{BOT}'))"
        == repr(event)
    )


@pytest.mark.parametrize(
    ("model", "moment"),
    [
        (CalendarConnectionCreated, datetime(2026, 9, 1, 8, 30, tzinfo=UTC)),
        (CalendarConnectionUpdated, datetime(2026, 9, 20, 9, 45, tzinfo=UTC)),
        (CalendarConnectionDeleted, datetime(2026, 9, 21, 9, 45, tzinfo=UTC)),
        (CalendarConnectionError, None),
        (CalendarEventsSynced, None),
    ],
)
def test_a_calendar_s_event_happened_when_its_body_says(model: type[Event], moment: datetime | None) -> None:
    assert moment == read("signing_secret", SAMPLES[model]).occurred_at


def test_a_connection_has_a_platform_and_a_status() -> None:
    event = read("signing_secret", SAMPLES[CalendarConnectionUpdated])
    assert isinstance(event, CalendarConnectionUpdated)
    assert CalendarPlatform.GOOGLE is event.data.calendar_platform
    assert ConnectionStatus.PERMISSION_DENIED is event.data.status


def test_a_connection_s_error_is_read_as_the_guide_spells_it() -> None:
    event = read("signing_secret", SAMPLES[CalendarConnectionError])
    assert isinstance(event, CalendarConnectionError)
    assert (CalendarPlatform.GOOGLE, ConnectionStatus.ERROR, "The token could not be renewed") == (
        event.data.calendar_platform,
        event.data.status,
        event.data.error,
    )


def test_a_synchronised_calendar_has_series_with_dates() -> None:
    event = read("signing_secret", SAMPLES[CalendarEventsSynced])
    assert isinstance(event, CalendarEventsSynced)
    assert event.data.events is not None
    recurring, single = event.data.events
    assert (CalendarEventType.RECURRING, True) == (recurring.event_type, recurring.series_bot_scheduled)
    assert (CalendarEventType.ONE_OFF, None, ()) == (single.event_type, single.series_id, single.instances)
    assert recurring.instances is not None
    (instance,) = recurring.instances
    assert (datetime(2026, 9, 28, 14, tzinfo=UTC), datetime(2026, 9, 28, 15, tzinfo=UTC)) == (
        instance.start,
        instance.end,
    )
    assert (InstanceStatus.CONFIRMED, MeetingPlatform.MEET, True) == (
        instance.status,
        instance.meeting_platform,
        instance.bot_scheduled,
    )


def test_the_guide_counts_what_was_synchronised() -> None:
    payload = {
        "event": "calendar.events_synced",
        "data": {"calendar_id": CALENDAR, "events_synced": 42, "sync_type": "full"},
    }
    event = read("signing_secret", payload)
    assert isinstance(event, CalendarEventsSynced)
    assert (42, "full", None) == (event.data.events_synced, event.data.sync_type, event.data.events)


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (CalendarInstanceCreated, "instances"),
        (CalendarInstanceUpdated, "affected_instances"),
        (CalendarInstanceCancelled, "cancelled_instances"),
    ],
)
def test_the_guide_s_times_of_a_date_are_read_as_well(model: type[Event], field: str) -> None:
    guided = {name: value for name, value in INSTANCE.items() if name not in ("start", "end")}
    guided |= {"start_time": INSTANCE["start"], "end_time": INSTANCE["end"]}
    event = read("signing_secret", {"event": model.wire_types[0], "data": {"calendar_id": CALENDAR, field: [guided]}})
    assert isinstance(event, CalendarInstanceCreated | CalendarInstanceUpdated | CalendarInstanceCancelled)
    (instance,) = getattr(event.data, field)
    assert (datetime(2026, 9, 28, 14, tzinfo=UTC), datetime(2026, 9, 28, 15, tzinfo=UTC), {}) == (
        instance.start,
        instance.end,
        dict(event.drift),
    )


def test_a_date_that_drifted_leaves_the_others_alone() -> None:
    event = read(
        "signing_secret",
        {
            "event": "calendar.event_created",
            "data": {"calendar_id": CALENDAR, "instances": [INSTANCE, {**INSTANCE, "start": "soon"}]},
        },
    )
    assert isinstance(event, CalendarInstanceCreated)
    assert event.data.instances is not None
    assert [datetime(2026, 9, 28, 14, tzinfo=UTC), None] == [each.start for each in event.data.instances]
    assert {"data.instances.1.start": "soon"} == event.drift


@pytest.mark.parametrize(
    "payload",
    [
        {"event": "bot.completed", "data": {"event_id": None}},
        {"event": "bot.failed", "data": None},
        {"event": "bot.chat_message", "data": {"message_id": "1"}},
        {"event": "calendar.connection_created", "data": {}},
        {"event": "calendar.events_synced", "data": {"calendar_id": []}},
        {"event": "calendar.event_deleted", "data": {"calendar_id": CALENDAR}},
        {"event": "complete", "data": {"bot_id": BOT}},
        {"redacted": True, "reason": "expired", "bot_id": BOT},
    ],
)
def test_what_cannot_be_identified_is_an_unknown_event(payload: dict[str, Any]) -> None:
    event = read("signing_secret", payload)
    assert isinstance(event, UnknownEvent)
    assert payload == event.payload
