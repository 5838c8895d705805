"""What a handler answers where the vendor asks for a decision, and how the vendor is told.

A refusal is a success with a code: https://www.tencentcloud.com/document/product/1047/34354
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from pydantic import BaseModel

from ...events import Event
from .bot import ChatbotOnC2CSignalMessage
from .c2c import C2CBeforeSendMsg
from .group import GroupBeforeApplyJoinGroup, GroupBeforeCreateGroup, GroupBeforeInviteJoinGroup, GroupBeforeSendMsg
from .live import LiveBeforeSendGift
from .messages import MessageElement
from .official_account import (
    OfficialAccountBeforeAddSubscriber,
    OfficialAccountBeforeCreateOfficialAccount,
    OfficialAccountBeforeSendMsg,
)
from .sns import SnsPrevFriendAdd, SnsPrevFriendResponse
from .topic import GroupBeforeCreateTopic

__all__ = ["Allow", "BotReply", "DropSilently", "Forbid", "FriendDecisions", "RefuseMembers", "Reply"]


@dataclass(frozen=True, slots=True)
class Allow:
    """Allow it; a message also with other elements, or other custom data, than the user sent.

    ``msg_body`` replaces the whole message. Its elements are those of
    :mod:`webhook_kit.providers.tencent.messages`, or mappings with ``MsgType`` and ``MsgContent``.
    """

    msg_body: Sequence[MessageElement | Mapping[str, Any]] | None = field(default=None, repr=False)
    cloud_custom_data: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Forbid:
    """Refuse it. The client sees the code and the text of one in the event's own range, and the vendor's code for 1.

    Ranges: 120001–130000 for messages between users and for official accounts, 10100–10200 for groups, 38000–39000 for
    friends (where 1 is not possible), 102100–102200 for gifts.
    """

    error_code: int = 1
    error_info: str = ""


@dataclass(frozen=True, slots=True)
class DropSilently:
    """Do not deliver a message, and let its sender believe that it was."""


@dataclass(frozen=True, slots=True)
class RefuseMembers:
    """Refuse these accounts, members or subscribers, and allow the others."""

    accounts: Sequence[str]


@dataclass(frozen=True, slots=True)
class FriendDecisions:
    """Decide for each account: a code (0 allows, 38000–39000 refuse) and a text. Who is not named is allowed."""

    decisions: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class BotReply:
    """Answer the user in the name of the bot; ``rsp_data`` is a JSON document in a text."""

    rsp_data: str = field(repr=False)


Reply: TypeAlias = Allow | Forbid | DropSilently | RefuseMembers | FriendDecisions | BotReply


class Question(NamedTuple):
    """What the vendor understands in the answer to one command."""

    codes: range = range(0)
    """The application's own codes, beside 0 and 1."""
    message: bool = False
    """Whether a message can be replaced (``MsgBody``) and dropped (code 2)."""
    refused: str = ""
    """The field for those who are refused while the others are allowed."""


# Python's ranges end before their last number.
_MESSAGES: Final = range(120001, 130001)
_GROUPS: Final = range(10100, 10201)
_FRIENDS: Final = range(38000, 39001)
_GIFTS: Final = range(102100, 102201)

QUESTIONS: Final[Mapping[type[Event], Question]] = MappingProxyType(
    {
        C2CBeforeSendMsg: Question(_MESSAGES, message=True),
        GroupBeforeCreateGroup: Question(_GROUPS),
        GroupBeforeApplyJoinGroup: Question(_GROUPS),
        GroupBeforeInviteJoinGroup: Question(_GROUPS, refused="RefusedMembers_Account"),
        GroupBeforeSendMsg: Question(_GROUPS, message=True),
        GroupBeforeCreateTopic: Question(_GROUPS),
        OfficialAccountBeforeCreateOfficialAccount: Question(_MESSAGES),
        # The page's prose calls it RefusedMembers_Account, its table as here. https://trtc.io/document/60799
        OfficialAccountBeforeAddSubscriber: Question(_MESSAGES, refused="RefusedSubscribers_Account"),
        OfficialAccountBeforeSendMsg: Question(_MESSAGES, message=True),
        LiveBeforeSendGift: Question(_GIFTS),
        ChatbotOnC2CSignalMessage: Question(),
        SnsPrevFriendAdd: Question(_FRIENDS),
        SnsPrevFriendResponse: Question(_FRIENDS),
    }
)


def check(model: type[Event], reply: object) -> None:
    """Raise ValueError for a reply that no event of this class allows."""
    _encode(_fields(model, reply, ()))


def answer(event: Event, reply: object) -> bytes:
    """Return the body that tells the vendor; None allows. Raises ValueError for a reply that the event does not allow."""
    return _encode(_fields(type(event), Allow() if reply is None else reply, tuple(_asked(event))))


