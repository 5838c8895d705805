"""The application that is watched: what a user would write, over ASGI and over WSGI.

uvicorn --factory tests.soak.application:over_asgi
gunicorn "tests.soak.application:over_wsgi()"
"""

from __future__ import annotations

import asyncio
import os
from typing import Final
from wsgiref.types import WSGIApplication

from tests.reliability.application import SECRET, STORE, InvoicePaid, InvoiceSent, InvoiceVoided
from webhook_kit import Delivery, Dispatcher
from webhook_kit.adapters import asgi, wsgi
from webhook_kit.idempotency import RedisStore, SQLStore
from webhook_kit.providers.standard_webhooks import StandardWebhooks

PATH: Final = "/acme"
LIMIT: Final = 4096
"""The ``max_body``, so that a body above it is soon sent."""


def hooks() -> Dispatcher:
    """Return the dispatcher that the environment asks for."""
    url = os.environ[STORE]
    hooks = Dispatcher(idempotency=RedisStore(url) if url.startswith("redis") else SQLStore(url))
    events = {"invoice.paid": InvoicePaid, "invoice.sent": InvoiceSent, "invoice.voided": InvoiceVoided}
    hooks.add(StandardWebhooks(name="acme", secret=os.environ[SECRET], events=events, max_body=LIMIT))

    @hooks.on(InvoicePaid, InvoiceVoided)
    def book(event: InvoicePaid | InvoiceVoided, delivery: Delivery) -> None:
        if event.fails_once == "book" and delivery.attempt == 1:
            raise RuntimeError("the first attempt fails, as the message asks for")

    @hooks.on(InvoiceSent, InvoiceVoided)
    async def notify(event: InvoiceSent | InvoiceVoided, delivery: Delivery) -> None:
        await asyncio.sleep(0)
        if event.fails_once == "notify" and delivery.attempt == 1:
            raise RuntimeError("the first attempt fails, as the message asks for")

    return hooks


def over_asgi() -> asgi.ASGIApplication:
    return asgi.application(hooks())


def over_wsgi() -> WSGIApplication:
    return wsgi.application(hooks())
