"""Every hostile request is answered the same by every host, and reaches neither a handler nor the store."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from tests.conformance.hosts import HOSTS
from tests.conformance.wire import Sent
from webhook_kit import Outcome

from .answers import expected
from .hosts import Fate, Receiver
from .senders import Sender, senders
from .table import TABLE, Row

SENDERS = senders()
SHARES = {"fastapi-dependencies": 4, "flask-blueprint": 4, "django-asgi": 5}
"""Every how many-th request of a sender a host gets at first: it is slow, or next to the same as another one."""

STORING = ("django-wsgi-storing", "django-asgi-storing")
"""They commit to a disk for what is accepted, which they get apart."""

# The checker of the protocol has not heard of all methods.
pytestmark = pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")


@cache
def requests(sender: Sender) -> list[tuple[Row, Sent]]:
    """Return what the table has for one sender."""
    return [(row, row.make(sender)) for row in TABLE if row.who(sender)]


def check(receiver: Receiver, sender: Sender, chosen: list[tuple[Row, Sent]]) -> None:
    """Send them; what is refused runs no handler and claims no key, what is only odd does both once.

    And whatever is logged by whomever, is not told more than it may know.
    """
    receiver.told.lines.clear()
    seen = receiver.send(request for _, request in chosen)
    foreseen = [fate_of(sender, row, request) for row, request in chosen]
    if foreseen != seen:  # a comparison by name is slower, and told much better
        names = [row.name for row, _ in chosen]
        assert dict(zip(names, foreseen, strict=True)) == dict(zip(names, seen, strict=True))
    assert len(receiver.told.lines) >= len(chosen)
    assert [] == receiver.told.of(sender)


def fate_of(sender: Sender, row: Row, sent: Sent) -> Fate:
    times = int(row.outcome is Outcome.PROCESSED)
    return Fate(expected(sender, row.outcome, sent.method), [row.outcome], times, times)


@pytest.fixture(scope="module", params=HOSTS)
def host(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def receiver(host: str) -> Iterator[Receiver]:
    with Receiver(host, SENDERS) as receiver:
        yield receiver


def arriving(host: str, sender: Sender) -> list[tuple[Row, Sent]]:
    """Return what the host lets through."""
    pairs = requests(sender)
    return [pair for pair in pairs if not (pair[0].stopped_by and host.startswith(pair[0].stopped_by))]


@pytest.mark.parametrize("sender", SENDERS, ids=str)
def test_every_request_ends_as_its_row_says(host: str, receiver: Receiver, sender: Sender) -> None:
    pairs = arriving(host, sender)
    if host in STORING:
        pairs = [pair for pair in pairs if pair[0].outcome is not Outcome.PROCESSED]
    share = SHARES.get(host, 5 if host in STORING else 1)
    check(receiver, sender, pairs[SENDERS.index(sender) % share :: share])


@pytest.mark.fuzz
@pytest.mark.slow
@pytest.mark.parametrize("sender", SENDERS, ids=str)
def test_all_of_them_do_so_in_every_host(host: str, receiver: Receiver, sender: Sender) -> None:
    check(receiver, sender, arriving(host, sender))


def test_the_table_is_long_and_every_row_is_for_somebody() -> None:
    names = [row.name for row in TABLE]
    assert len(names) >= 80
    assert len(set(names)) == len(names)
    assert all(any(row.who(sender) for sender in SENDERS) for row in TABLE)
