"""Tencent's query parameters, the application's id, commands and answers."""

from __future__ import annotations

from typing import Any

import pytest

from webhook_kit import ConfigurationError, Outcome, RawRequest, UnknownEvent
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentChat, TencentRoom
from webhook_kit.providers.tencent.samples import SAMPLES

from .sending import APP, SUCCESS, Desk, Driver, body_of, failure, query_of, send

STATE = "Group.CallbackOnMemberStateChange"
CREATE = "Room.CallbackAfterCreateRoom"
OFFLINE = SAMPLES[GroupOnMemberStateChange]
DAY = 24 * 3600.0


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_vendors_usual_request_reaches_its_handler(driver: Driver) -> None:
    desk = Desk(driver=driver)
    query = query_of(STATE, ClientIP="203.0.113.9", OptPlatform="RESTAPI")
    response = desk.post(OFFLINE, query=query)
    assert (200, SUCCESS) == (response.status, response.body)
    assert [Outcome.PROCESSED] == desk.outcomes
    assert [GroupOnMemberStateChange] == [type(event) for event in desk.events]
    assert {"sdk_app_id": APP, "client_ip": "203.0.113.9", "opt_platform": "RESTAPI"} == desk.deliveries[0].context


def test_both_products_are_received_by_either_driver(driver: Driver) -> None:
    desk = Desk(TencentRoom(sdk_app_id=APP), driver=driver)
    response = desk.post(SAMPLES[RoomAfterCreateRoom], CREATE)
    assert (200, SUCCESS) == (response.status, response.body)
    assert [(CREATE, "tencent-room")] == [(event.type, event.provider) for event in desk.events]


def test_all_providers_know_all_commands() -> None:
    assert TencentChat.catalog == TencentRoom.catalog
    desk = Desk(TencentRoom(sdk_app_id=APP))
    desk.post(OFFLINE, STATE)
    assert [GroupOnMemberStateChange] == [type(event) for event in desk.events]


@pytest.mark.parametrize(
    "query",
    [
        f"sdkappid={APP}&callbackcommand={STATE}&CONTENTTYPE=json",
        f"SDKAPPID={APP}&CALLBACKCOMMAND={STATE}",
        f"SdkAppId={APP}&WebhookCommand={STATE}",
        f"%53dkAppid={APP}&%43allbackCommand=Group%2ECallbackOnMemberStateChange",
    ],
)
def test_parameter_names_are_read_in_any_case_and_encoding(query: str) -> None:
    """``WebhookCommand`` and ``SdkAppId`` are how the overview of Live spells them."""
    desk = Desk()
    assert 200 == desk.post(OFFLINE, query=query).status
    assert [STATE] == [event.type for event in desk.events]


def test_client_ip_platform_and_content_type_may_be_missing() -> None:
    desk = Desk()
    assert 200 == desk.post(OFFLINE, query=f"SdkAppid={APP}&CallbackCommand={STATE}").status
    assert {"sdk_app_id": APP, "client_ip": None, "opt_platform": None} == desk.deliveries[0].context


@pytest.mark.parametrize(
    "ids",
    [
        "",
        "&SdkAppid=",
        "&SdkAppid=1400000001",
        "&SdkAppid=01400000000",
        "&SdkAppid=%201400000000",
        "&SdkAppid=%EF%BC%91400000000",
        f"&SdkAppid={APP}&SdkAppid={APP}",
        f"&SdkAppid={APP}&sdkappid={APP}",
        f"&SdkAppid={APP}&SDKAppID=1400000001",
        f"&SdkAppid={APP}&%53dkAppid={APP}",
        f"&SdkAppid={APP}&SdkAppid=",
    ],
)
def test_an_app_id_that_is_missing_doubled_or_not_ours_is_the_wrong_app(ids: str, driver: Driver) -> None:
    desk = Desk(driver=driver)
    response = desk.post(OFFLINE, query=f"CallbackCommand={STATE}{ids}")
    assert (403, failure(403, "Wrong application")) == (response.status, response.body)
    assert [Outcome.WRONG_APP] == desk.outcomes
    assert [] == desk.events


def test_a_request_for_another_app_is_refused_before_its_body_is_read() -> None:
    desk = Desk()

    def read(limit: int) -> bytes | None:
        raise AssertionError("the body was read")

    request = RawRequest("POST", "/tencent-chat", query_string="SdkAppid=1")
    assert 403 == desk.hooks.dispatch(request, read=read).status


@pytest.mark.parametrize("app", ["1400000000", "1400000001", "20000000000000000001"])
def test_one_endpoint_can_serve_several_apps(app: str) -> None:
    desk = Desk(TencentChat(sdk_app_id=[1400000000, "1400000001", 20000000000000000001]))
    assert 200 == desk.post(OFFLINE, query=query_of(STATE, SdkAppid=app)).status
    assert app == desk.deliveries[0].context["sdk_app_id"]


