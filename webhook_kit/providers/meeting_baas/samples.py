"""One valid body for each event, with values of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...events import Event
from .calendar import (
    CalendarConnectionCreated,
    CalendarConnectionDeleted,
    CalendarConnectionError,
    CalendarConnectionUpdated,
    CalendarEventsSynced,
    CalendarInstanceCancelled,
    CalendarInstanceCreated,
    CalendarInstanceUpdated,
)
from .events import (
    BotStatusChanged,
    CalendarEventAdded,
    CalendarEventDeleted,
    CalendarEventUpdated,
    CalendarSynced,
    MeetingCompleted,
    MeetingFailed,
    MeetingStarted,
    TranscriptionAvailable,
    TranscriptionUpdated,
)
from .events_v2 import AlertTriggered, BotChatMessage, BotCompleted, BotFailed

BOT: Final = "5f0c1d4e-7a31-4c55-9d0e-2b8f6f1a9c10"
CALENDAR: Final = "c2b7a9e4-0d3f-4b6a-8f21-64d5e0b7a3c8"
CALENDAR_EVENT: Final = "0a9d3c6b-5e72-4f18-b1c4-7d86e2f05a39"
SERIES: Final = "e41a7d90-6b2c-4835-9f7e-03c8b5d61a24"
CONNECTION: Final[Mapping[str, Any]] = {
    "calendar_id": CALENDAR,
    "calendar_platform": "google",
    "account_email": "amira@example.com",
    "status": "active",
    "created_at": "2026-09-01T08:30:00.000Z",
}
INSTANCE: Final[Mapping[str, Any]] = {
    "event_id": CALENDAR_EVENT,
    "start": "2026-09-28T14:00:00Z",
    "end": "2026-09-28T15:00:00Z",
    "title": "Weekly review",
    "status": "confirmed",
    "is_all_day": False,
    "is_exception": False,
    "bot_scheduled": True,
    "meeting_url": "https://meet.example.com/weekly-review",
    "meeting_platform": "meet",
}

SAMPLES: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    MeetingStarted: {"event": "meeting.started", "data": {"bot_id": BOT}},
    MeetingCompleted: {
        "event": "complete",
        "data": {
            "bot_id": BOT,
            "event_uuid": CALENDAR_EVENT,
            "transcript": [
                {
                    "speaker": "Amira Haddad",
                    "offset": 2.25,
                    "start_time": 2.25,
                    "end_time": 3.5,
                    "words": [
                        {"start": 2.25, "end": 2.75, "word": "Good"},
                        {"start": 3.0, "end": 3.5, "word": "morning"},
                    ],
                },
                {
                    "speaker": "Bo Lindqvist",
                    "offset": 4.0,
                    "start_time": 4.0,
                    "end_time": 4.5,
                    "words": [{"start": 4.0, "end": 4.5, "word": "Hej"}],
                },
            ],
            "speakers": ["Bo Lindqvist", "Amira Haddad"],
            "mp4": "https://recordings.example.com/weekly-review.mp4?signature=7c1e",
            "audio": "https://recordings.example.com/weekly-review.wav?signature=90b2",
            "event": "complete",
            "extra": {"project": "quarterly review"},
        },
    },
    MeetingFailed: {
        "event": "failed",
        "data": {
            "bot_id": BOT,
            "event_uuid": CALENDAR_EVENT,
            "error": "meeting_not_found",
            "message": "The meeting was not found or is over",
            "extra": {"project": "quarterly review"},
        },
    },
    TranscriptionAvailable: {"event": "transcription_complete", "data": {"bot_id": BOT}},
    TranscriptionUpdated: {"event": "transcription.updated", "data": {"bot_id": BOT}},
    CalendarSynced: {
        "event": "calendar.sync_events",
        "data": {
            "calendar_id": CALENDAR,
            "last_updated_ts": "2026-09-21T14:00:00Z",
            "affected_event_uuids": [CALENDAR_EVENT, "9b1f7e20-83ac-4d5e-a6f0-15c27d94b8e3"],
        },
    },
    CalendarEventAdded: {"event": "event.added", "data": {"calendar_id": CALENDAR, "event_uuid": CALENDAR_EVENT}},
    CalendarEventUpdated: {"event": "event.updated", "data": {"calendar_id": CALENDAR, "event_uuid": CALENDAR_EVENT}},
    CalendarEventDeleted: {"event": "event.deleted", "data": {"calendar_id": CALENDAR, "event_uuid": CALENDAR_EVENT}},
    BotStatusChanged: {
        "event": "bot.status_change",
        "data": {
            "bot_id": BOT,
            "status": {
                "code": "in_call_recording",
                "created_at": "2026-09-21T14:00:05.250Z",
                "start_time": 1789999205250,
            },
        },
    },
    BotCompleted: {
        "event": "bot.completed",
        "data": {
            "bot_id": BOT,
            "event_id": CALENDAR_EVENT,
            "participants": [
                {
                    "name": "Amira Haddad",
                    "id": 1,
                    "display_name": "Amira",
                    "profile_picture": "https://pictures.example.com/amira.png",
                },
                {"name": "Bo Lindqvist", "id": None},
            ],
            "speakers": [{"name": "Amira Haddad", "id": 1}],
            "duration_seconds": 3540,
            "joined_at": "2026-09-21T14:00:05Z",
            "exited_at": "2026-09-21T14:59:05Z",
            "data_deleted": False,
            "video": "https://recordings.example.com/weekly-review.mp4?signature=7c1e",
            "audio": "https://recordings.example.com/weekly-review.flac?signature=90b2",
            "diarization": "https://recordings.example.com/weekly-review.jsonl?signature=3fd8",
            "raw_transcription": None,
            "transcription": None,
            "transcription_provider": "none",
            "transcription_ids": None,
            "sent_at": "2026-09-21T15:03:10.500Z",
        },
        "extra": {"project": "quarterly review"},
    },
    BotFailed: {
        "event": "bot.failed",
        "data": {
            "bot_id": BOT,
            "event_id": None,
            "error_message": "Nobody let the bot in",
            "error_code": "BOT_NOT_ACCEPTED",
            "sent_at": "2026-09-21T14:10:00.000Z",
        },
        "extra": None,
    },
    BotChatMessage: {
        "event": "bot.chat_message",
        "data": {
            "bot_id": BOT,
            "event_id": None,
            "message_id": "spaces/q3Vt8/messages/1789999300000001",
            "sender_name": "Bo Lindqvist",
            "sender_id": 2,
            "text": "Where are the slides?",
            "sent_at": "2026-09-21T14:01:40Z",
        },
        "extra": {"project": "quarterly review"},
    },
    CalendarConnectionCreated: {"event": "calendar.connection_created", "data": CONNECTION},
    CalendarConnectionUpdated: {
        "event": "calendar.connection_updated",
        "data": {**CONNECTION, "status": "permission_denied", "updated_at": "2026-09-20T09:45:00.000Z"},
    },
    CalendarConnectionDeleted: {
        "event": "calendar.connection_deleted",
        "data": {"calendar_id": CALENDAR, "calendar_platform": "microsoft", "deleted_at": "2026-09-21T09:45:00.000Z"},
    },
    CalendarConnectionError: {
        "event": "calendar.connection_error",
        "data": {
            "calendar_id": CALENDAR,
            "platform": "google",
            "error": "The token could not be renewed",
            "status": "error",
        },
    },
    CalendarEventsSynced: {
        "event": "calendar.events_synced",
        "data": {
            "calendar_id": CALENDAR,
            "events": [
                {
                    "event_type": "recurring",
                    "series_id": SERIES,
                    "series_bot_scheduled": True,
                    "instances": [INSTANCE],
                },
                {"event_type": "one_off", "series_id": None, "series_bot_scheduled": False, "instances": []},
            ],
        },
    },
    CalendarInstanceCreated: {
        "event": "calendar.event_created",
        "data": {
            "calendar_id": CALENDAR,
            "event_type": "one_off",
            "series_id": None,
            "series_bot_scheduled": False,
            "instances": [INSTANCE],
        },
    },
    CalendarInstanceUpdated: {
        "event": "calendar.event_updated",
        "data": {
            "calendar_id": CALENDAR,
            "event_type": "recurring",
            "series_id": SERIES,
            "series_bot_scheduled": True,
            "is_exception": True,
            "affected_instances": [{**INSTANCE, "is_exception": True, "status": "tentative"}],
        },
    },
    CalendarInstanceCancelled: {
        "event": "calendar.event_cancelled",
        "data": {
            "calendar_id": CALENDAR,
            "event_type": "recurring",
            "series_id": SERIES,
            "series_bot_scheduled": True,
            "cancelled_instances": [{**INSTANCE, "status": "cancelled", "meeting_url": None, "meeting_platform": None}],
        },
    },
    AlertTriggered: {
        "alert_rule_id": "b7e60d15-94a3-4c7b-8d2f-51f0c9a38e76",
        "alert_rule_name": "Bots that crash",
        "alert_type": "bot_crash",
        "category": "operational",
        "triggered_at": "2026-09-21T14:20:00.000Z",
        "current_value": 3,
        "threshold_value": 3,
        "suppressed_count": 0,
        "message": "Three bots crashed",
    },
}
