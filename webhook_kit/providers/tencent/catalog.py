"""Every callback that is known, by product."""

from __future__ import annotations

from typing import Final

from ...events import Event
from . import bot, c2c, call, group, live, official_account, push, room, service, sns, topic, user

# In the order of https://www.tencentcloud.com/document/product/1047/34355
CHAT: Final[tuple[type[Event], ...]] = (
    user.StateStateChange,
    user.ProfilePortraitSet,
    sns.SnsPrevFriendAdd,
    sns.SnsPrevFriendResponse,
    sns.SnsFriendAdd,
    sns.SnsFriendDelete,
    sns.SnsBlackListAdd,
    sns.SnsBlackListDelete,
    c2c.C2CBeforeSendMsg,
    c2c.C2CAfterSendMsg,
    c2c.C2CAfterMsgReport,
    c2c.C2CAfterMsgWithDraw,
    c2c.C2CAfterC2CMsgExtension,
    group.GroupBeforeCreateGroup,
    group.GroupAfterCreateGroup,
    group.GroupBeforeApplyJoinGroup,
    group.GroupBeforeInviteJoinGroup,
    group.GroupAfterNewMemberJoin,
    group.GroupAfterMemberExit,
    group.GroupBeforeSendMsg,
    group.GroupAfterSendMsg,
    group.GroupSendMsgException,
    group.GroupAfterGroupFull,
    group.GroupAfterGroupDestroyed,
    group.GroupAfterGroupInfoChanged,
    group.GroupAfterRecallMsg,
    group.GroupOnMemberStateChange,
    group.GroupAfterMemberFieldChanged,
    group.GroupAfterGroupAttrChanged,
    group.GroupAfterReadReceipt,
    group.GroupAfterChangeGroupOwner,
    group.GroupAfterGroupMsgExtension,
    topic.GroupBeforeCreateTopic,
    topic.GroupAfterCreateTopic,
    topic.GroupAfterTopicDestroyed,
    topic.GroupAfterTopicInfoChanged,
    service.GroupOnDailyGroupQuotaAlarm,
    service.AlertRequestOverLimit,
    sns.FollowAfterFollowAdd,
    sns.FollowAfterFollowDelete,
    official_account.OfficialAccountBeforeCreateOfficialAccount,
    official_account.OfficialAccountAfterCreateOfficialAccount,
    official_account.OfficialAccountAfterOfficialAccountInfoChanged,
    official_account.OfficialAccountAfterOfficialAccountDestroyed,
    official_account.OfficialAccountBeforeAddSubscriber,
    official_account.OfficialAccountAfterAddSubscriber,
    official_account.OfficialAccountAfterDeleteSubscriber,
    official_account.OfficialAccountAfterOfficialAccountFull,
    official_account.OfficialAccountBeforeSendMsg,
    official_account.OfficialAccountAfterSendMsg,
    official_account.OfficialAccountAfterMsgWithDraw,
    bot.BotOnC2CMessage,
    bot.BotOnGroupMessage,
    bot.ChatbotOnC2CSignalMessage,
    push.PushAllMemberPush,
    push.PushOfflinePush,
    service.ContentCallbackResultNotify,
)

# In the order of https://trtc.io/document/60720
ROOM: Final[tuple[type[Event], ...]] = (
    room.RoomAfterCreateRoom,
    room.RoomAfterDestroyRoom,
    room.RoomAfterUpdateRoomInfo,
    room.RoomAfterMemberEnter,
    room.RoomAfterMemberLeave,
    room.MicAfterSeatInfoChanged,
)

# In the order of https://trtc.io/document/64413, without what Chat and Room have too
LIVE: Final[tuple[type[Event], ...]] = (
    live.LiveAfterCreateRoom,
    live.LiveAfterDestroyRoom,
    live.LiveAfterUpdateRoomInfo,
    live.LiveAfterSetMetadata,
    live.LiveAfterDelMetadata,
    live.LiveAfterCreateRoomReachingThreshold,
    live.LiveAfterMemberStateChanged,
    live.LiveAfterChangeOwner,
    live.LiveAfterModifyAdmin,
    live.LiveAfterCreateBattle,
    live.LiveAfterStartBattle,
    live.LiveAfterEndBattle,
    live.LiveBeforeSendGift,
    live.LiveAfterCloudRecordingChanged,
)

# In the order of https://www.tencentcloud.com/document/product/647/68934
CALL: Final[tuple[type[Event], ...]] = (
    call.CallAfterStartCall,
    call.CallAfterEndCall,
    call.CallAfterMemberChanged,
    call.CallAfterRecordChanged,
)

EVENTS: Final = (*CHAT, *ROOM, *LIVE, *CALL)
