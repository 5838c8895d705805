"""One valid body for each callback, with values of our own. Each holds every field that the vendor documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ....events import Event
from ..rtc import RTCEvent
from .accounts import ACCOUNTS
from .call import CALL
from .group import GROUPS
from .live import LIVE
from .messages import MESSAGES
from .room import ROOM
from .service import SERVICE

SAMPLES: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    **ACCOUNTS,
    **MESSAGES,
    **GROUPS,
    **SERVICE,
    **ROOM,
    **LIVE,
    **CALL,
}

RTC_SAMPLES: Final[Mapping[type[Event], Mapping[str, Any]]] = {
    RTCEvent: {
        "EventGroupId": 1,
        "EventType": 103,
        "CallbackTs": 1789990000456,
        "EventInfo": {
            "RoomId": 7315,
            "EventTs": 1789990000,
            "EventMsTs": 1789990000123,
            "UserId": "amira",
            "UniqueId": 1789990000099,
            "Role": 20,
            "TerminalType": 3,
            "UserType": 3,
            "Reason": 1,
        },
    },
}
"""Those of TRTC, whose protocol is another one."""
