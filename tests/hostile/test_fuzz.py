"""Whatever arrives ends as an outcome of the table, and is processed only if the vendor signed it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_kit import Outcome

from .answers import expected
from .hosts import Fate, Receiver
from .senders import LIMIT, Crafted, Place, Sender, senders
from .signer import signed_by_us

SENDERS = senders()
PROOF_IS_ASKED_FOR = tuple(sender for sender in SENDERS if not sender.firewalled)

pytestmark = [pytest.mark.fuzz, pytest.mark.slow, pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")]

every_sender = pytest.mark.parametrize("sender", PROOF_IS_ASKED_FOR, ids=str)


@pytest.fixture(scope="module", params=["asgi-application", "wsgi-application"])
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    with Receiver(request.param, SENDERS) as receiver:
        yield receiver


# What HTTP lets into a header's value; servers refuse the rest.
visible = st.binary(max_size=40).map(lambda value: value.translate(None, bytes([*range(32), 127])).strip())
names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20).map(str.encode)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


changes = st.sampled_from(["replace", "drop", "before", "beside"])
seldom = st.integers(0, 3).map(lambda number: number == 0)
garbage = st.binary(max_size=100)


@lru_cache(256)
def pieces(right: bytes) -> st.SearchStrategy[bytes]:
    """Return values near the right one, and far from it."""
    places = st.integers(0, len(right))
    return (
        st.just(right)
        | places.map(lambda end: right[:end])
        | st.builds(lambda end, new: right[:end] + new + right[end:], places, visible)
        | st.builds(lambda end, new: right[:end] + new + right[end + 1 :], places, visible)
        | st.sampled_from(
            [right.swapcase(), right + b"," + right, right + b" " + right, b" ".join([b"v1,"] * 9 + [right])]
        )
        | st.integers(-(10**12), 10**12).map(lambda number: b"%d" % number)
        | visible
    )


@st.composite
def tampered(draw: st.DrawFn, sender: Sender) -> Crafted:
    """Change what authenticates a request, or its body, in a few places or in none."""
    sent = cached(sender)
    known = [place for place in (sender.proof, sender.timestamp, sender.id, sender.app) if place is not None]
    for place in draw(st.lists(st.sampled_from(known), max_size=2)) if known else ():
        change = draw(changes)
        value = draw(pieces(next(iter(held(sent, place)), b"x")))
        if place.part == "query" and draw(st.booleans()):
            value = quote(value).encode()
        if change == "replace":
            sent = sent.replaced(place, value)
        elif change == "drop":
            sent = sent.without(place)
        else:
            sent = getattr(sent, change)(place, value)
    if draw(seldom):
        sent = sent.but(body=draw(pieces(sent.body) | garbage))
    if draw(seldom):
        sent = sent.beside(Place("header", draw(names)), draw(visible))
    if draw(seldom):
        sent = sent.but(query=b"&".join(filter(None, (sent.query, quote(draw(garbage), safe="=&%;").encode()))))
    return sent


def held(sent: Crafted, place: Place) -> list[bytes]:
    pairs = sent.headers if place.part == "header" else sent.parameters()
    return [value for name, value in pairs if name.lower() == place.name.lower()]


@cache
def cached(sender: Sender) -> Crafted:
    return sender.genuine()


def ended(receiver: Receiver, sender: Sender, sent: Crafted) -> Outcome:
    """Send a request, check that its answer is the one of its outcome, and return that."""
    [fate] = receiver.send([sent])
    [outcome] = fate.outcomes
    times = int(outcome is Outcome.PROCESSED)
    assert Fate(expected(sender, outcome, sent.method), [outcome], times, times) == fate
    return outcome


@every_sender
@given(data=st.data())
def test_only_what_the_vendor_signed_is_processed(receiver: Receiver, sender: Sender, data: st.DataObject) -> None:
    sent = data.draw(tampered(sender))
    outcome = ended(receiver, sender, sent)
    if outcome is Outcome.PROCESSED:
        assert signed_by_us(sender, sent)
    elif outcome is not Outcome.MALFORMED:
        assert not signed_by_us(sender, sent)


@st.composite
def contents(draw: st.DrawFn, sender: Sender) -> bytes:
    """Return bytes that are JSON, nearly JSON, or none at all; the vendor's own fields are among them."""
    fields = fields_of(sender)
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return draw(st.binary(max_size=200))
    if kind == 1:
        return draw(st.text(max_size=100)).encode("utf-8", "surrogatepass")
    if kind == 2:
        return json.dumps(draw(st.dictionaries(st.sampled_from([*fields]) | texts, values, max_size=6))).encode()
    if kind == 3:
        changed = draw(st.dictionaries(st.sampled_from([*fields]), values, max_size=3))
        return json.dumps(fields | changed, ensure_ascii=draw(st.booleans())).encode()
    if kind == 4:
        opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}")]))
        depth = draw(st.integers(0, 1000))
        return f'{{"a":{opening * depth}1{closing * draw(st.sampled_from([depth, 0]))}}}'.encode()
    return draw(pieces(json.dumps(fields).encode()))


@cache
def fields_of(sender: Sender) -> dict[str, Any]:
    return sender.fields()


@pytest.fixture(scope="module")
def parser() -> Iterator[Receiver]:
    """One host is enough where the bytes are the same in all."""
    with Receiver("asgi-application", SENDERS) as receiver:
        yield receiver


@every_sender
@given(data=st.data())
def test_whatever_the_vendor_signs_is_processed_or_malformed(
    parser: Receiver, sender: Sender, data: st.DataObject
) -> None:
    body = data.draw(contents(sender))
    outcome = ended(parser, sender, sender.signed(body[:LIMIT]))
    assert outcome in (Outcome.PROCESSED, Outcome.MALFORMED)
    if outcome is Outcome.PROCESSED:
        assert isinstance(json.loads(body.decode()), dict)


@given(
    method=st.sampled_from(["POST", "GET", "PUT", "HEAD", "OPTIONS"]) | st.text("ABCXYZ-", min_size=1, max_size=8),
    path=st.text(max_size=20) | st.sampled_from([sender.path for sender in SENDERS]),
    query=st.binary(max_size=60).map(lambda value: quote(value, safe="=&%;+").encode()),
    headers=st.lists(st.tuples(names, visible), max_size=5),
    body=st.binary(max_size=60),
    chunked=st.booleans(),
)
def test_what_nobody_signed_is_never_processed(receiver: Receiver, chunked: bool, **parts: Any) -> None:
    path = "/" + quote(parts.pop("path"), safe="/")
    parts["headers"] = tuple(pair for pair in parts["headers"] if pair[0] not in (b"content-length", b"content-type"))
    [fate] = receiver.send([Crafted(path, chunked=chunked, **parts)])
    [outcome] = fate.outcomes
    assert fate.answer is not None
    assert (400 <= fate.answer.status < 500, fate.handled, fate.claimed) == (True, 0, 0), outcome
