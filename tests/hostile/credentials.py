"""Rows about what proves that a request is the vendor's."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from hmac import digest as hmac_digest
from typing import Final

from webhook_kit import Outcome

from .inputs import NO_APPS, NO_NUMBERS, ODD_TEXTS
from .rows import (
    Make,
    Row,
    Who,
    both,
    commanding,
    covering,
    dated,
    doubling,
    known,
    not_covering,
    of_one_app,
    of_svix_alone,
    of_two_families,
    posting,
    proving,
    proving_in,
    putting,
    showing,
    signing_lists,
)
from .senders import APP, NOW, Crafted, Place, Sender

_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def proofs() -> Iterator[Row]:
    yield Row(
        "without its proof",
        posting(lambda sent, sender: sent.without(known(sender.proof))),
        Outcome.UNAUTHENTICATED,
        proving,
    )
    yield Row("with an empty proof", _proof(b""), Outcome.UNAUTHENTICATED, proving)
    yield Row(
        "by somebody with another secret",
        lambda sender: sender.genuine(secret=sender.other_secret),
        Outcome.FORGED,
        proving,
    )
    for name, text in ODD_TEXTS.items():
        yield Row(f"with {name} for its proof", _proof(text), Outcome.FORGED, proving)
    changes: dict[str, Callable[[bytes], bytes]] = {
        "less its last letter": lambda right: right[:-1],
        "less its first letter": lambda right: right[1:],
        "and a letter": lambda right: right + b"0",
        "after a letter": lambda right: b"0" + right,
        "with its last letter changed": lambda right: right[:-1] + (b"0" if right[-1:] != b"0" else b"1"),
        "twice in a row": lambda right: right + right,
        "as both halves of a list": lambda right: right + b"," + right,
        "after a wrong one in a list": lambda right: b"wrong," + right,
        "under the name of an algorithm": lambda right: b"sha256=" + right,
        "under the name of a scheme": lambda right: b"Bearer:" + right,
        "in quotes": lambda right: b'"' + right + b'"',
        "backwards": lambda right: right[::-1],
        "in base64": b64encode,
        "in hexadecimal": lambda right: right.hex().encode(),
        "hashed": lambda right: hashlib.sha256(right).hexdigest().encode(),
        "in full-width letters": lambda right: bytes(right).decode().translate(_FULL_WIDTH).encode(),
    }
    for name, change in changes.items():
        make = _proof(lambda right, _, change=change: change(right))
        yield Row(f"with the right proof {name}", make, Outcome.FORGED, proving)
    swapped = _proof(lambda right, _: right.swapcase())
    yield Row("with the proof in other cases", swapped, Outcome.FORGED, showing("secret", "base64", "signatures"))
    yield Row("with a digest in capitals", swapped, Outcome.PROCESSED, showing("hex"))
    bare = _proof(lambda right, sender: sender.secret.encode())
    yield Row("with the secret for its signature", bare, Outcome.FORGED, showing("hex", "base64", "signatures"))
    for name, make, in_query in doubling(lambda sender: sender.proof):
        yield Row(f"with its proof {name}", make, Outcome.FORGED, proving_in("query") if in_query else proving)
    for name, end in {"a NUL": b"\0", "a space": b" ", "a line break": b"\n"}.items():
        make = _proof(lambda right, _, end=end: right + end)
        yield Row(f"with {name} after its proof", make, Outcome.FORGED, proving_in("query"))
    moved = posting(
        lambda sent, sender: sent.without(known(sender.proof)).beside(
            _elsewhere(known(sender.proof)), sent.value(known(sender.proof))
        )
    )
    yield Row("with its proof in the wrong place", moved, Outcome.UNAUTHENTICATED, proving)
    for name, spell in {
        "underscores": lambda name: name.replace(b"-", b"_") + b"_",
        "a prefix": lambda name: b"HTTP-" + name,
        "a letter more": lambda name: name + b"s",
    }.items():
        make = posting(
            lambda sent, sender, spell=spell: sent.without(known(sender.proof)).beside(
                known(sender.proof)._replace(name=spell(known(sender.proof).name)), sent.value(known(sender.proof))
            )
        )
        yield Row(f"with its proof under a name with {name}", make, Outcome.UNAUTHENTICATED, proving)


def digests() -> Iterator[Row]:
    who = both(covering, showing("hex", "base64"))
    for algorithm in ("md5", "sha1", "sha512"):
        yield Row(f"signed with {algorithm}", _digest(algorithm, _key, _same), Outcome.FORGED, who)
    yield Row("signed with an empty key", _digest("sha256", lambda _: b"", _same), Outcome.FORGED, who)
    yield Row("whose signature covers no body", _digest("sha256", _key, lambda body: b""), Outcome.FORGED, who)
    yield Row(
        "whose signature covers the body twice", _digest("sha256", _key, lambda body: body * 2), Outcome.FORGED, who
    )
    plain = _proof(lambda right, sender: hashlib.sha256(sender.genuine().body).hexdigest().encode())
    yield Row("whose signature is a digest without a key", plain, Outcome.FORGED, who)
    of_a_token = both(showing("hex"), commanding)
    for name, content in {
        "token": lambda token, at: token,
        "time": lambda token, at: at,
        "time before the token": lambda token, at: at + token,
    }.items():
        make = _proof(lambda right, sender, content=content: _sha256(content(_key(sender), b"%d" % NOW)))
        yield Row(f"whose Sign is a digest of the {name}", make, Outcome.FORGED, of_a_token)


def changed_bodies() -> Iterator[Row]:
    yield Row("whose body has a space more", _body(lambda body: body + b" "), Outcome.FORGED, covering)
    yield Row(
        "whose body has a space more, which nothing covers",
        _body(lambda body: body + b" "),
        Outcome.PROCESSED,
        not_covering,
    )
    again = _body(lambda body: json.dumps(json.loads(body), separators=(",", ":"), sort_keys=True).encode())
    yield Row("whose body was written anew", again, Outcome.FORGED, covering)
    yield Row("whose body is another one", _body(lambda body: b'{"event":"complete"}'), Outcome.FORGED, covering)
    yield Row("whose body is no longer there", _body(lambda body: b""), Outcome.FORGED, covering)
    yield Row(
        "whose body is no longer there, which nothing covers", _body(lambda body: b""), Outcome.MALFORMED, not_covering
    )
    yield Row("whose body was cut and patched", _body(lambda body: body[:-9] + b"}"), Outcome.FORGED, covering)


def lists_of_signatures() -> Iterator[Row]:
    changes: dict[str, Callable[[bytes], bytes]] = {
        "an unknown version": lambda right: b"v2," + right.partition(b",")[2],
        "the other version": lambda right: (b"v1a," if right.startswith(b"v1,") else b"v1,") + right.partition(b",")[2],
        "no version": lambda right: right.partition(b",")[2],
        "a version and nothing else": lambda right: right.partition(b",")[0],
        "a version and a comma": lambda right: right.partition(b",")[0] + b",",
        "two commas": lambda right: right.replace(b",", b",,"),
        "an entry of three": lambda right: right + b",b",
        "something that is no base64": lambda right: b"v1,!!!! v1a,!!!!",
        "no padding": lambda right: right.rstrip(b"="),
        "more padding": lambda right: right + b"=",
        "tabs between its entries": lambda right: b"v1,AAAA\t" + right,
        "commas between its entries": lambda right: b"v1,AAAA," + right,
        "an empty list before it that a server has joined": lambda right: b", " + right,
        "an entry without a signature before it that a server has joined": lambda right: b"v1,, " + right,
        "a wrong list before it that a server has joined": lambda right: b"wrong, " + right,
        "two lists that a server has joined": lambda right: right + b", " + right,
        "two lists of two that a server has joined": lambda right: right + b" " + right + b"," + right + b" " + right,
        "33 entries, the last one right": lambda right: _at_first(32) + right,
    }
    for name, change in changes.items():
        make = _proof(lambda right, _, change=change: change(right))
        yield Row(f"with a list of signatures with {name}", make, Outcome.FORGED, signing_lists)
    yield Row("with spare bits in its signature", _proof(_spare_bits), Outcome.FORGED, signing_lists)
    last = _proof(lambda right, _: _at_first(31) + right)
    yield Row("with 32 signatures, the last one right", last, Outcome.PROCESSED, signing_lists)
    middle = _proof(lambda right, _: b"v9,x , v1, " + right + b" v1,\xff v1a,\xff")
    yield Row("with a right signature between odd ones", middle, Outcome.PROCESSED, signing_lists)
    yield Row(
        "with webhook-* headers to one that knows svix-* alone",
        _renamed(b"webhook"),
        Outcome.UNAUTHENTICATED,
        of_svix_alone,
    )
    yield Row("with svix-* headers to one that knows both", _renamed(b"svix"), Outcome.PROCESSED, of_two_families)
    mixed = posting(lambda sent, _: sent.but(headers=((b"svix-id", sent.headers[0][1]), *sent.headers[1:])))
    yield Row("with headers of two families", mixed, Outcome.UNAUTHENTICATED, of_two_families)
    wrong = tuple((name, b"wrong") for name in (b"svix-id", b"svix-timestamp", b"svix-signature"))
    second = posting(lambda sent, _: sent.but(headers=(*sent.headers, *wrong)))
    yield Row("with a second family that is wrong", second, Outcome.PROCESSED, of_two_families)


def ids() -> Iterator[Row]:
    def ids(value: bytes | Callable[[bytes, Sender], bytes]) -> Make:
        return putting(lambda sender: sender.id, value)

    yield Row(
        "without an id",
        posting(lambda sent, sender: sent.without(known(sender.id))),
        Outcome.UNAUTHENTICATED,
        signing_lists,
    )
    yield Row("with an empty id", ids(b""), Outcome.UNAUTHENTICATED, signing_lists)
    values: dict[str, bytes | Callable[[bytes, Sender], bytes]] = {
        "another id": b"msg_another",
        "an id that takes in the timestamp": lambda right, _: right + b".%d" % NOW,
        "an id in capitals": lambda right, _: right.upper(),
        "an id that is no text": b"\xff\xfe",
        "an id of 5,000 letters": b"x" * 5000,
    }
    for name, value in values.items():
        yield Row(f"with {name}", ids(value), Outcome.FORGED, signing_lists)
    for name, make, in_query in doubling(lambda sender: sender.id):
        if not in_query:
            yield Row(f"with its id {name}", make, Outcome.FORGED, signing_lists)


def timestamps() -> Iterator[Row]:
    def times(value: bytes | Callable[[bytes, Sender], bytes]) -> Make:
        return putting(lambda sender: sender.timestamp, value)

    without = posting(lambda sent, sender: sent.without(known(sender.timestamp)))
    yield Row("without a time", without, Outcome.UNAUTHENTICATED, dated)
    yield Row("with an empty time", times(b""), Outcome.UNAUTHENTICATED, dated)
    for name, text in NO_NUMBERS.items():
        yield Row(f"with {name} for its time", times(text), Outcome.FORGED, dated)
    for name, text in {"1970": b"0", "a second of 1970": b"1", "the year 33658": b"999999999999"}.items():
        yield Row(f"from {name}", times(text), Outcome.STALE, dated)
    yield Row("with a zero before its time", times(lambda right, _: b"0" + right), Outcome.FORGED, dated)
    yield Row("with another time than it was signed with", times(b"%d" % (NOW + 1)), Outcome.FORGED, dated)
    for name, make, in_query in doubling(lambda sender: sender.timestamp):
        yield Row(
            f"with its time {name}", make, Outcome.FORGED, both(dated, proving_in("query")) if in_query else dated
        )
    for name, sign in {"past": -1, "future": 1}.items():
        late = _from(lambda sender, sign=sign: sign * (sender.tolerance + 1))
        yield Row(f"from a second too far in the {name}", late, Outcome.STALE, dated)
        just = _from(lambda sender, sign=sign: sign * sender.tolerance)
        yield Row(f"from the last second that is allowed in the {name}", just, Outcome.PROCESSED, dated)
    yield Row("signed ten years ahead", _from(lambda _: 10 * 365 * 86400), Outcome.STALE, dated)


def apps() -> Iterator[Row]:
    def app(value: bytes) -> Make:
        return putting(lambda sender: sender.app, value)

    yield Row(
        "without an application",
        posting(lambda sent, sender: sent.without(known(sender.app))),
        Outcome.WRONG_APP,
        of_one_app,
    )
    for name, text in NO_APPS.items():
        yield Row(f"with {name} for its application", app(text), Outcome.WRONG_APP, of_one_app)
    in_query: Who = both(of_one_app, commanding)
    for name, make, spelled in doubling(lambda sender: sender.app):
        yield Row(f"with its application {name}", make, Outcome.WRONG_APP, in_query if spelled else of_one_app)
    for name, text in {"a space": b" ", "a NUL": b"\0", "a line break": b"\n"}.items():
        yield Row(f"with {name} after its application", app(APP + text), Outcome.WRONG_APP, in_query)
    moved = posting(lambda sent, sender: sent.without(known(sender.app)).beside(_elsewhere(known(sender.app)), APP))
    yield Row("with its application in the wrong place", moved, Outcome.WRONG_APP, of_one_app)
    brackets = posting(lambda sent, sender: sent.without(known(sender.app)).beside(Place("query", b"SdkAppid[]"), APP))
    yield Row("with its application as a list", brackets, Outcome.WRONG_APP, in_query)


def _elsewhere(place: Place) -> Place:
    return Place("query" if place.part == "header" else "header", place.name)


def _proof(value: bytes | Callable[[bytes, Sender], bytes]) -> Make:
    return putting(lambda sender: sender.proof, value)


def _body(change: Callable[[bytes], bytes]) -> Make:
    """Change the body and leave its signature."""
    return posting(lambda sent, sender: sent.but(body=change(sent.body)))


def _digest(algorithm: str, key: Callable[[Sender], bytes], content: Callable[[bytes], bytes]) -> Make:
    """Make the proof of a vendor who signs the body, but otherwise than the vendor does."""

    def made(right: bytes, sender: Sender) -> bytes:
        digest = hmac_digest(key(sender), content(sender.genuine().body), algorithm)
        return digest.hex().encode() if sender.proves == "hex" else b64encode(digest)

    return _proof(made)


def _from(seconds: Callable[[Sender], int]) -> Make:
    """Sign so many seconds from now."""
    return lambda sender: sender.genuine(now=NOW + seconds(sender))


def _key(sender: Sender) -> bytes:
    return sender.secret.encode()


def _same(content: bytes) -> bytes:
    return content


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _spare_bits(right: bytes, sender: Sender) -> bytes:
    """Return base64 that lenient decoders read as the same bytes."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    end = len(right.rstrip(b"="))
    return right[: end - 1] + bytes([letters[letters.index(right[end - 1]) + 1]]) + right[end:]


def _renamed(family: bytes) -> Make:
    def make(sender: Sender) -> Crafted:
        sent = sender.genuine()
        return sent.but(headers=tuple((family + b"-" + name.split(b"-")[1], value) for name, value in sent.headers))

    return make


def _at_first(number: int) -> bytes:
    return b" ".join([b"v1,%s" % b64encode(bytes([each]) * 32) for each in range(number)]) + b" "