def _fields(model: type[Event], reply: object, asked: tuple[str, ...]) -> dict[str, Any]:
    question = QUESTIONS.get(model)
    if question is None:
        raise ValueError(f"{model.__name__} asks for no decision")
    allowed = _allowed(model, question)
    if not isinstance(reply, allowed):
        names = ", ".join(each.__name__ for each in allowed)
        raise ValueError(f"{model.__name__} takes no {type(reply).__name__}; return None or one of {names}")
    if issubclass(model, SnsPrevFriendAdd | SnsPrevFriendResponse):
        return _friends(model, reply, asked)
    fields: dict[str, Any] = _result()
    match reply:
        case Allow():
            fields |= _message(model, question, reply)
        case Forbid():
            fields = _result(*_code(model, reply.error_code, reply.error_info, (1,), question.codes))
        case DropSilently():
            fields = _result(2)
        case RefuseMembers():
            fields[question.refused] = list(_accounts(reply.accounts))
        case BotReply():
            fields["RspData"] = _text("rsp_data", reply.rsp_data)
    if model is ChatbotOnC2CSignalMessage:
        # Required, whatever the code is.
        fields.setdefault("RspData", "")
    return fields


def _allowed(model: type[Event], question: Question) -> tuple[type[Any], ...]:
    """Return the replies that an event takes."""
    if issubclass(model, ChatbotOnC2CSignalMessage):
        return Allow, Forbid, BotReply
    if issubclass(model, SnsPrevFriendAdd | SnsPrevFriendResponse):
        return Allow, Forbid, FriendDecisions
    further = ((DropSilently,) if question.message else ()) + ((RefuseMembers,) if question.refused else ())
    return Allow, Forbid, *further


def _friends(model: type[Event], reply: object, asked: tuple[str, ...]) -> dict[str, Any]:
    """Return the decision about each person: the vendor ignores the answer's own code here."""
    decisions: dict[str, tuple[int, str]] = {}
    everybody = 0, ""
    if isinstance(reply, FriendDecisions):
        if not isinstance(reply.decisions, Mapping):
            raise ValueError('FriendDecisions takes a mapping, such as {"bo": (38000, "blocked")}')
        for account, decision in reply.decisions.items():
            if not isinstance(decision, tuple) or len(decision) != 2:
                raise ValueError('each of FriendDecisions is a code and a text, such as {"bo": (38000, "blocked")}')
            decisions[_text("an account", account)] = _code(model, *decision, (0,), _FRIENDS)
    elif isinstance(reply, Forbid):
        everybody = _code(model, reply.error_code, reply.error_info, (), _FRIENDS)
    elif isinstance(reply, Allow):
        _message(model, Question(), reply)
    items = []
    for account in asked:
        code, info = decisions.get(account, everybody)
        items.append({"To_Account": account, "ResultCode": code, "ResultInfo": info})
    return {**_result(), "ResultItem": items}


def _message(model: type[Event], question: Question, reply: Allow) -> dict[str, Any]:
    """Return what an allowed message is changed to."""
    fields: dict[str, Any] = {}
    if (reply.msg_body is not None or reply.cloud_custom_data is not None) and not question.message:
        raise ValueError(f"{model.__name__} holds no message; return Allow() without arguments")
    if reply.msg_body is not None:
        if isinstance(reply.msg_body, str | bytes | Mapping) or not isinstance(reply.msg_body, Sequence):
            raise ValueError("msg_body is a sequence of elements, such as [TextElement(...)]")
        fields["MsgBody"] = [_element(each) for each in reply.msg_body]
    if reply.cloud_custom_data is not None:
        fields["CloudCustomData"] = _text("cloud_custom_data", reply.cloud_custom_data)
    return fields


def _element(element: object) -> Mapping[str, Any]:
    wire = (
        element.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if isinstance(element, BaseModel)
        else element
    )
    if not (
        isinstance(wire, Mapping)
        and isinstance(wire.get("MsgType"), str)
        and isinstance(wire.get("MsgContent"), Mapping)
    ):
        raise ValueError('an element of msg_body is {"MsgType": "...", "MsgContent": {...}}')
    return wire


def _code(model: type[Event], code: object, info: object, usual: tuple[int, ...], own: range) -> tuple[int, str]:
    if isinstance(code, bool) or not isinstance(code, int) or not (code in usual or code in own):
        known = [*map(str, usual), *([f"{own[0]}–{own[-1]}"] if own else [])]
        raise ValueError(f"{model.__name__} takes {' or '.join(known)} as a code, not {code!r}")
    return code, _text("the text beside a code", info)


def _accounts(accounts: object) -> Iterator[str]:
    if isinstance(accounts, str | bytes) or not isinstance(accounts, Sequence):
        raise ValueError('RefuseMembers takes a sequence of accounts, such as ["bo"]')
    for account in accounts:
        yield _text("an account", account)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is text, not {type(value).__name__}")
    return value


def _asked(event: Event) -> Iterator[str]:
    """Yield the accounts about which the vendor asks."""
    if isinstance(event, SnsPrevFriendAdd):
        yield from (each.to_account for each in event.friend_item or ())
    elif isinstance(event, SnsPrevFriendResponse):
        yield from (each.to_account for each in event.response_friend_item or ())


def _result(code: int = 0, info: str = "") -> dict[str, Any]:
    return {"ActionStatus": "OK", "ErrorInfo": info, "ErrorCode": code}


def _encode(fields: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except TypeError as error:
        raise ValueError("a reply holds what JSON cannot") from error
