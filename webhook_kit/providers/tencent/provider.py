"""Receive the callbacks of Tencent Cloud Chat, Room, Live and Call, and the events of TRTC."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, Unpack

from ...delivery import Outcome, Refusal
from ...errors import ConfigurationError
from ...events import Event, UnknownEvent, unknown_event
from ...http import RawRequest, RawResponse, response, wire_bytes
from ...parsing import fit, read_event, read_object
from ...secret import SecretSource
from ...signatures import Credential, HeaderHmac, QueryTokenDigest, Signed, hmac_sha256, only
from ..base import Identity, Provider, ProviderOptions, catalog_of, secret_for
from . import replies
from .catalog import EVENTS, ROOM
from .group import GroupOnMemberStateChange
from .protocol import TencentEvent
from .push import PushAllMemberPush, PushOfflinePush
from .rtc import RTCEvent
from .service import AlertRequestOverLimit
from .sns import SnsBlackListAdd, SnsBlackListDelete, SnsFriendAdd, SnsFriendDelete
from .topic import GroupAfterCreateTopic, GroupAfterTopicDestroyed, GroupAfterTopicInfoChanged

SUCCESS: Final = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'

# The vendor calls a request invalid that is more than a minute old.
# https://cloud.tencent.com/document/product/269/32431
TOLERANCE: Final = 60.0

SIGN: Final = QueryTokenDigest(digest="Sign", timestamp="RequestTime", tolerance=TOLERANCE)

MINUTES: Final = 300.0

# Events that hold no time, so that equal bodies can be distinct facts, are remembered only as long as a retry takes.
RETENTIONS: Final[Mapping[type[Event], float]] = MappingProxyType(
    {
        GroupOnMemberStateChange: 5.0,
        SnsFriendAdd: MINUTES,
        SnsFriendDelete: MINUTES,
        SnsBlackListAdd: MINUTES,
        SnsBlackListDelete: MINUTES,
        GroupAfterCreateTopic: MINUTES,
        GroupAfterTopicDestroyed: MINUTES,
        GroupAfterTopicInfoChanged: MINUTES,
        AlertRequestOverLimit: MINUTES,
    }
)

# Commands whose bodies hold several events. https://www.tencentcloud.com/document/product/1047/67552
BATCHES: Final[Mapping[str, type[TencentEvent]]] = MappingProxyType(
    {name: model for model in (PushAllMemberPush, PushOfflinePush) for name in model.wire_types}
)
# The vendor documents 100; more than this is another format.
MOST_IN_A_BATCH: Final = 1000


class TencentProvider(Provider):
    """The protocol that Tencent's products share.

    ``sdk_app_id`` is the application's id, or several: every callback carries it, and where no token is configured in
    the console it is the only check that the vendor offers. ``token`` checks ``Sign`` and ``RequestTime`` as well.
    """

    catalog = catalog_of(EVENTS)
    checks = ("sdk_app_id",)
    vendor_path = "webhook_kit.providers.tencent.vendor:TencentVendor"
    # The console can switch on retries after a time-out; their number and distance are not documented.
    retry_horizon = 3600.0
    # Of the two seconds that the vendor waits.
    slow_decision = 1.5
    retentions = RETENTIONS

    def __init__(
        self,
        *,
        sdk_app_id: int | str | Sequence[int | str] | None = None,
        token: SecretSource | None = None,
        **options: Unpack[ProviderOptions],
    ) -> None:
        ids = _app_ids(sdk_app_id)
        if not ids and token is not None:
            raise ConfigurationError(f"{type(self).__name__} needs sdk_app_id=: the token does not cover it")
        super().__init__(
            verifier=None if token is None else SIGN,
            secret=None if token is None else secret_for(SIGN, token, "token"),
            checked=bool(ids),
            options=options,
        )
        self.sdk_app_ids = ids

    def admit(self, request: RawRequest) -> None:
        _check_app(request.query.variants("SdkAppid"), self.sdk_app_ids)

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        command, body = _command_of(request), request.body
        if not command:
            return self._parse_without_command(read_object(body) if body else {}, len(body))
        if command in BATCHES:
            return self._parse_batch(read_object(body), command, len(body))
        model = self.catalog.get(command)
        if model is None:
            event: Event = unknown_event(read_object(body), command, self.name)
        else:
            event = read_event(model, body, type=command, provider=self.name)
        # Sign covers neither of the two, so that a difference between them is nobody's honest request.
        if self._differs(_command_in(event), command):
            raise Refusal(Outcome.MALFORMED)
        return (event,)

    def context(self, request: RawRequest) -> Mapping[str, Any]:
        """Return ``sdk_app_id``, ``client_ip`` and ``opt_platform``; the last two are missing in some commands."""
        return MappingProxyType(
            {
                "sdk_app_id": _first(request, "SdkAppid"),
                "client_ip": _first(request, "ClientIP"),
                "opt_platform": _first(request, "OptPlatform"),
            }
        )

    def identity(self, event: Event, request: RawRequest) -> Identity:
        account = (_first(request, "SdkAppid") or "", event.type)
        command = _command_of(request)
        # An entry of a batch is itself in whatever company it comes again, also one of an unknown kind.
        entry = command in BATCHES or event.type in BATCHES or (not command and isinstance(event, UnknownEvent))
        return Identity(account, _digest(event) if entry else None)

    def success(self) -> RawResponse:
        return response(200, "application/json", SUCCESS)

    def failure(self, status: int, text: str) -> RawResponse:
        return response(
            status,
            "application/json",
            b'{"ActionStatus":"FAIL","ErrorInfo":"%s","ErrorCode":%d}' % (text.encode(), status),
        )

    def reply(self, event: Event, model: type[Event], reply: object) -> RawResponse:
        return response(200, "application/json", replies.answer(event, model, reply))

    def check_reply(self, model: type[Event], reply: object) -> None:
        replies.check(model, reply)

    def setup(self, base_url: str) -> dict[str, Any]:
        """Return the URL for the console. Raises :class:`ConfigurationError` for one that the console refuses."""
        url = self.url(base_url)
        if any(character in url for character in "!$&?"):
            raise ConfigurationError(f"Tencent's console takes no URL with ! $ & or ?, such as {url}")
        return {"url": url}

    def _parse_without_command(self, payload: dict[str, Any], size: int) -> Sequence[Event]:
        """Read a request that names no command in its URL, as the console's check of the URL may be."""
        command = payload.get("CallbackCommand")
        model = self.catalog.get(command) if isinstance(command, str) else None
        if model is None or not isinstance(command, str):
            return (unknown_event(payload, command, self.name),)
        if command in BATCHES:
            return self._parse_batch(payload, command, size)
        return (fit(model, payload, type=command, provider=self.name, size=size),)

    def _parse_batch(self, payload: dict[str, Any], command: str, size: int) -> Sequence[Event]:
        """Read the entries of a batch; one that cannot be read is an event of its own that is unknown."""
        entries = payload.get("Events")
        if self._differs(payload.get("CallbackCommand"), command):
            raise Refusal(Outcome.MALFORMED)
        if not isinstance(entries, list) or not 0 < len(entries) <= MOST_IN_A_BATCH:
            return (unknown_event(payload, command, self.name),)
        events = tuple(self._parse_entry(entry, command, size) for entry in entries)
        if not any(event.type == command for event in events):
            raise Refusal(Outcome.MALFORMED)
        return events

    def _parse_entry(self, entry: Any, command: str, size: int) -> Event:
        if not isinstance(entry, dict):
            return unknown_event({"Events": [entry]}, command, self.name)
        named = entry.get("CallbackCommand")
        if self._differs(named, command):
            return unknown_event(entry, named, self.name)
        return fit(BATCHES[command], entry, type=command, provider=self.name, size=size)

    def _differs(self, named: Any, command: str) -> bool:
        """Whether a body names another command than the URL; two spellings of one command are the same."""
        if named is None or named == command:
            return False
        model = self.catalog.get(named) if isinstance(named, str) else None
        return model is None or model is not self.catalog.get(command)


