"""HiLink VCaaS: which event a body is, what its fields become, what is answered, and what to enter at the vendor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from webhook_kit import ConfigurationError, Dispatcher, Event, Outcome, RawRequest, RawResponse, UnknownEvent
from webhook_kit.providers.vcaas import (
    AttendeeActivity,
    EndClassForAll,
    EndClassRole,
    JoinLeaveRole,
    MeetingData,
    MeetingEndType,
    MeetingStartEnd,
    MeetingStatus,
    RecordingRole,
    RecordingStartEnd,
    RecordingStatus,
    UserJoinLeave,
    UserStatus,
    VCaaS,
)
from webhook_kit.providers.vcaas.samples import SAMPLES

T = TypeVar("T")

TOKEN = "the-url-token-of-these-tests"
ROUTES = {
    "": None,
    "user-join-leave": UserJoinLeave,
    "meeting-start-end": MeetingStartEnd,
    "recording-start-end": RecordingStartEnd,
    "end-class-for-all": EndClassForAll,
}
OF_THEIR_OWN = [(route, model) for route, model in ROUTES.items() if model is not None]

# What the vendor's page shows of a final push: every field is there, and nothing is filled in.
BLANK: dict[str, Any] = {
    "meetingData": {
        "meetingUid": "",
        "meetingExternalId": "",
        "scheduledStartTime": "",
        "scheduledEndTime": "",
        "startTime": "",
        "endTime": "",
        "duration": "",
    },
    "attendeeDatas": [
        {
            "meetingUid": "",
            "meetingExternalId": "",
            "attendeeUid": "",
            "externalId": "",
            "timeIn": "",
            "timeOut": "",
            "totalTime": "",
            "device": "",
            "details": [{"type": "AttendeeJoined", "timestamp": 0}],
        }
    ],
    "meetingVideoData": {"meetingUid": "", "meetingExternalId": "", "videoUrls": [""]},
    "meetingInteractiveData": {
        "meetingUid": "",
        "meetingExternalId": "",
        "quizData": {
            "totalCount": 0,
            "detailDatas": [
                {
                    "id": "",
                    "content": {"options": [{"value": "", "label": ""}], "content": ""},
                    "averageAccuracy": "",
                    "correctAnswer": "",
                }
            ],
        },
        "pollData": {
            "totalCount": 0,
            "detailDatas": [{"id": "", "content": {"options": [{"value": "", "label": ""}], "content": ""}}],
        },
    },
    "attendeeInteractiveDatas": [
        {
            "meetingUid": "",
            "meetingExternalId": "",
            "attendeeUid": "",
            "externalId": "",
            "attendeeQuizData": {
                "count": 0,
                "answers": [{"id": "", "username": "", "questionType": "", "selection": ""}],
            },
            "attendeePollData": {
                "count": 0,
                "answers": [{"id": "", "username": "", "pollType": "", "pollOption": {"value": "", "label": ""}}],
            },
        }
    ],
}


class Site:
    """A dispatcher that serves VCaaS and keeps what its handler and its observer saw."""

    def __init__(self) -> None:
        self.hooks = Dispatcher(idempotency=None)
        self.provider = self.hooks.add(VCaaS(url_token=TOKEN))
        self.events: list[Event] = []
        self.outcomes: list[Outcome] = []
        self.hooks.on(Event)(self.events.append)
        self.hooks.observe(lambda record: self.outcomes.append(record.outcome))

    def post(self, route: str, body: bytes) -> RawResponse:
        path = f"/vcaas/{route}" if route else "/vcaas"
        return self.hooks.dispatch(RawRequest("POST", path, query_string=f"token={TOKEN}", body=body))

    def receive(self, body: object, route: str = "") -> Event:
        answer = self.post(route, json.dumps(body).encode())
        assert (200, b"success") == (answer.status, answer.body)
        return self.events[-1]


@pytest.fixture
def site() -> Site:
    return Site()


def user(**fields: object) -> dict[str, object]:
    """Return a push of a user who joined, with some fields of another value."""
    return {"meetingUid": "12345", "userStatus": "0", **fields}


def join_leave(event: Event) -> UserJoinLeave:
    assert isinstance(event, UserJoinLeave), repr(event)
    return event


def meeting_data(event: Event) -> MeetingData:
    assert isinstance(event, MeetingData), repr(event)
    return event


def filled(value: T | None) -> T:
    """Return the value of a field that the body fills."""
    assert value is not None
    return value


def parts(value: object) -> Iterator[BaseModel]:
    """Return every model inside a value, itself included."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from parts(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from parts(each)


