"""Receive the webhooks of four vendors in a Flask application that a factory makes.

    flask --app examples.flask_app run
    flask --app examples.flask_app webhooks list

The addresses for the vendors are what ``provider.setup("https://your.host/webhooks")`` returns.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections import Counter
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select

from webhook_kit import Delivery, Record, RedactQuery
from webhook_kit.adapters.flask import Webhooks
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentChat, TencentRoom
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
for server in ("werkzeug", "gunicorn.access"):
    logging.getLogger(server).addFilter(RedactQuery())  # the addresses in access logs hold tokens
log = logging.getLogger("example")

tables = MetaData()
recordings = Table("recordings", tables, Column("bot_id", String, primary_key=True), Column("speakers", Integer))

# One extension for every application that the factory makes.
webhooks = Webhooks()
webhooks.add(lambda config: MeetingBaaS(secret=config["MEETING_BAAS_SECRET"]))
webhooks.add(lambda config: TencentChat(sdk_app_id=config["TENCENT_SDK_APP_ID"], token=config["TENCENT_TOKEN"]))
webhooks.add(lambda config: TencentRoom(sdk_app_id=config["TENCENT_SDK_APP_ID"]))
webhooks.add(lambda config: VCaaS(url_token=config["VCAAS_URL_TOKEN"]))


@webhooks.on(MeetingCompleted)
def archive(event: MeetingCompleted, delivery: Delivery) -> None:
    speakers = len(event.data.speakers or ())
    # The row and "this handler is done" are committed together: however often the vendor retries, there is one row.
    with delivery.transaction() as connection:
        connection.execute(recordings.insert().values(bot_id=event.data.bot_id, speakers=speakers))
    log.info("bot %s has a recording of %d speakers", event.data.bot_id, speakers)


@webhooks.on(GroupOnMemberStateChange, RoomAfterCreateRoom)
async def seen(event: GroupOnMemberStateChange | RoomAfterCreateRoom, delivery: Delivery) -> None:
    log.info("%s of application %s", event.type, delivery.context["sdk_app_id"])


@webhooks.on(UserJoinLeave)
def attend(event: UserJoinLeave) -> None:
    log.info("%r is %s", event.external_name, event.user_status)


@webhooks.observe
def count(record: Record) -> None:
    current_app.extensions["outcomes"][f"{record.endpoint} {record.outcome}"] += 1


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """Make an application; the environment and then ``config`` say what differs from one deployment to the next."""
    app = Flask(__name__)
    # Without the vendors' secrets in the environment nobody knows them, and nobody can send events.
    for name in ("MEETING_BAAS_SECRET", "TENCENT_TOKEN", "VCAAS_URL_TOKEN"):
        app.config[name] = os.environ.get(name) or secrets.token_urlsafe()
    app.config["TENCENT_SDK_APP_ID"] = os.environ.get("TENCENT_SDK_APP_ID", "1400000000")
    app.config["WEBHOOK_KIT_IDEMPOTENCY"] = "sqlite:///flask_example.db"
    app.config.from_prefixed_env()  # FLASK_WEBHOOK_KIT_IDEMPOTENCY=postgresql://...
    app.config.from_mapping(config)

    app.extensions["outcomes"] = Counter()
    webhooks.init_app(app)
    engine = app.extensions["engine"] = create_engine(app.config["WEBHOOK_KIT_IDEMPOTENCY"])
    tables.create_all(engine)

    @app.get("/")
    def index() -> dict[str, int]:
        """Show what became of the deliveries so far."""
        return dict(app.extensions["outcomes"])

    @app.get("/recordings")
    def archived() -> dict[str, int]:
        """Show who spoke where."""
        with engine.connect() as connection:
            return {row.bot_id: row.speakers for row in connection.execute(select(recordings))}

    return app
