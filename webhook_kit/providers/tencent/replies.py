"""What a handler answers where the vendor asks for a decision, and how the vendor is told.

A refusal is a success with a code: https://www.tencentcloud.com/document/product/1047/34354
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from ...events import Event, UnknownEvent
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
from .protocol import TencentPart
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

    Ranges: 120001 to 130000 for messages between users and for official accounts, 10100 to 10200 for groups,
    38000 to 39000 for friends (where 1 is not possible), 102100 to 102200 for gifts.
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
    """Decide for each account: a code (0 allows, 38000 to 39000 refuse) and a text. Who is not named is allowed."""

    decisions: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class BotReply:
    """Answer the user in the name of the bot; ``rsp_data`` is a JSON document in a text."""

    rsp_data: str = field(repr=False)


Reply: TypeAlias = Allow | Forbid | DropSilently | RefuseMembers | FriendDecisions | BotReply


class Question(NamedTuple):
    """What the vendor understands in the answer to one command."""

    takes: tuple[type[Any], ...]
    codes: range
    """The application's own codes, beside 0 and 1."""
    refused: str = ""
    """The field for those who are refused while the others are allowed."""


# Python's ranges end before their last number.
_MESSAGES: Final = range(120001, 130001)
_GROUPS: Final = range(10100, 10201)
_FRIENDS: Final = range(38000, 39001)
_GIFTS: Final = range(102100, 102201)

_YES_OR_NO: Final = (Allow, Forbid)
_OF_MESSAGES: Final = (Allow, Forbid, DropSilently)
_OF_SEVERAL: Final = (Allow, Forbid, RefuseMembers)
_OF_FRIENDS: Final = (Allow, Forbid, FriendDecisions)
_OF_BOTS: Final = (Allow, Forbid, BotReply)

QUESTIONS: Final[Mapping[type[Event], Question]] = MappingProxyType(
    {
        SnsPrevFriendAdd: Question(_OF_FRIENDS, _FRIENDS),
        SnsPrevFriendResponse: Question(_OF_FRIENDS, _FRIENDS),
        C2CBeforeSendMsg: Question(_OF_MESSAGES, _MESSAGES),
        GroupBeforeCreateGroup: Question(_YES_OR_NO, _GROUPS),
        GroupBeforeApplyJoinGroup: Question(_YES_OR_NO, _GROUPS),
        GroupBeforeInviteJoinGroup: Question(_OF_SEVERAL, _GROUPS, "RefusedMembers_Account"),
        GroupBeforeSendMsg: Question(_OF_MESSAGES, _GROUPS),
        GroupBeforeCreateTopic: Question(_YES_OR_NO, _GROUPS),
        OfficialAccountBeforeCreateOfficialAccount: Question(_YES_OR_NO, _MESSAGES),
        # The page's prose calls it RefusedMembers_Account, its table as here. https://trtc.io/document/60799
        OfficialAccountBeforeAddSubscriber: Question(_OF_SEVERAL, _MESSAGES, "RefusedSubscribers_Account"),
        OfficialAccountBeforeSendMsg: Question(_OF_MESSAGES, _MESSAGES),
        ChatbotOnC2CSignalMessage: Question(_OF_BOTS, range(0)),
        LiveBeforeSendGift: Question(_YES_OR_NO, _GIFTS),
    }
)


def check(model: type[Event], reply: object) -> None:
    """Raise ValueError for a reply that no event of this class allows."""
    _encode(_fields(model, reply, ()))


def answer(event: Event, model: type[Event], reply: object) -> bytes:
    """Return the body that tells the vendor the decision about a question of this class; None allows.

    Raises ValueError for a reply that the question does not allow.
    """
    return _encode(_fields(model, Allow() if reply is None else reply, tuple(_asked(event))))


def _fields(model: type[Event], reply: object, asked: tuple[str, ...]) -> dict[str, Any]:
    question = QUESTIONS.get(model)
    if question is None:
        raise ValueError(f"{model.__name__} asks for no decision")
    if not isinstance(reply, question.takes):
        names = ", ".join(each.__name__ for each in question.takes)
        raise ValueError(f"{model.__name__} takes no {type(reply).__name__}; return one of {names}, or None to allow")
    if FriendDecisions in question.takes:
        return _friends(model, reply, asked)
    fields = _result()
    if isinstance(reply, Allow):
        fields |= _message(model, question, reply)
    elif isinstance(reply, Forbid):
        fields = _result(*_code(model, reply.error_code, reply.error_info, (1,), question.codes))
    elif isinstance(reply, DropSilently):
        fields = _result(2)
    elif isinstance(reply, RefuseMembers):
        fields[question.refused] = _accounts(reply.accounts)
    elif isinstance(reply, BotReply):
        fields["RspData"] = _text("rsp_data", reply.rsp_data)
    if BotReply in question.takes:
        # Required, whatever the code is.
        fields.setdefault("RspData", "")
    return fields