def names(value: object) -> object:
    """Return the names in a JSON value, in its structure and without its values."""
    if isinstance(value, Mapping):
        return {name: names(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [names(each) for each in value]
    return None


# Which event a body is.


@pytest.mark.parametrize("model", SAMPLES, ids=lambda model: model.__name__)
def test_the_root_tells_every_event_apart_by_its_shape(site: Site, model: type[Event]) -> None:
    event = site.receive(SAMPLES[model])
    assert (model, model.wire_types[0], "vcaas") == (type(event), event.type, event.provider)


@pytest.mark.parametrize(("route", "model"), OF_THEIR_OWN)
def test_a_route_takes_its_event(site: Site, route: str, model: type[Event]) -> None:
    event = site.receive(SAMPLES[model], route)
    assert (model, model.wire_types[0], "vcaas") == (type(event), event.type, event.provider)


@pytest.mark.parametrize(("route", "model"), OF_THEIR_OWN)
def test_an_event_is_the_same_by_route_and_by_shape(route: str, model: type[Event]) -> None:
    by_route, by_shape = (Site().receive(SAMPLES[model], at) for at in (route, ""))
    assert by_route == by_shape


@pytest.mark.parametrize(("route", "model"), OF_THEIR_OWN)
def test_a_body_without_what_identifies_the_event_of_its_route_is_unknown(
    site: Site, route: str, model: type[Event]
) -> None:
    payload = {"meetingExternalId": "algebra-7b"}
    event = site.receive(payload, route)
    assert isinstance(event, UnknownEvent)
    assert (model.wire_types[0], payload) == (event.type, event.payload)


@pytest.mark.parametrize("payload", [{}, {"meetingUid": "1", "timestamp": "5"}, {"userRole": "0"}, {"externalId": "a"}])
def test_a_body_of_no_known_shape_is_unknown(site: Site, payload: dict[str, Any]) -> None:
    event = site.receive(payload)
    assert isinstance(event, UnknownEvent)
    assert ("unknown", payload) == (event.type, event.payload)


@pytest.mark.parametrize(
    ("field", "type"),
    [
        ("meetingData", "meetingData"),
        ("attendeeDatas", "meetingData"),
        ("meetingVideoData", "meetingData"),
        ("meetingInteractiveData", "meetingData"),
        ("attendeeInteractiveDatas", "meetingData"),
        ("userStatus", "userJoinLeave"),
        ("meetingStatus", "meetingStartEnd"),
        ("recordingStatus", "recordingStartEnd"),
    ],
)
def test_a_shape_without_the_rest_of_its_event_is_unknown_by_its_type(site: Site, field: str, type: str) -> None:
    event = site.receive({field: "1"})
    assert (UnknownEvent, type) == (event.__class__, event.type)


def test_a_field_that_is_null_does_not_hide_the_one_that_is_not(site: Site) -> None:
    event = site.receive({"meetingUid": "1", "userStatus": None, "meetingStatus": 1, "recordingStatus": None})
    assert isinstance(event, MeetingStartEnd)


def test_a_null_status_does_not_make_a_user_end_the_class(site: Site) -> None:
    event = site.receive({"meetingUid": "1", "userRole": "0", "externalId": "a", "userStatus": None})
    assert (UnknownEvent, "userJoinLeave") == (type(event), event.type)


@pytest.mark.parametrize("status", [None, True, 1.5, {}, ["0"]])
def test_a_status_that_cannot_be_read_makes_the_event_unknown(site: Site, status: object) -> None:
    event = site.receive(user(userStatus=status), "user-join-leave")
    assert (UnknownEvent, "userJoinLeave") == (type(event), event.type)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"success"', b"null", b"{", b"\xff", b'\xef\xbb\xbf{"meetingUid":"1"}', b'{"a":"\\ud800"}']
)
@pytest.mark.parametrize("route", ROUTES)
def test_a_body_that_is_no_json_object_is_malformed(site: Site, route: str, body: bytes) -> None:
    answer = site.post(route, body)
    assert (400, b"Malformed body", [Outcome.MALFORMED]) == (answer.status, answer.body, site.outcomes)


# What the fields become.


@pytest.mark.parametrize("model", SAMPLES, ids=lambda model: model.__name__)
def test_a_sample_fits_its_model_at_every_depth(site: Site, model: type[Event]) -> None:
    event = site.receive(SAMPLES[model])
    assert {} == dict(event.drift)
    assert [] == [part for part in parts(event) if part.model_extra]


@pytest.mark.parametrize("model", SAMPLES, ids=lambda model: model.__name__)
def test_a_dump_by_alias_has_the_names_and_the_structure_of_the_wire(site: Site, model: type[Event]) -> None:
    event = site.receive(SAMPLES[model])
    assert names(SAMPLES[model]) == names(event.model_dump(by_alias=True))


@pytest.mark.parametrize("model", SAMPLES, ids=lambda model: model.__name__)
def test_a_sample_fills_every_field_of_its_model(site: Site, model: type[Event]) -> None:
    event = site.receive(SAMPLES[model])
    empty = [(part, name) for part in parts(event) for name in type(part).model_fields if getattr(part, name) is None]
    assert [] == empty


def test_the_final_push_keeps_the_structure_of_the_wire(site: Site) -> None:
    event = meeting_data(site.receive(SAMPLES[MeetingData]))
    meeting = event.meeting_data
    assert ("70415", "algebra-7b", 3459) == (meeting.meeting_uid, meeting.meeting_external_id, meeting.duration)
    amira, bo = filled(event.attendee_datas)
    assert ("amira", "iPad", 3180) == (amira.external_id, bo.device, bo.total_time)
    joined, left, dropped = AttendeeActivity.JOINED, AttendeeActivity.LEFT, AttendeeActivity.DROPPED
    assert [joined, dropped, joined, left] == [detail.type for detail in filled(bo.details)]
    urls = ("https://videos.example.com/70415/1.mp4", "https://videos.example.com/70415/2.mp4")
    assert urls == filled(event.meeting_video_data).video_urls


def test_the_final_push_holds_quizzes_and_polls_with_their_answers(site: Site) -> None:
    event = meeting_data(site.receive(SAMPLES[MeetingData]))
    asked = filled(event.meeting_interactive_data)
    quizzes, polls = filled(asked.quiz_data), filled(asked.poll_data)
    (quiz,), (poll,) = filled(quizzes.detail_datas), filled(polls.detail_datas)
    assert (1, "0.5", "B") == (quizzes.total_count, quiz.average_accuracy, quiz.correct_answer)
    assert ["Too fast", "Just right"] == [option.label for option in filled(filled(poll.content).options)]
    (answered,) = filled(event.attendee_interactive_datas)
    (selected,) = filled(filled(answered.attendee_quiz_data).answers)
    (voted,) = filled(filled(answered.attendee_poll_data).answers)
    assert ("B", "2", "Just right") == (
        selected.selection,
        filled(voted.poll_option).value,
        filled(voted.poll_option).label,
    )


def test_a_final_push_without_the_blocks_that_were_not_used_is_complete(site: Site) -> None:
    event = meeting_data(site.receive({"meetingData": {"meetingUid": "1"}, "meetingVideoData": None}))
    assert (None, None, None) == (event.attendee_datas, event.meeting_video_data, event.meeting_interactive_data)
    assert {} == dict(event.drift)


def test_a_final_push_of_blanks_is_meeting_data(site: Site) -> None:
    """Whatever may be missing is None, and nothing drifted."""
    event = meeting_data(site.receive(BLANK))
    assert {} == dict(event.drift)
    assert names(BLANK) == names(event.model_dump(by_alias=True))
    values = [
        (name, value)
        for part in parts(event)
        for name, value in part
        if not isinstance(value, BaseModel | tuple) and value is not None
    ]
    assert [
        ("meeting_uid", ""),
        ("type", AttendeeActivity.JOINED),
        ("total_count", 0),
        ("total_count", 0),
        ("count", 0),
        ("count", 0),
    ] == values


def test_a_blank_block_is_none(site: Site) -> None:
    event = meeting_data(
        site.receive({"meetingData": {"meetingUid": "1"}, "attendeeDatas": "", "meetingVideoData": ""})
    )
    assert (None, None, {}) == (event.attendee_datas, event.meeting_video_data, dict(event.drift))


@pytest.mark.parametrize("status", ["1", 1])
def test_a_digit_is_the_same_member_as_text_and_as_number(site: Site, status: object) -> None:
    assert UserStatus.LEFT is join_leave(site.receive(user(userStatus=status))).user_status


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0", UserStatus.JOINED),
        ("1", UserStatus.LEFT),
        ("2", UserStatus.IN_WAITING_ROOM),
    ],
)
def test_a_user_is_in_the_meeting_or_gone_or_waiting(site: Site, given: str, expected: UserStatus) -> None:
    assert expected is join_leave(site.receive(user(userStatus=given))).user_status


