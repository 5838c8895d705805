"""Where a request arrives, and by which method."""

from __future__ import annotations

import pytest

from webhook_kit import Dispatcher, Outcome

from .conftest import Seen, Serve
from .deliveries import chat, join, meeting, room
from .expected import NO_ENDPOINT, MeetingBaaS, Tencent, VCaaS
from .hosts import PAGE, WITH_CSRF, WITH_PAGES
from .wire import Answer, Sent

BY_VENDOR = {
    "meeting-baas": (meeting(), MeetingBaaS.SUCCESS, "complete"),
    "tencent-chat": (chat(), Tencent.SUCCESS, "Group.CallbackOnMemberStateChange"),
    "tencent-room": (room(), Tencent.SUCCESS, "Room.CallbackAfterCreateRoom"),
    "vcaas": (join(), VCaaS.SUCCESS, "userJoinLeave"),
    "vcaas-route": (join("/vcaas/user-join-leave"), VCaaS.SUCCESS, "userJoinLeave"),
}


@pytest.mark.parametrize("vendor", BY_VENDOR)
def test_a_delivery_is_handled_and_answered_as_its_vendor_wants(
    serve: Serve, handled: Dispatcher, seen: Seen, vendor: str
) -> None:
    sent, expected, type = BY_VENDOR[vendor]
    assert serve(handled).post(sent) == expected
    assert (seen.events, seen.outcomes) == ([type], [Outcome.PROCESSED])


def test_a_handler_sees_the_request_as_it_came(serve: Serve, handled: Dispatcher, seen: Seen) -> None:
    serve(handled).post(room())
    [delivery] = seen.deliveries
    request = delivery.request
    assert (request.method, request.path, request.query_string) == ("POST", "/tencent-room", room().query)
    assert (request.client, request.scheme) == ("192.0.2.1", "https")
    assert request.headers.getlist("Content-Type") == ["application/json"]
    assert request.headers.getlist("Content-Length") == [str(len(room().body))]


@pytest.mark.parametrize("vendor", BY_VENDOR)
def test_one_trailing_slash_is_accepted_without_a_redirect(serve: Serve, hooks: Dispatcher, vendor: str) -> None:
    sent, expected, _ = BY_VENDOR[vendor]
    assert serve(hooks).post(sent.but(path=f"{sent.path}/")) == expected


def test_a_percent_encoded_path_is_the_same_path(serve: Serve, hooks: Dispatcher) -> None:
    assert serve(hooks).post(meeting().but(path="/meeting%2Dbaas")) == MeetingBaaS.SUCCESS


@pytest.mark.parametrize(
    "path",
    [
        "/nobody",
        "/meeting-baas/below",
        "/meeting-baas//",
        "//meeting-baas",
        "/meeting-baas%0A",
        "/meeting-baas/%0Abelow",
        "/%FF",
        "/m%C3%A9eting-baas",
        "/Meeting-BaaS",
        "/",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_unknown_path_below_the_mount_is_not_found(
    serve: Serve, hooks: Dispatcher, seen: Seen, path: str, method: str
) -> None:
    assert serve(hooks).post(meeting().but(path=path, method=method)) == NO_ENDPOINT
    assert seen.outcomes == [Outcome.NOT_FOUND]


@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
def test_nothing_is_served_at_the_mount_itself(serve: Serve, hooks: Dispatcher, method: str) -> None:
    host = serve(hooks)
    assert host.send(meeting().but(path=host.top, method=method)) == NO_ENDPOINT


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    ("sent", "expected"),
    [(meeting(), MeetingBaaS.METHOD), (room(), Tencent.METHOD), (join(), VCaaS.METHOD)],
    ids=["meeting-baas", "tencent-room", "vcaas"],
)
def test_other_methods_are_refused_and_told_which_one_is_allowed(
    serve: Serve, hooks: Dispatcher, seen: Seen, method: str, sent: Sent, expected: Answer
) -> None:
    assert serve(hooks).post(sent.but(method=method)) == expected
    assert seen.outcomes == [Outcome.METHOD_NOT_ALLOWED]


def test_head_is_refused_without_a_body(serve: Serve, hooks: Dispatcher) -> None:
    assert serve(hooks).post(meeting().but(method="HEAD")) == MeetingBaaS.METHOD.without_body()


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
def test_an_upgrade_that_nobody_makes_changes_nothing(
    serve: Serve, handled: Dispatcher, seen: Seen, protocol: bytes
) -> None:
    host = serve(handled)
    asking = ((b"Connection", b"Upgrade"), (b"Upgrade", protocol))
    assert host.post(meeting().with_headers(*asking)) == MeetingBaaS.SUCCESS
    assert host.post(meeting().with_headers(*asking).but(method="GET")) == MeetingBaaS.METHOD
    assert seen.outcomes == [Outcome.PROCESSED, Outcome.METHOD_NOT_ALLOWED]


def test_a_mount_below_a_sub_path_serves_the_same_addresses(serve: Serve, handled: Dispatcher, seen: Seen) -> None:
    host = serve(handled)
    assert host.post(meeting().but(root="/some/prefix")) == MeetingBaaS.SUCCESS
    assert seen.deliveries[0].request.path == "/meeting-baas"
    assert host.post(meeting().but(path="/nobody", root="/some/prefix")) == NO_ENDPOINT


def test_a_sub_path_that_looks_like_the_mount_is_none(serve: Serve, hooks: Dispatcher) -> None:
    assert serve(hooks).post(meeting().but(root="/webhooks")) == MeetingBaaS.SUCCESS


@pytest.mark.parametrize("serve", WITH_PAGES, indirect=True)
def test_other_pages_stay_the_applications(serve: Serve, hooks: Dispatcher, seen: Seen) -> None:
    host = serve(hooks)
    page = host.send(Sent("/own", method="GET"))
    assert page is not None
    assert (page.status, page.body) == (200, PAGE)
    beside = host.send(meeting().but(path="/webhooksX/meeting-baas"))
    assert beside is not None
    assert (beside.status, beside == NO_ENDPOINT) == (404, False)
    assert seen.records == []


@pytest.mark.parametrize("serve", WITH_CSRF, indirect=True)
def test_protection_from_cross_site_requests_is_on_and_lets_vendors_pass(
    serve: Serve, hooks: Dispatcher, seen: Seen
) -> None:
    host = serve(hooks)
    refused = host.send(Sent("/own", b"a=1"))
    assert refused is not None
    assert refused.status in (400, 403)
    assert host.post(meeting()) == MeetingBaaS.SUCCESS
