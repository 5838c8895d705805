"""What type checkers reject. Each comment names what is expected there: one that is not needed is an error itself."""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from tests.core.plain import Closed, Knocked, Opened, Plain
from webhook_kit import Delivery, Dispatcher, Handlers, Outcome, RawResponse
from webhook_kit.idempotency import MemoryStore

hooks = Dispatcher()
handlers = Handlers()


# A handler that takes another class.


@hooks.on(Opened)  # type: ignore[arg-type]  # Closed is not Opened
def another(event: Closed) -> None: ...


@hooks.on(Opened)  # type: ignore[arg-type]  # Closed is not Opened
async def another_async(event: Closed, delivery: Delivery) -> None: ...


@hooks.on(Opened)  # type: ignore[arg-type]  # an event is no text
def text(event: str) -> None: ...


@hooks.on(Opened)  # type: ignore[arg-type]  # the event comes first
def swapped(delivery: Delivery, event: Opened) -> None: ...


@hooks.on(Opened)  # type: ignore[arg-type]  # it gets an event
def nothing() -> None: ...


@hooks.on(Opened)  # type: ignore[arg-type]  # by position
def by_keyword(*, event: Opened) -> None: ...


@hooks.on(Opened)  # type: ignore[arg-type]  # Closed is not Opened, whatever else is given
async def another_with_session(event: Closed, session: Annotated[str, Depends(str)]) -> None: ...


# A handler that takes one of several.


@hooks.on(Opened, Closed)  # type: ignore[arg-type]  # Closed is missing
def one_of_two(event: Opened) -> None: ...


@hooks.on(Opened, Closed, Knocked)  # type: ignore[arg-type]  # Knocked is missing
def two_of_three(event: Opened | Closed) -> None: ...


@handlers.on("door.opened")  # type: ignore[arg-type]  # a name says nothing about the class
def by_name(event: Opened) -> None: ...


# What is no event, and no keyword.

hooks.on(str)  # type: ignore[type-var]
hooks.on(5)  # type: ignore[call-overload]
hooks.on(Opened, provder="plain")  # type: ignore[call-overload]
hooks.on(Opened, deadline="1.5")  # type: ignore[call-overload]
hooks.on("door.*", thread=1.5)  # type: ignore[call-overload]
hooks.observe(lambda: None)  # type: ignore[type-var]
hooks.observe(treads=False)  # type: ignore[call-overload]
hooks.include([handlers])  # type: ignore[arg-type]
hooks.add(Plain)  # type: ignore[type-var]
hooks.add(Plain(unverified=True), pth="doors")  # type: ignore[arg-type]
hooks.add(Plain(unverified=True), answers={Outcome.FORGED: 410})  # type: ignore[dict-item]
Dispatcher(idempotancy=MemoryStore())  # type: ignore[arg-type]
Dispatcher(lease="60")  # type: ignore[arg-type]
Dispatcher(MemoryStore())  # type: ignore[call-arg]
RawResponse(200, {"a": "1"})  # type: ignore[dict-item]