@pytest.mark.parametrize(
    ("given", "expected"),
    [("0", JoinLeaveRole.TEACHER), ("1", JoinLeaveRole.IT_SUPPORT), ("2", JoinLeaveRole.STUDENT), ("", None)],
)
def test_a_user_who_joins_has_a_role(site: Site, given: str, expected: JoinLeaveRole | None) -> None:
    assert expected is join_leave(site.receive(user(userRole=given))).user_role


def test_a_role_of_two_is_a_student_who_joins_and_the_system_that_stops_recording(site: Site) -> None:
    joined = join_leave(site.receive(user(userRole="2")))
    stopped = site.receive({"meetingUid": "1", "recordingStatus": "1", "userRole": 2})
    assert isinstance(stopped, RecordingStartEnd)
    assert joined.user_role is JoinLeaveRole.STUDENT
    assert stopped.user_role is RecordingRole.SYSTEM
    assert stopped.recording_status is RecordingStatus.STOPPED


def test_a_role_of_two_does_not_end_a_class_and_is_kept(site: Site) -> None:
    event = site.receive({"meetingUid": "1", "externalId": "a", "userRole": "2"})
    assert isinstance(event, EndClassForAll)
    assert ("2", False) == (event.user_role, filled(event.user_role).known)


def test_the_teacher_and_the_support_end_classes(site: Site) -> None:
    roles = []
    for role in ("0", 1):
        event = site.receive({"meetingUid": "1", "externalId": "a", "userRole": role})
        assert isinstance(event, EndClassForAll)
        roles.append(event.user_role)
    assert [EndClassRole.TEACHER, EndClassRole.IT_SUPPORT] == roles


