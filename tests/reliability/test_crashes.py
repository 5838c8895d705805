"""When a run is crashed, and what the crash says of itself."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any, cast

from tests.reliability.crashes import Crash, Crashes, Mark, marks
from tests.reliability.vendor import Acknowledgement, Request, Vendor


class Killed:
    """A server that counts."""

    def __init__(self) -> None:
        self.times = 0

    def kill(self) -> None:
        self.times += 1


def vendor_at(acknowledged: int, in_flight: list[Request]) -> Vendor:
    vendor = Vendor([], port=0, path="", secret="", random=Random(1))
    vendor.acknowledgements = [Acknowledgement(number, 0.0) for number in range(acknowledged)]
    vendor.in_flight = set(in_flight)
    return vendor


def test_crashes_are_spread_over_the_whole_run() -> None:
    """Each in its own part of it, none at the very start or end."""
    planned = list(marks(kills=20, restarts=5, sends=2600, random=Random(1)))
    assert [mark.kind for mark in planned].count("kill") == 20
    assert [mark.kind for mark in planned].count("restart") == 5
    distances = [later.acknowledged - mark.acknowledged for mark, later in pairwise(planned)]
    assert all(20 <= distance <= 180 for distance in distances)
    assert 60 <= planned[0].acknowledged
    assert planned[-1].acknowledged <= 2540


def test_the_server_is_killed_when_progress_reaches_a_mark_and_once_for_each() -> None:
    """Never after a while."""
    server = Killed()
    crashes = Crashes([Mark(10, "kill"), Mark(20, "kill")], cast(Any, server), cast(Any, None))
    killed = []
    for acknowledged in (9, 10, 11, 19, 25, 26):
        crashes.look(vendor_at(acknowledged, [Request()]))
        killed.append(server.times)
    assert killed == [0, 1, 1, 1, 2, 2]
    assert [crash.acknowledged for crash in crashes.done] == [10, 25]


def test_a_crash_cuts_off_what_was_in_flight_and_not_answered_with_success() -> None:
    """An answer that was under way already may still arrive."""
    answered, cut = Request(), Request()
    crash = Crash("kill", 0.0, 10, (answered, cut))
    answered.accepted = True
    assert crash.cut_off == 1
