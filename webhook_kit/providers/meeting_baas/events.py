"""Events of the first generation, and the status change that both generations send.

Two of the vendor's sources name them: its reference, and the event list of its product page. Where the two have names
of their own for one event, one class stands for both; what only the list names has no documented body.

https://docs.meetingbaas.com/docs/api/reference/webhooks/webhook_documentation
https://meetingbaas.com/en/api/webhooks-api
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AliasChoices, AliasPath, Field

from ...events import Event, Part
from ...fields import Instant, OpenEnum


class MeetingBaaSEvent(Event):
    """An event of Meeting BaaS."""

    default_provider: ClassVar[str] = "meeting-baas"


Extra: TypeAlias = Annotated[
    Mapping[str, Any] | None, Field(validation_alias=AliasChoices("extra", AliasPath("data", "extra")))
]
"""What was given when the bot was created (second generation; its guide has it inside ``data``)."""


class BotData(Part):
    """What an event without a documented body may hold about a bot: the vendor's name for it elsewhere."""

    bot_id: str | None = None


class CalendarEventData(Part):
    """What an event without a documented body may hold about a calendar: the vendor's names for it elsewhere."""

    calendar_id: str | None = None
    event_uuid: str | None = None


class MeetingStarted(MeetingBaaSEvent):
    """A meeting started. Named by the product page's list only.

    https://meetingbaas.com/en/api/webhooks-api
    """

    wire_types = ("meeting.started",)

    event: Literal["meeting.started"] = "meeting.started"
    data: BotData | None = None


class Word(Part):
    """A word of a transcript. The unit of its times is not stated; samples look like seconds into the recording.

    The bot data of the REST API has ``start_time``, ``end_time`` and ``text`` instead.
    """

    start: float | None = None
    end: float | None = None
    word: str | None = None


class Utterance(Part):
    """What one speaker said without a break, timed as its words are."""

    speaker: str | None = None
    offset: float | None = None
    start_time: float | None = None
    end_time: float | None = None
    words: tuple[Word, ...] | None = None


class CompletedData(Part):
    """What became of a meeting. ``transcript`` is there only where the bot was asked for one."""

    bot_id: str
    event_uuid: str | None = None
    """The event in a calendar for which the bot was scheduled."""
    transcript: tuple[Utterance, ...] | None = None
    speakers: tuple[str, ...] | None = None
    """A set, in no order that means anything."""
    mp4: str | None = None
    """The recording's address; the vendor's pages let it expire after 1, 2 or 24 hours."""
    audio: str | None = None
    event: str | None = None
    extra: Any = None
    """What was given when the bot was created."""


class MeetingCompleted(MeetingBaaSEvent):
    """A bot left its meeting and the recording is ready.

    https://docs.meetingbaas.com/docs/api/reference/webhooks/bot_webhook_documentation
    """

    wire_types = ("complete", "meeting.completed")

    event: Literal["complete", "meeting.completed"] = "complete"
    data: CompletedData


class FailedData(Part):
    """Why a bot could not do its work."""

    bot_id: str
    event_uuid: str | None = None
    error: str | None = None
    """Two vocabularies are documented (``meeting_not_found``, ``CannotJoinMeeting``), and free text is sent as well."""
    message: str | None = None
    event: str | None = None
    extra: Any = None


class MeetingFailed(MeetingBaaSEvent):
    """A bot could not join its meeting, or not record it.

    https://docs.meetingbaas.com/docs/api/reference/webhooks/bot_webhook_documentation
    """

    wire_types = ("failed", "meeting.failed")

    event: Literal["failed", "meeting.failed"] = "failed"
    data: FailedData


class TranscriptionData(Part):
    """Whose transcript is ready."""

    bot_id: str


class TranscriptionAvailable(MeetingBaaSEvent):
    """A transcript is ready that was made late, or anew.

    Its body says no more than the bot's id, so that two equal bodies can be two facts.
    https://docs.meetingbaas.com/docs/api/reference/webhooks/bot_webhook_documentation
    """

    wire_types = ("transcription_complete", "transcription.available")

    event: Literal["transcription_complete", "transcription.available"] = "transcription_complete"
    data: TranscriptionData


class TranscriptionUpdated(MeetingBaaSEvent):
    """A transcript changed. Named by the product page's list only.

    https://meetingbaas.com/en/api/webhooks-api
    """

    wire_types = ("transcription.updated",)

    event: Literal["transcription.updated"] = "transcription.updated"
    data: BotData | None = None


class CalendarSyncData(Part):
    """What changed in a calendar."""

    calendar_id: str | None = None
    last_updated_ts: Instant | None = None
    affected_event_uuids: tuple[str, ...] | None = None