@pytest.mark.parametrize("ids", [[], "", " ", "my-app", "１４", True, -1, 1.5, None, [1400000000, ""]])
def test_an_app_id_that_is_no_number_is_a_mistake_in_the_setup(ids: Any) -> None:
    with pytest.raises(ConfigurationError, match="sdk_app_id"):
        TencentChat(sdk_app_id=ids)


def test_a_token_without_an_app_id_is_a_mistake_in_the_setup() -> None:
    with pytest.raises(ConfigurationError, match="needs sdk_app_id="):
        TencentChat(token="a token of our own")


def test_unverified_has_to_be_written_down() -> None:
    with pytest.raises(ConfigurationError, match="unverified=True"):
        TencentChat()
    desk = Desk(TencentChat(unverified=True))
    assert 200 == desk.post(OFFLINE, query=f"CallbackCommand={STATE}").status


def test_a_body_that_names_another_command_than_the_url_is_malformed(driver: Driver) -> None:
    desk = Desk(driver=driver)
    response = desk.post(OFFLINE, CREATE)
    assert (400, failure(400, "Malformed body")) == (response.status, response.body)
    assert [Outcome.MALFORMED] == desk.outcomes


@pytest.mark.parametrize("command", [7, True, ["Group.CallbackOnMemberStateChange"], {}])
def test_a_command_in_the_body_that_is_no_text_differs_too(command: Any) -> None:
    desk = Desk()
    assert 400 == desk.post({**OFFLINE, "CallbackCommand": command}, STATE).status
    assert 400 == desk.post({"CallbackCommand": command}, "New.Callback").status


def test_an_unknown_command_in_the_body_differs_from_a_known_one_in_the_url() -> None:
    desk = Desk()
    assert 400 == desk.post({**OFFLINE, "CallbackCommand": "New.Callback"}, STATE).status
    assert 400 == desk.post(OFFLINE, "New.Callback").status


def test_a_body_without_a_command_takes_the_urls() -> None:
    desk = Desk()
    assert 200 == desk.post({"GroupId": "g"}, STATE).status
    assert [(STATE, None)] == [(event.type, event.callback_command) for event in desk.events]  # type: ignore[attr-defined]


def test_an_url_without_a_command_takes_the_bodys(driver: Driver) -> None:
    desk = Desk(driver=driver)
    assert 200 == desk.post(OFFLINE, query=f"SdkAppid={APP}").status
    assert 200 == desk.post(OFFLINE, query=f"SdkAppid={APP}&CallbackCommand=").status
    assert [STATE, STATE] == [event.type for event in desk.events]


@pytest.mark.parametrize(
    "query",
    [
        f"CallbackCommand={STATE}&CallbackCommand={STATE}",
        f"CallbackCommand={STATE}&callbackcommand={CREATE}",
        f"CallbackCommand={STATE}&%43allbackCommand={STATE}",
        f"CallbackCommand={STATE}&WebhookCommand={STATE}",
    ],
)
def test_a_doubled_command_is_malformed(query: str) -> None:
    desk = Desk()
    assert 400 == desk.post(OFFLINE, query=f"SdkAppid={APP}&{query}").status


@pytest.mark.parametrize("body", [b"", b"{}", b'{"CallbackCommand":7}', b'{"CallbackCommand":""}'])
def test_the_consoles_check_of_the_url_names_no_command_and_succeeds(body: bytes, driver: Driver) -> None:
    desk = Desk(driver=driver)
    response = desk.post(body, query=f"SdkAppid={APP}")
    assert (200, SUCCESS) == (response.status, response.body)
    assert [(UnknownEvent, "unknown")] == [(type(event), event.type) for event in desk.events]


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"7", b"{", b"\xff", b"\xef\xbb\xbf{}", b"{}{}", b" "])
@pytest.mark.parametrize("command", [None, STATE, "New.Callback", "Push.OfflinePush"])
def test_a_body_that_is_no_json_object_is_malformed(body: bytes, command: str | None) -> None:
    assert 400 == Desk().post(body, command).status


@pytest.mark.parametrize("command", [STATE, "New.Callback"])
def test_an_empty_body_with_a_command_is_malformed(command: str) -> None:
    assert 400 == Desk().post(b"", command).status


