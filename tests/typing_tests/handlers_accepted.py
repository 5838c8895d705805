"""What type checkers accept: handlers that take what they are registered for."""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Annotated, Any, Protocol, TypeVar, assert_type

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Header, Request

from tests.core.plain import SECRET, Closed, Knocked, Opened, Plain
from webhook_kit import Delivery, Dispatcher, Event, Handlers, Outcome, RawResponse, Record, UnknownEvent
from webhook_kit.adapters.fastapi import WebhookEvent, WebhookRoute, current_delivery, mount
from webhook_kit.handlers import On
from webhook_kit.idempotency import MemoryStore
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentEvent

hooks = Dispatcher(idempotency=MemoryStore(), namespace="shop", lease=30, handler_timeout=2.5, trusted_proxies=1)
handlers = Handlers()
EventT = TypeVar("EventT", bound=Event)


# One class: sync and async, with and without the delivery and further parameters.


@hooks.on(Opened)
def one(event: Opened) -> None: ...


@hooks.on(Opened)
async def one_async(event: Opened) -> None: ...


@hooks.on(Opened)
def one_with_delivery(event: Opened, delivery: Delivery) -> None: ...


@hooks.on(Opened)
async def one_async_with_delivery(event: Opened, delivery: Delivery) -> None: ...


@hooks.on(Opened)
def one_with_more(event: Opened, delivery: Delivery, retries: int = 3, *, dry: bool = False) -> None: ...


@hooks.on(Opened)
async def one_async_with_more(event: Opened, retries: int = 3, *, dry: bool = False) -> None: ...


@hooks.on(Knocked, deadline=1.5, default="stay shut", provider="plain", endpoint="plain", thread=False)
def decision(event: Knocked) -> str:
    return "open"


# What FastAPI gives, with and without a default. These are mounted there, and so are handlers of their own.

given = Handlers()


class Session: ...


def session() -> Iterator[Session]:
    yield Session()


SessionGiven = Annotated[Session, Depends(session)]
DEFAULT_SESSION: Any = Depends(session)


@given.on(Opened)
async def with_session(event: Opened, session: SessionGiven) -> None:
    assert_type(session, Session)


@given.on(Opened)
def with_delivery_and_session(event: Opened, delivery: Delivery, session: SessionGiven, tasks: BackgroundTasks) -> None:
    assert_type(delivery, Delivery)


@given.on(Opened)
async def with_session_by_default(event: Opened, session: Session = DEFAULT_SESSION) -> None: ...


@given.on(Opened)
def with_header(event: Opened, request: Request, *, kind: Annotated[str, Header(alias="content-type")]) -> None: ...


@given.on(Opened, Closed)
async def two_with_session(event: Opened | Closed, session: SessionGiven) -> None: ...


@given.on("door.*")
def by_name_with_session(event: Event, session: SessionGiven) -> None: ...


@given.on(Knocked, deadline=1.5, default="stay shut")
async def decision_with_session(event: Knocked, session: SessionGiven) -> str:
    return "open"


router = APIRouter(route_class=WebhookRoute)
doors = WebhookEvent(Plain(unverified=True), hooks, deadline=1.5, default="stay shut")


@router.post("/doors")
async def receive(
    event: Annotated[Knocked, Depends(doors)],
    delivery: Annotated[Delivery, Depends(current_delivery)],
    session: SessionGiven,
) -> str:
    assert_type(event, Knocked)
    return "open"


# Two to four classes.


@hooks.on(Opened, Closed)
def two(event: Opened | Closed) -> None: ...


@hooks.on(Opened, Closed)
async def two_with_delivery(event: Opened | Closed, delivery: Delivery, retries: int = 3) -> None: ...


@hooks.on(Opened, Closed, Knocked)
def three(event: Opened | Closed | Knocked) -> None: ...


@hooks.on(Opened, Closed, Knocked, UnknownEvent)
async def four(event: Opened | Closed | Knocked | UnknownEvent, delivery: Delivery) -> None: ...


@hooks.on(GroupOnMemberStateChange, RoomAfterCreateRoom)
def of_vendors(event: GroupOnMemberStateChange | RoomAfterCreateRoom, delivery: Delivery) -> None:
    assert_type(event, GroupOnMemberStateChange | RoomAfterCreateRoom)


# Whoever takes more than is registered.


@hooks.on(Opened, Closed)
def any_event(event: Event) -> None: ...


@hooks.on(GroupOnMemberStateChange, RoomAfterCreateRoom)
def any_of_tencent(event: TencentEvent) -> None: ...


@hooks.on(Opened)
def wider(event: Opened | Closed) -> None: ...


@hooks.on(Opened)
def anything(event: object) -> None: ...


@hooks.on(Opened)
def generic(event: EventT) -> EventT:
    return event


@hooks.on(Opened)
def untyped(event: Any, delivery: Any) -> None: ...


# Names, and names among classes.


@hooks.on("door.*", provider="plain")
def by_name(event: Event) -> None: ...


@hooks.on("door.opened", "door.closed", unknown=True)
async def by_names(event: Event, delivery: Delivery) -> None: ...


@hooks.on("door.opened", Closed)
def name_and_class(event: Event) -> None: ...


# Whatever can be called.


class Archive:
    def __call__(self, event: Opened, delivery: Delivery) -> None: ...
    async def method(self, event: Opened) -> None: ...


def configured(name: str, event: Opened) -> None: ...


seen: list[Event] = []
hooks.on(Opened)(Archive())
hooks.on(Opened)(Archive().method)
hooks.on(Opened)(partial(configured, "name"))
hooks.on(Opened)(seen.append)
hooks.on(Opened)(lambda event: seen.append(event))


# The decorated function is the function.


class TakesOpened(Protocol):
    def __call__(self, event: Opened, delivery: Delivery, /) -> None: ...


assert_type(hooks.on(Opened), On[Opened])
assert_type(hooks.on(Opened, Closed), On[Opened | Closed])
assert_type(hooks.on("door.*"), On[Event])
still: TakesOpened = one_with_delivery
coroutine: Callable[[Opened], Awaitable[None]] = one_async
text: str = decision(Knocked(kind="door.knocked", door="front"))


# Observers, other modules, providers, answers.


@hooks.observe
def observer(record: Record) -> None:
    assert_type(record.outcome, Outcome)


@hooks.observe(thread=False)
async def async_observer(record: Record) -> None: ...


assert_type(observer(Record(outcome=Outcome.PROCESSED, status=200, duration=0.1, delivery_id="d")), None)
hooks.include(handlers)
assert_type(hooks.add(Plain(unverified=True)), Plain)
assert_type(hooks.add(Plain(secret=SECRET), path="doors", answers={Outcome.FORGED: RawResponse(410)}), Plain)


# The handlers that FastAPI gives something to.

app = FastAPI()
app.include_router(router)
given_hooks = Dispatcher()
given_hooks.include(given)
given_hooks.add(Plain(unverified=True))
mount(app, given_hooks, path="/webhooks")
