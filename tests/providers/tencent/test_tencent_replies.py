"""Callbacks that ask for a decision: what is answered, by whom, and in time or not."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from typing import Any

import pytest

from webhook_kit import ConfigurationError, Delivery, Dispatcher, Event, Handlers, Outcome, RawRequest, RawResponse
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.tencent import (
    C2CBeforeSendMsg,
    ChatbotOnC2CSignalMessage,
    GroupAfterSendMsg,
    GroupBeforeApplyJoinGroup,
    GroupBeforeCreateGroup,
    GroupBeforeCreateTopic,
    GroupBeforeInviteJoinGroup,
    GroupBeforeSendMsg,
    LiveBeforeSendGift,
    OfficialAccountBeforeAddSubscriber,
    OfficialAccountBeforeCreateOfficialAccount,
    OfficialAccountBeforeSendMsg,
    SnsPrevFriendAdd,
    SnsPrevFriendResponse,
    TencentChat,
    TextElement,
)
from webhook_kit.providers.tencent.catalog import EVENTS
from webhook_kit.providers.tencent.replies import (
    Allow,
    BotReply,
    DropSilently,
    Forbid,
    FriendDecisions,
    RefuseMembers,
)
from webhook_kit.providers.tencent.samples import SAMPLES
from webhook_kit.providers.tencent.samples.messages import ELEMENTS

from .sending import APP, SUCCESS, Driver, send
from .sending import Desk as DeskWithAudit

DECISIONS = [model for model in EVENTS if model.decides]
FRIENDS: tuple[type[Event], ...] = (SnsPrevFriendAdd, SnsPrevFriendResponse)
PATIENCE = 20.0
ALLOW = Allow()


class Desk(DeskWithAudit):
    """Chat, whose only handler answers what the test says."""

    def decide(
        self, model: type[Event], reply: object, *, default: object = ALLOW, deadline: float | None = None
    ) -> dict[str, Any]:
        """Return the answer where a handler replies so, or raises it."""

        def handler(event: Event) -> object:
            if isinstance(reply, Exception):
                raise reply
            return reply

        self.hooks.on(model, default=default, deadline=deadline)(handler)
        return self.ask(model)

    def ask(self, model: type[Event]) -> dict[str, Any]:
        """Return the decoded answer to a sample."""
        response = self.post(SAMPLES[model], model.wire_types[0])
        assert 200 == response.status
        assert ("content-length", str(len(response.body))) in response.headers
        answer: dict[str, Any] = json.loads(response.body)
        return answer


def result(code: int = 0, info: str = "", **further: Any) -> dict[str, Any]:
    """Return an answer of the vendor's schema."""
    return {"ActionStatus": "OK", "ErrorInfo": info, "ErrorCode": code, **further}


def items(*decisions: tuple[str, int, str]) -> list[dict[str, Any]]:
    """Return the decisions about persons in the vendor's schema."""
    return [{"To_Account": account, "ResultCode": code, "ResultInfo": info} for account, code, info in decisions]


def asked(model: type[Event]) -> list[str]:
    """Return about whom a sample asks."""
    sample = SAMPLES[model]
    return [each["To_Account"] for each in sample.get("FriendItem") or sample["ResponseFriendItem"]]


def allowed(model: type[Event]) -> dict[str, Any]:
    """Return the answer that allows."""
    if model in FRIENDS:
        return result(ResultItem=items(*((account, 0, "") for account in asked(model))))
    return result(RspData="") if model is ChatbotOnC2CSignalMessage else result()


def refusal(model: type[Event]) -> tuple[object, dict[str, Any]]:
    """Return a reply that refuses, and its answer."""
    if model in FRIENDS:
        first, second = asked(model)
        reply = FriendDecisions({second: (38001, "a stranger")})
        return reply, result(ResultItem=items((first, 0, ""), (second, 38001, "a stranger")))
    if model is ChatbotOnC2CSignalMessage:
        return Forbid(), result(1, RspData="")
    return Forbid(), result(1)