def test_an_unknown_command_is_an_unknown_event_of_its_name(driver: Driver) -> None:
    desk = Desk(driver=driver)
    payload = {"CallbackCommand": "Robot.CallbackAfterRobotEvent", "Robot": 7}
    response = desk.post(payload, "Robot.CallbackAfterRobotEvent")
    assert (200, SUCCESS) == (response.status, response.body)
    [event] = desk.events
    assert isinstance(event, UnknownEvent)
    assert ("Robot.CallbackAfterRobotEvent", payload) == (event.type, event.payload)
    assert "unknown" == desk.records[0].event_type


def test_only_post_is_answered() -> None:
    desk = Desk()
    response = send(desk.hooks, RawRequest("GET", "/tencent-chat", query_string=query_of(STATE)))
    assert (405, failure(405, "Method not allowed")) == (response.status, response.body)
    assert ("allow", "POST") in response.headers


def test_a_body_over_the_limit_is_refused() -> None:
    desk = Desk(TencentChat(sdk_app_id=APP, max_body=64))
    response = desk.post(b"x" * 65, STATE)
    assert (413, failure(413, "Body too large")) == (response.status, response.body)


def test_the_limit_is_one_mebibyte() -> None:
    assert 1024 * 1024 == TencentChat(sdk_app_id=APP).max_body


def test_a_handler_that_raises_fails_the_callback_in_the_vendors_words(driver: Driver) -> None:
    desk = Desk(driver=driver)

    @desk.hooks.on(GroupOnMemberStateChange)
    def broken(event: GroupOnMemberStateChange) -> None:
        raise RuntimeError("a text that nobody outside may read")

    response = desk.post(OFFLINE, STATE)
    assert (500, failure(500, "Internal error")) == (response.status, response.body)


def test_answers_are_json() -> None:
    response = Desk().post(OFFLINE, STATE)
    assert ("content-type", "application/json") in response.headers
    assert ("content-length", str(len(SUCCESS))) in response.headers


def test_a_retry_of_a_room_event_is_a_duplicate_for_eight_days(driver: Driver) -> None:
    clock = Clock()
    desk = Desk(TencentRoom(sdk_app_id=APP), driver=driver, store=MemoryStore(clock=clock))
    payload = SAMPLES[RoomAfterCreateRoom]
    desk.post(payload, CREATE)
    clock.now += 8 * DAY - 1
    response = desk.post(payload, CREATE)
    assert (200, SUCCESS) == (response.status, response.body)
    assert [Outcome.PROCESSED, Outcome.DUPLICATE] == desk.outcomes
    clock.now += 2
    desk.post(payload, CREATE)
    assert [Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED] == desk.outcomes


def test_a_member_who_goes_offline_twice_is_two_facts_after_five_seconds(driver: Driver) -> None:
    """The body holds no time, so that only a retry can be told from it by its distance."""
    clock = Clock()
    desk = Desk(driver=driver, store=MemoryStore(clock=clock))
    for seconds in (0.0, 4.9, 0.2):
        clock.now += seconds
        desk.post(OFFLINE, STATE)
    assert [Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED] == desk.outcomes


def test_what_changes_from_try_to_try_is_no_part_of_the_key() -> None:
    desk = Desk(store=MemoryStore())
    desk.post(OFFLINE, query=query_of(STATE, ClientIP="203.0.113.1", Sign="ab", RequestTime="1700000000"))
    desk.post(OFFLINE, query=query_of(STATE, ClientIP="203.0.113.2", Sign="cd", RequestTime="1700000001"))
    assert [Outcome.PROCESSED, Outcome.DUPLICATE] == desk.outcomes


def test_equal_bodies_of_two_apps_are_two_events() -> None:
    desk = Desk(TencentChat(sdk_app_id=(1400000000, 1400000001)), store=MemoryStore())
    desk.post(OFFLINE, query=query_of(STATE, SdkAppid="1400000000"))
    desk.post(OFFLINE, query=query_of(STATE, SdkAppid="1400000001"))
    assert [Outcome.PROCESSED, Outcome.PROCESSED] == desk.outcomes


def test_equal_bodies_of_two_commands_are_two_events() -> None:
    desk = Desk(store=MemoryStore())
    body = body_of({"GroupId": "g"})
    desk.post(body, STATE)
    desk.post(body, "New.Callback")
    assert [Outcome.PROCESSED, Outcome.PROCESSED] == desk.outcomes


def test_setup_gives_the_url_for_the_console() -> None:
    hooks = Desk(TencentChat(sdk_app_id=APP)).provider
    assert "https://example.com/webhooks/tencent-chat" == hooks.setup("https://example.com/webhooks/")["url"]


@pytest.mark.parametrize("base", ["https://example.com/a!b", "https://example.com/$a", "https://example.com/a&b"])
def test_setup_refuses_an_url_that_the_console_refuses(base: str) -> None:
    with pytest.raises(ConfigurationError, match="takes no URL with"):
        TencentChat(sdk_app_id=APP).setup(base)
