"""Which vendors send webhooks. What happens to them is in the ``webhooks.py`` of each app, imported at start."""

from __future__ import annotations

import os
import secrets
from collections import Counter

from webhook_kit import Record
from webhook_kit.adapters.django import dispatcher
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.tencent import TencentChat, TencentRoom
from webhook_kit.providers.vcaas import VCaaS

# Without the vendors' secrets in the environment nobody knows them, and nobody can send events.
unknown = secrets.token_urlsafe()

hooks = dispatcher()  # with the options of WEBHOOK_KIT, and the project's database as its memory
hooks.add(MeetingBaaS(secret=os.environ.get("MEETING_BAAS_SECRET", unknown)))
sdk_app_id = os.environ.get("TENCENT_SDK_APP_ID", "1400000000")
hooks.add(TencentChat(sdk_app_id=sdk_app_id, token=os.environ.get("TENCENT_TOKEN", unknown)))
hooks.add(TencentRoom(sdk_app_id=sdk_app_id))
hooks.add(VCaaS(url_token=os.environ.get("VCAAS_URL_TOKEN", unknown)))

outcomes: Counter[str] = Counter()


@hooks.observe
def count(record: Record) -> None:
    outcomes[f"{record.endpoint} {record.outcome}"] += 1
