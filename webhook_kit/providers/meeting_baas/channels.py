"""The vendor's senders: what each of them sends, and how it proves to be the vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ...errors import ConfigurationError
from ...events import Event
from ...parsing import Tagged
from ...signatures import HeaderHmac, HeaderSecret, Verifier
from ...standard_signatures import StandardSignatures
from ..base import catalog_of
from .calendar import (
    CalendarConnectionCreated,
    CalendarConnectionDeleted,
    CalendarConnectionError,
    CalendarConnectionUpdated,
    CalendarEventsSynced,
    CalendarInstanceCancelled,
    CalendarInstanceCreated,
    CalendarInstanceUpdated,
)
from .events import (
    BotStatusChanged,
    CalendarEventAdded,
    CalendarEventDeleted,
    CalendarEventUpdated,
    CalendarSynced,
    MeetingCompleted,
    MeetingFailed,
    MeetingStarted,
    TranscriptionAvailable,
    TranscriptionUpdated,
)
from .events_v2 import AlertTriggered, BotChatMessage, BotCompleted, BotFailed

V1: Final = catalog_of(
    (
        MeetingStarted,
        MeetingCompleted,
        MeetingFailed,
        TranscriptionAvailable,
        TranscriptionUpdated,
        CalendarSynced,
        CalendarEventAdded,
        CalendarEventUpdated,
        CalendarEventDeleted,
        BotStatusChanged,
    )
)
V2: Final = catalog_of(
    (
        BotStatusChanged,
        BotCompleted,
        BotFailed,
        BotChatMessage,
        CalendarConnectionCreated,
        CalendarConnectionUpdated,
        CalendarConnectionDeleted,
        CalendarConnectionError,
        CalendarEventsSynced,
        CalendarInstanceCreated,
        CalendarInstanceUpdated,
        CalendarInstanceCancelled,
    )
)
OF_ONE_BOT: Final = catalog_of((BotCompleted, BotFailed))
ALERTS: Final = catalog_of((AlertTriggered,))


class BodyHmac(HeaderHmac):
    """The signature of the product page's samples, which no other page mentions."""

    def prepare(self, secret: str) -> bytes:
        if secret.strip().startswith("whsec_"):
            raise ConfigurationError(
                "a whsec_ secret belongs to a webhook of the second generation: write MeetingBaaS(signing_secret=...)"
            )
        return super().prepare(secret)


@dataclass(frozen=True)
class Channel:
    """One of the vendor's senders. They share a name, and next to nothing else."""

    verifier: Verifier
    catalog: Mapping[str, type[Event]]
    methods: tuple[str, ...] = ("POST",)
    retry_horizon: float = 0.0
    """Seconds from the first try to the last automatic one."""

    @cached_property
    def events(self) -> Tagged:
        """Read a body that names its event."""
        return Tagged("event", self.catalog)


# That there are retries is documented, but neither how many nor when.
SIGNED: Final = Channel(BodyHmac("X-MeetingBaas-Signature"), V1)
KEYED: Final = Channel(HeaderSecret("x-meeting-baas-api-key"), V1)

# Seven tries, 20 % jitter. https://docs.meetingbaas.com/docs/api-v2/webhooks
WEBHOOK: Final = Channel(
    StandardSignatures("svix"), V2, retry_horizon=1.2 * (5 + 10 + 5 * 60 + 15 * 60 + 30 * 60 + 2 * 3600)
)

# Four tries, each of which may take 30 seconds. https://docs.meetingbaas.com/docs/api-v2/webhooks
BRIEF: Final = 1.0 + 5.0 + 15.0 + 3 * 30.0
CALLBACK: Final = Channel(HeaderSecret("x-mb-secret"), OF_ONE_BOT, methods=("POST", "PUT"), retry_horizon=BRIEF)
ALERT: Final = Channel(HeaderSecret("x-mb-alert-secret"), ALERTS, retry_horizon=BRIEF)

CHANNELS: Final[Mapping[str, Channel]] = {
    "secret": SIGNED,
    "signing_secret": WEBHOOK,
    "api_key": KEYED,
    "callback_secret": CALLBACK,
    "alert_secret": ALERT,
}
"""Each under the keyword that its secret is given by."""
