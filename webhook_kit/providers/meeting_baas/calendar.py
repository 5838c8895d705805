"""Events of the second generation about calendars, in the shape of the vendor's OpenAPI description.

https://docs.meetingbaas.com/docs/api-v2/webhooks
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AliasChoices, Field

from ...events import Part
from ...fields import Instant, OpenEnum
from .events import MeetingBaaSEvent


class CalendarPlatform(OpenEnum):
    """Whose calendar it is."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"


class ConnectionStatus(OpenEnum):
    """Whether a calendar can be read."""

    ACTIVE = "active"
    ERROR = "error"
    REVOKED = "revoked"
    PERMISSION_DENIED = "permission_denied"


class CalendarEventType(OpenEnum):
    """Whether an event in a calendar repeats itself."""

    ONE_OFF = "one_off"
    RECURRING = "recurring"


class InstanceStatus(OpenEnum):
    """Whether an event in a calendar takes place."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    TENTATIVE = "tentative"


class MeetingPlatform(OpenEnum):
    """Where a meeting is held."""

    ZOOM = "zoom"
    MEET = "meet"
    TEAMS = "teams"


# The guide calls it "platform".
Platform: TypeAlias = Annotated[
    CalendarPlatform | None, Field(validation_alias=AliasChoices("calendar_platform", "platform"))
]


class ConnectionData(Part):
    """A connected calendar, and since when its connection is as it is."""

    calendar_id: str
    calendar_platform: Platform = None
    account_email: str | None = None
    status: ConnectionStatus | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class CalendarConnectionCreated(MeetingBaaSEvent):
    """A calendar was connected."""

    wire_types = ("calendar.connection_created",)

    event: Literal["calendar.connection_created"] = "calendar.connection_created"
    data: ConnectionData

    @property
    def occurred_at(self) -> datetime | None:
        """The connection's ``created_at``."""
        return self.data.created_at


class CalendarConnectionUpdated(MeetingBaaSEvent):
    """A calendar's connection changed."""

    wire_types = ("calendar.connection_updated",)

    event: Literal["calendar.connection_updated"] = "calendar.connection_updated"
    data: ConnectionData

    @property
    def occurred_at(self) -> datetime | None:
        """The connection's ``updated_at``."""
        return self.data.updated_at


class ConnectionDeletedData(Part):
    """A calendar that is no longer connected."""

    calendar_id: str
    calendar_platform: Platform = None
    deleted_at: Instant | None = None


class CalendarConnectionDeleted(MeetingBaaSEvent):
    """A calendar was disconnected."""

    wire_types = ("calendar.connection_deleted",)

    event: Literal["calendar.connection_deleted"] = "calendar.connection_deleted"
    data: ConnectionDeletedData

    @property
    def occurred_at(self) -> datetime | None:
        """The connection's ``deleted_at``."""
        return self.data.deleted_at


class ConnectionErrorData(Part):
    """Why a calendar cannot be read."""

    calendar_id: str
    calendar_platform: Platform = None
    error: str | None = None
    status: ConnectionStatus | None = None


class CalendarConnectionError(MeetingBaaSEvent):
    """A calendar can no longer be read. In the guide only."""

    wire_types = ("calendar.connection_error",)

    event: Literal["calendar.connection_error"] = "calendar.connection_error"
    data: ConnectionErrorData


class CalendarInstance(Part):
    """One date in a calendar; ``event_id`` is what bots refer to. The guide calls its times start_time and end_time."""

    event_id: str | None = None
    start: Instant | None = Field(default=None, validation_alias=AliasChoices("start", "start_time"))
    end: Instant | None = Field(default=None, validation_alias=AliasChoices("end", "end_time"))
    title: str | None = None
    status: InstanceStatus | None = None
    is_all_day: bool | None = None
    is_exception: bool | None = None
    bot_scheduled: bool | None = None
    meeting_url: str | None = None
    meeting_platform: MeetingPlatform | None = None


class CalendarSeries(Part):
    """An event in a calendar with its dates: one, or those of a series."""

    event_type: CalendarEventType | None = None
    series_id: str | None = None
    series_bot_scheduled: bool | None = None
    instances: tuple[CalendarInstance, ...] | None = None


class EventsSyncedData(Part):
    """What a calendar holds."""

    calendar_id: str
    events: tuple[CalendarSeries, ...] | None = None
    events_synced: int | None = None
    """In the guide only, as is ``sync_type``."""
    sync_type: str | None = None


class CalendarEventsSynced(MeetingBaaSEvent):
    """A calendar was synchronised."""

    wire_types = ("calendar.events_synced",)

    event: Literal["calendar.events_synced"] = "calendar.events_synced"
    data: EventsSyncedData


class InstanceCreatedData(CalendarSeries):
    """An event that is new in a calendar."""

    calendar_id: str


class CalendarInstanceCreated(MeetingBaaSEvent):
    """An event was added to a calendar."""

    wire_types = ("calendar.event_created",)

    event: Literal["calendar.event_created"] = "calendar.event_created"
    data: InstanceCreatedData


class InstanceUpdatedData(Part):
    """An event in a calendar, and those of its dates that changed."""

    calendar_id: str
    event_type: CalendarEventType | None = None
    series_id: str | None = None
    series_bot_scheduled: bool | None = None
    is_exception: bool | None = None
    affected_instances: tuple[CalendarInstance, ...] | None = None


class CalendarInstanceUpdated(MeetingBaaSEvent):
    """An event in a calendar changed."""

    wire_types = ("calendar.event_updated",)

    event: Literal["calendar.event_updated"] = "calendar.event_updated"
    data: InstanceUpdatedData


class InstanceCancelledData(Part):
    """An event in a calendar, and those of its dates that were cancelled."""

    calendar_id: str
    event_type: CalendarEventType | None = None
    series_id: str | None = None
    series_bot_scheduled: bool | None = None
    """In the guide only."""
    cancelled_instances: tuple[CalendarInstance, ...] | None = None


class CalendarInstanceCancelled(MeetingBaaSEvent):
    """An event in a calendar was cancelled."""

    wire_types = ("calendar.event_cancelled",)

    event: Literal["calendar.event_cancelled"] = "calendar.event_cancelled"
    data: InstanceCancelledData
