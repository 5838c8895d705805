"""Events of HiLink VCaaS, in the order of https://docs.hilink.co/en/webhooks

That page types its fields by samples full of placeholders: numbers come as digits or as ``""``, and what was not used
is blank, zero or missing. So ``""`` counts as None wherever a field may be missing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

from pydantic import BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from ...events import Event, Part
from ...fields import Instant, Milliseconds, OpenEnum

T = TypeVar("T")


def _unless_blank(value: Any) -> Any:
    return None if value == "" else value


def _unless_zero(value: Any) -> Any:
    return None if value in ("", "0", 0) and value is not False else value


OrBlank: TypeAlias = Annotated[T | None, BeforeValidator(_unless_blank)]
"""A value, or None where the vendor sends ``""``."""

OrZero: TypeAlias = Annotated[T | None, BeforeValidator(_unless_zero)]
"""A time, or None where the vendor sends ``""``, 0 or ``"0"``."""


class VCaaSPart(Part):
    """An object inside a push."""

    model_config = ConfigDict(alias_generator=to_camel)


class VCaaSEvent(VCaaSPart, Event):
    """A push of any kind."""

    default_provider: ClassVar[str] = "vcaas"


class Meeting(VCaaSPart):
    """The meeting itself."""

    meeting_uid: str
    meeting_external_id: OrBlank[str] = None
    scheduled_start_time: OrZero[Instant] = None
    scheduled_end_time: OrZero[Instant] = None
    start_time: OrZero[Instant] = None
    end_time: OrZero[Instant] = None
    duration: OrBlank[int] = None
    """In seconds."""


class AttendeeActivity(OpenEnum):
    """What an attendee did."""

    JOINED = "AttendeeJoined"
    LEFT = "AttendeeLeft"
    DROPPED = "AttendeeDropped"


class AttendeeDetail(VCaaSPart):
    """One coming or going of an attendee."""

    type: OrBlank[AttendeeActivity] = None
    timestamp: OrZero[Milliseconds] = None


class Attendee(VCaaSPart):
    """Somebody who was in the meeting."""

    meeting_uid: OrBlank[str] = None
    meeting_external_id: OrBlank[str] = None
    attendee_uid: OrBlank[str] = None
    external_id: OrBlank[str] = None
    time_in: OrZero[Instant] = None
    """First entry."""
    time_out: OrZero[Instant] = None
    """Last exit."""
    total_time: OrBlank[int] = None
    """In seconds."""
    device: OrBlank[str] = None
    details: OrBlank[tuple[AttendeeDetail, ...]] = None


class MeetingVideo(VCaaSPart):
    """The recordings, where recording was switched on."""

    meeting_uid: OrBlank[str] = None
    meeting_external_id: OrBlank[str] = None
    video_urls: OrBlank[tuple[str, ...]] = None
    """Download addresses; the page does not say how long they last."""


class Option(VCaaSPart):
    """A choice in a quiz or a poll."""

    value: OrBlank[str] = None
    label: OrBlank[str] = None


class Question(VCaaSPart):
    """What a quiz or a poll asks."""

    options: OrBlank[tuple[Option, ...]] = None
    content: OrBlank[str] = None


class Quiz(VCaaSPart):
    """One quiz of the meeting."""

    id: OrBlank[str] = None
    content: OrBlank[Question] = None
    average_accuracy: OrBlank[str] = None
    correct_answer: OrBlank[str] = None


class QuizData(VCaaSPart):
    """All quizzes of the meeting."""

    total_count: OrBlank[int] = None
    detail_datas: OrBlank[tuple[Quiz, ...]] = None


class Poll(VCaaSPart):
    """One poll of the meeting."""

    id: OrBlank[str] = None
    content: OrBlank[Question] = None


class PollData(VCaaSPart):
    """All polls of the meeting."""

    total_count: OrBlank[int] = None
    detail_datas: OrBlank[tuple[Poll, ...]] = None


class MeetingInteractive(VCaaSPart):
    """What was asked in the meeting."""

    meeting_uid: OrBlank[str] = None
    meeting_external_id: OrBlank[str] = None
    quiz_data: OrBlank[QuizData] = None
    poll_data: OrBlank[PollData] = None


class QuizAnswer(VCaaSPart):
    """An attendee's answer to one quiz."""

    id: OrBlank[str] = None
    username: OrBlank[str] = None
    question_type: OrBlank[str] = None
    selection: OrBlank[str] = None


class AttendeeQuiz(VCaaSPart):
    """An attendee's answers to quizzes."""

    count: OrBlank[int] = None
    answers: OrBlank[tuple[QuizAnswer, ...]] = None


