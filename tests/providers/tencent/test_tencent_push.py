"""Notifications: several events in one request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook_kit import Dispatcher, Event, Outcome, RawRequest, UnknownEvent
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.tencent import PushAllMemberPush, PushOfflinePush, PushPlatform, PushStage, TencentChat
from webhook_kit.providers.tencent.samples import SAMPLES

from .sending import SUCCESS, Desk, Driver, failure

OFFLINE = "Push.OfflinePush"
ALL = "Push.AllMemberPush"
ENTRY: dict[str, Any] = SAMPLES[PushOfflinePush]["Events"][0]


def entries(count: int, **fields: Any) -> dict[str, Any]:
    """Return a body with as many notifications, each for another user."""
    return {"Events": [{**ENTRY, "To_Account": f"user-{number}", **fields} for number in range(count)]}


def test_each_entry_is_an_event_with_a_record_of_its_own(driver: Driver) -> None:
    desk = Desk(driver=driver)
    response = desk.post(entries(100), OFFLINE)
    assert (200, SUCCESS) == (response.status, response.body)
    assert [f"user-{number}" for number in range(100)] == [
        event.to_account for event in desk.events if isinstance(event, PushOfflinePush)
    ]
    assert [(Outcome.PROCESSED, OFFLINE)] * 100 == [(record.outcome, record.event_type) for record in desk.records]


def test_what_is_in_an_entry_is_typed() -> None:
    desk = Desk()
    desk.post({"Events": [ENTRY]}, OFFLINE)
    [event] = desk.events
    assert isinstance(event, PushOfflinePush)
    assert (PushPlatform.APNS, PushStage.REACHED) == (event.push_platform, event.push_stage)
    assert ("@TGS#a7QK2MZ4C", "push-17", 2) == (event.group_id, event.push_id, event.event_type)
    assert event.occurred_at is not None
    assert 1789990000 == event.occurred_at.timestamp()


def test_one_request_mixes_users_and_groups() -> None:
    desk = Desk()
    user = {"CallbackCommand": OFFLINE, "EventType": 1, "To_Account": "bo", "MsgKey": "1_2_3"}
    group = {"CallbackCommand": OFFLINE, "EventType": 2, "To_Account": "bo", "GroupID": "g", "MsgSeq": 7}
    desk.post({"Events": [user, group]}, OFFLINE)
    assert [("1_2_3", None), (None, "g")] == [
        (event.msg_key, event.group_id) for event in desk.events if isinstance(event, PushOfflinePush)
    ]


@pytest.mark.parametrize("bad", [7, "text", None, [], {}, {"To_Account": None}, {"CallbackCommand": ALL}])
def test_an_entry_that_cannot_be_read_does_not_fail_the_others(bad: Any, driver: Driver) -> None:
    desk = Desk(driver=driver, store=MemoryStore())
    response = desk.post({"Events": [ENTRY, bad, {**ENTRY, "To_Account": "chidi"}]}, OFFLINE)
    assert (200, SUCCESS) == (response.status, response.body)
    assert [PushOfflinePush, UnknownEvent, PushOfflinePush] == [type(event) for event in desk.events]


def test_a_field_that_does_not_fit_drifts_in_its_own_entry() -> None:
    desk = Desk()
    desk.post({"Events": [{**ENTRY, "MsgSeq": "many"}, ENTRY]}, OFFLINE)
    assert [{"MsgSeq": "many"}, {}] == [event.drift for event in desk.events]


def test_entries_of_another_command_only_are_malformed() -> None:
    desk = Desk()
    assert 400 == desk.post(SAMPLES[PushAllMemberPush], OFFLINE).status
    assert 400 == desk.post({"CallbackCommand": ALL, "Events": [ENTRY]}, OFFLINE).status


@pytest.mark.parametrize("events", [None, [], {}, "text", 7, [7] * 1001])
def test_a_body_without_entries_is_one_unknown_event(events: Any, driver: Driver) -> None:
    desk = Desk(driver=driver)
    assert 200 == desk.post({"Events": events}, OFFLINE).status
    assert [(UnknownEvent, OFFLINE)] == [(type(event), event.type) for event in desk.events]


def test_the_command_may_stand_at_the_top_as_well() -> None:
    desk = Desk()
    desk.post({"CallbackCommand": OFFLINE, "Events": [ENTRY]})
    desk.post({"CallbackCommand": OFFLINE, "Events": [ENTRY]}, OFFLINE)
    assert [PushOfflinePush, PushOfflinePush] == [type(event) for event in desk.events]


def test_the_worst_answer_is_sent_and_a_retry_runs_only_what_failed(driver: Driver) -> None:
    desk = Desk(driver=driver, store=MemoryStore())
    failing = True
    seen: list[str] = []

    @desk.hooks.on(PushOfflinePush)
    def record(event: PushOfflinePush) -> None:
        if failing and event.to_account == "user-1":
            raise RuntimeError("not yet")
        seen.append(event.to_account)

    response = desk.post(entries(3), OFFLINE)
    assert (500, failure(500, "Internal error")) == (response.status, response.body)
    assert ["user-0", "user-2"] == seen
    failing = False
    assert 200 == desk.post(entries(3), OFFLINE).status
    assert ["user-0", "user-2", "user-1"] == seen
    assert [
        Outcome.PROCESSED,
        Outcome.HANDLER_FAILED,
        Outcome.PROCESSED,
        Outcome.DUPLICATE,
        Outcome.PROCESSED,
        Outcome.DUPLICATE,
    ] == desk.outcomes


def test_an_entry_is_the_same_in_whatever_company_it_comes_again() -> None:
    desk = Desk(store=MemoryStore())
    desk.post(entries(2), OFFLINE)
    desk.post({"Events": list(reversed(entries(3)["Events"]))}, OFFLINE)
    assert [Outcome.PROCESSED] * 3 + [Outcome.DUPLICATE] * 2 == desk.outcomes


@pytest.mark.parametrize(
    "other",
    [{"PushStage": 3}, {"To_Account": "chidi"}, {"EventTime": 1789990001}, {"New": 1}, {"MsgSeq": "many"}],
)
def test_entries_that_differ_anywhere_are_two_events(other: dict[str, Any]) -> None:
    desk = Desk(store=MemoryStore())
    desk.post({"Events": [ENTRY, {**ENTRY, **other}]}, OFFLINE)
    assert [Outcome.PROCESSED, Outcome.PROCESSED] == desk.outcomes


def test_both_commands_come_in_batches() -> None:
    desk = Desk()
    desk.post(SAMPLES[PushAllMemberPush], ALL)
    classes: list[type[Event]] = [type(event) for event in desk.events]
    assert [PushAllMemberPush] == classes


@pytest.mark.parametrize("query", [b"&CallbackCommand=Push.OfflinePush", b""])
def test_entries_of_another_command_do_not_suppress_each_other(query: bytes) -> None:
    hooks = Dispatcher()
    hooks.add(TencentChat(sdk_app_id=1400000000))
    seen: list[Any] = []
    hooks.on(Event)(lambda event: seen.append(getattr(event, "payload", {}).get("n")))
    entries = [{"To_Account": "a"}, {"CallbackCommand": "x", "n": 1}, {"CallbackCommand": "x", "n": 2}]
    body = json.dumps({"CallbackCommand": "Push.OfflinePush", "Events": entries}).encode()
    request = RawRequest("POST", "/tencent-chat", query_string=b"SdkAppid=1400000000" + query, body=body)
    assert [hooks.dispatch(request).status for _ in range(2)] == [200, 200]
    assert seen == [None, 1, 2]
