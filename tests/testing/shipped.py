"""The contracts of the providers that the kit ships: how each vendor sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from webhook_kit import Event
from webhook_kit.providers.base import Provider
from webhook_kit.providers.meeting_baas import AlertTriggered, MeetingBaaS
from webhook_kit.providers.meeting_baas.samples import SAMPLES as MEETING_BAAS
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import (
    ChatbotOnC2CSignalMessage,
    SnsPrevFriendAdd,
    SnsPrevFriendResponse,
    TencentCall,
    TencentChat,
    TencentLive,
    TencentRoom,
    TencentRTC,
)
from webhook_kit.providers.tencent.provider import TencentProvider
from webhook_kit.providers.tencent.samples import RTC_SAMPLES
from webhook_kit.providers.tencent.samples import SAMPLES as TENCENT
from webhook_kit.providers.vcaas import VCaaS
from webhook_kit.providers.vcaas.samples import SAMPLES as VCAAS
from webhook_kit.testing.provider_contract import ProviderContract

APP = "1400000000"


class Shipped(ProviderContract):
    secret = "a secret of more than sixteen characters"
    other_secret = "another secret of more than sixteen characters"
    examples = 6


class Tencent(Shipped):
    kind: ClassVar[type[TencentProvider]]
    products: ClassVar[tuple[str, ...]] = ()
    """Those of which each command is sent in a test of its own, all by default: the four share their code."""
    samples = TENCENT
    success = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
    allowed: ClassVar[Mapping[type[Event], bytes]] = {
        SnsPrevFriendAdd: b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"ResultItem":['
        b'{"To_Account":"bo","ResultCode":0,"ResultInfo":""},{"To_Account":"chidi","ResultCode":0,"ResultInfo":""}]}',
        SnsPrevFriendResponse: b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"ResultItem":['
        b'{"To_Account":"amira","ResultCode":0,"ResultInfo":""},{"To_Account":"dana","ResultCode":0,"ResultInfo":""}]}',
        ChatbotOnC2CSignalMessage: b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"RspData":""}',
    }

    def provider(self, secret: str | None, **options: Any) -> Provider:
        # The application's id alone counts as a check.
        return self.kind(sdk_app_id=None if secret is None else APP, token=secret, **options)

    def types(self) -> list[str]:
        return [each for each in super().types() if not self.products or each.partition(".")[0] in self.products]

    def entries(self, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        entries: list[Mapping[str, Any]] = body.get("Events", [body])
        return entries

    def contradicts(self, type: str, body: Mapping[str, Any]) -> bool:
        """The URL names the command, and nearly every body does again."""
        named = body.get("CallbackCommand")
        catalog = self.kind.catalog
        if named is not None and named != type:
            return not isinstance(named, str) or named not in catalog or catalog[named] is not catalog.get(type)
        entries = body.get("Events")
        if not type.startswith("Push.") or not isinstance(entries, list) or not entries:
            return False
        return all(isinstance(each, dict) and self.contradicts(type, {**each, "Events": None}) for each in entries)


class Chat(Tencent):
    kind = TencentChat


class Room(Tencent):
    kind = TencentRoom
    products = ("Room", "Mic")


class Live(Tencent):
    kind = TencentLive
    products = ("Live", "Mic")


class Call(Tencent):
    kind = TencentCall
    products = ("Call",)


class RTC(Shipped):
    samples = RTC_SAMPLES
    success = b'{"code":0}'

    def provider(self, secret: str | None, **options: Any) -> Provider:
        return TencentRTC(sdk_app_id=APP, key=secret, **options)


class MeetingBaaSSender(Shipped):
    keyword: ClassVar[str]
    success = b'{"status":"success"}'
    # The guide's word for it, in the one event that only the guide has.
    spellings: ClassVar[Mapping[str, str]] = {"platform": "calendar_platform"}

    def __init_subclass__(cls) -> None:
        cls.samples = {model: MEETING_BAAS[model] for model in cls.catalog().values()}

    def provider(self, secret: str | None, **options: Any) -> Provider:
        keywords: dict[str, Any] = {self.keyword: secret, **options}
        return MeetingBaaS(**keywords)

    def body(self, type: str, model: type[Event]) -> Mapping[str, Any]:
        body = self.samples[model]
        return body if model is AlertTriggered else {**body, "event": type}


class FirstGeneration(MeetingBaaSSender):
    keyword = "secret"


class FirstGenerationByKey(MeetingBaaSSender):
    keyword = "api_key"


class SecondGeneration(MeetingBaaSSender):
    keyword = "signing_secret"
    secret = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
    other_secret = "whsec_pB6yT1mZ0vLr8eXoQ2sK9hJ4cWfUa7nD5gRiVtYxE3M="


class OfOneBot(MeetingBaaSSender):
    keyword = "callback_secret"


class Alerts(MeetingBaaSSender):
    keyword = "alert_secret"


class HiLink(Shipped):
    samples = VCAAS
    success = b"success"

    def provider(self, secret: str | None, **options: Any) -> Provider:
        return VCaaS(url_token=secret, **options)


class HiLinkByShape(HiLink):
    """All pushes at one URL."""

    def route(self, type: str) -> str:
        return ""


class ShipmentSent(Event):
    """A shipment left."""

    wire_types = ("shipment.sent",)
    event_type: str | None = Field(None, alias="type")
    shipment: str
    weight: float | None = None


class Standard(Shipped):
    samples: ClassVar[Mapping[type[Event], Mapping[str, Any]]] = {
        ShipmentSent: {"type": "shipment.sent", "shipment": "s-1", "weight": 1.5}
    }
    success = b'{"status":"success"}'
    secret = SecondGeneration.secret
    other_secret = SecondGeneration.other_secret

    def provider(self, secret: str | None, **options: Any) -> Provider:
        return StandardWebhooks(secret=secret, events={"shipment.sent": ShipmentSent}, **options)
