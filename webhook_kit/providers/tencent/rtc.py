"""Events of TRTC's servers, also those about recordings that Live and Call pass on.

https://trtc.io/document/39558
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from ...events import Event
from ...fields import Milliseconds, Seconds
from .protocol import OpenNumber, TencentPart


class RTCEventGroup(OpenNumber):
    """What an event is about."""

    ROOM = 1
    MEDIA = 2
    CLOUD_RECORDING = 3
    PUBLISHING = 4
    STREAM_INGEST = 7
    PAGE_RECORDING = 8


class RTCEventType(OpenNumber):
    """What happened. Who leaves a room stops without a 202 or 204 of their own.

    https://www.tencentcloud.com/document/product/647/54914 has those of recordings.
    """

    CREATE_ROOM = 101
    DISMISS_ROOM = 102
    ENTER_ROOM = 103
    EXIT_ROOM = 104
    CHANGE_ROLE = 105
    START_VIDEO = 201
    STOP_VIDEO = 202
    START_AUDIO = 203
    STOP_AUDIO = 204
    START_SUBSTREAM = 205
    STOP_SUBSTREAM = 206
    RECORDER_START = 301
    RECORDER_STOP = 302
    RECORDING_UPLOAD_START = 303
    RECORDING_FILE_INFO = 304
    RECORDING_UPLOAD_STOP = 305
    RECORDING_FAILOVER = 306
    RECORDING_FILE_SLICE = 307
    RECORDING_UPLOAD_ERROR = 308
    RECORDING_DOWNLOAD_IMAGE_ERROR = 309
    RECORDING_MP4_STOP = 310
    RECORDING_VOD_COMMIT = 311
    RECORDING_VOD_STOP = 312


class RTCRole(OpenNumber):
    """What a user does in a room."""

    ANCHOR = 20
    AUDIENCE = 21


class RTCTerminal(OpenNumber):
    """What a user's device runs."""

    WINDOWS = 1
    ANDROID = 2
    IOS = 3
    LINUX = 4
    OTHER = 100


class RTCUserType(OpenNumber):
    """What a user's application is made with."""

    WEBRTC = 1
    MINI_PROGRAM = 2
    NATIVE_SDK = 3


class RTCPayload(TencentPart):
    """How far a recording is; what else is in it depends on the event's type."""

    status: int | None = None


class RTCEventInfo(TencentPart):
    """What happened to whom."""

    room_id: int | str | None = None
    """A number or a text, as in the client."""
    event_ts: Seconds | None = None
    event_ms_ts: Milliseconds | None = None
    user_id: str | None = None
    unique_id: int | None = None
    """Of one stay in a room, in applications from before August 2021."""
    role: RTCRole | None = None
    terminal_type: RTCTerminal | None = None
    user_type: RTCUserType | None = None
    reason: int | None = None
    """Entering: 1 wished, 2 network change, 3 retry, 4 cross-room; leaving: 1 wished, 2 timeout, 3 removed,
    4 cross-room over, 5 killed."""
    task_id: str | None = None
    """Of a recording."""
    payload: RTCPayload | None = None


class RecordingEvent(TencentPart):
    """An event of TRTC inside a callback of Call."""

    event_group_id: RTCEventGroup | None = None
    event_type: RTCEventType | None = None
    callback_ts: Milliseconds | None = None
    event_info: RTCEventInfo | None = None
    kit_type: int | None = None


class RTCEvent(TencentPart, Event):
    """Something happened in a room, to a stream or to a recording: see ``event_type``."""

    wire_types = ("rtc",)
    default_provider: ClassVar[str] = "tencent-rtc"

    event_group_id: RTCEventGroup
    event_type: RTCEventType
    callback_ts: Milliseconds | None = None
    callback_ms_ts: Milliseconds | None = None
    """Instead of ``callback_ts`` where a stream is ingested."""
    event_info: RTCEventInfo | None = None

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, else when it was reported."""
        return happened(self.event_info) or self.callback_ts or self.callback_ms_ts


def happened(info: RTCEventInfo | None) -> datetime | None:
    """Return when something happened, to the millisecond where the vendor says so."""
    return None if info is None else info.event_ms_ts or info.event_ts