def test_a_meeting_that_ended_says_how(site: Site) -> None:
    event = site.receive({"meetingUid": "1", "meetingStatus": "1", "meetingEndType": "1"})
    assert isinstance(event, MeetingStartEnd)
    assert (MeetingStatus.ENDED, MeetingEndType.IRREGULAR) == (event.meeting_status, event.meeting_end_type)


def test_an_unknown_status_is_kept(site: Site) -> None:
    event = join_leave(site.receive(user(userStatus=7)))
    assert ("7", False) == (event.user_status, event.user_status.known)


def test_numbers_come_as_digits_and_as_numbers(site: Site) -> None:
    durations = [
        meeting_data(site.receive({"meetingData": {"meetingUid": "1", "duration": given}})).meeting_data.duration
        for given in ("90", 90)
    ]
    assert [90, 90] == durations


def test_an_id_that_comes_as_a_number_is_text(site: Site) -> None:
    event = join_leave(site.receive(user(meetingUid=12345, externalId=7)))
    assert ("12345", "7") == (event.meeting_uid, event.external_id)


@pytest.mark.parametrize("given", [1790000000, "1790000000", 1790000000000, "1790000000000"])
def test_a_time_is_in_seconds_or_milliseconds_by_its_size(site: Site, given: object) -> None:
    assert datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC) == join_leave(site.receive(user(timestamp=given))).timestamp


def test_the_time_of_a_detail_is_in_milliseconds_whatever_its_size(site: Site) -> None:
    details = [{"type": "AttendeeLeft", "timestamp": 90_000_000_000}]
    event = meeting_data(site.receive({"meetingData": {"meetingUid": "1"}, "attendeeDatas": [{"details": details}]}))
    (detail,) = filled(filled(event.attendee_datas)[0].details)
    assert datetime(1972, 11, 7, 16, 0, tzinfo=UTC) == detail.timestamp


@pytest.mark.parametrize("given", ["", 0, "0", None])
def test_a_time_that_is_blank_or_zero_is_none(site: Site, given: object) -> None:
    event = join_leave(site.receive(user(timestamp=given)))
    assert (None, None, {}) == (event.timestamp, event.occurred_at, dict(event.drift))