class Late:
    """A handler that answers, or raises, only when its delivery is answered already."""

    def __init__(self, reply: object) -> None:
        self.reply = reply
        self.over = threading.Event()
        self.finished = threading.Event()

    def sync(self, event: Event) -> object:
        assert self.over.wait(PATIENCE)
        return self.finish()

    async def asynchronous(self, event: Event) -> object:
        assert await asyncio.to_thread(self.over.wait, PATIENCE)
        return self.finish()

    def finish(self) -> object:
        self.finished.set()
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    def dispatch(self, desk: Desk, request: RawRequest) -> RawResponse:
        """Send a request through the desk's driver, and let the handler finish after the answer."""
        if desk.driver == "adispatch":
            return asyncio.run(self._adispatch(desk, request))
        response = desk.hooks.dispatch(request)
        self.over.set()
        desk.hooks.close()
        assert self.finished.wait(PATIENCE)
        return response

    async def _adispatch(self, desk: Desk, request: RawRequest) -> RawResponse:
        response = await desk.hooks.adispatch(request)
        self.over.set()
        await desk.hooks.aclose()
        assert await asyncio.to_thread(self.finished.wait, PATIENCE)
        # The task that ran the handler ends, and reports, in the loop's next rounds.
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)
        return response


@pytest.mark.parametrize("model", DECISIONS)
def test_a_decision_is_accepted(model: type[Event], driver: Driver) -> None:
    desk = Desk(driver=driver)
    assert allowed(model) == desk.decide(model, Allow())
    assert [Outcome.PROCESSED] == desk.outcomes


@pytest.mark.parametrize("model", DECISIONS)
def test_a_decision_is_refused(model: type[Event], driver: Driver) -> None:
    desk = Desk(driver=driver)
    reply, answer = refusal(model)
    assert answer == desk.decide(model, reply)
    assert [Outcome.PROCESSED] == desk.outcomes


@pytest.mark.parametrize("model", DECISIONS)
def test_a_handler_that_fails_answers_its_default(model: type[Event], driver: Driver) -> None:
    desk = Desk(driver=driver)
    default, answer = refusal(model)
    error = RuntimeError("broken")
    assert answer == desk.decide(model, error, default=default)
    assert [(Outcome.DECIDED_BY_DEFAULT, error)] == [(record.outcome, record.error) for record in desk.records]


@pytest.mark.parametrize("colour", ["sync", "asynchronous"])
@pytest.mark.parametrize("model", DECISIONS)
def test_a_handler_that_is_late_answers_its_default(model: type[Event], colour: str, driver: Driver) -> None:
    """It may finish all the same."""
    desk = Desk(driver=driver)
    default, answer = refusal(model)
    handler = Late(Allow())
    desk.hooks.on(model, deadline=0.01, default=default)(getattr(handler, colour))
    response = handler.dispatch(desk, desk.request(SAMPLES[model], model.wire_types[0]))
    assert (200, answer) == (response.status, json.loads(response.body))
    assert [(Outcome.DECIDED_BY_DEFAULT, None)] == [(record.outcome, record.error) for record in desk.records]


