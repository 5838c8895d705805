"""Other libraries that receive webhooks, against ``dispatch`` alone, or the application where they bring one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from webhook_kit import Dispatcher, Event, RawRequest
from webhook_kit.adapters import asgi
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.standard_webhooks import StandardWebhooks

from . import deliveries
from .bars import Bar
from .deliveries import SECRET, ASGIReceive, ASGIScope, Signed
from .flow import UNIT, endless
from .installed import library
from .messages import KEY, Said, github_request, line_request, mapping, slack_request, standard_request, standard_scope
from .rounds import Contender, measured
from .subject import Comparison, Effort, Subject

CALLS: Final = 1_000
"""Deliveries in one measurement."""


def in_turn(call: Callable[..., object], make: Callable[[], tuple[Any, ...]], calls: int) -> Contender:
    """Call a function with arguments that were made before, each time others."""

    def contend() -> float:
        prepared = [make() for _ in range(calls)]
        started = time.process_time()
        for arguments in prepared:
            call(*arguments)
        return (time.process_time() - started) / calls * 1e6

    return contend


def awaited(call: Callable[..., Awaitable[object]], make: Callable[[], tuple[Any, ...]], calls: int) -> Contender:
    """Do the same with a coroutine function, on one event loop."""

    def contend() -> float:
        prepared = [make() for _ in range(calls)]

        async def run() -> float:
            started = time.process_time()
            for arguments in prepared:
                await call(*arguments)
            return time.process_time() - started

        return asyncio.run(run()) / calls * 1e6

    return contend


class Handled:
    """How many events reached a handler: a contender that drops some is no faster for it."""

    def __init__(self) -> None:
        self.number = 0

    def count(self) -> None:
        self.number += 1

    def each(self, contender: Contender, calls: int) -> Contender:
        """Return the contender, which fails where not each of its calls was handled once."""

        def contend() -> float:
            self.number = 0
            figure = contender()
            assert self.number == calls, f"{self.number} of {calls} were handled"
            return figure

        return contend


def meeting(make: Callable[[], Signed]) -> tuple[RawRequest]:
    """Return a delivery of Meeting BaaS as the dispatcher takes it."""
    (request,) = deliveries.raw(endless(make), 1)
    return (request,)


def through(app: Any) -> Callable[[ASGIScope, ASGIReceive], Awaitable[None]]:
    """Return what hands a request to an ASGI application."""

    async def send(message: dict[str, Any]) -> None:
        return None

    async def receive_one(scope: ASGIScope, receive: ASGIReceive) -> None:
        await app(scope, receive, send)

    return receive_one


async def _authorized(**context: Any) -> Any:
    """Return whom the app acts for, which Slack would be asked otherwise."""
    return library("slack_bolt.authorization").AuthorizeResult(
        enterprise_id=None, team_id="T061EG9R6", bot_user_id="U0LAN0Z89", bot_token="xoxb-unused"
    )


def meetings(handled: Handled, *, asynchronous: bool = False) -> Dispatcher:
    """Return a dispatcher that reads what Meeting BaaS sends."""
    hooks = Dispatcher()
    hooks.add(MeetingBaaS(secret=SECRET))
    return _counting(hooks, MeetingCompleted, handled, asynchronous=asynchronous)


def reader(handled: Handled, *, asynchronous: bool = False) -> Dispatcher:
    """Return a dispatcher that reads messages of LINE, signed as Standard Webhooks says."""
    hooks = Dispatcher()
    hooks.add(StandardWebhooks(secret=KEY, events={"message": Said}))
    return _counting(hooks, Said, handled, asynchronous=asynchronous)


def _counting(hooks: Dispatcher, model: type[Event], handled: Handled, *, asynchronous: bool) -> Dispatcher:
    def count(event: Event) -> None:
        handled.count()

    async def acount(event: Event) -> None:
        handled.count()

    hooks.on(model)(acount if asynchronous else count)
    return hooks


def line(effort: Effort) -> Comparison:
    """Compare with line-bot-sdk: a body of as many bytes, and the same message in models with the same fields."""
    calls, handled = effort.calls(CALLS), Handled()
    handler, models = library("linebot.v3.webhook").WebhookHandler(SECRET), library("linebot.v3.webhooks")
    handler.add(models.MessageEvent, message=models.TextMessageContent)(lambda event: handled.count())

    size = len(line_request()[0])
    theirs, ours = "line-bot-sdk, its handler", "this kit, dispatch of as many bytes"
    contenders = {
        theirs: in_turn(handler.handle, line_request, calls),
        ours: in_turn(meetings(handled).dispatch, lambda: meeting(lambda: deliveries.sized(size)), calls),
        "this kit, dispatch of the same message": in_turn(reader(handled).dispatch, standard_request, calls),
    }
    figures = measured({name: handled.each(contenders[name], calls) for name in contenders}, effort.rounds)
    bar = Bar("dispatch, faster than line-bot-sdk", figures[theirs] / figures[ours], "at least", 4.0)
    return Comparison(f"A body of {size} bytes, without HTTP", UNIT, figures, (bar,))


def github(effort: Effort) -> Comparison:
    """Compare with gidgethub on the same body, which it reads into no model."""
    calls, handled = effort.calls(CALLS), Handled()
    sansio, router = library("gidgethub.sansio"), library("gidgethub.routing").Router()

    async def count(event: Any) -> None:
        handled.count()

    router.add(count, "complete")

    async def receive(headers: Mapping[str, str], body: bytes) -> None:
        await router.dispatch(sansio.Event.from_http(headers, body, secret=SECRET))

    theirs, ours = "gidgethub, parse and dispatch", "this kit, dispatch"
    hooks = meetings(handled, asynchronous=True)
    contenders = {
        theirs: awaited(receive, github_request, calls),
        ours: awaited(hooks.adispatch, lambda: meeting(deliveries.small), calls),
    }
    figures = measured({name: handled.each(contenders[name], calls) for name in contenders}, effort.rounds)
    bar = Bar("dispatch, faster than gidgethub", figures[theirs] / figures[ours], "at least", 1.0)
    return Comparison("A body of 190 bytes, without HTTP", UNIT, figures, (bar,))


def slack(effort: Effort) -> Comparison:
    """Compare with Slack's bolt behind its ASGI adapter, with a handler that is done before the answer, as ours is."""
    calls, handled = effort.calls(CALLS), Handled()
    app = library("slack_bolt.async_app").AsyncApp(
        signing_secret=SECRET, authorize=_authorized, process_before_response=True
    )

    async def count(event: dict[str, Any]) -> None:
        handled.count()

    app.event("message")(count)
    handler = library("slack_bolt.adapter.asgi.async_handler").AsyncSlackRequestHandler(app, "/slack")
    application = asgi.application(reader(handled, asynchronous=True))
    contenders = {
        "slack-bolt, its ASGI adapter": awaited(through(handler), slack_request, calls),
        "this kit, ASGI": awaited(through(application), standard_scope, calls),
    }
    figures = measured({name: handled.each(contenders[name], calls) for name in contenders}, effort.rounds)
    return Comparison("A message, through ASGI", UNIT, figures)


def standard(effort: Effort) -> Comparison:
    """Compare with what only verifies: the reference of Standard Webhooks, and Svix's."""
    calls, handled = effort.calls(CALLS), Handled()
    provider = StandardWebhooks(secret=KEY, events={"message": Said})
    assert provider.verifier is not None
    verifier, keys = provider.verifier, (provider.verifier.prepare(KEY),)
    contenders: dict[str, Contender] = {
        "standardwebhooks, verify": in_turn(library("standardwebhooks").Webhook(KEY).verify, mapping, calls),
        "svix, verify": in_turn(library("svix.webhooks").Webhook(KEY).verify, mapping, calls),
    }

    def verify(request: RawRequest) -> None:
        verifier.match(verifier.present(request, time.time()), request.body, keys)

    contenders["this kit, verify"] = in_turn(verify, standard_request, calls)
    ours = in_turn(reader(handled).dispatch, standard_request, calls)
    contenders["this kit, dispatch"] = handled.each(ours, calls)
    return Comparison("Standard Webhooks", UNIT, measured(contenders, effort.rounds))


SUBJECT: Final = Subject(
    "peers", "other libraries that receive webhooks, without a server", (line, github, slack, standard)
)