@pytest.mark.parametrize("given", [False, "soon", [], 1e300, float("nan")])
def test_a_time_that_cannot_be_read_is_drift(site: Site, given: object) -> None:
    event = join_leave(site.receive(user(timestamp=given)))
    assert event.timestamp is None
    assert ["timestamp"] == list(event.drift)


def test_a_field_of_another_type_is_drift_and_the_rest_stays(site: Site) -> None:
    event = meeting_data(
        site.receive({"meetingData": {"meetingUid": "1", "duration": "an hour"}, "attendeeDatas": [{"device": {}}]})
    )
    assert {"meetingData.duration": "an hour", "attendeeDatas.0.device": {}} == dict(event.drift)
    assert "1" == event.meeting_data.meeting_uid


def test_fields_that_are_not_documented_are_kept(site: Site) -> None:
    event = join_leave(site.receive(user(region="eu", seat="")))
    assert {"region": "eu", "seat": ""} == event.model_extra


def test_a_real_time_event_occurred_at_its_timestamp(site: Site) -> None:
    expected = datetime(2026, 9, 21, 14, 15, tzinfo=UTC)
    assert expected == site.receive(SAMPLES[UserJoinLeave]).occurred_at


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"startTime": "1790000000", "endTime": "1790003600"}, datetime(2026, 9, 21, 15, 13, 20, tzinfo=UTC)),
        ({"startTime": "1790000000", "endTime": ""}, datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        ({}, None),
    ],
)
def test_meeting_data_occurred_at_the_end_or_else_at_the_start(
    site: Site, times: dict[str, str], expected: datetime | None
) -> None:
    assert expected == site.receive({"meetingData": {"meetingUid": "1", **times}}).occurred_at


def test_the_repr_shows_what_identifies_an_event_only(site: Site) -> None:
    shown = repr(site.receive(SAMPLES[MeetingData]))
    assert "MeetingData(type='meetingData', provider='vcaas', meeting_data=Meeting(meeting_uid='70415'))" == shown


# What is answered.


def test_success_is_the_word_as_plain_text_and_all_else_a_short_text() -> None:
    hooks = Dispatcher()
    hooks.add(VCaaS(url_token=TOKEN))
    (endpoint,) = hooks.endpoints
    assert set(Outcome) == set(endpoint.answers)
    for answer in endpoint.answers.values():
        kinds = [value for name, value in answer.headers if name == "content-type"]
        assert ["text/plain; charset=utf-8"] == kinds
        assert (answer.status == 200) == (answer.body == b"success")
        assert 0 < len(answer.body) < 40


def test_only_post_is_taken(site: Site) -> None:
    answer = site.hooks.dispatch(RawRequest("GET", "/vcaas", query_string=f"token={TOKEN}"))
    assert (405, ("allow", "POST") in answer.headers) == (answer.status, True)


def test_a_body_may_have_eight_mebibytes(site: Site) -> None:
    limit = 8 * 1024 * 1024
    body = json.dumps({"padding": ""}).encode()
    padded = body[:-2] + b"x" * (limit - len(body)) + body[-2:]
    assert [200, 413] == [site.post("", each).status for each in (padded, padded + b" ")]
    assert [Outcome.PROCESSED, Outcome.TOO_LARGE] == site.outcomes


def test_a_route_that_does_not_exist_is_not_found(site: Site) -> None:
    assert (404, [Outcome.NOT_FOUND]) == (site.post("meeting-data", b"{}").status, site.outcomes)


# Whatever the body is.

WORDS = st.sampled_from(
    sorted(
        {field.alias or name for model in SAMPLES for name, field in model.model_fields.items()}
        | {"meetingUid", "details", "duration", "startTime", "endTime", "videoUrls", "quizData", "answers", "content"}
    )
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "0", "1", 0, 1, "1790000000", 10**40]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS, inner, max_size=5)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)
PAYLOADS = st.dictionaries(WORDS, VALUES, max_size=6) | st.dictionaries(st.text(), VALUES, max_size=6)


