"""The vendors of the hostile table: how each of them sends, and what an attacker can change in it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from tests.conformance.wire import Sent
from webhook_kit import Event, RawRequest
from webhook_kit.providers.base import Provider
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import TencentCall, TencentChat, TencentLive, TencentRoom, TencentRTC
from webhook_kit.providers.vcaas import VCaaS

NOW: Final = 1_790_000_000
APP: Final = b"1400000000"
LIMIT: Final = 16 * 1024
"""The ``max_body`` of all providers: small, so that a body above it is cheap."""

MESSAGE_ID: Final = "msg_2f6rBzD0kXqk"
"""Of every message whose vendor gives one."""

PAYLOAD: Final = "what a payload says is nobody's business"
"""Stands in every body that is made here."""

SECRET: Final = "a secret that its vendor shares with us"
OTHER_SECRET: Final = "another secret that somebody has made up"
WHSEC: Final = f"whsec_{b64encode(bytes(range(32))).decode()}"
OTHER_WHSEC: Final = f"whsec_{b64encode(bytes(range(32, 64))).decode()}"
_PRIVATE: Final = bytes(range(64, 96))
_PUBLIC: Final = Ed25519PrivateKey.from_private_bytes(_PRIVATE).public_key().public_bytes_raw()
WHSK: Final = f"whsk_{b64encode(_PRIVATE).decode()}"
WHPK: Final = f"whpk_{b64encode(_PUBLIC).decode()}"
OTHER_WHSK: Final = f"whsk_{b64encode(bytes(range(96, 128))).decode()}"

Proving = Literal["nothing", "hex", "base64", "secret", "signatures"]
"""What stands where the proof stands: a digest, the secret itself, or a list of signatures."""


class Place(NamedTuple):
    """Where a value stands in a request."""

    part: Literal["header", "query"]
    name: bytes


class UserCreated(Event):
    """An event of the sender that follows Standard Webhooks."""

    wire_types = ("user.created",)
    event_type: str = Field(alias="type")
    user_id: str


@dataclass(frozen=True, eq=False)
class Sender:
    """A vendor that sends one type of event to one endpoint, and where its credentials stand."""

    name: str
    provider: Provider
    path: str
    """Of the endpoint."""
    type: str
    proves: Proving
    secret: str = SECRET
    """What it signs with."""
    other_secret: str = OTHER_SECRET
    proof: Place | None = None
    timestamp: Place | None = None
    id: Place | None = None
    app: Place | None = None
    command: Place | None = None
    covers_body: bool = False
    tolerance: int = 0
    firewalled: bool = False
    """Whether it is received from networks that the requests do not come from."""

    def __str__(self) -> str:
        return self.name

    @property
    def methods(self) -> tuple[str, ...]:
        return ("POST", "PUT") if self.path == "meeting-baas-of-a-bot" else ("POST",)

    @property
    def in_plain_text(self) -> bool:
        """Whether its answers are no JSON."""
        return self.path == "vcaas"

    @cached_property
    def unspeakable(self) -> tuple[str, ...]:
        """What no log, answer, repr or traceback may show."""
        proofs = [] if self.proof is None else [self.genuine().value(self.proof).decode()]
        return (self.secret, self.other_secret, PAYLOAD, *proofs)

    def fields(self) -> dict[str, Any]:
        """Return the fields of a valid body."""
        fields: dict[str, Any] = json.loads(self.provider.vendor.message(self.type).body)
        return {**fields, "unheard-of": PAYLOAD}

    def genuine(self, **signing: Any) -> Crafted:
        """Return the request as the vendor sends it."""
        return self.signed(self.fields(), **signing)

    def signed(self, body: Mapping[str, Any] | bytes, **signing: Any) -> Crafted:
        """Return a request with this body, signed by the vendor; ``secret`` and ``now`` sign it otherwise."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        vendor = self.provider.vendor
        signing = {"secret": self.secret} | signing
        request = vendor.request(vendor.message(self.type, body, id=MESSAGE_ID), **signing)
        return crafted(request, f"/{self.path}/{vendor.route(self.type)}".rstrip("/"))


@dataclass(frozen=True)
class Crafted(Sent):
    """A request, to be changed in one place or another."""

    length: bytes | None = b"right"
    """What it says its length is: the right one, another one, or nothing at all."""
    host: bytes = b"hooks.example"
    """Whom it says it calls."""

    def all_headers(self) -> Iterator[tuple[bytes, bytes]]:
        for name, value in super().all_headers():
            if name == b"host":
                yield name, self.host
            elif name != b"content-length" or self.length == b"right":
                yield name, value
            elif self.length is not None:
                yield name, self.length

    def parameters(self) -> list[tuple[bytes, bytes]]:
        """Return the parameters as they are written."""
        pairs = [each.partition(b"=") for each in self.query.split(b"&") if each]
        return [(name, value) for name, _, value in pairs]

    def value(self, place: Place) -> bytes:
        pairs = self.headers if place.part == "header" else self.parameters()
        return next(value for name, value in pairs if name.lower() == place.name.lower())

    def without(self, *places: Place) -> Crafted:
        headers = [pair for pair in self.headers if Place("header", pair[0].lower()) not in _lowered(places)]
        query = [pair for pair in self.parameters() if Place("query", pair[0].lower()) not in _lowered(places)]
        return self.but(headers=tuple(headers), query=_joined(query))

    def beside(self, place: Place, value: bytes) -> Crafted:
        """Add one more value at the end."""
        if place.part == "header":
            return self.but(headers=(*self.headers, (place.name, value)))
        return self.but(query=_joined([*self.parameters(), (place.name, value)]))

    def before(self, place: Place, value: bytes) -> Crafted:
        """Add one more value at the start."""
        if place.part == "header":
            return self.but(headers=((place.name, value), *self.headers))
        return self.but(query=_joined([(place.name, value), *self.parameters()]))

    def replaced(self, place: Place, value: bytes) -> Crafted:
        return self.without(place).beside(place, value)

    def but(self, **changes: Any) -> Crafted:
        changed = super().but(**changes)
        assert isinstance(changed, Crafted)
        return changed


