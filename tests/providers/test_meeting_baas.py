"""Meeting BaaS, first generation: what its events hold."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.providers.meeting_baas_sending import SECRET, desk, read, signed
from tests.providers.posting import MALFORMED, PROCESSED, Driver, both_drivers
from webhook_kit import ConfigurationError, Dispatcher, Event, UnknownEvent
from webhook_kit.providers.meeting_baas import (
    BotStatusChanged,
    BotStatusCode,
    CalendarEventAdded,
    CalendarSynced,
    MeetingBaaS,
    MeetingCompleted,
    MeetingFailed,
    MeetingStarted,
    TranscriptionAvailable,
    TranscriptionUpdated,
    Utterance,
    Word,
)
from webhook_kit.providers.meeting_baas.events import CompletedData
from webhook_kit.providers.meeting_baas.samples import BOT, SAMPLES

COMPLETE = SAMPLES[MeetingCompleted]


def changed(sample: Any, *path: str | int, to: object) -> Any:
    """Return a sample with another value at one place."""
    whole: Any = copy.deepcopy(dict(sample))
    part = whole
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = to
    return whole


@both_drivers
def test_a_completed_meeting_has_its_transcript_speakers_and_recording(driver: Driver) -> None:
    receiver = desk("secret", driver=driver)
    assert PROCESSED == receiver.sees(COMPLETE, signed("secret", COMPLETE))
    (event,) = receiver.events
    assert isinstance(event, MeetingCompleted)
    assert (BOT, "complete", "meeting-baas", None) == (
        event.data.bot_id,
        event.type,
        event.provider,
        event.occurred_at,
    )
    assert ("Bo Lindqvist", "Amira Haddad") == event.data.speakers
    assert COMPLETE["data"]["mp4"] == event.data.mp4
    assert {"project": "quarterly review"} == event.data.extra
    assert event.data.transcript is not None
    assert (Word(start=2.25, end=2.75, word="Good"), Word(start=3.0, end=3.5, word="morning")) == (
        event.data.transcript[0].words
    )
    assert ["Amira Haddad", "Bo Lindqvist"] == [each.speaker for each in event.data.transcript]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (MeetingCompleted, "meeting.completed"),
        (MeetingFailed, "meeting.failed"),
        (TranscriptionAvailable, "transcription.available"),
        (CalendarSynced, "calendar.synced"),
    ],
)
def test_the_two_names_of_an_event_give_one_class(model: type[Event], name: str) -> None:
    event = read("api_key", changed(SAMPLES[model], "event", to=name))
    assert (model, name) == (type(event), event.type)


def test_all_but_the_bot_may_be_missing() -> None:
    event = read("secret", {"event": "complete", "data": {"bot_id": "b"}})
    assert isinstance(event, MeetingCompleted)
    assert {"bot_id": "b"} == event.data.model_dump(exclude_none=True)


@pytest.mark.parametrize("model", [MeetingStarted, TranscriptionUpdated, CalendarSynced, CalendarEventAdded])
@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {}}, {"data": {"anything": [1]}}])
def test_an_event_without_a_documented_body_may_have_any(model: type[Event], data: dict[str, Any]) -> None:
    event = read("secret", {"event": model.wire_types[0], **data})
    assert (model, {}) == (type(event), dict(event.drift))


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"event": None},
        {"event": 7},
        {"event": ["complete"]},
        {"event": "Complete"},
        {"event": "recording.ready", "data": {"bot_id": BOT}},
        {"event": "bot.completed", "data": {"bot_id": BOT}},
        {"event": "complete"},
        {"event": "complete", "data": None},
        {"event": "complete", "data": []},
        {"event": "complete", "data": {}},
        {"event": "complete", "data": {"bot_id": None}},
        {"event": "complete", "data": {"bot_id": {"id": BOT}}},
        {"event": "failed", "data": {"error": "meeting_not_found"}},
        {"event": "transcription_complete", "data": {}},
        {"event": "bot.status_change", "data": {"status": {"code": "call_ended"}}},
        {"type": "complete", "data": {"bot_id": BOT}},
    ],
)
@both_drivers
def test_what_cannot_be_identified_is_an_unknown_event(payload: dict[str, Any], driver: Driver) -> None:
    receiver = desk("secret", driver=driver)
    assert PROCESSED == receiver.sees(payload, signed("secret", payload))
    (event,) = receiver.events
    assert isinstance(event, UnknownEvent)
    assert payload == event.payload
    assert (payload.get("event") if isinstance(payload.get("event"), str) else "unknown") == event.type


@pytest.mark.parametrize("body", [b"", b"[]", b"complete", b'{"event":', b"\xff", b'\xef\xbb\xbf{"event":"complete"}'])
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    assert MALFORMED == desk("secret").sees(body, signed("secret", body))


def test_one_odd_word_leaves_the_rest_of_a_transcript_alone() -> None:
    words: list[Any] = [{"start": each / 2, "end": each / 2 + 0.4, "word": f"word {each}"} for each in range(500)]
    words.insert(250, {**words[250], "end": "?"})
    odd = changed(COMPLETE, "data", "transcript", 0, "words", to=words)
    event = read("secret", odd)
    assert isinstance(event, MeetingCompleted)
    assert {"data.transcript.0.words.250.end": "?"} == event.drift
    assert event.data.transcript is not None
    assert event.data.transcript[0].words is not None
    assert Word(start=125.0, end=None, word="word 250") == event.data.transcript[0].words[250]
    assert Word(start=249.5, end=249.9, word="word 499") == event.data.transcript[0].words[500]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("data", "transcript"), "none"),
        (("data", "speakers"), {"Amira": 1}),
        (("data", "mp4"), ["https://recordings.example.com/1.mp4"]),
        (("data", "event_uuid"), {}),
        (("data", "transcript", 1, "offset"), "soon"),
        (("data", "transcript", 1, "words"), 2),
    ],
)
def test_a_field_of_another_type_is_none_and_its_value_is_drift(path: tuple[str | int, ...], value: object) -> None:
    event = read("secret", changed(COMPLETE, *path, to=value))
    assert isinstance(event, MeetingCompleted)
    assert BOT == event.data.bot_id
    assert {".".join(map(str, path)): value} == event.drift
    assert COMPLETE["data"]["audio"] == event.data.audio


def test_one_odd_speaker_takes_the_list_along() -> None:
    """A tuple of names has no place for None."""
    event = read("secret", changed(COMPLETE, "data", "speakers", 1, to=["Amira"]))
    assert isinstance(event, MeetingCompleted)
    assert (None, {"data.speakers": ["Bo Lindqvist", ["Amira"]]}) == (event.data.speakers, event.drift)


def test_a_transcript_may_have_fields_of_its_own() -> None:
    event = read("secret", changed(COMPLETE, "data", "transcript", 1, "language", to="sv"))
    assert isinstance(event, MeetingCompleted)
    assert event.data.transcript is not None
    assert {"language": "sv"} == event.data.transcript[1].model_extra
    assert {} == event.drift


@pytest.mark.parametrize("error", ["meeting_not_found", "CannotJoinMeeting", "InternalError : the page crashed"])
def test_an_error_is_whatever_text_is_sent(error: str) -> None:
    event = read("api_key", {"event": "failed", "data": {"bot_id": BOT, "error": error}})
    assert isinstance(event, MeetingFailed)
    assert (error, None) == (event.data.error, event.data.message)


@pytest.mark.parametrize("start", [1789999205250, "1789999205250", 1789999205.25])
def test_a_recording_starts_in_milliseconds_or_seconds(start: object) -> None:
    sample = SAMPLES[BotStatusChanged]
    event = read("api_key", changed(sample, "data", "status", "start_time", to=start))
    assert isinstance(event, BotStatusChanged)
    assert event.data.status is not None
    assert datetime(2026, 9, 21, 14, 0, 5, 250000, UTC) == event.data.status.start_time
    assert event.data.status.created_at == event.occurred_at == datetime(2026, 9, 21, 14, 0, 5, 250000, UTC)
    assert BotStatusCode.IN_CALL_RECORDING is event.data.status.code


def test_a_status_of_tomorrow_is_kept() -> None:
    event = read("api_key", {"event": "bot.status_change", "data": {"bot_id": BOT, "status": {"code": "dancing"}}})
    assert isinstance(event, BotStatusChanged)
    assert event.data.status is not None
    assert event.data.status.code is not None
    assert ("dancing", False) == (event.data.status.code, event.data.status.code.known)
    assert event.occurred_at is None


def test_a_status_change_without_a_status_has_no_time() -> None:
    event = read("api_key", {"event": "bot.status_change", "data": {"bot_id": BOT, "status": "joining"}})
    assert (BotStatusChanged, None, {"data.status": "joining"}) == (type(event), event.occurred_at, event.drift)


def test_a_calendar_says_what_changed_and_when() -> None:
    event = read("api_key", SAMPLES[CalendarSynced])
    assert isinstance(event, CalendarSynced)
    assert event.data is not None
    assert datetime(2026, 9, 21, 14, tzinfo=UTC) == event.occurred_at
    assert tuple(SAMPLES[CalendarSynced]["data"]["affected_event_uuids"]) == event.data.affected_event_uuids


def test_a_calendar_without_data_has_no_time() -> None:
    assert read("api_key", {"event": "calendar.synced"}).occurred_at is None


DOCUMENTED = """
{"event":"bot.status_change","data":{"bot_id":"123e4567-e89b-12d3-a456-426614174000","status":{"code":"joining_call","created_at":"2024-01-01T12:00:00.000Z"}}}
{"event":"complete","data":{"bot_id":"123e4567-e89b-12d3-a456-426614174000","event_uuid":"123e4567-e89b-12d3-a456-426614174001","transcript":[{"speaker":"John Doe","offset":1.5,"start_time":1.5,"end_time":2.4,"words":[{"start":1.5,"end":1.9,"word":"Hello"},{"start":2.0,"end":2.4,"word":"everyone"}]}],"speakers":["Jane Smith","John Doe"],"mp4":"https://storage.example.com/recordings/video123.mp4?token=abc","audio":"https://storage.example.com/recordings/audio123.wav?token=abc","event":"complete","extra":{"foo":"bar"}}}
{"event":"failed","data":{"bot_id":"123e4567-e89b-12d3-a456-426614174000","event_uuid":"123e4567-e89b-12d3-a456-426614174001","error":"meeting_not_found","message":"Could not join meeting: The meeting ID was not found or has expired","extra":{"foo":"bar"}}}
{"event":"failed","data":{"bot_id":"123e4567-e89b-12d3-a456-426614174000","error":"CannotJoinMeeting"}}
{"event":"transcription_complete","data":{"bot_id":"123e4567-e89b-12d3-a456-426614174000"}}
{"event":"calendar.sync_events","data":{"calendar_id":"123e4567-e89b-12d3-a456-426614174000","last_updated_ts":"2023-05-01T12:00:00Z","affected_event_uuids":["123e4567-e89b-12d3-a456-426614174001","123e4567-e89b-12d3-a456-426614174002"]}}
""".strip().splitlines()  # noqa: E501  # bodies stand on one line


@pytest.mark.parametrize("line", DOCUMENTED)
def test_the_documented_bodies_are_read_whole(line: str) -> None:
    event = read("api_key", line.encode())
    assert json.loads(line)["event"] == event.type
    assert ({}, {}, False) == (dict(event.drift), event.model_extra, isinstance(event, UnknownEvent))


def test_the_wire_form_is_restored() -> None:
    event = read("secret", COMPLETE)
    assert COMPLETE == json.loads(event.model_dump_json(by_alias=True, exclude_unset=True))


def test_the_repr_shows_no_payload() -> None:
    expected = f"MeetingCompleted(type='complete', provider='meeting-baas', data=CompletedData(bot_id='{BOT}'))"
    assert expected == repr(read("secret", COMPLETE))


def test_an_event_made_by_hand_has_its_names() -> None:
    event = MeetingCompleted(data=CompletedData(bot_id="b", transcript=(Utterance(speaker="Amira"),)))
    assert ("complete", "meeting-baas") == (event.type, event.provider)


def test_a_transcript_of_three_hours_fits() -> None:
    words = [{"start": each * 0.4, "end": each * 0.4 + 0.3, "word": "considerably"} for each in range(27_000)]
    body = changed(COMPLETE, "data", "transcript", 0, "words", to=words)
    assert len(json.dumps(body)) > 1024 * 1024
    event = read("secret", body)
    assert isinstance(event, MeetingCompleted)
    assert event.data.transcript is not None
    assert event.data.transcript[0].words is not None
    assert 27_000 == len(event.data.transcript[0].words)


def test_more_than_sixteen_mebibytes_are_refused() -> None:
    receiver = desk("secret")
    body = b" " * (16 * 1024 * 1024 + 1)
    assert 413 == receiver.send(body, signed("secret", body)).status
    assert 400 == receiver.send(body[:-1], signed("secret", body[:-1])).status


def test_a_pattern_is_checked_against_the_sender_s_events() -> None:
    hooks = Dispatcher()
    hooks.add(MeetingBaaS(secret=SECRET))
    hooks.on("calendar.*", "bot.status_change", "event.*")(lambda event: None)
    hooks.check()
    hooks.on("bot.completed")(lambda event: None)
    with pytest.raises(ConfigurationError, match=r"'bot.completed', which matches no known type"):
        hooks.check()


def test_transcripts_are_told_apart_after_minutes_and_the_rest_after_days() -> None:
    provider = MeetingBaaS(secret=SECRET)
    assert 600.0 == provider.retention(read("secret", SAMPLES[TranscriptionAvailable]))
    assert 8 * 24 * 3600.0 == provider.retention(read("secret", COMPLETE))
