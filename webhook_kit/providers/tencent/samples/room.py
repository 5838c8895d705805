"""Rooms and their seats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ....events import Event
from ..room import (
    MicAfterSeatInfoChanged,
    RoomAfterCreateRoom,
    RoomAfterDestroyRoom,
    RoomAfterMemberEnter,
    RoomAfterMemberLeave,
    RoomAfterUpdateRoomInfo,
)

ROOM: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    RoomAfterCreateRoom: {
        "CallbackCommand": "Room.CallbackAfterCreateRoom",
        "Operator_Account": "administrator",
        "RoomInfo": {
            "RoomId": "weekly-review",
            "RoomName": "Weekly review",
            "RoomType": "Meeting",
            "Owner_Account": "amira",
            "MaxMemberCount": 120,
            "MaxSeatCount": 12,
            "IsVideoDisabled": False,
            "IsAudioDisabled": True,
            "IsMessageDisabled": False,
            "IsScreenSharingDisabled": True,
            "IsCloudRecordingDisabled": False,
            "CustomInfo": "quarter=4",
            "ScheduleStartTime": 1790000000,
            "ScheduleEndTime": 1790003600,
            "RoomStatus": "NotStarted",
            "IsSeatEnabled": True,
            "TakeSeatMode": "ApplyToTake",
            "CreateTime": 1789990000,
        },
        "ScheduleInviteeList_Account": ["bo", "chidi", "bo"],
        "EventTime": 1789990000123,
    },
    RoomAfterDestroyRoom: {
        "CallbackCommand": "Room.CallbackAfterDestroyRoom",
        "Operator_Account": "amira",
        "RoomId": "weekly-review",
        "EventTime": 1789990000123,
    },
    RoomAfterUpdateRoomInfo: {
        "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo",
        "Operator_Account": "amira",
        "RoomInfo": {
            "RoomId": "weekly-review",
            "RoomName": "Review of the week",
            "Owner_Account": "bo",
            "TakeSeatMode": "FreeToTake",
            "MaxMemberCount": 150,
            "IsVideoDisabled": True,
            "IsAudioDisabled": False,
            "IsMessageDisabled": False,
            "IsScreenSharingDisabled": False,
            "IsCloudRecordingDisabled": "false",
            "CustomInfo": "quarter=1",
        },
        "EventTime": 1789990000123,
    },
    RoomAfterMemberEnter: {
        "CallbackCommand": "Room.CallbackAfterMemberEnter",
        "Operator_Account": "bo",
        "RoomId": "weekly-review",
        "MemberCount": 2,
        "Type": "Enter",
        "MemberList_Account": ["bo"],
        "EventTime": 1789990000123,
    },
    RoomAfterMemberLeave: {
        "CallbackCommand": "Room.CallbackAfterMemberLeave",
        "Operator_Account": "amira",
        "RoomId": "weekly-review",
        "MemberCount": 1,
        "Type": "Kicked",
        "Reason": "noise",
        "MemberList_Account": ["bo"],
        "EventTime": 1789990000123,
    },
    MicAfterSeatInfoChanged: {
        "CallbackCommand": "Mic.CallbackAfterSeatInfoChanged",
        "Operator_Account": "amira",
        "RoomId": "weekly-review",
        "SeatList": [
            {
                "Index": 0,
                "Member_Account": 144115188075855873,
                "IsTakenDisabled": False,
                "IsVideoDisabled": False,
                "IsAudioDisabled": True,
            },
            {"Index": 1, "IsTakenDisabled": True, "IsVideoDisabled": False, "IsAudioDisabled": False},
        ],
        "EventTime": 1789990000123,
    },
}
