"""A small provider that keeps the contract, and what can be wrong with one."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, ClassVar, Unpack

from pydantic import ConfigDict, Field

from webhook_kit import Event, Outcome, RawRequest, RawResponse
from webhook_kit.delivery import Refusal
from webhook_kit.events import unknown_event
from webhook_kit.fields import Seconds
from webhook_kit.http import response
from webhook_kit.parsing import read_event, read_object
from webhook_kit.providers.base import Identity, Provider, ProviderOptions, catalog_of, secret_for
from webhook_kit.secret import SecretSource
from webhook_kit.signatures import Credential, HeaderHmac
from webhook_kit.testing.provider_contract import ProviderContract

SIGNATURE = HeaderHmac("X-Parcels-Signature")


class ParcelSent(Event):
    wire_types = ("parcel.sent",)

    event_type: str = Field(alias="type")
    parcel_id: str = Field(alias="parcelId")
    time: Seconds | None = None
    note: str | None = None

    @property
    def occurred_at(self) -> datetime | None:
        return self.time


class Parcels(Provider):
    """A provider as it should be."""

    name = "parcels"
    catalog: Mapping[str, type[Event]] = catalog_of((ParcelSent,))
    signature: ClassVar[HeaderHmac] = SIGNATURE

    def __init__(self, *, secret: SecretSource | None = None, **options: Unpack[ProviderOptions]) -> None:
        super().__init__(
            verifier=None if secret is None else self.signature,
            secret=None if secret is None else secret_for(self.signature, secret, "secret"),
            options=options,
        )

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        payload = read_object(request.body)
        name = str(payload.get("type"))
        model = self.catalog.get(name)
        if model is None:
            return (unknown_event(payload, payload.get("type"), self.name),)
        return (read_event(model, request.body, type=name, provider=self.name),)


class Contract(ProviderContract):
    """What the provider promises."""

    kind: ClassVar[type[Parcels]] = Parcels
    samples: ClassVar[Mapping[Any, Mapping[str, Any]]] = {
        ParcelSent: {
            "type": "parcel.sent",
            "parcelId": "parcel-17",
            "time": 1790000000,
            "note": "left at the neighbour's",
        }
    }
    secret = "a secret of more than sixteen characters"
    other_secret = "another secret of more than sixteen characters"
    success = b'{"status":"success"}'
    # Enough that no mistake is missed by chance.
    examples = 100

    def provider(self, secret: str | None, **options: Any) -> Provider:
        return self.kind(secret=secret, **options)


def with_event(model: type[Event]) -> type[Contract]:
    """Return the contract of a provider with another event in the place of its own."""

    class Changed(Parcels):
        catalog = catalog_of((model,))

    class Promised(Contract):
        kind = Changed
        samples: ClassVar[Mapping[Any, Mapping[str, Any]]] = {model: Contract.samples[ParcelSent]}

    return Promised


def with_provider(provider: type[Parcels]) -> type[Contract]:
    """Return the contract of another provider."""

    class Promised(Contract):
        kind = provider

    return Promised


# Events.


class WithoutAField(Event):
    wire_types = ("parcel.sent",)

    event_type: str = Field(alias="type")
    parcel_id: str = Field(alias="parcelId")
    time: Seconds | None = None


class OfAnotherType(ParcelSent):
    note: int | None = None  # type: ignore[assignment]  # the mistake itself


class ReadUnderOneNameOnly(ParcelSent):
    note: str | None = Field(None, alias="note", serialization_alias="remark")


class Changeable(ParcelSent):
    model_config = ConfigDict(frozen=False)


class Talkative(ParcelSent):
    def __repr__(self) -> str:
        return f"ParcelSent({self.note})"


class OfNoTimeZone(ParcelSent):
    @property
    def occurred_at(self) -> datetime | None:
        return self.time and self.time.replace(tzinfo=None)


class Fragile(ParcelSent):
    @property
    def occurred_at(self) -> datetime | None:
        assert self.time is not None
        return self.time


# Providers.


class Unchecked(Parcels):
    """Takes anybody's word where no secret is given."""

    def __init__(self, *, secret: SecretSource | None = None, **options: Unpack[ProviderOptions]) -> None:
        if secret is None:
            options["unverified"] = True
        super().__init__(secret=secret, **options)


class Elsewhere(Parcels):
    """Tells the vendor another address than its own."""

    def setup(self, base_url: str) -> Any:
        return {"url": f"{base_url}/hooks"}


class Nameless(Parcels):
    """Stamps its events with another name."""

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        return (read_event(ParcelSent, request.body, type="parcel.sent", provider="letters"),)


class Wordy(Parcels):
    """Answers what the vendor does not take for success."""

    def success(self) -> RawResponse:
        return response(200, "application/json", b'{"ok":true}')


class Created(Parcels):
    """Answers with another status."""

    def success(self) -> RawResponse:
        return response(201, "application/json", b'{"status":"success"}')


class Forgetful(Parcels):
    """Takes every delivery for a new one."""

    numbers: ClassVar[count[int]] = count()

    def identity(self, event: Event, request: RawRequest) -> Identity:
        return Identity(delivery_id=str(next(self.numbers)))


class Hasty(Parcels):
    """Forgets a delivery before the vendor comes again."""

    retry_horizon = 3600.0

    def retention(self, event: Event) -> float:
        return 60.0


class Yes(HeaderHmac):
    def match(self, credential: Credential, body: bytes, keys: Sequence[bytes]) -> int:
        return 0


class Credulous(Parcels):
    """Accepts every signature."""

    signature = Yes("X-Parcels-Signature")


class Constant(HeaderHmac):
    def expected(self, credential: Credential, body: bytes, key: bytes) -> bytes:
        return key.hex().encode()

    def sign(self, secret: str, body: bytes, *, now: float) -> Any:
        signed = super().sign(secret, body, now=now)
        return type(signed)(headers=((self.header, secret.encode().hex()),))


class Superficial(Parcels):
    """Says that its proof covers the body, which it does not."""

    signature = Constant("X-Parcels-Signature")


class Careless(Parcels):
    """Reads a body as if it could only be JSON."""

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        return (ParcelSent.model_validate(json.loads(request.body)),)


class Strict(Parcels):
    """Refuses what it does not know."""

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        [event] = super().parse(request, kind)
        if event.type not in self.catalog:
            raise Refusal(Outcome.MALFORMED)
        return (event,)


class Loud(Parcels):
    """Logs what it reads."""

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        logging.getLogger("parcels").debug("%s", request.body)
        return super().parse(request, kind)


class Open(Parcels):
    """Shows its secret."""

    def __repr__(self) -> str:
        return f"<Parcels {self.secret.text() if self.secret else None}>"


class Trusting(Parcels):
    """Relies on a field of the body."""

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        payload = read_object(request.body)
        return super().parse(request, payload["type"])
