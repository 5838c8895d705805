"""The other side of a provider: what the vendor sends to it, how it is signed, and when it comes again.

Nothing of this is needed to receive. Tests, the simulator and the command line send with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlencode

from ..errors import ConfigurationError, nearest
from ..events import Event
from ..http import RawRequest, RawResponse
from ..signatures import Signed
from ..standard_signatures import StandardSignatures
from .invention import invented
from .retries import Failure, Retries, Verdict

if TYPE_CHECKING:
    from .base import Provider

__all__ = ["Message", "Retries", "Signed", "Vendor"]

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Message:
    """An event as a vendor sends it, and sends it again: the same bytes under the same id, signed anew each time."""

    type: str
    body: bytes = field(repr=False)
    id: str
    """The delivery's id, for vendors that give one. By default it follows from the body."""


class Vendor:
    """Send what a vendor sends to one provider, signed with that provider's secret.

    A subclass says what the vendor sends beside a signed body, and how often; without one the vendor sends signed JSON
    to the endpoint itself, takes any 2xx for success and never comes again.
    """

    samples: ClassVar[Mapping[Any, Mapping[str, Any]]] = MappingProxyType({})
    """Event class → one valid body."""

    secrets: ClassVar[tuple[str, ...]] = ()
    """The keywords of the provider's constructor that take a secret, the usual one first; else those of its checks."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    # What a subclass says about the vendor.

    @classmethod
    def keywords(cls, types: Iterable[str]) -> dict[str, Any]:
        """Return what else the constructor of the provider needs to receive these types."""
        return {}

    def retries(self, type: str) -> Retries:
        """Return when the vendor comes again with an event of this type."""
        return Retries()

    def content(self, type: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the body that brings one event of this type with these fields."""
        return fields

    def beside(self, type: str) -> Signed:
        """Return the headers and query parameters that are sent beside body and proof."""
        return Signed()

    def route(self, type: str) -> str:
        """Return the route below the endpoint where this type is sent."""
        return next((route for route, kind in self.provider.routes.items() if kind == type), "")

    def verdict(self, type: str, answer: RawResponse | Failure, number: int = 1) -> Verdict:
        """Return what the vendor makes of the answer to try ``number`` (from 1) of an event of this type."""
        return self.retries(type).verdict(answer, number)

    # What follows.

    def type_of(self, model: type[Event]) -> str:
        """Return the name under which the vendor sends events of this class here."""
        for name, each in self.provider.catalog.items():
            if each is model:
                return name
        known = {each.__name__ for each in self.provider.catalog.values()}
        raise ConfigurationError(
            f"{self.provider!r} receives no {model.__name__}; did you mean {nearest(model.__name__, known)}?"
        )

    def sample(self, type: str) -> dict[str, Any]:
        """Return the fields of a valid event of this type; where the vendor has no sample they are made up."""
        model = self.provider.catalog.get(type)
        if model is None:
            raise ConfigurationError(
                f"{self.provider!r} knows no type {type!r}; did you mean {nearest(type, self.provider.catalog)}?"
            )
        return self.fields_of(model)

    @classmethod
    def fields_of(cls, model: type[Event]) -> dict[str, Any]:
        """Return the fields of a valid event of this class."""
        sample = cls.samples.get(model)
        return invented(model) if sample is None else deepcopy(dict(sample))

    def message(self, type: str, fields: Mapping[str, Any] | bytes | None = None, *, id: str | None = None) -> Message:
        """Return an event of this type with these fields, by default those of the sample; bytes are a whole body."""
        if not isinstance(fields, bytes):
            content = self.content(type, self.sample(type) if fields is None else fields)
            fields = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return Message(type, fields, id or f"msg_{sha256(type.encode() + fields).hexdigest()[:24]}")

    def sign(
        self, body: bytes, *, secret: str | None = None, now: float | None = None, id: str | None = None
    ) -> Signed:
        """Return what proves a request with this body: nothing where the provider has no secret.

        ``secret`` is by default the first one of the provider, ``now`` (unix seconds) the time of its clock. ``id``
        names the delivery where signatures cover an id.
        """
        provider = self.provider
        verifier = provider.verifier
        if verifier is None or provider.secret is None:
            return Signed()
        secret = provider.secret.text() if secret is None else secret
        now = provider.clock() if now is None else now
        if isinstance(verifier, StandardSignatures):
            return verifier.sign(secret, body, now=now, id=id)
        return verifier.sign(secret, body, now=now)

    def request(
        self, message: Message, *, secret: str | None = None, now: float | None = None, signed: bool = True
    ) -> RawRequest:
        """Return the vendor's request with this message, its path relative to the mount."""
        proof = self.sign(message.body, secret=secret, now=now, id=message.id) if signed else Signed()
        beside = self.beside(message.type)
        return RawRequest(
            self.provider.methods[0],
            f"/{self.provider.path}/{self.route(message.type)}".rstrip("/"),
            query_string=urlencode([*beside.query, *proof.query]),
            headers=[("content-type", JSON), *beside.headers, *proof.headers],
            body=message.body,
        )


def below_endpoint(provider: Provider, request: RawRequest) -> RawRequest:
    """Return a request with its path relative to the provider's endpoint, as for an address entered at the vendor."""
    return RawRequest(
        request.method,
        request.path.removeprefix(f"/{provider.path}"),
        query_string=request.query_string,
        headers=request.headers.pairs(),
        body=request.body,
        scheme=request.scheme,
    )
