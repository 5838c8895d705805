"""Calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ....events import Event
from ..call import CallAfterEndCall, CallAfterMemberChanged, CallAfterRecordChanged, CallAfterStartCall

CALL: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    CallAfterStartCall: {
        "CallbackCommand": "Call.CallbackAfterStartCall",
        "CallInfo": {
            "CallId": "call-7c1f",
            "CallMediaType": "Video",
            "ChatGroupId": "@TGS#a7QK2MZ4C",
            "RoomId": "7315",
            "RoomIdType": 1,
        },
        "UserList": [
            {"User_Account": "amira", "Status": "Calling"},
            {"User_Account": 144115188075855873, "Status": "Waiting"},
        ],
        "EventTime": 1789990000123,
    },
    CallAfterEndCall: {
        "CallbackCommand": "Call.CallbackAfterEndCall",
        "CallRecord": {
            "CallId": "call-7c1f",
            "Caller_Account": "amira",
            "MediaType": "Video",
            "CallType": "MultiCall",
            "StartTime": 1789989900,
            "EndTime": 1789990000,
            "AcceptTime": 1789989910,
            "CallResult": "NormalEnd",
            "CalleeList_Account": ["bo", "chidi"],
            "RoomId": "7315",
            "RoomIdType": 1,
        },
        "EventTime": 1789990000123,
    },
    CallAfterMemberChanged: {
        "CallbackCommand": "Call.CallbackAfterMemberChanged",
        "CallId": "call-7c1f",
        "UserList": [{"User_Account": "amira", "Status": "Calling"}, {"User_Account": "bo", "Status": "Calling"}],
        "ChangedUserList": [{"User_Account": "bo", "ActionType": "Accept"}],
        "EventTime": 1789990000123,
    },
    CallAfterRecordChanged: {
        "CallId": "call-7c1f",
        "Callback": {
            "EventGroupId": 3,
            "EventType": 301,
            "CallbackTs": 1789990000456,
            "EventInfo": {
                "RoomId": "7315",
                "EventTs": 1789990000,
                "UserId": "recorder",
                "TaskId": "recording-17",
                "Payload": {"Status": 0},
                "EventMsTs": 1789990000123,
            },
            "KitType": 1,
        },
        "EventTime": 1789990000123,
        "CallbackCommand": "Call.CallbackAfterRecordChanged",
    },
}