class CalendarSynced(MeetingBaaSEvent):
    """A calendar was synchronised. ``calendar.synced`` has no documented body.

    https://docs.meetingbaas.com/docs/api/reference/webhooks/calendar_webhook_documentation
    """

    wire_types = ("calendar.sync_events", "calendar.synced")

    event: Literal["calendar.sync_events", "calendar.synced"] = "calendar.sync_events"
    data: CalendarSyncData | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """The calendar's ``last_updated_ts``."""
        return None if self.data is None else self.data.last_updated_ts


class CalendarEventAdded(MeetingBaaSEvent):
    """An event was added to a calendar. Named by the product page's list only.

    https://meetingbaas.com/en/api/webhooks-api
    """

    wire_types = ("event.added",)

    event: Literal["event.added"] = "event.added"
    data: CalendarEventData | None = None


class CalendarEventUpdated(MeetingBaaSEvent):
    """An event in a calendar changed. Named by the product page's list only.

    https://meetingbaas.com/en/api/webhooks-api
    """

    wire_types = ("event.updated",)

    event: Literal["event.updated"] = "event.updated"
    data: CalendarEventData | None = None


class CalendarEventDeleted(MeetingBaaSEvent):
    """An event was deleted from a calendar. Named by the product page's list only.

    https://meetingbaas.com/en/api/webhooks-api
    """

    wire_types = ("event.deleted",)

    event: Literal["event.deleted"] = "event.deleted"
    data: CalendarEventData | None = None


class BotStatusCode(OpenEnum):
    """What a bot is doing, in the words of both generations."""

    QUEUED = "queued"
    PICKUP_DELAYED = "pickup_delayed"
    AWAITING_RECONCILIATION = "awaiting_reconciliation"
    JOINING_CALL = "joining_call"
    IN_WAITING_ROOM = "in_waiting_room"
    IN_WAITING_FOR_HOST = "in_waiting_for_host"
    IN_CALL_NOT_RECORDING = "in_call_not_recording"
    IN_CALL_RECORDING = "in_call_recording"
    RECORDING_PAUSED = "recording_paused"
    RECORDING_RESUMED = "recording_resumed"
    CALL_ENDED = "call_ended"
    RECORDING_SUCCEEDED = "recording_succeeded"
    RECORDING_FAILED = "recording_failed"
    TRANSCRIBING = "transcribing"
    TRANSCRIPTION_FAILED = "transcription_failed"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    API_REQUEST_STOP = "api_request_stop"
    BOT_REJECTED = "bot_rejected"
    BOT_REMOVED = "bot_removed"
    BOT_REMOVED_TOO_EARLY = "bot_removed_too_early"
    WAITING_ROOM_TIMEOUT = "waiting_room_timeout"
    INVALID_MEETING_URL = "invalid_meeting_url"
    MEETING_ERROR = "meeting_error"
    MEET_LOGIN_UNAVAILABLE = "MEET_LOGIN_UNAVAILABLE"
    MEET_LOGIN_REQUIRED = "MEET_LOGIN_REQUIRED"
    MEET_LOGIN_FAILED_SAML_REJECTED = "MEET_LOGIN_FAILED_SAML_REJECTED"
    MEET_LOGIN_FAILED_TIMEOUT = "MEET_LOGIN_FAILED_TIMEOUT"


class BotStatus(Part):
    """A bot's status, and since when."""

    code: BotStatusCode | None = None
    created_at: Instant | None = None
    start_time: Instant | None = None
    """When the recording began; the first generation sends milliseconds, the second documents seconds."""
    error_message: str | None = None
    error_type: str | None = None
    attempt: int | None = None
    """Which try this is, while the status is ``retrying`` (second generation)."""
    max: int | None = None


class BotStatusData(Part):
    """Which bot's status changed. ``event_uuid`` is the first generation's, ``event_id`` the second's."""

    bot_id: str
    status: BotStatus | None = None
    event_uuid: str | None = None
    event_id: str | None = None


class BotStatusChanged(MeetingBaaSEvent):
    """A bot's status changed, in either generation.

    https://docs.meetingbaas.com/docs/api/getting-started/getting-the-data
    https://docs.meetingbaas.com/docs/api-v2/webhooks
    """

    wire_types = ("bot.status_change",)

    event: Literal["bot.status_change"] = "bot.status_change"
    data: BotStatusData
    extra: Extra = None

    @property
    def occurred_at(self) -> datetime | None:
        """The status's ``created_at``."""
        return None if self.data.status is None else self.data.status.created_at
