"""Receive the webhooks of four vendors in a Starlette application.

    uvicorn examples.starlette_app:app

The addresses for the vendors are what ``provider.setup("https://your.host/webhooks")`` returns.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from webhook_kit import Delivery, Dispatcher, Record, RedactQuery
from webhook_kit.adapters.starlette import mount
from webhook_kit.idempotency import SQLStore
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentChat, TencentRoom
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("uvicorn.access").addFilter(RedactQuery())  # its addresses hold tokens
log = logging.getLogger("example")

database = os.environ.get("STARLETTE_DATABASE", "sqlite:///starlette_example.db")
tables = MetaData()
recordings = Table("recordings", tables, Column("bot_id", String, primary_key=True), Column("speakers", Integer))

# Without the vendors' secrets in the environment nobody knows them, and nobody can send events.
unknown = secrets.token_urlsafe()

hooks = Dispatcher(idempotency=SQLStore(database))
hooks.add(MeetingBaaS(secret=os.environ.get("MEETING_BAAS_SECRET", unknown)))
sdk_app_id = os.environ.get("TENCENT_SDK_APP_ID", "1400000000")
hooks.add(TencentChat(sdk_app_id=sdk_app_id, token=os.environ.get("TENCENT_TOKEN", unknown)))
hooks.add(TencentRoom(sdk_app_id=sdk_app_id))
hooks.add(VCaaS(url_token=os.environ.get("VCAAS_URL_TOKEN", unknown)))

outcomes: Counter[str] = Counter()


@hooks.on(MeetingCompleted)
async def archive(event: MeetingCompleted, delivery: Delivery) -> None:
    speakers = len(event.data.speakers or ())
    # The row and "this handler is done" are committed together: however often the vendor retries, there is one row.
    async with delivery.transaction() as connection:
        await connection.execute(recordings.insert().values(bot_id=event.data.bot_id, speakers=speakers))
    log.info("bot %s has a recording of %d speakers", event.data.bot_id, speakers)


@hooks.on(GroupOnMemberStateChange, RoomAfterCreateRoom)
def seen(event: GroupOnMemberStateChange | RoomAfterCreateRoom, delivery: Delivery) -> None:
    log.info("%s of application %s", event.type, delivery.context["sdk_app_id"])


@hooks.on(UserJoinLeave)
async def attend(event: UserJoinLeave) -> None:
    log.info("%r is %s", event.external_name, event.user_status)


@hooks.observe
def count(record: Record) -> None:
    outcomes[f"{record.endpoint} {record.outcome}"] += 1


async def index(request: Request) -> JSONResponse:
    """Show what became of the deliveries so far."""
    return JSONResponse(outcomes)


def archived(request: Request) -> JSONResponse:
    """Show who spoke where; a function that blocks runs in a thread."""
    with request.state.engine.connect() as connection:
        return JSONResponse({row.bot_id: row.speakers for row in connection.execute(select(recordings))})


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
    """Have a database for the pages; the store of ``hooks`` is open before, and closed after."""
    engine = create_engine(database)
    tables.create_all(engine)
    yield {"engine": engine}
    engine.dispose()


app = Starlette(routes=[Route("/", index), Route("/recordings", archived)], lifespan=lifespan)
mount(app, hooks)
