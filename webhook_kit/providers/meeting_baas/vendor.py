"""What Meeting BaaS sends on each of its channels, and when it comes again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..retries import Failure, Retries
from ..vendor import Vendor
from .channels import ALERT, CALLBACK, WEBHOOK
from .events import BotStatusChanged
from .samples import SAMPLES

if TYPE_CHECKING:
    from .provider import MeetingBaaS

# https://docs.meetingbaas.com/docs/api/reference/webhooks/webhook_documentation
FIRST_GENERATION: Final = Retries(
    patience=10.0, note="the vendor documents that it comes again, but neither when nor how often"
)
# The vendor's sender makes one attempt. https://github.com/Meeting-BaaS/meet-teams-bot/blob/main/src/events.ts
STATUS_CHANGES: Final = replace(FIRST_GENERATION, patience=5.0, note="")

# https://docs.meetingbaas.com/docs/api-v2/webhooks
SECOND_GENERATION: Final = Retries(
    delays=(5.0, 10.0, 300.0, 900.0, 1800.0, 7200.0), jitter=0.2, patience=30.0, pause=60.0
)
BRIEF: Final = Retries(
    delays=(1.0, 5.0, 15.0), patience=30.0, after=(Failure.BROKEN, Failure.TIME_OUT, Failure.NO_CONNECTION)
)


class MeetingBaaSVendor(Vendor):
    """Send on the channel that the provider's secret belongs to."""

    samples = SAMPLES
    provider: MeetingBaaS

    def retries(self, type: str) -> Retries:
        channel = self.provider.channel
        if channel is WEBHOOK:
            return SECOND_GENERATION
        if channel in (CALLBACK, ALERT):
            return BRIEF
        return STATUS_CHANGES if type in BotStatusChanged.wire_types else FIRST_GENERATION

    def content(self, type: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        return fields if self.provider.channel is ALERT else {**fields, "event": type}
