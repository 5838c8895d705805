"""What the service itself reports: limits, checked content, notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ....events import Event
from ..push import PushAllMemberPush, PushOfflinePush
from ..service import AlertRequestOverLimit, ContentCallbackResultNotify, GroupOnDailyGroupQuotaAlarm

SERVICE: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    GroupOnDailyGroupQuotaAlarm: {
        "CallbackCommand": "Group.CallbackOnDailyGroupQuotaAlarm",
        "QuotaUsed": 7200,
        "Quota": 10000,
        "EventTime": "1789990000123",
    },
    AlertRequestOverLimit: {
        "CallbackCommand": "Alert.RequestOverLimit",
        "ServiceName": "openim",
        "Command": "sendmsg",
        "Request": 173,
        "Limit": 200,
    },
    PushAllMemberPush: {
        "Events": [
            {
                "CallbackCommand": "Push.AllMemberPush",
                "EventType": 1,
                "TaskId": "autumn-tides",
                "DataId": "edition-7",
                "TaskTime": 1789989000,
                "EventTime": 1789990000,
                "To_Account": "bo",
                "PushPlatform": 4,
                "DeviceType": 2,
                "PushStage": 3,
                "ErrCode": 0,
                "ErrInfo": "",
            }
        ]
    },
    PushOfflinePush: {
        "Events": [
            {
                "CallbackCommand": "Push.OfflinePush",
                "EventType": 2,
                "EventTime": 1789990000,
                "From_Account": "amira",
                "To_Account": "bo",
                "PushPlatform": 1,
                "PushStage": 2,
                "MsgKey": "52011_1198_1789990000",
                "GroupID": "@TGS#a7QK2MZ4C",
                "MsgSeq": 338,
                "MsgRandom": 60917,
                "MsgTime": 1789989990,
                "PushID": "push-17",
                "ErrCode": 0,
                "ErrInfo": "",
            }
        ]
    },
    ContentCallbackResultNotify: {
        "Scene": "Group",
        "SdkAppId": 1400000000,
        "From_Account": "dana",
        "ContactItem": {"ContactType": 2, "To_Account": "bo", "GroupId": "@TGS#a7QK2MZ4C"},
        "ContentType": "Text",
        "TextContent": ["buy my boat", "cheap"],
        "FileURL": "https://example.com/boat.jpg",
        "MsgID": "338",
        "CtxcbResult": 1,
        "CtxcbRequestId": "0f4f6f0e-53f5-4dd0-8f2e-0d52a3a0b7c1",
        "CtxcbKeywords": ["boat"],
        "CtxcbSuggestion": "Review",
        "CtxcbLabel": "Ad",
        "CtxcbSubLabel": "Sale",
        "CtxcbSubLabelDesc": "an offer",
        "CtxcbLibName": "harbour words",
        "CloudCustomData": "thread=2",
    },
}
