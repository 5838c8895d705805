"""A clock that stands still until it is moved."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from webhook_kit.testing import FrozenClock


def test_it_starts_now() -> None:
    assert abs(time.time() - FrozenClock()()) < 60


@pytest.mark.parametrize("now", [1_790_000_000, datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)])
def test_it_starts_at_a_given_time(now: float | datetime) -> None:
    assert FrozenClock(now)() == 1_790_000_000.0


def test_it_moves() -> None:
    clock = FrozenClock(0)
    clock.advance(1)
    clock.advance(minutes=1, hours=1, days=1)
    assert clock() == 1 + 60 + 3600 + 86400
    clock.set(datetime(1970, 1, 2))
    assert clock.now == 86400


def test_it_shows_its_time() -> None:
    assert repr(FrozenClock(1_790_000_000)) == "<FrozenClock 2026-09-21T14:13:20+00:00>"