@given(route=st.sampled_from(sorted(ROUTES)), payload=PAYLOADS)
@example(route="", payload={"meetingData": {"duration": []}})
@example(route="", payload={"meetingData": {"meetingUid": "1", "duration": []}, "attendeeDatas": [{}, 0, ""]})
@example(route="", payload={"userStatus": 10**40, "meetingUid": float("inf"), "timestamp": -(10**40)})
@example(route="meeting-start-end", payload={"meetingUid": "1", "meetingStatus": {}, "meetingEndType": []})
def test_every_json_object_on_every_route_is_an_event_and_a_success(route: str, payload: dict[str, Any]) -> None:
    site = Site()
    event = site.receive(payload, route)
    expected = {"": tuple(SAMPLES)}.get(route, (ROUTES[route],))
    assert type(event) in (*expected, UnknownEvent)
    assert [Outcome.PROCESSED] == site.outcomes


@given(payload=PAYLOADS)
def test_every_json_object_gives_the_same_by_route_and_by_shape(payload: dict[str, Any]) -> None:
    by_shape = Site().receive(payload)
    for route, model in OF_THEIR_OWN:
        if by_shape.type == model.wire_types[0]:
            assert repr(Site().receive(payload, route).model_dump()) == repr(by_shape.model_dump())


# What to enter at the vendor.


def test_setup_gives_the_block_of_the_request_that_creates_a_meeting() -> None:
    hooks = Dispatcher()
    provider = hooks.add(VCaaS(url_token="a token with spaces & signs"), path="school/pushes")
    query = "token=a+token+with+spaces+%26+signs"
    base = "https://example.com/webhooks/school/pushes"
    assert {
        "callbackUrl": f"{base}?{query}",
        "realTimeCallbackUrl": {
            "userJoinLeaveUrl": f"{base}/user-join-leave?{query}",
            "meetingStartEndUrl": f"{base}/meeting-start-end?{query}",
            "recordingStartEndUrl": f"{base}/recording-start-end?{query}",
            "endClassForAllUrl": f"{base}/end-class-for-all?{query}",
        },
    } == provider.setup("https://example.com/webhooks/")


@pytest.mark.parametrize(
    ("keyword", "field"),
    [
        ("user_join_leave", "userJoinLeaveUrl"),
        ("meeting_start_end", "meetingStartEndUrl"),
        ("recording_start_end", "recordingStartEndUrl"),
        ("end_class_for_all", "endClassForAllUrl"),
    ],
)
def test_any_real_time_push_can_be_left_out(keyword: str, field: str) -> None:
    provider = VCaaS(url_token=TOKEN)
    whole = provider.setup("https://example.com")
    del whole["realTimeCallbackUrl"][field]
    assert whole == provider.setup("https://example.com", **{keyword: False})


def test_every_url_of_the_setup_is_served(site: Site) -> None:
    block = site.provider.setup("https://example.com")
    for url in (block["callbackUrl"], *block["realTimeCallbackUrl"].values()):
        path, _, query = url.removeprefix("https://example.com").partition("?")
        site.hooks.dispatch(RawRequest("POST", path, query_string=query, body=json.dumps({"url": url}).encode()))
    assert [Outcome.PROCESSED] * 5 == site.outcomes


def test_setup_takes_the_first_of_several_tokens() -> None:
    provider = VCaaS(url_token=["the-new-token-of-two", "the-old-token-of-two"])
    assert (
        "https://example.com/vcaas?token=the-new-token-of-two" == provider.setup("https://example.com")["callbackUrl"]
    )


def test_setup_without_a_token_gives_plain_urls() -> None:
    assert "https://example.com/vcaas" == VCaaS(unverified=True).setup("https://example.com")["callbackUrl"]


def test_setup_refuses_a_token_that_only_a_callable_knows() -> None:
    with pytest.raises(ConfigurationError, match="url_token is a callable"):
        VCaaS(url_token=lambda: TOKEN).setup("https://example.com")


def test_the_same_bytes_at_two_routes_are_two_events() -> None:
    hooks = Dispatcher()
    hooks.add(VCaaS(unverified=True))
    seen: list[str] = []
    hooks.on(Event)(lambda event: seen.append(event.type))
    body = b'{"meetingUid":"1","externalId":"a","userStatus":"0","recordingStatus":"0","timestamp":"1"}'
    for route in ("user-join-leave", "recording-start-end", "user-join-leave", ""):
        assert hooks.dispatch(RawRequest("POST", f"/vcaas/{route}", body=body)).status == 200
    assert seen == ["userJoinLeave", "recordingStartEnd"], "by shape it is the first of them again"