def crafted(request: RawRequest, path: str) -> Crafted:
    """Return a vendor's request as a client sends it, to a path below the mount."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.pairs()]
    return Crafted(
        path,
        request.body,
        request.method,
        request.query_string,
        tuple(pair for pair in headers if pair[0] != b"content-type"),
    )


def _lowered(places: Sequence[Place]) -> list[Place]:
    return [Place(place.part, place.name.lower()) for place in places]


def _joined(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"&".join(name + b"=" + value for name, value in pairs)


def senders() -> tuple[Sender, ...]:
    """Return all of them, with providers that no dispatcher has yet."""
    options: Any = {"clock": lambda: float(NOW), "max_body": LIMIT}
    app = int(APP)
    sign, at = Place("query", b"Sign"), Place("query", b"RequestTime")
    command: dict[str, Any] = {
        "app": Place("query", b"SdkAppid"),
        "command": Place("query", b"CallbackCommand"),
        "proves": "nothing",
    }
    with_token: dict[str, Any] = {**command, "proves": "hex", "proof": sign, "timestamp": at, "tolerance": 60}
    vcaas = VCaaS(url_token=SECRET, **options)
    in_address: dict[str, Any] = {"proves": "secret", "proof": Place("query", b"token")}
    events = {"user.created": UserCreated}
    return (
        Sender(
            "Tencent Chat with a token",
            TencentChat(sdk_app_id=app, token=SECRET, **options),
            "tencent-chat",
            "Group.CallbackAfterNewMemberJoin",
            **with_token,
        ),
        Sender(
            "Tencent Room without one",
            TencentRoom(sdk_app_id=app, **options),
            "tencent-room",
            "Room.CallbackAfterCreateRoom",
            **command,
        ),
        Sender(
            "Tencent Live with a token",
            TencentLive(sdk_app_id=app, token=SECRET, **options),
            "tencent-live",
            "Live.CallbackAfterCreateRoom",
            **with_token,
        ),
        Sender(
            "Tencent Call without one",
            TencentCall(sdk_app_id=app, **options),
            "tencent-call",
            "Call.CallbackAfterEndCall",
            **command,
        ),
        Sender(
            "Tencent RTC",
            TencentRTC(sdk_app_id=app, key=SECRET, **options),
            "tencent-rtc",
            "rtc",
            "base64",
            proof=Place("header", b"Sign"),
            app=Place("header", b"SdkAppId"),
            covers_body=True,
        ),
        Sender(
            "Meeting BaaS with a signature",
            MeetingBaaS(secret=SECRET, **options),
            "meeting-baas",
            "meeting.started",
            "hex",
            proof=Place("header", b"X-MeetingBaas-Signature"),
            covers_body=True,
        ),
        Sender(
            "Meeting BaaS with an API key",
            MeetingBaaS(api_key=SECRET, **options),
            "meeting-baas-by-key",
            "failed",
            "secret",
            proof=Place("header", b"x-meeting-baas-api-key"),
        ),
        Sender(
            "Meeting BaaS, second generation",
            MeetingBaaS(signing_secret=WHSEC, **options),
            "meeting-baas-v2",
            "bot.completed",
            secret=WHSEC,
            other_secret=OTHER_WHSEC,
            **_standard("svix"),
        ),
        Sender(
            "Meeting BaaS, callbacks of a bot",
            MeetingBaaS(callback_secret=SECRET, **options),
            "meeting-baas-of-a-bot",
            "bot.failed",
            "secret",
            proof=Place("header", b"x-mb-secret"),
        ),
        Sender(
            "Meeting BaaS, alerts",
            MeetingBaaS(alert_secret=SECRET, **options),
            "meeting-baas-alerts",
            "alert",
            "secret",
            proof=Place("header", b"x-mb-alert-secret"),
        ),
        Sender(
            "Meeting BaaS behind a firewall",
            MeetingBaaS(secret=SECRET, allowed_networks=["198.51.100.0/24"], **options),
            "meeting-baas-behind-a-firewall",
            "meeting.started",
            "hex",
            proof=Place("header", b"X-MeetingBaas-Signature"),
            covers_body=True,
            firewalled=True,
        ),
        Sender("VCaaS", vcaas, "vcaas", "meetingData", **in_address),
        Sender("VCaaS on a route of its own", vcaas, "vcaas", "userJoinLeave", **in_address),
        Sender(
            "Standard Webhooks with a shared secret",
            StandardWebhooks(secret=WHSEC, events=events, **options),
            "standard-webhooks",
            "user.created",
            secret=WHSEC,
            other_secret=OTHER_WHSEC,
            **_standard("webhook"),
        ),
        Sender(
            "Standard Webhooks with a public key",
            StandardWebhooks(secret=WHPK, events=events, name="by-public-key", **options),
            "by-public-key",
            "user.created",
            secret=WHSK,
            other_secret=OTHER_WHSK,
            **_standard("webhook"),
        ),
    )


def _standard(family: str) -> dict[str, Any]:
    return {
        "proves": "signatures",
        "proof": Place("header", f"{family}-signature".encode()),
        "timestamp": Place("header", f"{family}-timestamp".encode()),
        "id": Place("header", f"{family}-id".encode()),
        "covers_body": True,
        "tolerance": 300,
    }
