"""The sending side: requests as the vendors make them, and what is promised for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from webhook_kit.providers.base import Provider
from webhook_kit.signatures import Signed

Pairs: TypeAlias = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A request that is ready to be sent. It has no repr of its values, because its URL may hold a secret."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Promise:
    """What has to come of a request, written down by hand and never asked of the code that is shown."""

    status: int
    body: bytes
    outcome: str
    saw: tuple[str, ...] = ()
    retry_after: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A delivery that the demo sends."""

    vendor: str
    name: str
    request: Request = field(repr=False)
    promise: Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor that sends to one provider. ``now`` is in unix seconds; ``accepted`` the body that means success."""

    name: str
    provider: Provider
    base_url: str
    now: float
    accepted: bytes

    def request(
        self,
        body: Mapping[str, Any] | bytes,
        *,
        route: str = "",
        query: Pairs = (),
        headers: Pairs = (),
        signed: bool = True,
        secret: str | None = None,
        age: float = 0.0,
    ) -> Request:
        """Return a request with this body, signed ``age`` seconds ago with the provider's secret or another one."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        proof = self.provider.vendor.sign(content, secret=secret, now=self.now - age) if signed else Signed()
        return Request(
            url=self.provider.url(self.base_url, route, [*query, *proof.query]),
            headers=(("content-type", "application/json"), *headers, *proof.headers),
            body=content,
        )

    def accept(self, name: str, request: Request, outcome: str, *saw: str) -> Planned:
        """Plan a delivery that is answered with success."""
        return Planned(self.name, name, request, Promise(200, self.accepted, outcome, saw))

    def refuse(
        self, name: str, request: Request, status: int, body: bytes, outcome: str, *saw: str, retry_after: bool = False
    ) -> Planned:
        """Plan a delivery that is not accepted, or not yet."""
        return Planned(self.name, name, request, Promise(status, body, outcome, saw, retry_after))
