"""Users and the relations between them, official accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ....events import Event
from ..official_account import (
    OfficialAccountAfterAddSubscriber,
    OfficialAccountAfterCreateOfficialAccount,
    OfficialAccountAfterDeleteSubscriber,
    OfficialAccountAfterMsgWithDraw,
    OfficialAccountAfterOfficialAccountDestroyed,
    OfficialAccountAfterOfficialAccountFull,
    OfficialAccountAfterOfficialAccountInfoChanged,
    OfficialAccountAfterSendMsg,
    OfficialAccountBeforeAddSubscriber,
    OfficialAccountBeforeCreateOfficialAccount,
    OfficialAccountBeforeSendMsg,
)
from ..sns import (
    FollowAfterFollowAdd,
    FollowAfterFollowDelete,
    SnsBlackListAdd,
    SnsBlackListDelete,
    SnsFriendAdd,
    SnsFriendDelete,
    SnsPrevFriendAdd,
    SnsPrevFriendResponse,
)
from ..user import ProfilePortraitSet, StateStateChange

ACCOUNTS: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    StateStateChange: {
        "CallbackCommand": "State.StateChange",
        "EventTime": 1789990000123,
        "Info": {"Action": "Login", "To_Account": "amira", "Reason": "Register"},
        "KickedDevice": [{"Platform": "iPad"}, {"Platform": "Web"}],
    },
    ProfilePortraitSet: {
        "CallbackCommand": "Profile.CallbackPortraitSet",
        "Operator_Account": "administrator",
        "From_Account": "amira",
        "EventTime": 1789990000123,
        "ProfileItem": [
            {"Tag": "Tag_Profile_IM_Nick", "Value": "Amira"},
            {"Tag": "Tag_Profile_IM_Level", "Value": 4294967295},
        ],
    },
    SnsPrevFriendAdd: {
        "CallbackCommand": "Sns.CallbackPrevFriendAdd",
        "Requester_Account": "amira",
        "From_Account": "amira",
        "FriendItem": [
            {
                "To_Account": "bo",
                "Remark": "from the workshop",
                "GroupName": "colleagues",
                "AddSource": "AddSource_Type_Web",
                "AddWording": "we met in Oslo",
            },
            {
                "To_Account": "chidi",
                "Remark": "",
                "GroupName": "",
                "AddSource": "AddSource_Type_Web",
                "AddWording": "hello",
            },
        ],
        "AddType": "Add_Type_Both",
        "ForceAddFlags": 0,
        "EventTime": 1789990000123,
    },
    SnsPrevFriendResponse: {
        "CallbackCommand": "Sns.CallbackPrevFriendResponse",
        "Requester_Account": "bo",
        "From_Account": "bo",
        "ResponseFriendItem": [
            {
                "To_Account": "amira",
                "Remark": "Oslo",
                "TagName": "colleagues",
                "ResponseAction": "Response_Action_AgreeAndAdd",
            },
            {"To_Account": "dana", "Remark": "", "TagName": "", "ResponseAction": "Response_Action_Reject"},
        ],
        "EventTime": 1789990000123,
    },
    SnsFriendAdd: {
        "CallbackCommand": "Sns.CallbackFriendAdd",
        "PairList": [
            {"From_Account": "amira", "To_Account": "bo", "Initiator_Account": "amira"},
            {"From_Account": "bo", "To_Account": "amira", "Initiator_Account": "amira"},
        ],
        "ClientCmd": "friend_add",
        "Admin_Account": "",
        "ForceFlag": 0,
    },
    SnsFriendDelete: {
        "CallbackCommand": "Sns.CallbackFriendDelete",
        "PairList": [{"From_Account": "amira", "To_Account": "bo"}],
    },
    SnsBlackListAdd: {
        "CallbackCommand": "Sns.CallbackBlackListAdd",
        "PairList": [{"From_Account": "amira", "To_Account": "dana"}],
    },
    SnsBlackListDelete: {
        "CallbackCommand": "Sns.CallbackBlackListDelete",
        "PairList": [{"From_Account": "amira", "To_Account": "dana"}],
    },
    FollowAfterFollowAdd: {
        "CallbackCommand": "Follow.CallbackAfterFollowAdd",
        "From_Account": "amira",
        "FollowList": [{"To_Account": "bo"}, {"To_Account": "chidi"}],
        "EventTime": 1789990000123,
    },
    FollowAfterFollowDelete: {
        "CallbackCommand": "Follow.CallbackAfterFollowDelete",
        "From_Account": "amira",
        "To_Account": ["bo", "chidi"],
        "EventTime": 1789990000123,
    },
    OfficialAccountBeforeCreateOfficialAccount: {
        "CallbackCommand": "OfficialAccount.CallbackBeforeCreateOfficialAccount",
        "Operator_Account": "administrator",
        "Owner_Account": "amira",
        "Name": "Harbour news",
        "EventTime": 1789990000123,
    },
    OfficialAccountAfterCreateOfficialAccount: {
        "CallbackCommand": "OfficialAccount.CallbackAfterCreateOfficialAccount",
        "Operator_Account": "administrator",
        "Official_Account": "@TOA#_harbour",
        "Owner_Account": "amira",
        "Name": "Harbour news",
        "EventTime": 1789990000123,
    },
    OfficialAccountAfterOfficialAccountInfoChanged: {
        "CallbackCommand": "OfficialAccount.CallbackAfterOfficialAccountInfoChanged",
        "Official_Account": "@TOA#_harbour",
        "Operator_Account": "amira",
        "Introduction": "ships and tides",
        "Name": "Harbour and tides",
        "FaceUrl": "https://example.com/harbour.png",
        "Organization": "Harbour office",
        "EventTime": 1789990000123,
    },
    OfficialAccountAfterOfficialAccountDestroyed: {
        "CallbackCommand": "OfficialAccount.CallbackAfterOfficialAccountDestroyed",
        "Official_Account": "@TOA#_harbour",
        "Owner_Account": "amira",
        "Name": "Harbour news",
        "EventTime": 1789990000123,
    },
    OfficialAccountBeforeAddSubscriber: {
        "CallbackCommand": "OfficialAccount.CallbackBeforeAddSubscriber",
        "Official_Account": "@TOA#_harbour",
        "Operator_Account": "administrator",
        "SubscribeAccountList": [{"Subscriber_Account": "bo"}, {"Subscriber_Account": "chidi"}],
        "EventTime": 1789990000123,
    },
    OfficialAccountAfterAddSubscriber: {
        "CallbackCommand": "OfficialAccount.CallbackAfterAddSubscriber",
        "Official_Account": "@TOA#_harbour",
        "Operator_Account": "bo",
        "SubscribeAccountList": [{"Subscriber_Account": "bo"}],
        "EventTime": 1789990000123,
    },
    OfficialAccountAfterDeleteSubscriber: {
        "CallbackCommand": "OfficialAccount.CallbackAfterDeleteSubscriber",
        "Official_Account": "@TOA#_harbour",
        "Operator_Account": "bo",
        "SubscribeAccountList": [{"Subscriber_Account": "bo"}],
        "EventTime": 1789990000123,
    },
    OfficialAccountAfterOfficialAccountFull: {
        "CallbackCommand": "OfficialAccount.CallbackAfterOfficialAccountFull",
        "Official_Account": "@TOA#_harbour",
        "EventTime": 1789990000123,
    },
    OfficialAccountBeforeSendMsg: {
        "CallbackCommand": "OfficialAccount.CallbackBeforeSendMsg",
        "Official_Account": "@TOA#_harbour",
        "OnlineOnlyFlag": 0,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "high water at nine"}}],
        "CloudCustomData": "edition=7",
        "EventTime": 1789990000123,
    },
    OfficialAccountAfterSendMsg: {
        "CallbackCommand": "OfficialAccount.CallbackAfterSendMsg",
        "Official_Account": "@TOA#_harbour",
        "MsgKey": "31_5_1789990000",
        "MsgTime": 1789990000,
        "OnlineOnlyFlag": 0,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "high water at nine"}}],
        "CloudCustomData": "edition=7",
        "EventTime": 1789990000123,
    },
    OfficialAccountAfterMsgWithDraw: {
        "CallbackCommand": "OfficialAccount.CallbackAfterMsgWithDraw",
        "Official_Account": "@TOA#_harbour",
        "WithdrawMsgList": [{"MsgKey": "31_5_1789990000"}, {"MsgKey": "32_8_1789990100"}],
        "EventTime": 1789990000123,
    },
}
