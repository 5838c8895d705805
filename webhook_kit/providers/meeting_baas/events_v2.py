"""Events of the second generation about bots, and alerts.

The vendor's OpenAPI description and its guide disagree. The models have the shape of the former, which is what arrives,
and read the latter's spelling where it is the only one in a body.

https://docs.meetingbaas.com/docs/api-v2/webhooks
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field

from ...events import Part
from ...fields import Instant, OpenEnum
from .events import Extra, MeetingBaaSEvent


class Participant(Part):
    """Somebody in a meeting."""

    name: str | None = None
    id: int | None = None
    display_name: str | None = None
    profile_picture: str | None = None


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


# Some deliveries list names instead of objects.
Participants: TypeAlias = tuple[Annotated[Participant, BeforeValidator(_named)], ...]


class BotCompletedData(Part):
    """What a bot brought back. An artifact that was not made is None; addresses expire after four hours."""

    bot_id: str
    event_id: str | None = None
    """The event in a calendar for which the bot was scheduled."""
    participants: Participants | None = None
    speakers: Participants | None = None
    duration_seconds: int | None = None
    joined_at: Instant | None = None
    exited_at: Instant | None = None
    data_deleted: bool | None = None
    video: str | None = Field(default=None, validation_alias=AliasChoices("video", "mp4"))
    audio: str | None = None
    diarization: str | None = None
    raw_transcription: str | None = None
    transcription: str | None = None
    transcription_provider: str | None = None
    """``"none"`` is sent as well as null."""
    transcription_ids: tuple[str, ...] | None = None
    chat_messages: str | None = None
    """In the guide only."""
    sent_at: Instant | None = None


class BotCompleted(MeetingBaaSEvent):
    """A bot finished its work. Sent to webhooks, and to the callback of a single bot."""

    wire_types = ("bot.completed",)

    event: Literal["bot.completed"] = "bot.completed"
    data: BotCompletedData
    extra: Extra = None
    sent_at: Instant | None = None
    """In the migration guide only."""

    @property
    def occurred_at(self) -> datetime | None:
        """The data's ``sent_at``: when this was sent, which may be again."""
        return self.data.sent_at or self.sent_at


class BotFailedData(Part):
    """Why a bot could not do its work."""

    bot_id: str
    event_id: str | None = None
    error_message: str | None = None
    error_code: str | None = None
    """Open: no page lists every code. https://docs.meetingbaas.com/docs/api-v2/error-codes"""
    sent_at: Instant | None = None


class BotFailed(MeetingBaaSEvent):
    """A bot could not do its work. Sent to webhooks, and to the callback of a single bot."""

    wire_types = ("bot.failed",)

    event: Literal["bot.failed"] = "bot.failed"
    data: BotFailedData
    extra: Extra = None
    sent_at: Instant | None = None
    """In the migration guide only."""

    @property
    def occurred_at(self) -> datetime | None:
        """The data's ``sent_at``: when this was sent, which may be again."""
        return self.data.sent_at or self.sent_at


class ChatMessageData(Part):
    """A message in a meeting's chat."""

    bot_id: str
    event_id: str | None = None
    message_id: str | None = None
    sender_name: str | None = None
    sender_id: int | None = None
    text: str | None = None
    sent_at: Instant | None = None
    """When this was sent to us; the time of the message itself is not told."""


class BotChatMessage(MeetingBaaSEvent):
    """Somebody wrote into a meeting's chat; the bot's own messages are not reported."""

    wire_types = ("bot.chat_message",)

    event: Literal["bot.chat_message"] = "bot.chat_message"
    data: ChatMessageData
    extra: Extra = None

    @property
    def occurred_at(self) -> datetime | None:
        """The data's ``sent_at``."""
        return self.data.sent_at


class AlertCategory(OpenEnum):
    """What kind of rule raised an alert."""

    OPERATIONAL = "operational"
    THRESHOLD = "threshold"


class AlertTriggered(MeetingBaaSEvent):
    """An alert rule was reached. Its body names no event. https://docs.meetingbaas.com/docs/api-v2/alerts"""

    wire_types = ("alert",)

    alert_rule_id: str
    alert_rule_name: str | None = None
    alert_type: str | None = None
    """``bot_crash`` is the one literal that is documented."""
    category: AlertCategory | None = None
    triggered_at: Instant | None = None
    current_value: float | None = None
    threshold_value: float | None = None
    suppressed_count: int | None = None
    message: str | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """The alert's ``triggered_at``."""
        return self.triggered_at
