"""A row of the hostile table: who sends it, and how it is made of what the vendor sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote_from_bytes

from webhook_kit import Outcome

from .senders import Crafted, Place, Sender

Make: TypeAlias = Callable[[Sender], Crafted]
Who: TypeAlias = Callable[[Sender], bool]
Change: TypeAlias = Callable[[Crafted, Sender], Crafted]


@dataclass(frozen=True)
class Row:
    """A request, named as a sentence that begins with "A request"."""

    name: str
    make: Make
    outcome: Outcome
    who: Who
    on_wire: bool = True
    """Whether servers let it through as it is."""
    stopped_by: str = ""
    """The hosts, by the start of their name, whose framework answers or fails before anything of ours is asked."""


def everybody(sender: Sender) -> bool:
    return not sender.firewalled


def firewalled(sender: Sender) -> bool:
    return sender.firewalled


def proving(sender: Sender) -> bool:
    return everybody(sender) and sender.proof is not None


def covering(sender: Sender) -> bool:
    return proving(sender) and sender.covers_body


def not_covering(sender: Sender) -> bool:
    return everybody(sender) and not sender.covers_body


def proving_in(part: str) -> Who:
    return lambda sender: proving(sender) and known(sender.proof).part == part


def showing(*kinds: str) -> Who:
    return lambda sender: proving(sender) and sender.proves in kinds


def dated(sender: Sender) -> bool:
    return everybody(sender) and sender.timestamp is not None


def of_one_app(sender: Sender) -> bool:
    return everybody(sender) and sender.app is not None


def commanding(sender: Sender) -> bool:
    return everybody(sender) and sender.command is not None


def both(first: Who, second: Who) -> Who:
    return lambda sender: first(sender) and second(sender)


signing_lists: Final = showing("signatures")
of_two_families: Final = both(signing_lists, lambda sender: sender.path != "meeting-baas-v2")
of_svix_alone: Final = both(signing_lists, lambda sender: sender.path == "meeting-baas-v2")


def known(place: Place | None) -> Place:
    assert place is not None, "the row is for senders that have such a place"
    return place


def written(place: Place, value: bytes) -> bytes:
    """Return a value as it is written at its place."""
    return value if place.part == "header" else quote_from_bytes(value, safe="").encode()


def putting(where: Callable[[Sender], Place | None], value: bytes | Callable[[bytes, Sender], bytes]) -> Make:
    """Return what puts a value in place of the right one; a function makes it of the right one."""

    def make(sender: Sender) -> Crafted:
        place, sent = known(where(sender)), sender.genuine()
        new = value if isinstance(value, bytes) else value(sent.value(place), sender)
        return sent.replaced(place, written(place, new))

    return make


def doubling(where: Callable[[Sender], Place | None]) -> Iterator[tuple[str, Make, bool]]:
    """Return every way to give a value twice, and whether it is one for parameters only."""

    def twice(change: Callable[[Crafted, Place, bytes], Crafted]) -> Make:
        def make(sender: Sender) -> Crafted:
            place, sent = known(where(sender)), sender.genuine()
            return change(sent, place, sent.value(place))

        return make

    yield "twice", twice(lambda sent, place, right: sent.beside(place, right)), False
    yield "after a wrong one", twice(lambda sent, place, right: sent.before(place, b"wrong")), False
    yield "before a wrong one", twice(lambda sent, place, right: sent.beside(place, b"wrong")), False
    yield "after an empty one", twice(lambda sent, place, right: sent.before(place, b"")), False
    yield "before an empty one", twice(lambda sent, place, right: sent.beside(place, b"")), False
    yield "in two cases", twice(lambda sent, place, right: sent.beside(_in_capitals(place), right)), False
    yield "in two spellings", twice(lambda sent, place, right: sent.beside(_encoded(place), right)), True


def _in_capitals(place: Place) -> Place:
    return place._replace(name=place.name.swapcase())


def _encoded(place: Place) -> Place:
    return place._replace(name=b"%%%02x" % place.name[0] + place.name[1:])


def posting(change: Change) -> Make:
    """Change what the vendor sends."""
    return lambda sender: change(sender.genuine(), sender)


def signing(body: bytes, change: Change = lambda sent, _: sent) -> Make:
    """Have the vendor sign another body, and change the request after that."""
    return lambda sender: change(sender.signed(body), sender)


def padded(size: int, change: Change = lambda sent, _: sent) -> Make:
    """Have the vendor send so many bytes, most of them spaces."""
    return lambda sender: change(sender.signed(json.dumps(sender.fields()).encode().ljust(size)), sender)
