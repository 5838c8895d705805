"""One valid body for each push, with values of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...events import Event
from .events import EndClassForAll, MeetingData, MeetingStartEnd, RecordingStartEnd, UserJoinLeave

SAMPLES: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    MeetingData: {
        "meetingData": {
            "meetingUid": "70415",
            "meetingExternalId": "algebra-7b",
            "scheduledStartTime": "1790000000",
            "scheduledEndTime": "1790003600",
            "startTime": "1790000042",
            "endTime": "1790003501",
            "duration": "3459",
        },
        "attendeeDatas": [
            {
                "meetingUid": "70415",
                "meetingExternalId": "algebra-7b",
                "attendeeUid": "a-1",
                "externalId": "amira",
                "timeIn": "1790000042",
                "timeOut": "1790003501",
                "totalTime": "3459",
                "device": "Chrome",
                "details": [
                    {"type": "AttendeeJoined", "timestamp": 1790000042000},
                    {"type": "AttendeeLeft", "timestamp": 1790003501000},
                ],
            },
            {
                "meetingUid": "70415",
                "meetingExternalId": "algebra-7b",
                "attendeeUid": "a-2",
                "externalId": "bo",
                "timeIn": "1790000100",
                "timeOut": "1790003400",
                "totalTime": "3180",
                "device": "iPad",
                "details": [
                    {"type": "AttendeeJoined", "timestamp": 1790000100000},
                    {"type": "AttendeeDropped", "timestamp": 1790001000000},
                    {"type": "AttendeeJoined", "timestamp": 1790001120000},
                    {"type": "AttendeeLeft", "timestamp": 1790003400000},
                ],
            },
        ],
        "meetingVideoData": {
            "meetingUid": "70415",
            "meetingExternalId": "algebra-7b",
            "videoUrls": ["https://videos.example.com/70415/1.mp4", "https://videos.example.com/70415/2.mp4"],
        },
        "meetingInteractiveData": {
            "meetingUid": "70415",
            "meetingExternalId": "algebra-7b",
            "quizData": {
                "totalCount": 1,
                "detailDatas": [
                    {
                        "id": "quiz-1",
                        "content": {
                            "options": [{"value": "A", "label": "x = 2"}, {"value": "B", "label": "x = 3"}],
                            "content": "Solve 2x + 1 = 7",
                        },
                        "averageAccuracy": "0.5",
                        "correctAnswer": "B",
                    }
                ],
            },
            "pollData": {
                "totalCount": 1,
                "detailDatas": [
                    {
                        "id": "poll-1",
                        "content": {
                            "options": [{"value": "1", "label": "Too fast"}, {"value": "2", "label": "Just right"}],
                            "content": "How was the pace?",
                        },
                    }
                ],
            },
        },
        "attendeeInteractiveDatas": [
            {
                "meetingUid": "70415",
                "meetingExternalId": "algebra-7b",
                "attendeeUid": "a-2",
                "externalId": "bo",
                "attendeeQuizData": {
                    "count": 1,
                    "answers": [{"id": "quiz-1", "username": "Bo", "questionType": "single", "selection": "B"}],
                },
                "attendeePollData": {
                    "count": 1,
                    "answers": [
                        {
                            "id": "poll-1",
                            "username": "Bo",
                            "pollType": "single",
                            "pollOption": {"value": "2", "label": "Just right"},
                        }
                    ],
                },
            }
        ],
    },
    UserJoinLeave: {
        "meetingUid": "70415",
        "meetingExternalId": "algebra-7b",
        "userRole": "2",
        "externalId": "bo",
        "externalName": "Bo",
        "userStatus": "0",
        "timestamp": "1790000100",
    },
    MeetingStartEnd: {
        "meetingUid": "70415",
        "meetingExternalId": "algebra-7b",
        "timestamp": "1790003501",
        "meetingStatus": 1,
        "meetingEndType": 0,
    },
    RecordingStartEnd: {
        "meetingUid": "70415",
        "meetingExternalId": "algebra-7b",
        "userRole": "2",
        "externalId": "recorder",
        "externalName": "Recorder",
        "recordingStatus": "1",
        "timestamp": "1790003400",
    },
    EndClassForAll: {
        "meetingUid": "70415",
        "meetingExternalId": "algebra-7b",
        "userRole": "0",
        "externalId": "amira",
        "externalName": "Amira",
        "timestamp": "1790003500",
    },
}
