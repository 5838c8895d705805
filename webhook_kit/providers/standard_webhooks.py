"""Receive from any sender that follows Standard Webhooks, with models of the user's own.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Unpack

from ..errors import ConfigurationError
from ..events import Event
from ..http import RawRequest
from ..parsing import Named
from ..secret import SecretSource
from ..standard_signatures import StandardSignatures
from .base import BODY_ALONE, Identity, Provider, ProviderOptions, secret_for

SIGNATURES: Final = StandardSignatures("webhook", "svix")


class StandardWebhooks(Provider):
    """Receive from a sender that signs with ``webhook-*`` headers, or with Svix's ``svix-*``.

    ``secret`` is ``whsec_`` and base64 (v1, HMAC), or ``whpk_`` and base64 (v1a, ed25519: ``webhook-kit[ed25519]``).
    ``events`` maps each type to a subclass of :class:`Event`; ``type_field`` is where a body names its type. ``name``
    tells several senders apart, and is the default path.
    """

    name = "standard-webhooks"
    vendor_path = "webhook_kit.providers.standard_vendor:StandardVendor"
    # The example of the specification retries for about 75 hours.
    retry_horizon = 75 * 3600.0

    def __init__(
        self,
        *,
        secret: SecretSource | None = None,
        events: Mapping[str, type[Event]] = MappingProxyType({}),
        name: str = "standard-webhooks",
        type_field: str = "type",
        **options: Unpack[ProviderOptions],
    ) -> None:
        if not isinstance(name, str) or not name:
            raise ConfigurationError('name is what to call the sender, such as name="acme"')
        if not isinstance(type_field, str) or not type_field:
            raise ConfigurationError('type_field is the field in which a body names its type, such as "type"')
        self.name = name
        self.catalog = _catalog(events)
        self.type_field = type_field
        self._events = Named(type_field, self.catalog)
        super().__init__(
            verifier=None if secret is None else SIGNATURES,
            secret=None if secret is None else secret_for(SIGNATURES, secret, "secret"),
            options=options,
        )

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        return (self._events.read(request.body, provider=self.name),)

    def identity(self, event: Event, request: RawRequest) -> Identity:
        """Return the message's id, which the signature covers; unsigned, it is anybody's word."""
        if self.verifier is None:
            return BODY_ALONE
        return Identity(delivery_id=SIGNATURES.identifier(request))


def _catalog(events: object) -> Mapping[str, type[Event]]:
    if not isinstance(events, Mapping) or not events:
        raise ConfigurationError(
            'events maps types to subclasses of Event, such as events={"user.created": UserCreated}'
        )
    for name, model in events.items():
        if not isinstance(name, str) or not name:
            raise ConfigurationError("events has a type that is no text; write the sender's names of its events")
        if not isinstance(model, type) or not issubclass(model, Event):
            raise ConfigurationError(f"events has a {type(model).__name__} for {name!r}; give a subclass of Event")
    return MappingProxyType(dict(events))