@pytest.mark.parametrize("colour", ["sync", "asynchronous"])
def test_what_a_late_handler_raises_is_logged(colour: str, driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(driver=driver)
    error = RuntimeError("broken")
    handler = Late(error)
    desk.hooks.on(C2CBeforeSendMsg, deadline=0.01)(getattr(handler, colour))
    with caplog.at_level(logging.ERROR, "webhook_kit"):
        handler.dispatch(desk, desk.request(SAMPLES[C2CBeforeSendMsg], "C2C.CallbackBeforeSendMsg"))
    assert [error] == [record.exc_info[1] for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("model", [C2CBeforeSendMsg, SnsPrevFriendAdd])
def test_a_handler_that_is_in_time_is_not_late(model: type[Event], driver: Driver) -> None:
    default, _ = refusal(model)
    desk = Desk(driver=driver)
    assert allowed(model) == desk.decide(model, Allow(), deadline=PATIENCE, default=default)
    desk.hooks.close()


@pytest.mark.parametrize("model", [model for model in DECISIONS if model is not LiveBeforeSendGift])
def test_without_a_default_a_handler_that_fails_allows(model: type[Event], driver: Driver) -> None:
    desk = Desk(driver=driver)
    assert allowed(model) == desk.decide(model, RuntimeError("broken"), default=None)
    assert [Outcome.DECIDED_BY_DEFAULT] == desk.outcomes


@pytest.mark.parametrize("model", DECISIONS)
def test_where_nobody_decides_it_is_allowed(model: type[Event], driver: Driver) -> None:
    """A handler that returns None has not decided."""
    assert allowed(model) == Desk(driver=driver).decide(model, None)
    alone = Dispatcher()
    alone.add(TencentChat(sdk_app_id=APP))
    request = Desk().request(SAMPLES[model], model.wire_types[0])
    assert allowed(model) == json.loads(send(alone, request, driver).body)


def test_an_answer_is_written_as_the_vendor_shows_it() -> None:
    desk = Desk()
    desk.hooks.on(C2CBeforeSendMsg)(lambda event: Allow())
    assert SUCCESS == desk.post(SAMPLES[C2CBeforeSendMsg], "C2C.CallbackBeforeSendMsg").body
    desk = Desk()
    desk.hooks.on(C2CBeforeSendMsg)(lambda event: Forbid(120001, "not här"))
    expected = '{"ActionStatus":"OK","ErrorInfo":"not här","ErrorCode":120001}'.encode()
    assert expected == desk.post(SAMPLES[C2CBeforeSendMsg], "C2C.CallbackBeforeSendMsg").body


@pytest.mark.parametrize("model", [C2CBeforeSendMsg, GroupBeforeSendMsg, OfficialAccountBeforeSendMsg])
def test_a_message_can_be_dropped_or_changed(model: type[Event]) -> None:
    assert result(2) == Desk().decide(model, DropSilently())
    text = {"MsgType": "TIMTextElem", "MsgContent": {"Text": "***"}}
    element = TextElement.model_validate(text)
    assert result(MsgBody=[text, text]) == Desk().decide(model, Allow(msg_body=[element, text]))
    assert result(CloudCustomData="checked") == Desk().decide(model, Allow(cloud_custom_data="checked"))
    assert result(MsgBody=[text], CloudCustomData="") == Desk().decide(model, Allow([text], ""))


def test_a_message_can_be_sent_back_as_it_came() -> None:
    desk = Desk()
    desk.hooks.on(C2CBeforeSendMsg)(lambda event: Allow(msg_body=event.msg_body))
    body = [*ELEMENTS, {"MsgType": "TIMHologramElem", "MsgContent": {"Depth": [None, 1.5]}, "Extra": 1}]
    response = desk.post({**SAMPLES[C2CBeforeSendMsg], "MsgBody": body}, "C2C.CallbackBeforeSendMsg")
    assert result(MsgBody=body) == json.loads(response.body)


def test_some_can_be_refused_while_others_are_allowed() -> None:
    assert result(RefusedMembers_Account=["dana"]) == Desk().decide(GroupBeforeInviteJoinGroup, RefuseMembers(["dana"]))
    assert result(RefusedSubscribers_Account=["bo", "chidi"]) == Desk().decide(
        OfficialAccountBeforeAddSubscriber, RefuseMembers(("bo", "chidi"))
    )


def test_everybody_asked_about_is_decided_about() -> None:
    """Who is not named is allowed, and who is named without being asked about is left out."""
    reply = FriendDecisions({"chidi": (39000, "no"), "bo": (0, "yes"), "zoe": (38000, "")})
    expected = result(ResultItem=items(("bo", 0, "yes"), ("chidi", 39000, "no")))
    assert expected == Desk().decide(SnsPrevFriendAdd, reply)
    assert allowed(SnsPrevFriendAdd) == Desk().decide(SnsPrevFriendAdd, FriendDecisions({}))


@pytest.mark.parametrize(
    ("body", "decided"),
    [
        ({"From_Account": "ann", "FriendItem": [{"To_Account": "bo"}, {"Remark": "x"}, 5, {"To_Account": 7}]}, "bo 7"),
        ({"From_Account": "ann", "FriendItem": {"To_Account": "bo"}}, "bo"),
        ({"From_Account": "ann", "FriendItem": [{"To_Account": True}, {"To_Account": None}]}, ""),
        ({"FriendItem": [{"To_Account": "bo"}]}, "bo"),
        ({}, ""),
    ],
    ids=["a misfit in the list", "no list", "no account", "an unknown event", "nothing"],
)
def test_who_is_asked_about_in_a_body_that_cannot_be_read_is_refused_too(body: dict[str, Any], decided: str) -> None:
    desk, refusal = Desk(), Forbid(38000, "no")
    desk.hooks.on(SnsPrevFriendAdd, default=refusal)(lambda event: refusal)
    answer = json.loads(desk.post(body, "Sns.CallbackPrevFriendAdd").body)
    assert answer == result(ResultItem=items(*((account, 38000, "no") for account in decided.split())))


def test_all_friends_can_be_refused_at_once() -> None:
    expected = result(ResultItem=items(("bo", 38000, "closed"), ("chidi", 38000, "closed")))
    assert expected == Desk().decide(SnsPrevFriendAdd, Forbid(38000, "closed"))


def test_a_bot_answers() -> None:
    assert result(RspData='{"a":1}') == Desk().decide(ChatbotOnC2CSignalMessage, BotReply('{"a":1}'))


RANGES = {
    C2CBeforeSendMsg: (120001, 130000),
    GroupBeforeCreateGroup: (10100, 10200),
    GroupBeforeApplyJoinGroup: (10100, 10200),
    GroupBeforeInviteJoinGroup: (10100, 10200),
    GroupBeforeSendMsg: (10100, 10200),
    GroupBeforeCreateTopic: (10100, 10200),
    OfficialAccountBeforeCreateOfficialAccount: (120001, 130000),
    OfficialAccountBeforeAddSubscriber: (120001, 130000),
    OfficialAccountBeforeSendMsg: (120001, 130000),
    LiveBeforeSendGift: (102100, 102200),
}


@pytest.mark.parametrize("model", RANGES)
def test_codes_of_the_documented_range_are_sent(model: type[Event]) -> None:
    low, high = RANGES[model]
    for code in (1, low, high):
        assert result(code, "why") == Desk().decide(model, Forbid(code, "why"))


@pytest.mark.parametrize("model", RANGES)
def test_other_codes_are_the_handlers_error(model: type[Event]) -> None:
    low, high = RANGES[model]
    for code in (0, 2, -1, low - 1, high + 1, True, "1", 1.0):
        desk = Desk()
        assert allowed(model) == desk.decide(model, Forbid(code))  # type: ignore[arg-type]
        assert isinstance(desk.records[0].error, ValueError)


@pytest.mark.parametrize("model", FRIENDS)
def test_codes_about_friends_have_their_range(model: type[Event]) -> None:
    first, second = asked(model)
    for code in (0, 38000, 39000):
        desk = Desk()
        desk.decide(model, FriendDecisions({first: (code, ""), second: (code, "")}))
        assert [Outcome.PROCESSED] == desk.outcomes
    replies = [FriendDecisions({first: (code, "")}) for code in (1, 37999, 39001, -1)]
    for reply in (*replies, Forbid(), Forbid(39001), Forbid(0)):
        desk = Desk()
        assert allowed(model) == desk.decide(model, reply)
        assert [Outcome.DECIDED_BY_DEFAULT] == desk.outcomes


@pytest.mark.parametrize(
    ("model", "reply"),
    [
        (GroupBeforeCreateGroup, DropSilently()),
        (GroupBeforeCreateGroup, RefuseMembers(["bo"])),
        (GroupBeforeCreateGroup, Allow(msg_body=[])),
        (GroupBeforeCreateGroup, Allow(cloud_custom_data="a")),
        (SnsPrevFriendAdd, Allow(cloud_custom_data="a")),
        (SnsPrevFriendAdd, DropSilently()),
        (SnsPrevFriendAdd, RefuseMembers(["bo"])),
        (SnsPrevFriendAdd, FriendDecisions({"bo": 38000})),  # type: ignore[dict-item]
        (SnsPrevFriendAdd, FriendDecisions({"bo": (38000, None)})),  # type: ignore[dict-item]
        (SnsPrevFriendAdd, FriendDecisions({7: (38000, "")})),  # type: ignore[dict-item]
        (SnsPrevFriendAdd, FriendDecisions(["bo"])),  # type: ignore[arg-type]
        (LiveBeforeSendGift, DropSilently()),
        (LiveBeforeSendGift, FriendDecisions({})),
        (ChatbotOnC2CSignalMessage, DropSilently()),
        (ChatbotOnC2CSignalMessage, Forbid(120001)),
        (ChatbotOnC2CSignalMessage, BotReply({"a": 1})),  # type: ignore[arg-type]
        (C2CBeforeSendMsg, BotReply("{}")),
        (C2CBeforeSendMsg, RefuseMembers(["bo"])),
        (C2CBeforeSendMsg, Forbid(120001, None)),  # type: ignore[arg-type]
        (C2CBeforeSendMsg, Forbid(120001, "\ud800")),
        (C2CBeforeSendMsg, Allow(msg_body="text")),  # type: ignore[arg-type]
        (C2CBeforeSendMsg, Allow(msg_body=[{"MsgType": "TIMTextElem"}])),
        (C2CBeforeSendMsg, Allow(msg_body=["text"])),  # type: ignore[list-item]
        (C2CBeforeSendMsg, Allow(msg_body=[{"MsgType": "A", "MsgContent": {"a": {1, 2}}}])),
        (C2CBeforeSendMsg, Allow(msg_body=[{"MsgType": "A", "MsgContent": {"a": float("nan")}}])),
        (C2CBeforeSendMsg, Allow(cloud_custom_data=7)),  # type: ignore[arg-type]
        (GroupBeforeInviteJoinGroup, RefuseMembers("bo")),
        (GroupBeforeInviteJoinGroup, RefuseMembers([7])),  # type: ignore[list-item]
        (GroupBeforeInviteJoinGroup, RefuseMembers({"bo"})),  # type: ignore[arg-type]
        (C2CBeforeSendMsg, True),
        (C2CBeforeSendMsg, "OK"),
        (C2CBeforeSendMsg, Allow),
    ],
)
def test_what_an_event_does_not_allow_is_the_handlers_error(model: type[Event], reply: object, driver: Driver) -> None:
    desk = Desk(driver=driver)
    assert allowed(model) == desk.decide(model, reply)
    assert [Outcome.DECIDED_BY_DEFAULT] == desk.outcomes
    assert isinstance(desk.records[0].error, ValueError)


@pytest.mark.parametrize(
    ("model", "default", "message"),
    [
        (C2CBeforeSendMsg, Forbid(10100), "takes 1 or 120001 to 130000 as a code, not 10100"),
        (GroupBeforeCreateGroup, DropSilently(), "takes no DropSilently; return one of Allow, Forbid"),
        (SnsPrevFriendAdd, Forbid(), "takes 38000 to 39000 as a code, not 1"),
        (ChatbotOnC2CSignalMessage, Forbid(2), "takes 1 as a code, not 2"),
        ("*.CallbackBefore*", DropSilently(), "takes no DropSilently"),
        (C2CBeforeSendMsg, "no", "takes no str"),
    ],
)
def test_a_default_that_cannot_be_sent_is_a_mistake_in_the_setup(model: Any, default: object, message: str) -> None:
    desk = Desk()
    desk.hooks.on(model, default=default)(lambda event: None)
    with pytest.raises(ConfigurationError, match=message):
        desk.hooks.check()


def test_a_gift_needs_a_default() -> None:
    """There a time-out refuses. https://trtc.io/document/72210"""
    for handlers in (Handlers(), Desk().hooks):
        with pytest.raises(ConfigurationError, match="default="):
            handlers.on(LiveBeforeSendGift)
        with pytest.raises(ConfigurationError, match="default="):
            handlers.on(C2CBeforeSendMsg, LiveBeforeSendGift, deadline=1.0)


@pytest.mark.parametrize("pattern", ["Live.CallbackBeforeSendGift", "Live.CallbackBefore*", "*.CallbackBefore*"])
def test_a_pattern_for_gifts_needs_a_default_too(pattern: str) -> None:
    desk = Desk()
    desk.hooks.on(pattern)(lambda event: None)
    with pytest.raises(ConfigurationError, match="default="):
        desk.hooks.check()
    desk = Desk()
    desk.hooks.on(pattern, default=Forbid(1) if pattern[0] == "L" else Allow())(lambda event: None)
    desk.hooks.check()


@pytest.mark.parametrize("what", [Event, "*", "Live.*"])
def test_who_looks_on_at_everything_needs_no_default_for_gifts(what: Any) -> None:
    desk = Desk()
    desk.hooks.on(what)(lambda event: None)
    assert allowed(LiveBeforeSendGift) == desk.ask(LiveBeforeSendGift)


def test_a_default_is_for_those_events_of_a_handler_that_ask_for_a_decision() -> None:
    desk = Desk()

    def broken(event: C2CBeforeSendMsg | GroupAfterSendMsg) -> None:
        raise RuntimeError("broken")

    desk.hooks.on(C2CBeforeSendMsg, GroupAfterSendMsg, default=Forbid())(broken)
    assert result(1) == desk.ask(C2CBeforeSendMsg)
    assert 500 == desk.post(SAMPLES[GroupAfterSendMsg], "Group.CallbackAfterSendMsg").status


def test_a_default_where_nothing_is_decided_is_a_mistake_in_the_setup() -> None:
    desk = Desk()
    desk.hooks.on(GroupAfterSendMsg, default=Allow())(lambda event: None)
    with pytest.raises(ConfigurationError, match="asks for a decision"):
        desk.hooks.check()


def test_a_reply_to_what_asks_for_no_decision_changes_nothing() -> None:
    desk = Desk()
    desk.hooks.on(GroupAfterSendMsg)(lambda event: Forbid())
    assert result() == desk.ask(GroupAfterSendMsg)
    with pytest.raises(ValueError, match="asks for no decision"):
        desk.provider.reply(desk.events[0], GroupAfterSendMsg, Forbid())


def test_the_first_reply_is_sent_and_a_different_one_is_logged(
    driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(driver=driver)

    def undecided(event: C2CBeforeSendMsg) -> None:
        raise RuntimeError("broken")

    def first(event: C2CBeforeSendMsg) -> Forbid:
        return Forbid(120001)

    async def second(event: C2CBeforeSendMsg, delivery: Delivery) -> Allow:
        return Allow()

    desk.hooks.on(C2CBeforeSendMsg)(undecided)
    desk.hooks.on(C2CBeforeSendMsg)(first)
    desk.hooks.on(C2CBeforeSendMsg)(second)
    with caplog.at_level(logging.WARNING, "webhook_kit"):
        assert result(120001) == desk.ask(C2CBeforeSendMsg)
    assert [Outcome.PROCESSED] == desk.outcomes
    assert isinstance(desk.records[0].error, RuntimeError)
    assert any("decided differently" in message for message in caplog.messages)


def test_a_default_that_was_written_wins_over_one_that_was_not() -> None:
    """An onlooker that fails must not turn a refusal into a permission."""
    desk = Desk()

    def broken(event: Event) -> None:
        raise RuntimeError("broken")

    desk.hooks.on(Event)(broken)
    assert result(102100) == desk.decide(LiveBeforeSendGift, RuntimeError("broken too"), default=Forbid(102100))
    assert result(102100) == desk.decide(LiveBeforeSendGift, RuntimeError("broken as well"), default=Allow())
    assert [Outcome.DECIDED_BY_DEFAULT, Outcome.DECIDED_BY_DEFAULT] == desk.outcomes


def test_two_equal_questions_are_two_questions(driver: Driver) -> None:
    """Two equal gifts are two gifts; nothing reaches the store."""
    store = MemoryStore()
    desk = Desk(driver=driver, store=store)
    assert result(1) == desk.decide(LiveBeforeSendGift, Forbid())
    assert result(1) == desk.ask(LiveBeforeSendGift)
    assert [Outcome.PROCESSED, Outcome.PROCESSED] == desk.outcomes
    assert 0 == len(store)


@pytest.mark.parametrize(("seconds", "warned"), [(1.4, False), (1.6, True)])
def test_a_slow_decision_is_logged(
    seconds: float, warned: bool, driver: Driver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor waits for two seconds."""
    now = [100.0]
    monkeypatch.setattr("webhook_kit.processing.perf_counter", lambda: now[0])
    desk = Desk(driver=driver)

    def slow(event: C2CBeforeSendMsg) -> Allow:
        now[0] += seconds
        return Allow()

    desk.hooks.on(C2CBeforeSendMsg)(slow)
    with caplog.at_level(logging.WARNING, "webhook_kit"):
        assert result() == desk.ask(C2CBeforeSendMsg)
    assert warned == any("a decision took 1.60 seconds" in message for message in caplog.messages)


def test_replies_show_no_message() -> None:
    shown = repr((Allow(msg_body=[], cloud_custom_data="private words"), BotReply("private words")))
    assert "private" not in shown
