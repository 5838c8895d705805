"""Deliveries to everything that can receive them, and what the vendor makes of the answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx2
import pytest
from django.test import AsyncClient
from django.test import Client as DjangoClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.conformance import django_site
from tests.conformance.hosts import HOSTS, Host
from webhook_kit import ConfigurationError, Delivery, Dispatcher, Event, Outcome, RawRequest, Record
from webhook_kit.adapters import starlette, wsgi
from webhook_kit.providers.meeting_baas import BotCompleted, BotStatusChanged, MeetingBaaS, MeetingCompleted
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import GroupBeforeSendMsg, RoomAfterCreateRoom, TencentChat, TencentRoom
from webhook_kit.providers.vcaas import MeetingData, UserJoinLeave, VCaaS
from webhook_kit.testing import Answer, FrozenClock, Message, WebhookClient, deliver, sample

SECRET = "a secret of more than sixteen characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
OK = (200, b'{"status":"success"}')


class Ordered(Event):
    order: str


class Receiver:
    """A dispatcher, and what its handler and its observer saw."""

    def __init__(self) -> None:
        self.clock = FrozenClock(1_790_000_000)
        self.hooks = Dispatcher()
        self.hooks.add(MeetingBaaS(secret=SECRET, clock=self.clock))
        self.hooks.add(MeetingBaaS(signing_secret=SIGNING_SECRET, clock=self.clock), path="second")
        self.hooks.add(TencentChat(sdk_app_id=1400000000, token=SECRET, clock=self.clock))
        self.hooks.add(TencentRoom(sdk_app_id=1400000000, clock=self.clock))
        self.hooks.add(VCaaS(url_token=SECRET, clock=self.clock))
        self.events: list[Event] = []
        self.deliveries: list[Delivery] = []
        self.records: list[Record] = []
        self.hooks.on(Event)(self._handle)
        self.hooks.observe(self.records.append)

    def _handle(self, event: Event, delivery: Delivery) -> None:
        self.events.append(event)
        self.deliveries.append(delivery)

    @property
    def outcomes(self) -> list[Outcome]:
        return [record.outcome for record in self.records]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def client(receiver: Receiver) -> WebhookClient:
    return WebhookClient(receiver.hooks)


# What receives.


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, receiver: Receiver) -> Iterator[Host]:
    host = HOSTS[request.param](receiver.hooks)
    yield host
    host.close()


def test_an_application_receives(host: Host, receiver: Receiver) -> None:
    with WebhookClient(host.app, hooks=receiver.hooks, path=host.mount) as client:  # type: ignore[attr-defined]
        for event in (MeetingCompleted, RoomAfterCreateRoom, GroupBeforeSendMsg, UserJoinLeave, BotCompleted):
            assert client.deliver(event).delivered, event
        assert client.deliver(MeetingCompleted).delivered
    assert [each.type for each in receiver.events] == [
        "complete",
        "Room.CallbackAfterCreateRoom",
        "Group.CallbackBeforeSendMsg",
        "userJoinLeave",
        "bot.completed",
    ]
    assert receiver.outcomes == [*[Outcome.PROCESSED] * 5, Outcome.DUPLICATE]


async def test_an_application_receives_on_this_event_loop(host: Host, receiver: Receiver) -> None:
    async with WebhookClient(host.app, hooks=receiver.hooks, path=host.mount) as client:  # type: ignore[attr-defined]
        assert (await client.adeliver(MeetingCompleted)).delivered
        assert (await client.asend(client.request(UserJoinLeave))).delivered
    assert receiver.outcomes == [Outcome.PROCESSED] * 2


async def test_a_dispatcher_receives_on_this_event_loop(receiver: Receiver) -> None:
    loops: list[Any] = []

    @receiver.hooks.on(MeetingCompleted)
    async def handle(event: MeetingCompleted) -> None:
        loops.append(asyncio.get_running_loop())

    assert (await WebhookClient(receiver.hooks).adeliver(MeetingCompleted)).delivered
    assert loops == [asyncio.get_running_loop()]


def flask_client(hooks: Dispatcher, stack: list[Host]) -> Any:
    host = HOSTS["flask"](hooks)
    stack.append(host)
    return host.app.test_client()  # type: ignore[attr-defined]


def django_client(hooks: Dispatcher, stack: list[Host]) -> Any:
    stack.append(HOSTS["django-wsgi"](hooks))
    return DjangoClient(enforce_csrf_checks=True)


def asynchronous_django_client(hooks: Dispatcher, stack: list[Host]) -> Any:
    stack.append(HOSTS["django-asgi"](hooks))
    return AsyncClient()


def fastapi_client(hooks: Dispatcher, stack: list[Host]) -> Any:
    host = HOSTS["fastapi"](hooks)
    stack.append(host)
    return TestClient(host.app)  # type: ignore[attr-defined]


def httpx_client(hooks: Dispatcher, stack: list[Host]) -> Any:
    host = HOSTS["starlette"](hooks)
    stack.append(host)
    transport = httpx2.ASGITransport(host.app)  # type: ignore[attr-defined]
    return httpx2.AsyncClient(transport=transport, base_url="https://testserver")


Make = Callable[[Dispatcher, list[Host]], Any]


@pytest.fixture
def hosts() -> Iterator[list[Host]]:
    stack: list[Host] = []
    yield stack
    for host in stack:
        host.close()


@pytest.mark.parametrize("make", [flask_client, django_client, fastapi_client])
def test_a_test_client_is_used(make: Make, receiver: Receiver, hosts: list[Host]) -> None:
    client = WebhookClient(make(receiver.hooks, hosts), hooks=receiver.hooks)
    assert client.deliver(UserJoinLeave) == client.deliver(UserJoinLeave)
    assert client.deliver(MeetingCompleted).delivered
    assert receiver.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED]


@pytest.mark.parametrize(
    "make", [flask_client, django_client, fastapi_client, asynchronous_django_client, httpx_client]
)
async def test_a_test_client_is_used_from_an_event_loop(make: Make, receiver: Receiver, hosts: list[Host]) -> None:
    client = WebhookClient(make(receiver.hooks, hosts), hooks=receiver.hooks)
    assert (await client.adeliver(UserJoinLeave)).delivered
    assert receiver.outcomes == [Outcome.PROCESSED]


@pytest.mark.parametrize("make", [asynchronous_django_client, httpx_client])
def test_an_asynchronous_test_client_is_awaited(make: Make, receiver: Receiver, hosts: list[Host]) -> None:
    client = WebhookClient(make(receiver.hooks, hosts), hooks=receiver.hooks)
    with pytest.raises(ConfigurationError, match=r"await client\.adeliver"):
        client.deliver(UserJoinLeave)


async def test_an_asgi_application_is_awaited_where_a_loop_runs(receiver: Receiver, hosts: list[Host]) -> None:
    host = HOSTS["fastapi"](receiver.hooks)
    hosts.append(host)
    with pytest.raises(ConfigurationError, match=r"await client\.adeliver"):
        deliver(host.app, UserJoinLeave, hooks=receiver.hooks)  # type: ignore[attr-defined]


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address(receiver: Receiver) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, wsgi.application(receiver.hooks), handler_class=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_receives(address: str, receiver: Receiver) -> None:
    client = WebhookClient(address, hooks=receiver.hooks)
    assert [client.deliver(each).delivered for each in (MeetingCompleted, UserJoinLeave, BotCompleted)] == [True] * 3
    assert receiver.outcomes == [Outcome.PROCESSED] * 3


def test_an_address_of_one_provider_needs_no_dispatcher(address: str, receiver: Receiver) -> None:
    provider = MeetingBaaS(signing_secret=SIGNING_SECRET, clock=receiver.clock)
    answer = deliver(f"{address}/second/", BotStatusChanged, provider=provider)
    assert (answer.status, answer.body) == OK
    assert receiver.deliveries[-1].endpoint == "second"


def test_the_route_of_an_event_is_below_the_address(address: str, receiver: Receiver) -> None:
    assert deliver(f"{address}/vcaas", UserJoinLeave, provider=VCaaS(url_token=SECRET)).delivered
    assert receiver.deliveries[-1].request.path == "/vcaas/user-join-leave"


def test_a_token_in_the_address_is_sent_once(address: str, receiver: Receiver) -> None:
    token = SECRET.replace(" ", "+")
    provider = VCaaS(url_token="what the user of the address does not know")
    assert deliver(f"{address}/vcaas?token={token}", MeetingData, provider=provider).delivered
    assert receiver.deliveries[-1].request.query.getlist("token") == [SECRET]


@pytest.mark.parametrize("target", ["localhost:8000/webhooks", "ftp://example.com/", "https://", 7, None, Dispatcher])
def test_what_cannot_receive_is_refused(target: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"write http://host:port/path|goes to a Dispatcher"):
        WebhookClient(target)


def test_a_secret_in_an_address_that_is_none_is_not_told() -> None:
    with pytest.raises(ConfigurationError) as raised:
        WebhookClient("example.com/vcaas?token=a-secret")
    assert "a-secret" not in str(raised.value)


def test_a_provider_goes_with_an_address(receiver: Receiver) -> None:
    with pytest.raises(ConfigurationError, match="give hooks="):
        WebhookClient(receiver.hooks, provider=MeetingBaaS(secret=SECRET))


# Lifespans.


async def test_the_lifespan_runs_on_the_loop_of_the_deliveries(receiver: Receiver) -> None:
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[dict[str, str]]:
        told.append("started")
        yield {"who": "the application"}
        told.append("ended")

    async def page(request: Request) -> PlainTextResponse:
        told.append(request.state.who)
        return PlainTextResponse("a page")

    app = Starlette(routes=[Route("/page", page, methods=["POST"])], lifespan=lifespan)
    starlette.mount(app, receiver.hooks)
    async with WebhookClient(app, hooks=receiver.hooks, path="/") as client:
        assert (await client.asend(RawRequest("POST", "/page"))).text == "a page"
    assert told == ["started", "the application", "ended"]


def test_a_start_that_fails_is_told() -> None:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        raise OSError("no database")
        yield

    with WebhookClient(Starlette(lifespan=lifespan), hooks=Dispatcher()) as client:
        with pytest.raises(RuntimeError, match="startup failed"):
            client.send(RawRequest("POST", "/"))


def test_nothing_starts_where_nothing_is_sent() -> None:
    def untouched(*arguments: object) -> None:
        raise AssertionError("it was called")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        untouched()

    with WebhookClient(app), WebhookClient(untouched):
        pass


def test_one_loop_serves_all_deliveries_of_a_client(receiver: Receiver, hosts: list[Host]) -> None:
    loops: set[int] = set()

    @receiver.hooks.on(UserJoinLeave)
    async def handle(event: UserJoinLeave) -> None:
        loops.add(id(asyncio.get_running_loop()))

    host = HOSTS["asgi-middleware"](receiver.hooks)
    hosts.append(host)
    with WebhookClient(host.app, hooks=receiver.hooks) as client:  # type: ignore[attr-defined]
        for user in ("u-1", "u-2"):
            assert client.deliver(sample(UserJoinLeave, external_id=user)).delivered
    assert len(loops) == 1


# What is sent.


def test_the_same_event_again_is_a_retry(client: WebhookClient, receiver: Receiver) -> None:
    """Also for vendors whose deliveries have an id."""
    for event in (sample(BotCompleted), sample(MeetingCompleted)):
        assert client.deliver(event) == client.deliver(event)
    assert receiver.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE] * 2


def test_another_id_makes_another_delivery(client: WebhookClient, receiver: Receiver) -> None:
    for id in (None, "msg_1", "msg_2", "msg_1"):
        client.deliver(BotCompleted, id=id)
    assert receiver.outcomes == [*[Outcome.PROCESSED] * 3, Outcome.DUPLICATE]


def test_a_retry_is_signed_anew(client: WebhookClient, receiver: Receiver) -> None:
    client.deliver(BotCompleted)
    receiver.clock.advance(hours=2)
    assert client.deliver(BotCompleted).delivered
    assert receiver.outcomes == [Outcome.PROCESSED, Outcome.DUPLICATE]


def test_an_event_made_by_hand_is_sent_under_the_name_that_the_endpoint_knows(
    client: WebhookClient, receiver: Receiver
) -> None:
    event = UserJoinLeave(meeting_uid="m-1", user_status="1")  # type: ignore[arg-type]
    assert client.deliver(event).delivered
    assert receiver.events[-1].model_dump() == event.model_dump()


def test_an_event_that_was_received_can_be_sent_again(client: WebhookClient, receiver: Receiver) -> None:
    client.deliver(sample(RoomAfterCreateRoom, room_info__room_id="r-1"))
    client.deliver(receiver.events[-1], id="another")
    assert receiver.events[0].model_dump() == receiver.events[-1].model_dump()


def test_a_model_of_the_users_own_is_sent(receiver: Receiver) -> None:
    receiver.hooks.add(
        StandardWebhooks(secret=SIGNING_SECRET, events={"order.made": Ordered}, name="shop", clock=receiver.clock)
    )
    assert deliver(receiver.hooks, sample(Ordered, order="o-7")).delivered
    assert isinstance(receiver.events[-1], Ordered)
    assert (receiver.events[-1].type, receiver.events[-1].order) == ("order.made", "o-7")


@pytest.mark.parametrize("body", [{"event": "complete", "data": {"bot_id": "b"}}, b'{"event":"complete"}'], ids=repr)
def test_any_body_is_sent_as_it_is(body: Any, client: WebhookClient, receiver: Receiver) -> None:
    assert client.deliver(body, type="complete").delivered
    assert receiver.events[-1].type == "complete"


def test_an_unknown_type_is_sent_to_an_endpoint(client: WebhookClient, receiver: Receiver) -> None:
    assert client.deliver({"a": 1}, type="bot.danced", endpoint="meeting-baas").delivered
    assert receiver.events[-1].type == "bot.danced"


def test_a_message_is_sent_under_its_own_id(client: WebhookClient, receiver: Receiver) -> None:
    body = b'{"event":"bot.completed","data":{"bot_id":"b"}}'
    assert client.deliver(Message("bot.completed", body, "msg_own")).delivered
    assert receiver.deliveries[-1].request.headers.get("svix-id") == "msg_own"
    assert receiver.deliveries[-1].request.body == body


def test_a_request_is_changed_before_it_is_sent(client: WebhookClient, receiver: Receiver) -> None:
    request = client.request(MeetingCompleted)
    request.body += b" "
    assert client.send(request).status == 401
    assert receiver.outcomes == [Outcome.FORGED]


def test_what_is_needed_for_a_refusal(client: WebhookClient, receiver: Receiver) -> None:
    assert client.deliver(MeetingCompleted, secret="a secret that nobody knows of").status == 401
    assert client.deliver(MeetingCompleted, signed=False).status == 401
    assert client.deliver(BotCompleted, now=receiver.clock() - 600).status == 401
    assert receiver.outcomes == [Outcome.FORGED, Outcome.UNAUTHENTICATED, Outcome.STALE]
    assert not receiver.events


# Who receives it.


@pytest.mark.parametrize(
    ("event", "options", "said"),
    [
        (BotStatusChanged, {}, "several endpoints receive BotStatusChanged: give endpoint='meeting-baas' or .*second"),
        (Ordered, {}, "no endpoint receives Ordered"),
        (sample(Ordered), {}, "no endpoint receives Ordered"),
        (Message("order", b"{}", "1"), {}, "no endpoint receives 'order'"),
        ({}, {"type": "order"}, "no endpoint receives 'order'"),
        (MeetingCompleted, {"endpoint": "meeting-bass"}, "there is no endpoint 'meeting-bass'; .* 'meeting-baas'"),
        (MeetingCompleted, {"endpoint": "vcaas"}, "receives no MeetingCompleted; did you mean 'Meeting"),
        (b"{}", {}, "needs type="),
        ("complete", {}, r"takes an event, an event class, decoded JSON or bytes, not 'complete'"),
    ],
)
def test_what_has_no_receiver_says_what_to_write(
    event: Any, options: dict[str, Any], said: str, client: WebhookClient
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        client.deliver(event, **options)


def test_an_endpoint_is_chosen(client: WebhookClient, receiver: Receiver) -> None:
    client.deliver(BotStatusChanged, endpoint="/second/")
    assert receiver.deliveries[-1].endpoint == "second"


def test_the_only_dispatcher_of_the_process_is_found(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    app = opaque(receiver)
    monkeypatch.setattr("webhook_kit.testing.client.living_dispatchers", lambda: [Dispatcher(), receiver.hooks])
    assert deliver(app, UserJoinLeave, path="/").delivered


def opaque(receiver: Receiver) -> Any:
    """Return an application of which nothing can be seen."""
    app = wsgi.application(receiver.hooks)
    return lambda environ, start_response: app(environ, start_response)


@pytest.mark.parametrize("number", [0, 2])
def test_no_dispatcher_or_several_have_to_be_named(
    number: int, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    monkeypatch.setattr("webhook_kit.testing.client.living_dispatchers", lambda: [receiver.hooks] * number)
    with pytest.raises(ConfigurationError, match="hooks="):
        deliver(opaque(receiver), UserJoinLeave)


# Secrets from callables.


def of_a_tenant(request: RawRequest) -> list[str]:
    return [SECRET, f"the old one of {request.path}"]


async def asked_for() -> str:
    await asyncio.sleep(0)
    return SECRET


@pytest.mark.parametrize("source", [lambda: SECRET, of_a_tenant, asked_for])
def test_a_secret_is_asked_for(source: Any) -> None:
    hooks = Dispatcher()
    hooks.add(MeetingBaaS(secret=source))
    assert deliver(hooks, MeetingCompleted).delivered


@pytest.mark.parametrize("source", [lambda: SECRET, of_a_tenant, asked_for])
async def test_a_secret_is_asked_for_on_an_event_loop(source: Any) -> None:
    hooks = Dispatcher()
    hooks.add(MeetingBaaS(secret=source))
    client = WebhookClient(hooks)
    assert (await client.adeliver(MeetingCompleted)).delivered
    assert client.deliver(MeetingCompleted).delivered, "also where the loop is running"


def test_an_unverified_provider_gets_no_signature() -> None:
    hooks = Dispatcher()
    hooks.add(TencentRoom(unverified=True))
    assert deliver(hooks, RoomAfterCreateRoom).delivered


# The answer.


def test_an_answer_tells_what_the_vendor_would_do(client: WebhookClient) -> None:
    answer = client.deliver(UserJoinLeave, secret="another secret than the vendor's")
    assert (answer.status, answer.text, answer.delivered) == (401, "Invalid signature", False)
    assert answer.verdict.again == 15
    assert str(answer) == (
        "401 Invalid signature: not delivered: the answer is 401; the vendor comes again in 15 s: try 2 of 5"
    )


def test_an_answer_can_be_looked_into(client: WebhookClient) -> None:
    answer = client.deliver(MeetingCompleted)
    assert isinstance(answer, Answer)
    assert answer.json() == {"status": "success"}
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("x-nothing") is None
    assert answer.seconds > 0


def test_an_address_that_is_no_endpoint_is_judged_all_the_same(client: WebhookClient) -> None:
    assert client.send(RawRequest("POST", "/nobody")).verdict.text.startswith("not delivered: the answer is 404")


def test_a_repr_holds_no_request(client: WebhookClient) -> None:
    assert SECRET not in repr(client.deliver(UserJoinLeave))


@pytest.fixture(autouse=True, scope="module")
def _django() -> None:
    django_site.configure()