def _friends(model: type[Event], reply: object, asked: tuple[str, ...]) -> dict[str, Any]:
    """Return a decision about each person: the vendor ignores the answer's own code here."""
    named: dict[str, tuple[int, str]] = {}
    others = 0, ""
    if isinstance(reply, Allow):
        _message(model, QUESTIONS[model], reply)
    elif isinstance(reply, Forbid):
        others = _code(model, reply.error_code, reply.error_info, (), _FRIENDS)
    elif isinstance(reply, FriendDecisions):
        named = _decisions(model, reply.decisions)
    items = []
    for account in asked:
        code, info = named.get(account, others)
        items.append({"To_Account": account, "ResultCode": code, "ResultInfo": info})
    return {**_result(), "ResultItem": items}


def _decisions(model: type[Event], decisions: object) -> dict[str, tuple[int, str]]:
    if not isinstance(decisions, Mapping):
        raise ValueError('FriendDecisions takes a mapping, such as {"bo": (38000, "blocked")}')
    named = {}
    for account, decision in decisions.items():
        if not isinstance(decision, tuple) or len(decision) != 2:
            raise ValueError('each of FriendDecisions is a code and a text, such as {"bo": (38000, "blocked")}')
        named[_text("an account", account)] = _code(model, *decision, (0,), _FRIENDS)
    return named


def _message(model: type[Event], question: Question, reply: Allow) -> dict[str, Any]:
    """Return what an allowed message is changed to."""
    fields: dict[str, Any] = {}
    if reply.msg_body is None and reply.cloud_custom_data is None:
        return fields
    if DropSilently not in question.takes:
        raise ValueError(f"{model.__name__} holds no message; return Allow() without arguments")
    if reply.msg_body is not None:
        if isinstance(reply.msg_body, str | bytes) or not isinstance(reply.msg_body, Sequence):
            raise ValueError('msg_body is a sequence of elements, such as [{"MsgType": "...", "MsgContent": {...}}]')
        fields["MsgBody"] = [_element(each) for each in reply.msg_body]
    if reply.cloud_custom_data is not None:
        fields["CloudCustomData"] = _text("cloud_custom_data", reply.cloud_custom_data)
    return fields


def _element(given: object) -> Mapping[str, Any]:
    element = given
    if isinstance(given, TencentPart):
        element = given.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    if not (
        isinstance(element, Mapping)
        and isinstance(element.get("MsgType"), str)
        and isinstance(element.get("MsgContent"), Mapping)
    ):
        raise ValueError('an element of msg_body is {"MsgType": "...", "MsgContent": {...}}')
    return element


def _code(model: type[Event], code: object, info: object, usual: tuple[int, ...], own: range) -> tuple[int, str]:
    if isinstance(code, bool) or not isinstance(code, int) or not (code in usual or code in own):
        known = [*map(str, usual), *([f"{own[0]} to {own[-1]}"] if own else [])]
        raise ValueError(f"{model.__name__} takes {' or '.join(known)} as a code, not {code!r}")
    return code, _text("the text beside a code", info)


def _accounts(accounts: object) -> list[str]:
    if isinstance(accounts, str | bytes) or not isinstance(accounts, Sequence):
        raise ValueError('RefuseMembers takes a sequence of accounts, such as ["bo"]')
    return [_text("an account", account) for account in accounts]


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is text, not {type(value).__name__}")
    return value


def _asked(event: Event) -> Iterator[str]:
    """Yield the accounts about which the vendor asks, also those in a body that could not be read."""
    if isinstance(event, SnsPrevFriendAdd) and event.friend_item is not None:
        yield from (each.to_account for each in event.friend_item)
    elif isinstance(event, SnsPrevFriendResponse) and event.response_friend_item is not None:
        yield from (each.to_account for each in event.response_friend_item)
    else:
        raw = event.payload if isinstance(event, UnknownEvent) else event.drift
        for name in ("FriendItem", "ResponseFriendItem"):
            yield from _named_in(raw.get(name))


def _named_in(raw: object) -> Iterator[str]:
    for item in raw if isinstance(raw, list | tuple) else (raw,):
        account = item.get("To_Account") if isinstance(item, Mapping) else None
        if isinstance(account, str | int) and not isinstance(account, bool):
            yield str(account)


def _result(code: int = 0, info: str = "") -> dict[str, Any]:
    return {"ActionStatus": "OK", "ErrorInfo": info, "ErrorCode": code}


def _encode(fields: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except TypeError as error:
        raise ValueError("a reply holds what JSON cannot") from error
