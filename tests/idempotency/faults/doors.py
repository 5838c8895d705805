"""Applications for real servers: a handler that waits until it may go on, and then opens a door in a transaction.

Everything is in the folder that ``DOORS`` names: the database, ``started`` with a line for every start of the handler,
and ``go``, once it may go on.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import text

from tests.core.plain import SECRET, Opened, Plain
from webhook_kit import Delivery, Dispatcher
from webhook_kit.adapters import asgi, wsgi
from webhook_kit.idempotency import SQLStore

FOLDER = Path(os.environ["DOORS"])
LEASE = float(os.environ["DOORS_LEASE"])
INSERT = text("INSERT INTO effects VALUES (:door)")


def dispatcher() -> Dispatcher:
    with sqlite3.connect(FOLDER / "webhooks.db") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS effects (door text NOT NULL)")
    connection.close()
    hooks = Dispatcher(idempotency=SQLStore(f"sqlite:///{FOLDER}/webhooks.db"), lease=LEASE)
    hooks.add(Plain(secret=SECRET))
    return hooks


def start(event: Opened) -> None:
    with (FOLDER / "started").open("a") as started:
        started.write(f"{event.door}\n")


def may_go_on() -> bool:
    return (FOLDER / "go").exists()


async def aopen_door(event: Opened, delivery: Delivery) -> None:
    start(event)
    while not may_go_on():
        await asyncio.sleep(0.01)
    async with delivery.transaction() as connection:
        await connection.execute(INSERT, {"door": event.door})


def open_door(event: Opened, delivery: Delivery) -> None:
    start(event)
    while not may_go_on():
        time.sleep(0.01)
    with delivery.transaction() as connection:
        connection.execute(INSERT, {"door": event.door})


def with_async_handlers() -> asgi.ASGIApplication:
    hooks = dispatcher()
    hooks.on(Opened)(aopen_door)
    return asgi.application(hooks)


def with_sync_handlers() -> asgi.ASGIApplication:
    hooks = dispatcher()
    hooks.on(Opened)(open_door)
    return asgi.application(hooks)


def over_wsgi() -> wsgi.WSGIApplication:
    hooks = dispatcher()
    hooks.on(Opened)(open_door)
    return wsgi.application(hooks)
