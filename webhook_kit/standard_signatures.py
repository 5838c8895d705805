"""Standard Webhooks: three headers, and signatures over the id, the timestamp and the raw body.

Svix sends the same under names of its own: ``svix-id`` for ``webhook-id``, and so on.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hmac import compare_digest
from types import ModuleType
from typing import ClassVar, Final

from .delivery import Outcome, Refusal, new_id
from .errors import ConfigurationError
from .http import RawRequest, wire_bytes
from .signatures import Credential, Signed, Verifier, fresh, hmac_sha256, only

# The reference libraries agree on it, in both directions.
TOLERANCE: Final = 300.0

# Svix signs with up to ten old keys beside the new one, in two versions at most.
MOST_SIGNATURES: Final = 32

# What WSGI servers make of a header that came twice: two entries with a comma between them, or a comma and a space, of
# which the first one may be empty, or without a signature.
_JOINED: Final = re.compile(r"^, |,v[0-9]+a?,|(?:^| )(?:v[0-9]+a?,|(?!v[0-9]+a?, )[^ ]*[^ ,]), ")

SHORTEST_KEY: Final = 24
ED25519_KEY: Final = 32


class PublicKey(bytes):
    """An ed25519 key, which verifies ``v1a``; every other key is a shared secret, for ``v1``."""


class StandardSignatures(Verifier):
    """Headers ``<family>-id``, ``<family>-timestamp`` and ``<family>-signature``, all three of one family.

    The last one is a list: any signature that one of the keys made is enough, and entries of unknown versions are
    passed over. A secret is ``whsec_`` and base64, or base64 alone, for ``v1`` (HMAC-SHA256); ``whpk_`` and base64 for
    ``v1a`` (ed25519, which needs ``webhook-kit[ed25519]``).
    """

    covers_body = True
    shortest_key: ClassVar[int] = SHORTEST_KEY

    def __init__(self, *families: str, tolerance: float = TOLERANCE) -> None:
        self.families = families
        self.tolerance = tolerance
        self._names = tuple(map(names, families))

    def prepare(self, secret: str) -> bytes:
        if secret.startswith("whsk_"):
            raise ConfigurationError("a whsk_ secret signs and belongs to the sender alone: give its whpk_ counterpart")
        if secret.startswith("whpk_"):
            _ed25519()
            key = _decoded(secret.removeprefix("whpk_"))
            if len(key) != ED25519_KEY:
                raise ConfigurationError(f"a whpk_ key is {ED25519_KEY} bytes in base64; copy it whole")
            return PublicKey(key)
        return _decoded(secret.removeprefix("whsec_"))

    def present(self, request: RawRequest, now: float) -> Credential:
        identifier, timestamp, signatures = map(only, self._values(request))
        if signatures.count(" ") >= MOST_SIGNATURES or _joined(signatures):
            raise Refusal(Outcome.FORGED)
        seconds = fresh(timestamp, now=now, tolerance=self.tolerance)
        return Credential(wire_bytes(signatures), b"%s.%s." % (wire_bytes(identifier), seconds))

    def match(self, credential: Credential, body: bytes, keys: Sequence[bytes]) -> int:
        entries = credential.proof.split(b" ")
        content = credential.bound + body
        matched = -1
        for index, key in enumerate(keys):
            if isinstance(key, PublicKey):
                same = [_verified(key, content, entry) for entry in entries]
            else:
                proof = self.expected(credential, body, key)
                same = [compare_digest(proof, entry) for entry in entries]
            if any(same) and matched < 0:
                matched = index
        if matched < 0:
            raise Refusal(Outcome.FORGED)
        return matched

    def expected(self, credential: Credential, body: bytes, key: bytes) -> bytes:
        return _hmac(key, credential.bound + body)

    def sign(self, secret: str, body: bytes, *, now: float, id: str | None = None) -> Signed:
        """Return the headers of a message; ``secret`` is that of a sender, so that v1a takes a ``whsk_`` one."""
        identifier = id or f"msg_{new_id()}"
        seconds = str(int(now))
        content = b"%s.%s.%s" % (identifier.encode(), seconds.encode(), body)
        if secret.startswith("whsk_"):
            proof = _signature(_decoded(secret.removeprefix("whsk_")), content)
        elif secret.startswith("whpk_"):
            raise ConfigurationError("a whpk_ key verifies and cannot sign: give its whsk_ counterpart")
        else:
            proof = _hmac(self.prepare(secret), content)
        return Signed(headers=tuple(zip(names(self.families[0]), (identifier, seconds, proof.decode()), strict=True)))

    def identifier(self, request: RawRequest) -> str:
        """Return the id of an authenticated message, which stays the same when it is sent again."""
        return only(self._values(request)[0])

    def _values(self, request: RawRequest) -> list[list[str]]:
        """Return the values of each header, of the first family of which all are there."""
        for family in self._names:
            values = [*map(request.headers.getlist, family)]
            if all(values):
                return values
        raise Refusal(Outcome.UNAUTHENTICATED)


def names(family: str) -> tuple[str, str, str]:
    """Return the names of a family's headers."""
    return f"{family}-id", f"{family}-timestamp", f"{family}-signature"


def _joined(signatures: str) -> bool:
    # Every alternative has one of the two in it, and most lists have neither.
    return (", " in signatures or ",v" in signatures) and _JOINED.search(signatures) is not None


def _hmac(key: bytes, content: bytes) -> bytes:
    return b"v1," + b64encode(hmac_sha256(key, content))


def _verified(key: PublicKey, content: bytes, entry: bytes) -> bool:
    version, _, encoded = entry.partition(b",")
    if version != b"v1a":
        return False
    try:
        signature = b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    if b64encode(signature) != encoded:
        return False
    from cryptography.exceptions import InvalidSignature

    try:
        _ed25519().Ed25519PublicKey.from_public_bytes(bytes(key)).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _signature(key: bytes, content: bytes) -> bytes:
    # A pair is the private key followed by the public one.
    if len(key) not in (ED25519_KEY, 2 * ED25519_KEY):
        raise ConfigurationError("a whsk_ key is 32 bytes in base64, or 64 with its public half; copy it whole")
    private = _ed25519().Ed25519PrivateKey.from_private_bytes(key[:ED25519_KEY])
    return b"v1a," + b64encode(private.sign(content))


def _ed25519() -> ModuleType:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise ConfigurationError("whpk_ and whsk_ keys need cryptography: pip install 'webhook-kit[ed25519]'") from None
    return ed25519


def _decoded(text: str) -> bytes:
    """Return the bytes in a secret's base64; raise :class:`ConfigurationError` where it is none.

    Padding may be missing where the key is long enough: a shorter text without it is rather a password than a key.
    """
    missing = -len(text) % 4
    try:
        key = b64decode(text + "=" * missing, validate=True)
    except ValueError:
        key = b""
    if not key or (missing and len(key) < SHORTEST_KEY):
        raise ConfigurationError(
            "a signing secret is whsec_ followed by base64: copy it from the sender's console as it stands there"
        )
    return key