class TencentChat(TencentProvider):
    """Receive the callbacks of Tencent Cloud Chat. https://www.tencentcloud.com/document/product/1047/34354"""

    name = "tencent-chat"


class TencentRoom(TencentProvider):
    """Receive the callbacks of Tencent Room. https://trtc.io/document/60722"""

    name = "tencent-room"

    def setup(self, base_url: str) -> dict[str, Any]:
        """Return the URL, and the REST request that configures it. https://trtc.io/document/60729"""
        url = super().setup(base_url)["url"]
        commands = [model.wire_types[0] for model in ROOM]
        return {
            "url": url,
            "rest": "v4/room_config/set_callback",
            "body": {"Url": url, "CallbackCommandList": commands},
        }


class TencentLive(TencentProvider):
    """Receive the callbacks of Tencent Live. https://trtc.io/document/64412"""

    name = "tencent-live"


class TencentCall(TencentProvider):
    """Receive the callbacks of Tencent Call. https://www.tencentcloud.com/document/product/647/68934"""

    name = "tencent-call"

    def setup(self, base_url: str) -> dict[str, Any]:
        """Return the URL, and the name of the REST request that configures it. https://trtc.io/document/68938"""
        return {**super().setup(base_url), "rest": "v4/call_config/set_callback"}


class BodyHmac(HeaderHmac):
    """A header with the HMAC-SHA256 of the raw body in base64."""

    def present(self, request: RawRequest, now: float) -> Credential:
        return Credential(wire_bytes(only(request.headers.getlist(self.header))))

    def expected(self, credential: Credential, body: bytes, key: bytes) -> bytes:
        return b64encode(hmac_sha256(key, body))

    def sign(self, secret: str, body: bytes, *, now: float) -> Signed:
        proof = self.expected(Credential(b""), body, self.prepare(secret))
        return Signed(headers=((self.header, proof.decode()),))


