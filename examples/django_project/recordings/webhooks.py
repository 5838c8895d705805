"""What this app does with webhooks. ``Handlers`` know no project: it takes in those of every installed app."""

from __future__ import annotations

import logging
from functools import partial

from django.db import transaction

from webhook_kit import Delivery, Handlers
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom
from webhook_kit.providers.vcaas import UserJoinLeave

from .models import Recording

log = logging.getLogger("example")
handlers = Handlers()


@handlers.on(MeetingCompleted)
def archive(event: MeetingCompleted, delivery: Delivery) -> None:
    # The row and "this handler is done" are committed together: however often the vendor retries, there is one row.
    with delivery.transaction():
        recording = Recording.objects.create(bot_id=event.data.bot_id, speakers=len(event.data.speakers or ()))
        transaction.on_commit(partial(announce, recording))


def announce(recording: Recording) -> None:
    log.info("bot %s has a recording of %d speakers", recording.bot_id, recording.speakers)
    recording.announced = True
    recording.save(update_fields=["announced"])


@handlers.on(GroupOnMemberStateChange, RoomAfterCreateRoom)
async def seen(event: GroupOnMemberStateChange | RoomAfterCreateRoom, delivery: Delivery) -> None:
    log.info("%s of application %s", event.type, delivery.context["sdk_app_id"])


@handlers.on(UserJoinLeave)
def attend(event: UserJoinLeave) -> None:
    log.info("%r is %s", event.external_name, event.user_status)
