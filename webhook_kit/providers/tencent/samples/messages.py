"""Messages between two users, and to bots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ....events import Event
from ..bot import BotOnC2CMessage, BotOnGroupMessage, ChatbotOnC2CSignalMessage
from ..c2c import (
    C2CAfterC2CMsgExtension,
    C2CAfterMsgReport,
    C2CAfterMsgWithDraw,
    C2CAfterSendMsg,
    C2CBeforeSendMsg,
)

ELEMENTS: Final = (
    {"MsgType": "TIMTextElem", "MsgContent": {"Text": "see you at noon"}},
    {"MsgType": "TIMLocationElem", "MsgContent": {"Desc": "the pier", "Latitude": 59.91, "Longitude": 10.75}},
    {"MsgType": "TIMFaceElem", "MsgContent": {"Index": 4, "Data": "wave"}},
    {
        "MsgType": "TIMCustomElem",
        "MsgContent": {"Data": "poll:7", "Desc": "a poll", "Ext": "https://example.com/7", "Sound": "bell"},
    },
    {
        "MsgType": "TIMSoundElem",
        "MsgContent": {
            "Url": "https://example.com/greeting.m4a",
            "UUID": "greeting-1",
            "Size": 62351,
            "Second": 4,
            "Download_Flag": 2,
        },
    },
    {
        "MsgType": "TIMImageElem",
        "MsgContent": {
            "UUID": "photo-1",
            "ImageFormat": 1,
            "ImageInfoArray": [
                {"Type": 1, "Size": 185300, "Width": 2400, "Height": 1600, "URL": "https://example.com/photo.jpg"},
                {"Type": 3, "Size": 4100, "Width": 198, "Height": 132, "URL": "https://example.com/thumb.jpg"},
            ],
        },
    },
    {
        "MsgType": "TIMFileElem",
        "MsgContent": {
            "Url": "https://example.com/agenda.pdf",
            "UUID": "agenda-1",
            "FileSize": 17342,
            "FileName": "agenda.pdf",
            "Download_Flag": 2,
        },
    },
    {
        "MsgType": "TIMVideoFileElem",
        "MsgContent": {
            "VideoUrl": "https://example.com/tour.mp4",
            "VideoUUID": "tour-1",
            "VideoSize": 1194603,
            "VideoSecond": 5,
            "VideoFormat": "mp4",
            "VideoDownloadFlag": 2,
            "ThumbUrl": "https://example.com/tour.jpg",
            "ThumbUUID": "tour-2",
            "ThumbSize": 13907,
            "ThumbWidth": 720,
            "ThumbHeight": 1280,
            "ThumbFormat": "JPG",
            "ThumbDownloadFlag": 2,
        },
    },
    {
        "MsgType": "TIMRelayElem",
        "MsgContent": {
            "Title": "Amira and Bo",
            "MsgNum": 2,
            "CompatibleText": "a forwarded conversation",
            "AbstractList": ["Amira: hello", "Bo: good morning"],
            "MsgList": [
                {
                    "From_Account": "amira",
                    "To_Account": "bo",
                    "MsgSeq": 11,
                    "MsgRandom": 230,
                    "MsgTimeStamp": 1789980000,
                    "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}],
                    "CloudCustomData": "thread=2",
                },
                {
                    "From_Account": "bo",
                    "GroupId": "@TGS#a7QK2MZ4C",
                    "MsgSeq": 12,
                    "MsgRandom": 231,
                    "MsgTimeStamp": 1789980060,
                    "MsgBody": [{"MsgType": "TIMFaceElem", "MsgContent": {"Index": 1, "Data": "sun"}}],
                },
            ],
        },
    },
    {
        "MsgType": "TIMRelayElem",
        "MsgContent": {
            "Title": "A long conversation",
            "MsgNum": 90,
            "CompatibleText": "a forwarded conversation",
            "AbstractList": ["Amira: hello"],
            "JsonMsgKey": "relay-17",
        },
    },
)
"""One element of every kind."""

MESSAGES: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    C2CBeforeSendMsg: {
        "CallbackCommand": "C2C.CallbackBeforeSendMsg",
        "From_Account": "amira",
        "To_Account": "bo",
        "MsgSeq": 52011,
        "MsgRandom": 1198,
        "MsgTime": 1789990000,
        "MsgKey": "52011_1198_1789990000",
        "MsgId": "2251799813685249-1789990000-1198",
        "OnlineOnlyFlag": 0,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "see you at noon"}}],
        "CloudCustomData": "thread=2",
        "EventTime": 1789990000123,
    },
    C2CAfterSendMsg: {
        "CallbackCommand": "C2C.CallbackAfterSendMsg",
        "From_Account": "amira",
        "To_Account": "bo",
        "MsgSeq": 52011,
        "MsgRandom": 1198,
        "MsgTime": 1789990000,
        "MsgKey": "52011_1198_1789990000",
        "MsgId": "2251799813685249-1789990000-1198",
        "OnlineOnlyFlag": 0,
        "SendMsgResult": 0,
        "ErrorInfo": "send msg succeed",
        "UnreadMsgNum": 3,
        "MsgBody": list(ELEMENTS),
        "CloudCustomData": "thread=2",
        "EventTime": 1789990000123,
    },
    C2CAfterMsgReport: {
        "CallbackCommand": "C2C.CallbackAfterMsgReport",
        "Report_Account": "bo",
        "Peer_Account": "amira",
        "LastReadTime": 1789990000,
        "UnreadMsgNum": 2,
    },
    C2CAfterMsgWithDraw: {
        "CallbackCommand": "C2C.CallbackAfterMsgWithDraw",
        "From_Account": "amira",
        "To_Account": "bo",
        "MsgKey": "52011_1198_1789990000",
        "UnreadMsgNum": 2,
    },
    C2CAfterC2CMsgExtension: {
        "CallbackCommand": "C2C.CallbackAfterC2CMsgExtension",
        "From_Account": "amira",
        "To_Account": "bo",
        "MsgKey": "52011_1198_1789990000",
        "OperateType": 1,
        "ExtensionList": [{"Key": "votes", "Value": "5", "Seq": 2}],
        "Seq": 9,
        "EventTime": 1789990000123,
    },
    BotOnC2CMessage: {
        "CallbackCommand": "Bot.OnC2CMessage",
        "From_Account": "amira",
        "To_Account": "@RBT#guide",
        "MsgSeq": 52012,
        "MsgRandom": 1199,
        "MsgTime": 1789990000,
        "MsgKey": "52012_1199_1789990000",
        "MsgId": "2251799813685250-1789990000-1199",
        "OnlineOnlyFlag": 0,
        "SendMsgResult": 0,
        "ErrorInfo": "send msg succeed",
        "UnreadMsgNum": 1,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "when is high water?"}}],
        "CloudCustomData": "thread=3",
        "EventTime": 1789990000123,
    },
    BotOnGroupMessage: {
        "CallbackCommand": "Bot.OnGroupMessage",
        "GroupId": "@TGS#a7QK2MZ4C",
        "Type": "Public",
        "From_Account": "amira",
        "Operator_Account": "amira",
        "Random": 71,
        "MsgSeq": 340,
        "MsgTime": 1789990000,
        "OnlineOnlyFlag": 0,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "@guide when is high water?"}}],
        "AtRobots_Account": ["@RBT#guide"],
        "CloudCustomData": "thread=3",
        "EventTime": 1789990000123,
    },
    ChatbotOnC2CSignalMessage: {
        "CallbackCommand": "Chatbot.OnC2CSignalMessage",
        "From_Account": "amira",
        "To_Account": "@RBT#guide",
        "MsgSeq": 52013,
        "MsgRandom": 1200,
        "MsgKey": "52013_1200_1789990000",
        "EventTime": 1789990000123,
        "Data": '{"question":"when is high water?"}',
    },
}