RTC_SIGN: Final = BodyHmac("Sign")


class TencentRTC(Provider):
    """Receive the events of TRTC's servers. https://trtc.io/document/39558

    ``sdk_app_id`` is the application's id, or several. ``key`` is the console's, which signs the body.
    """

    name = "tencent-rtc"
    checks = ("key",)
    catalog = catalog_of((RTCEvent,))
    vendor_path = "webhook_kit.providers.tencent.vendor:TencentRTCVendor"
    # At once, then every ten seconds.
    retry_horizon = 60.0

    def __init__(
        self,
        *,
        sdk_app_id: int | str | Sequence[int | str] | None = None,
        key: SecretSource | None = None,
        **options: Unpack[ProviderOptions],
    ) -> None:
        ids = _app_ids(sdk_app_id)
        if not ids and key is not None:
            raise ConfigurationError("TencentRTC needs sdk_app_id=: the key does not cover it")
        super().__init__(
            verifier=None if key is None else RTC_SIGN,
            secret=None if key is None else secret_for(RTC_SIGN, key, "key"),
            options=options,
        )
        self.sdk_app_ids = ids

    def admit(self, request: RawRequest) -> None:
        _check_app(request.headers.getlist("SdkAppId"), self.sdk_app_ids)

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        return (read_event(RTCEvent, request.body, type=RTCEvent.wire_types[0], provider=self.name),)

    def context(self, request: RawRequest) -> Mapping[str, Any]:
        """Return ``sdk_app_id``."""
        return MappingProxyType({"sdk_app_id": request.headers.get("SdkAppId")})

    def identity(self, event: Event, request: RawRequest) -> Identity:
        return Identity(account=(request.headers.get("SdkAppId") or "",))

    def success(self) -> RawResponse:
        return response(200, "application/json", b'{"code":0}')


def _app_ids(given: object) -> frozenset[str]:
    if given is None:
        return frozenset()
    values = given if isinstance(given, Sequence) and not isinstance(given, str | bytes) else (given,)
    ids = frozenset("" if isinstance(value, bool) else str(value) for value in values)
    if not ids or not all(text.isascii() and text.isdigit() for text in ids):
        raise ConfigurationError(
            "sdk_app_id is the number of your application in Tencent's console, such as sdk_app_id=1400000000, "
            "or a sequence of them"
        )
    return ids


def _check_app(given: list[str], ours: frozenset[str]) -> None:
    if ours and (len(given) != 1 or given[0] not in ours):
        raise Refusal(Outcome.WRONG_APP)


def _command_of(request: RawRequest) -> str:
    """Return the command in the URL, empty where there is none."""
    variants = request.query.variants
    # The overview of Live calls the parameter WebhookCommand. https://trtc.io/document/64412
    commands = variants("CallbackCommand") + variants("WebhookCommand")
    if len(commands) > 1:
        raise Refusal(Outcome.MALFORMED)
    return commands[0] if commands else ""


def _first(request: RawRequest, name: str) -> str | None:
    values = request.query.variants(name)
    return values[0] if values else None


def _command_in(event: Event) -> Any:
    """Return the command that the body names, in whatever form."""
    if isinstance(event, UnknownEvent):
        return event.payload.get("CallbackCommand")
    if isinstance(event, TencentEvent) and event.callback_command is not None:
        return event.callback_command
    return event.drift.get("CallbackCommand")


def _digest(event: Event) -> str:
    """Return what is the same for equal events only."""
    fields = event.payload if isinstance(event, UnknownEvent) else event.model_dump(mode="json", by_alias=True)
    return sha256(json.dumps([fields, dict(event.drift)], sort_keys=True).encode()).hexdigest()
