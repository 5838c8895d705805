"""The application that is killed: what a user would write, with effects that can be counted.

uvicorn --factory tests.reliability.application:application
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from webhook_kit import Delivery, Dispatcher, Event
from webhook_kit.adapters.starlette import mount
from webhook_kit.idempotency import RedisStore, SQLStore
from webhook_kit.providers.standard_webhooks import StandardWebhooks

from .effects import Effect, EffectLog, EffectTable

PATH: Final = "/webhooks/acme"

STORE: Final = "WEBHOOK_KIT_RELIABILITY_STORE"
SECRET: Final = "WEBHOOK_KIT_RELIABILITY_SECRET"
EFFECTS: Final = "WEBHOOK_KIT_RELIABILITY_EFFECTS"
"""Environment variables: the URL of the store, the vendor's secret, the file for effects outside of transactions."""

LEASE: Final = 2.0
"""Seconds for which the claim of a killed process locks its delivery: short, for a run with many kills."""


WORK: Final = (0.05, 0.15)
"""Seconds, at least and at most, for which a handler without a transaction works before its effect, as handlers do.

Without it the server is saturated, and at any time several deliveries wait between their effect and their completion:
each kill would double so many. If all took the same time, they would keep step with each other.
"""


class Invoice(Event):
    """What all events of this vendor have."""

    number: int
    fails_once: str


class InvoicePaid(Invoice):
    """Has a sync handler."""


class InvoiceSent(Invoice):
    """Has an async handler."""


class InvoiceVoided(Invoice):
    """Has both."""


def application() -> Starlette:
    """Return the application that the environment asks for."""
    url = os.environ[STORE]
    effects = os.environ.get(EFFECTS)
    hooks = Dispatcher(idempotency=SQLStore(url) if effects is None else RedisStore(url), lease=LEASE)
    events = {"invoice.paid": InvoicePaid, "invoice.sent": InvoiceSent, "invoice.voided": InvoiceVoided}
    hooks.add(StandardWebhooks(name="acme", secret=os.environ[SECRET], events=events))
    if effects is None:
        write_in_transactions(hooks)
    else:
        append_to_file(hooks, EffectLog(Path(effects)))
    app = Starlette()
    mount(app, hooks)
    return app


def write_in_transactions(hooks: Dispatcher) -> None:
    """Register handlers whose effect commits together with "this handler is done"."""

    @hooks.on(InvoicePaid, InvoiceVoided)
    def book(event: Invoice, delivery: Delivery) -> None:
        with delivery.transaction() as connection:
            connection.execute(EffectTable.INSERT, effect_of("book", event, delivery)._asdict())
            fail_where_asked("book", event, delivery)

    @hooks.on(InvoiceSent, InvoiceVoided)
    async def notify(event: Invoice, delivery: Delivery) -> None:
        async with delivery.transaction() as connection:
            await connection.execute(EffectTable.INSERT, effect_of("notify", event, delivery)._asdict())
            fail_where_asked("notify", event, delivery)


def append_to_file(hooks: Dispatcher, log: EffectLog) -> None:
    """Register handlers whose effect is outside of any transaction."""

    @hooks.on(InvoicePaid, InvoiceVoided)
    def book(event: Invoice, delivery: Delivery) -> None:
        time.sleep(random.uniform(*WORK))
        fail_where_asked("book", event, delivery)
        log.append(effect_of("book", event, delivery))

    @hooks.on(InvoiceSent, InvoiceVoided)
    async def notify(event: Invoice, delivery: Delivery) -> None:
        await asyncio.sleep(random.uniform(*WORK))
        fail_where_asked("notify", event, delivery)
        log.append(effect_of("notify", event, delivery))


def effect_of(handler: str, event: Invoice, delivery: Delivery) -> Effect:
    """Return what a handler does, for the check at the end."""
    return Effect(event.number, handler, delivery.attempt, time.monotonic())


def fail_where_asked(handler: str, event: Invoice, delivery: Delivery) -> None:
    """Raise at the first attempt of a few deliveries: the vendor's retry has to succeed."""
    if event.fails_once == handler and delivery.attempt == 1:
        raise RuntimeError("the first attempt fails, as the message asks for")
