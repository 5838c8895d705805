"""Sign a body as the vendor of a provider does."""

from __future__ import annotations

from ..providers.base import Provider
from ..signatures import Signed


def sign(
    provider: Provider, body: bytes, /, *, secret: str | None = None, now: float | None = None, id: str | None = None
) -> Signed:
    """Return the headers and query parameters that prove a request with this body to a provider.

    ``secret`` is by default the provider's own (the first of several); where the provider knows a public key only, it
    is the private one. ``now`` is in unix seconds, by the provider's clock by default. ``id`` is the delivery's, where
    the vendor gives one.
    """
    return provider.vendor.sign(body, secret=secret, now=now, id=id)