class PollAnswer(VCaaSPart):
    """An attendee's answer to one poll."""

    id: OrBlank[str] = None
    username: OrBlank[str] = None
    poll_type: OrBlank[str] = None
    poll_option: OrBlank[Option] = None


class AttendeePoll(VCaaSPart):
    """An attendee's answers to polls."""

    count: OrBlank[int] = None
    answers: OrBlank[tuple[PollAnswer, ...]] = None


class AttendeeInteractive(VCaaSPart):
    """What one attendee answered."""

    meeting_uid: OrBlank[str] = None
    meeting_external_id: OrBlank[str] = None
    attendee_uid: OrBlank[str] = None
    external_id: OrBlank[str] = None
    attendee_quiz_data: OrBlank[AttendeeQuiz] = None
    attendee_poll_data: OrBlank[AttendeePoll] = None


class MeetingData(VCaaSEvent):
    """Everything about a meeting, pushed after its end; blocks of features that were not used may be missing.

    Several pushes of one meeting can differ, because attendance may also be pushed while it lasts
    (https://docs.hilink.co/zh/getting-started): update by ``meeting_data.meeting_uid``, the richer one wins.
    https://docs.hilink.co/en/webhooks
    """

    wire_types = ("meetingData",)

    meeting_data: Meeting
    attendee_datas: OrBlank[tuple[Attendee, ...]] = None
    meeting_video_data: OrBlank[MeetingVideo] = None
    meeting_interactive_data: OrBlank[MeetingInteractive] = None
    attendee_interactive_datas: OrBlank[tuple[AttendeeInteractive, ...]] = None

    @property
    def occurred_at(self) -> datetime | None:
        """The end of the meeting, or its start while it has none."""
        return self.meeting_data.end_time or self.meeting_data.start_time


class RealTimeEvent(VCaaSEvent):
    """Something that happens in a meeting, pushed at once."""

    meeting_uid: str
    meeting_external_id: OrBlank[str] = None
    timestamp: OrZero[Instant] = None

    @property
    def occurred_at(self) -> datetime | None:
        """The push's ``timestamp``."""
        return self.timestamp


class JoinLeaveRole(OpenEnum):
    """Who joined or left."""

    TEACHER = "0"
    IT_SUPPORT = "1"
    STUDENT = "2"


class UserStatus(OpenEnum):
    """Where the user is now."""

    JOINED = "0"
    LEFT = "1"
    IN_WAITING_ROOM = "2"


class UserJoinLeave(RealTimeEvent):
    """A user joined, left, or waits to be let in. https://docs.hilink.co/en/webhooks"""

    wire_types = ("userJoinLeave",)

    user_status: UserStatus
    user_role: OrBlank[JoinLeaveRole] = None
    external_id: OrBlank[str] = None
    external_name: OrBlank[str] = None


class MeetingStatus(OpenEnum):
    """Whether the meeting runs."""

    STARTED = "0"
    ENDED = "1"


class MeetingEndType(OpenEnum):
    """How the meeting ended; irregular is a network error."""

    REGULAR = "0"
    IRREGULAR = "1"


class MeetingStartEnd(RealTimeEvent):
    """A meeting started or ended. https://docs.hilink.co/en/webhooks"""

    wire_types = ("meetingStartEnd",)

    meeting_status: MeetingStatus
    meeting_end_type: OrBlank[MeetingEndType] = None
    """The page does not say what it means when a meeting starts."""


class RecordingRole(OpenEnum):
    """Who started or stopped the recording; the system only stops."""

    TEACHER = "0"
    IT_SUPPORT = "1"
    SYSTEM = "2"


class RecordingStatus(OpenEnum):
    """Whether the recording runs."""

    STARTED = "0"
    STOPPED = "1"


class RecordingStartEnd(RealTimeEvent):
    """A recording started or stopped. https://docs.hilink.co/en/webhooks"""

    wire_types = ("recordingStartEnd",)

    recording_status: RecordingStatus
    user_role: OrBlank[RecordingRole] = None
    external_id: OrBlank[str] = None
    external_name: OrBlank[str] = None


class EndClassRole(OpenEnum):
    """Who ended the class."""

    TEACHER = "0"
    IT_SUPPORT = "1"


class EndClassForAll(RealTimeEvent):
    """Somebody ended the class for everyone. https://docs.hilink.co/en/webhooks"""

    wire_types = ("endClassForAll",)

    external_id: str
    user_role: OrBlank[EndClassRole] = None
    external_name: OrBlank[str] = None
