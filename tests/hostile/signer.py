"""Whether our own signer could have made a request: by signing again, and not by asking what verifies."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from .senders import APP, NOW, Crafted, Place, Sender


def signed_by_us(sender: Sender, sent: Crafted) -> bool:
    """Whether everything that authenticates is there once, and is what the vendor would have sent with this body."""
    if sender.app is not None and _values(sent, sender.app) != [APP]:
        return False
    if sender.proof is None:
        return True
    proofs = _values(sent, sender.proof)
    ids = [] if sender.id is None else _values(sent, sender.id)
    times = [b"%d" % NOW] if sender.timestamp is None else _values(sent, sender.timestamp)
    if len(proofs) != 1 or len(times) != 1 or len(ids) != (sender.id is not None):
        return False
    if not times[0].isdigit() or abs(int(times[0]) - NOW) > sender.tolerance:
        return False
    again = sender.provider.vendor.sign(
        sent.body, secret=sender.secret, now=int(times[0]), id=ids[0].decode("latin-1") if ids else None
    )
    right = next(
        value for name, value in (*again.headers, *again.query) if name.encode().lower() == _name(sender.proof)
    )
    if sender.proves == "signatures":
        # Of a doubled header that a server has joined, neither half counts.
        joined = re.search(rb",v[0-9]+a?,|(^| )(?!v[0-9]+a?, )[^ ]*[^ ,], ", proofs[0])
        return right.encode() in proofs[0].split(b" ") and joined is None
    return right.encode() == (proofs[0].lower() if sender.proves == "hex" else proofs[0])


def _values(sent: Crafted, place: Place) -> list[bytes]:
    if place.part == "header":
        return [value for name, value in sent.headers if name.lower() == _name(place)]
    query = sent.query.decode("utf-8", "replace")
    pairs = parse_qsl(query, keep_blank_values=True)
    return [value.encode("utf-8", "replace") for name, value in pairs if name.lower().encode() == _name(place)]


def _name(place: Place) -> bytes:
    return place.name.lower()
