"""Whatever is sent and whatever goes wrong, nothing of ours tells a secret, a signature, a token or a payload."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from webhook_kit import Delivery, Dispatcher, Event, Outcome, RawRequest, RawResponse, Record
from webhook_kit.idempotency import MemoryStore
from webhook_kit.idempotency.base import Claim
from webhook_kit.providers.base import Provider
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import TencentChat, TencentRTC
from webhook_kit.providers.vcaas import VCaaS

from .senders import APP, NOW, SECRET, WHSEC, Crafted, Sender, UserCreated, senders
from .table import TABLE
from .told import Told, in_full

SENDERS = senders()
PASSWORD = "redis://:hunter2@store.example"


class Unreachable(MemoryStore):
    """A store whose errors name its address."""

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        raise OSError(PASSWORD)


class Forgetful(MemoryStore):
    """A store that breaks once the handlers are done."""

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        raise OSError(PASSWORD)


def handles(event: Event, delivery: Delivery) -> None:
    """Do nothing."""


def fails(event: Event, delivery: Delivery) -> None:
    raise RuntimeError("of the user")


async def afails(event: Event, delivery: Delivery) -> None:
    try:
        await asyncio.sleep(0)
        raise LookupError("of the user")
    except LookupError as error:
        raise RuntimeError("of the user") from error


async def cancels_itself(event: Event, delivery: Delivery) -> None:
    raise asyncio.CancelledError


def stops(event: Event, delivery: Delivery) -> None:
    raise StopIteration(event)


def observes_and_fails(record: Record) -> None:
    raise RuntimeError("of the user")


STORES: dict[str, Callable[[], MemoryStore]] = {
    "a store": MemoryStore,
    "a store that is down": Unreachable,
    "a store that breaks": Forgetful,
}


def request_of(sent: Crafted) -> RawRequest:
    path = unquote_to_bytes(sent.path).decode("utf-8", "replace")
    return RawRequest(
        sent.method, path, query_string=sent.query, headers=[*sent.all_headers()], body=sent.body, client="192.0.2.1"
    )


class Desk:
    """A dispatcher, and everything that it lets out."""

    def __init__(self, *providers: tuple[str, Provider], store: MemoryStore, handler: Callable[..., Any]) -> None:
        self.shown: list[object] = []
        self.records: list[Record] = []
        self.hooks = Dispatcher(idempotency=store)
        for path, provider in providers:
            self.hooks.add(provider, path=path)
        self.hooks.on(Event, thread=False)(handler)
        self.hooks.observe(thread=False)(self.records.append)
        self.hooks.observe(thread=False)(observes_and_fails)
        self.shown += [self.hooks, *self.hooks.endpoints, *(provider for _, provider in providers), store]

    def send(self, requests: list[RawRequest], driver: str = "dispatch") -> None:
        if driver == "dispatch":
            answers = [self.hooks.dispatch(request) for request in requests]
        else:
            answers = asyncio.run(self._asend(requests))
        for request, answer in zip(requests, answers, strict=True):
            self.shown += [request, request.headers, request.query, answer, answer.headers, answer.body]

    async def _asend(self, requests: list[RawRequest]) -> list[RawResponse]:
        return [await self.hooks.adispatch(request) for request in requests]

    def text(self) -> str:
        """Return all of it, errors as error trackers keep them."""
        errors = [in_full(record.error) for record in self.records if record.error is not None]
        return "\n".join([*map(repr, self.shown), *map(repr, self.records), *errors])


@pytest.mark.parametrize("driver", ["dispatch", "adispatch"])
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("handler", [handles, fails, afails, cancels_itself, stops])
def test_neither_answers_nor_logs_nor_reprs_nor_tracebacks_tell(
    handler: Callable[..., Any], store: str, driver: str
) -> None:
    providers = {sender.path: sender.provider for sender in SENDERS}
    desk = Desk(*providers.items(), store=STORES[store](), handler=handler)
    with Told() as told:
        desk.send([request_of(sent) for sender in SENDERS for sent in a_few(sender)], driver)
    desk.hooks.close()
    outcomes = {record.outcome for record in desk.records}
    assert len(outcomes) > 5
    # The users' own observers get the store's error as it is; what we write names its class alone.
    assert "hunter2" not in "\n".join(told.lines)
    text = "\n".join([desk.text(), *told.lines])
    assert [] == [each for sender in SENDERS for each in sender.unspeakable if each in text]


def a_few(sender: Sender) -> Iterator[Crafted]:
    """Return what the vendor sends, and a few rows, others for each sender."""
    yield sender.genuine()
    yield sender.genuine(secret=sender.other_secret)
    rows = [row for row in TABLE if row.who(sender)]
    yield from (row.make(sender) for row in rows[SENDERS.index(sender) :: 30])


def clock() -> float:
    return NOW


def broken_secret() -> str:
    raise RuntimeError(f"no answer for {SECRET}")


SOURCES: dict[str, Callable[[Any], Provider]] = {
    "meeting-baas": lambda source: MeetingBaaS(secret=source, clock=clock),
    "meeting-baas-v2": lambda source: MeetingBaaS(signing_secret=source, clock=clock),
    "vcaas": lambda source: VCaaS(url_token=source, clock=clock),
    "standard-webhooks": lambda source: StandardWebhooks(
        secret=source, events={"user.created": UserCreated}, clock=clock
    ),
    "tencent-chat": lambda source: TencentChat(sdk_app_id=int(APP), token=source, clock=clock),
    "tencent-rtc": lambda source: TencentRTC(sdk_app_id=int(APP), key=source, clock=clock),
}
ANSWERS: dict[str, Callable[[], Any]] = {
    "raises": broken_secret,
    "returns bytes": lambda: SECRET.encode(),
    "returns a mapping": lambda: {SECRET: SECRET},
    "returns nothing": lambda: None,
    "returns what is no base64": lambda: f"whsec_{SECRET}",
    "returns a private key": lambda: WHSEC.replace("whsec_", "whsk_"),
    "returns a surrogate": lambda: f"{SECRET}\ud800",
}


@pytest.mark.parametrize("path", SOURCES)
@pytest.mark.parametrize("answer", ANSWERS)
def test_nor_does_a_callable_that_knows_the_secret(path: str, answer: str) -> None:
    """What it raises is its own; we say that there is no secret, and no more."""
    sender = next(each for each in SENDERS if each.path == path)
    desk = Desk((path, SOURCES[path](ANSWERS[answer])), store=MemoryStore(), handler=handles)
    with Told() as told:
        desk.send([request_of(sender.genuine())])
    [record] = desk.records
    assert record.outcome in (Outcome.SECRET_UNAVAILABLE, Outcome.FORGED)
    shown = [*map(repr, desk.shown), repr(record), *told.lines]
    if record.error is not None and answer != "raises":
        shown.append(in_full(record.error))
    text = "\n".join(shown)
    assert [] == [each for each in (*sender.unspeakable, SECRET, WHSEC.removeprefix("whsec_")) if each in text]
