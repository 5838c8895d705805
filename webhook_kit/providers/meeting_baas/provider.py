"""Receive the webhooks of Meeting BaaS, of both generations, its callbacks and its alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Unpack, overload

from ...errors import ConfigurationError
from ...events import Event
from ...http import RawRequest
from ...networks import NetworkSource
from ...parsing import read_event
from ...secret import SecretSource
from ...standard_signatures import StandardSignatures
from ..base import BODY_ALONE, MIB, Identity, Provider, ProviderOptions, secret_for
from .channels import ALERT, ALERTS, CALLBACK, CHANNELS, V1, V2, WEBHOOK
from .events import TranscriptionAvailable
from .events_v2 import AlertTriggered


class MeetingBaaS(Provider):
    """Receive from one of the vendor's five senders; exactly one secret says which. Add another provider for another.

    ``secret``: webhooks of the first generation with ``X-MeetingBaas-Signature``, as the product page shows them.
    ``api_key``: the same webhooks with ``x-meeting-baas-api-key``, as the reference says.
    ``signing_secret``: webhooks of the second generation, signed by Svix (``whsec_...``).
    ``callback_secret``: the callback of a single bot, by POST or PUT.
    ``alert_secret``: alerts.

    Only ``secret`` and ``signing_secret`` prove that the body is the vendor's: the other headers hold the secret
    itself. Without any check (``unverified=True``) the events are those of the first generation.
    https://docs.meetingbaas.com/docs/api/reference/webhooks/webhook_documentation
    https://docs.meetingbaas.com/docs/api-v2/webhooks
    """

    name = "meeting-baas"
    checks = tuple(CHANNELS)
    catalog: Mapping[str, type[Event]] = MappingProxyType({**V1, **V2, **ALERTS})
    default_max_body: ClassVar[int] = 16 * MIB
    vendor_path = "webhook_kit.providers.meeting_baas.vendor:MeetingBaaSVendor"
    # A bot can be transcribed again at any time, with the same body.
    retentions = MappingProxyType({TranscriptionAvailable: 600.0})

    @overload
    def __init__(self, *, secret: SecretSource, **options: Unpack[ProviderOptions]) -> None: ...
    @overload
    def __init__(self, *, signing_secret: SecretSource, **options: Unpack[ProviderOptions]) -> None: ...
    @overload
    def __init__(self, *, api_key: SecretSource, **options: Unpack[ProviderOptions]) -> None: ...
    @overload
    def __init__(self, *, callback_secret: SecretSource, **options: Unpack[ProviderOptions]) -> None: ...
    @overload
    def __init__(self, *, alert_secret: SecretSource, **options: Unpack[ProviderOptions]) -> None: ...
    @overload
    def __init__(
        self,
        *,
        unverified: Literal[True],
        max_body: int = ...,
        allowed_networks: NetworkSource | None = None,
        idempotency_key: Callable[[Any, RawRequest], str | None] | None = None,
        clock: Callable[[], float] = ...,
    ) -> None: ...
    def __init__(
        self,
        *,
        secret: SecretSource | None = None,
        signing_secret: SecretSource | None = None,
        api_key: SecretSource | None = None,
        callback_secret: SecretSource | None = None,
        alert_secret: SecretSource | None = None,
        **options: Unpack[ProviderOptions],
    ) -> None:
        sources = (secret, signing_secret, api_key, callback_secret, alert_secret)
        given = [(keyword, source) for keyword, source in zip(CHANNELS, sources, strict=True) if source is not None]
        if len(given) > 1:
            raise ConfigurationError(
                f"MeetingBaaS takes exactly one of {', '.join(f'{keyword}=' for keyword in CHANNELS)}, because it "
                "receives from one sender; add another MeetingBaaS at a path of its own for another"
            )
        keyword, source = given[0] if given else ("secret", None)
        self.channel = CHANNELS[keyword]
        self.catalog = self.channel.catalog
        self.methods = self.channel.methods
        self.retry_horizon = self.channel.retry_horizon
        verifier = self.channel.verifier
        self._identifying = verifier if source is not None and isinstance(verifier, StandardSignatures) else None
        super().__init__(
            verifier=None if source is None else verifier,
            secret=None if source is None else secret_for(verifier, source, keyword),
            options=options,
        )

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        if self.channel is ALERT:
            return (read_event(AlertTriggered, request.body, type="alert", provider=self.name),)
        return (self.channel.events.read(request.body, provider=self.name),)

    def identity(self, event: Event, request: RawRequest) -> Identity:
        """Return Svix's message id, which its signature covers; no other sender has an id."""
        if self._identifying is None:
            return BODY_ALONE
        return Identity(delivery_id=self._identifying.identifier(request))

    def setup(self, base_url: str) -> dict[str, Any]:
        """Return what to enter at the vendor.

        First generation: ``webhook_url`` of the account or of a bot. Webhooks of the second generation and alerts: what
        the dashboard asks for. Callbacks: the fields of the request that creates a bot, with the secret.
        """
        url = self.url(base_url)
        if self.channel is CALLBACK:
            return {"callback_enabled": True, "callback_config": {"url": url, "method": "POST", "secret": self._text()}}
        if self.channel is ALERT:
            return {"url": url, "secret": self._text()}
        if self.channel is WEBHOOK:
            return {"url": url}
        return {"webhook_url": url}

    def _text(self) -> str:
        assert self.secret is not None, "without a secret, the sender is one of the first generation"
        return self.secret.text()
