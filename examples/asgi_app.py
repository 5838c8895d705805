"""Receive the webhooks of four vendors in front of any ASGI application.

    uvicorn examples.asgi_app:app

The addresses for the vendors are what ``provider.setup("https://your.host/webhooks")`` returns.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections import Counter

from webhook_kit import Delivery, Dispatcher, Record, RedactQuery
from webhook_kit.adapters.asgi import Receive, Scope, Send, wrap
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentChat, TencentRoom
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("uvicorn.access").addFilter(RedactQuery())  # its addresses hold tokens
log = logging.getLogger("example")

# Without the vendors' secrets in the environment nobody knows them, and nobody can send events.
unknown = secrets.token_urlsafe()

hooks = Dispatcher()
hooks.add(MeetingBaaS(secret=os.environ.get("MEETING_BAAS_SECRET", unknown)))
sdk_app_id = os.environ.get("TENCENT_SDK_APP_ID", "1400000000")
hooks.add(TencentChat(sdk_app_id=sdk_app_id, token=os.environ.get("TENCENT_TOKEN", unknown)))
hooks.add(TencentRoom(sdk_app_id=sdk_app_id))
hooks.add(VCaaS(url_token=os.environ.get("VCAAS_URL_TOKEN", unknown)))

outcomes: Counter[str] = Counter()


@hooks.on(MeetingCompleted)
async def archive(event: MeetingCompleted) -> None:
    log.info("bot %s has a recording of %d speakers", event.data.bot_id, len(event.data.speakers or ()))


@hooks.on(GroupOnMemberStateChange, RoomAfterCreateRoom)
def seen(event: GroupOnMemberStateChange | RoomAfterCreateRoom, delivery: Delivery) -> None:
    log.info("%s of application %s", event.type, delivery.context["sdk_app_id"])


@hooks.on(UserJoinLeave)
def attend(event: UserJoinLeave) -> None:
    log.info("%r is %s", event.external_name, event.user_status)


@hooks.observe
def count(record: Record) -> None:
    outcomes[f"{record.endpoint} {record.outcome}"] += 1


async def own(scope: Scope, receive: Receive, send: Send) -> None:
    """Show what became of the deliveries so far: any ASGI application can stand here."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    body = json.dumps(outcomes).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


async def live(receive: Receive, send: Send) -> None:
    """Begin and end with the server, inside the lifespan of ``hooks``; an application without this part will do."""
    assert (await receive())["type"] == "lifespan.startup"
    log.info("started; the store is open")
    await send({"type": "lifespan.startup.complete"})
    assert (await receive())["type"] == "lifespan.shutdown"
    log.info("ended; the store is closed after this")
    await send({"type": "lifespan.shutdown.complete"})


app = wrap(own, hooks)
