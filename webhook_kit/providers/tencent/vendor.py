"""What Tencent sends beside its bodies, and when it comes again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...events import Event
from ...http import RawResponse
from ...signatures import Signed
from ..retries import Failure, Retries, Verdict
from ..vendor import Vendor
from .bot import ChatbotOnC2CSignalMessage
from .samples import RTC_SAMPLES, SAMPLES
from .sns import SnsPrevFriendAdd, SnsPrevFriendResponse

if TYPE_CHECKING:
    from .provider import TencentProvider, TencentRTC

# Batches, whose samples hold their entries under this name. https://www.tencentcloud.com/document/product/1047/67552
ENTRIES: Final = "Events"
BATCHES: Final = frozenset(model for model, sample in SAMPLES.items() if ENTRIES in sample)

# What the vendor takes for a failed callback. https://www.tencentcloud.com/document/product/1047/34354
AFTER: Final = Retries(
    patience=2.0,
    statuses=(200,),
    json_body=True,
    note="the vendor comes again after a time-out only, and only where its console says so",
)
BEFORE: Final = Retries(
    patience=2.0,
    statuses=(200,),
    json_body=True,
    note="the vendor does not ask again, and goes on as if it were allowed, or not, as its console says",
)
# At once, then every ten seconds until a minute has passed. https://trtc.io/document/39558
RTC: Final = Retries(delays=(0.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0), patience=5.0, statuses=(200,))

WITHOUT_CLIENT: Final = (
    "Group.CallbackOnMemberStateChange",
    "Push.",
    "ContentCallback.",
    "Live.CallbackAfterMemberStateChanged",
    "Live.CallbackAfterChangeOwner",
    "Live.CallbackAfterModifyAdmin",
)


class TencentVendor(Vendor):
    """Send callbacks of Chat, Room, Live or Call."""

    samples = SAMPLES
    secrets = ("token",)
    provider: TencentProvider

    @classmethod
    def fields_of(cls, model: type[Any]) -> dict[str, Any]:
        fields = super().fields_of(model)
        return dict(fields[ENTRIES][0]) if model in BATCHES else fields

    def retries(self, type: str) -> Retries:
        model = self.provider.catalog.get(type)
        return BEFORE if model is not None and model.decides else AFTER

    def verdict(self, type: str, answer: RawResponse | Failure, number: int = 1) -> Verdict:
        verdict = super().verdict(type, answer, number)
        model = self.provider.catalog.get(type)
        if not verdict.delivered or model is None or not model.decides or isinstance(answer, Failure):
            return verdict
        return replace(verdict, text=f"delivered: {_decision(model, json.loads(answer.body).get('ErrorCode'))}")

    def content(self, type: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        if "CallbackCommand" in fields:
            fields = {**fields, "CallbackCommand": type}
        return {ENTRIES: [fields]} if self.provider.catalog.get(type) in BATCHES else fields

    def beside(self, type: str) -> Signed:
        pairs = [("SdkAppid", _app_id(self.provider)), ("CallbackCommand", type), ("contenttype", "json")]
        if not type.startswith(WITHOUT_CLIENT):
            if type != "Alert.RequestOverLimit":
                pairs.append(("ClientIP", "203.0.113.7"))
            pairs.append(("OptPlatform", "RESTAPI"))
        return Signed(query=tuple(pairs))


class TencentRTCVendor(Vendor):
    """Send events of TRTC's servers."""

    samples = RTC_SAMPLES
    provider: TencentRTC

    def retries(self, type: str) -> Retries:
        return RTC

    def beside(self, type: str) -> Signed:
        return Signed(headers=(("SdkAppId", _app_id(self.provider)),))


def _decision(model: type[Event], code: object) -> str:
    """Return what the vendor does. https://www.tencentcloud.com/document/product/1047/34354"""
    if model in (SnsPrevFriendAdd, SnsPrevFriendResponse):
        return "the vendor decides for each account by its ResultCode"
    if code == 0:
        return "the vendor hands RspData to the user" if model is ChatbotOnC2CSignalMessage else "the vendor goes on"
    if code == 2:
        return "the vendor drops the message, and its sender believes that it was sent"
    return "the vendor refuses it" if code == 1 else f"the vendor refuses it, and shows the code {code}"


def _app_id(provider: TencentProvider | TencentRTC) -> str:
    # An unverified provider takes any.
    return min(provider.sdk_app_ids, default="1400000000")
