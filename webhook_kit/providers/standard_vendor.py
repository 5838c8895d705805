"""What a sender that follows Standard Webhooks sends, with the schedule of Svix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..events import Event
from .retries import Retries
from .vendor import Vendor

if TYPE_CHECKING:
    from .standard_webhooks import StandardWebhooks

# https://docs.svix.com/retries; the specification's own table is an example. It says what 410 means.
SVIX: Final = Retries(
    delays=(5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0),
    jitter=0.2,
    patience=15.0,
    pause=60.0,
    ends_with=(410,),
)


class StandardVendor(Vendor):
    """Send messages whose bodies are made up from the user's models."""

    provider: StandardWebhooks

    @classmethod
    def keywords(cls, types: Iterable[str]) -> dict[str, Any]:
        return {"events": dict.fromkeys(types, Event)}

    def retries(self, type: str) -> Retries:
        return SVIX

    def content(self, type: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**fields, self.provider.type_field: type}
