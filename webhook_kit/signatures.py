"""Verifiers, and beside each its signer.

A verifier works in two steps. ``present`` looks at the request without its body and returns the credential, or refuses;
``match`` compares it with what each secret would have made of the bytes. Both raise nothing but :class:`Refusal`,
whatever the bytes are.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, ClassVar, Final

from .confidential import Confidential
from .delivery import Outcome, Refusal
from .http import RawRequest, wire_bytes

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

LONGEST_CREDENTIAL: Final = 4096
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)

# RFC 2104: what the key is combined with, inside and outside, and the bytes that SHA-256 takes at once.
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_BLOCK: Final = 64


@dataclass(slots=True, repr=False)
class Credential(Confidential):
    """What a request presents: the claimed proof, and the text it was bound to."""

    proof: bytes
    bound: bytes = b""

    def __repr__(self) -> str:
        return "<Credential>"


@dataclass(frozen=True, slots=True, repr=False)
class Signed(Confidential):
    """What a sender adds to a request: header pairs and query parameters."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()


class Verifier(ABC):
    """Decide whether a request was made by somebody who knows the secret."""

    covers_body: ClassVar[bool] = False
    """Whether the proof depends on the body; if not, a request is refused before its body is read."""

    shortest_key: ClassVar[int] = 16
    """A key of fewer bytes is warned about."""

    def prepare(self, secret: str) -> bytes:
        """Return the key in a secret's text."""
        return secret.encode()

    @abstractmethod
    def present(self, request: RawRequest, now: float) -> Credential:
        """Return the credential of a request, or raise :class:`Refusal`. ``now`` is in unix seconds."""

    @abstractmethod
    def expected(self, credential: Credential, body: bytes, key: bytes) -> bytes:
        """Return the proof that a sender with this key would have made."""

    @abstractmethod
    def sign(self, secret: str, body: bytes, *, now: float) -> Signed:
        """Return what a sender with this secret adds to a request with this body."""

    def match(self, credential: Credential, body: bytes, keys: Sequence[bytes]) -> int:
        """Return the index of the key that made the credential, or raise :class:`Refusal`.

        Every key is tried, so that the time taken does not tell which one matched.
        """
        matched = -1
        for index, key in enumerate(keys):
            if compare_digest(self.expected(credential, body, key), credential.proof) and matched < 0:
                matched = index
        if matched < 0:
            raise Refusal(Outcome.FORGED)
        return matched


def hmac_sha256(key: bytes, content: bytes) -> bytes:
    """Return the HMAC-SHA256 of the content."""
    inner, outer = _keyed(key)
    inner, outer = inner.copy(), outer.copy()
    inner.update(content)
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(256)
def _keyed(key: bytes) -> tuple[Hash, Hash]:
    """Return what every HMAC of a key begins with.

    https://www.rfc-editor.org/rfc/rfc2104#section-4
    """
    block = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))


def only(values: Sequence[str]) -> str:
    """Return the one value of a security header or parameter: none is unauthenticated, two are forged."""
    if len(values) == 1 and values[0]:
        if len(values[0]) > LONGEST_CREDENTIAL:
            raise Refusal(Outcome.FORGED)
        return values[0]
    raise Refusal(Outcome.FORGED if len(values) > 1 else Outcome.UNAUTHENTICATED)


def fresh(text: str, *, now: float, tolerance: float) -> bytes:
    """Return a timestamp as it was sent, after a check that it is within ``tolerance`` seconds of now, either way.

    Only ASCII digits count: ``1.7e9``, ``+1700000000`` or full-width digits would be signed as other text than they
    mean.
    """
    if not _TIMESTAMP.fullmatch(text):
        raise Refusal(Outcome.FORGED)
    if abs(now - int(text)) > tolerance:
        raise Refusal(Outcome.STALE)
    return text.encode()


class HeaderHmac(Verifier):
    """A header with the hexadecimal HMAC-SHA256 of the raw body."""

    covers_body = True

    def __init__(self, header: str) -> None:
        self.header = header

    def present(self, request: RawRequest, now: float) -> Credential:
        return Credential(wire_bytes(only(request.headers.getlist(self.header))).lower())

    def expected(self, credential: Credential, body: bytes, key: bytes) -> bytes:
        return hmac_sha256(key, body).hex().encode()

    def sign(self, secret: str, body: bytes, *, now: float) -> Signed:
        proof = hmac_sha256(self.prepare(secret), body).hex()
        return Signed(headers=((self.header, proof),))


class HeaderSecret(Verifier):
    """A header with the secret itself."""

    def __init__(self, header: str) -> None:
        self.header = header

    def present(self, request: RawRequest, now: float) -> Credential:
        return Credential(wire_bytes(only(request.headers.getlist(self.header))))

    def expected(self, credential: Credential, body: bytes, key: bytes) -> bytes:
        return key

    def sign(self, secret: str, body: bytes, *, now: float) -> Signed:
        # Clients send the text of a header as latin-1.
        return Signed(headers=((self.header, self.prepare(secret).decode("latin-1")),))


class QuerySecret(Verifier):
    """A query parameter with the secret itself."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    def present(self, request: RawRequest, now: float) -> Credential:
        return Credential(only(request.query.variants(self.parameter)).encode("utf-8", "replace"))

    def expected(self, credential: Credential, body: bytes, key: bytes) -> bytes:
        return key

    def sign(self, secret: str, body: bytes, *, now: float) -> Signed:
        return Signed(query=((self.parameter, secret),))


class QueryTokenDigest(Verifier):
    """Two query parameters: unix seconds, and the hexadecimal SHA-256 of a token followed by them.

    Covers neither the body nor the other parameters: within the tolerance, one captured pair admits any body.
    """

    def __init__(self, *, digest: str, timestamp: str, tolerance: float) -> None:
        self.digest = digest
        self.timestamp = timestamp
        self.tolerance = tolerance

    def present(self, request: RawRequest, now: float) -> Credential:
        variants = request.query.variants
        proof = only(variants(self.digest)).encode("utf-8", "replace").lower()
        return Credential(proof, fresh(only(variants(self.timestamp)), now=now, tolerance=self.tolerance))

    def expected(self, credential: Credential, body: bytes, key: bytes) -> bytes:
        return sha256(key + credential.bound).hexdigest().encode()

    def sign(self, secret: str, body: bytes, *, now: float) -> Signed:
        seconds = str(int(now))
        proof = sha256((secret + seconds).encode()).hexdigest()
        return Signed(query=((self.digest, proof), (self.timestamp, seconds)))
