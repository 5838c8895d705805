"""Receive the webhooks of four vendors in front of any WSGI application.

    waitress-serve --listen=127.0.0.1:8000 examples.wsgi_app:app

The addresses for the vendors are what ``provider.setup("https://your.host/webhooks")`` returns.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections import Counter
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from webhook_kit import Delivery, Dispatcher, Record, RedactQuery
from webhook_kit.adapters.wsgi import wrap
from webhook_kit.idempotency import SQLStore
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentChat, TencentRoom
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("gunicorn.access").addFilter(RedactQuery())  # if that serves it: the addresses hold tokens
log = logging.getLogger("example")

# Without the vendors' secrets in the environment nobody knows them, and nobody can send events.
unknown = secrets.token_urlsafe()

# In a file, so that all threads and processes of the server know what was processed.
hooks = Dispatcher(idempotency=SQLStore(os.environ.get("WSGI_DATABASE", "sqlite:///wsgi_example.db")))
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


def own(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Show what became of the deliveries so far: any WSGI application can stand here."""
    body = json.dumps(outcomes).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


app = wrap(own, hooks)
