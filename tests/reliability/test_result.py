"""When a run proves what it should."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.reliability.checker import Verdict
from tests.reliability.crashes import Crash
from tests.reliability.result import Result
from tests.reliability.targets import TARGETS, Target
from tests.reliability.vendor import Request

CRASHES = (Crash("kill", 1.0, 10, (Request(),)), Crash("restart", 2.0, 20, (Request(),)))
KEPT = Result(
    target=Target("postgresql", deliveries=100, kills=1, restarts=1, doubled=1),
    seed=1,
    about="PostgreSQL",
    started=0.0,
    ended=4.0,
    requests=140,
    answers=Counter({"200": 130, "503": 10}),
    acknowledged=[3.0] * 130,
    retries=[2.0] * 10,
    duplicates=30,
    crashes=CRASHES,
    verdict=Verdict(),
)


def test_a_promise_that_was_tried_and_kept_leaves_nothing_to_complain_about() -> None:
    """Also where as much was doubled as may be."""
    assert KEPT.complaints() == []
    assert replace(KEPT, verdict=Verdict(doubled=[5])).complaints() == []


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (Verdict(lost=[3]), "1 lost: 3"),
        (Verdict(doubled=[5, 4]), "2 doubled, where 1 may be: 4, 5"),
        (Verdict(doubled=[5], doubled_without_kill=[5]), "1 doubled without a kill between: 5"),
        (Verdict(acknowledged_without_effect=[3]), "1 acknowledged without an effect: 3"),
        (Verdict(unacknowledged=[1, 2, 3, 4, 5, 6]), "6 never acknowledged: 1, 2, 3, 4, 5, ..."),
        (Verdict(unexpected=[9]), "1 effects out of nowhere: 9"),
    ],
)
def test_a_broken_promise_is_told_with_the_deliveries_concerned(broken: Verdict, complaint: str) -> None:
    """So that they can be looked up."""
    assert replace(KEPT, verdict=broken).complaints() == [complaint]


def test_a_run_that_did_not_try_everything_proves_nothing() -> None:
    """Crashes that did not happen, or that met an idle server."""
    assert replace(KEPT, crashes=CRASHES[:1]).complaints() == ["1 kills and 0 restarts instead of 1 and 1"]
    idle = Crash("restart", 2.0, 20, ())
    assert replace(KEPT, crashes=(CRASHES[0], idle)).complaints() == ["1 of 2 crashes cut nothing off"]


def test_trouble_is_told_first() -> None:
    """It explains the rest."""
    result = replace(KEPT, trouble="not done after 3600 s", verdict=Verdict(unacknowledged=[1]))
    assert result.complaints() == ["not done after 3600 s", "1 never acknowledged: 1"]


def test_a_tenth_has_every_kind_of_crash() -> None:
    """However few are left."""
    tenth = {store: target.scaled(0.1) for store, target in TARGETS.items()}
    assert [(each.deliveries, each.kills, each.restarts) for each in tenth.values()] == [
        (10_000, 5, 0),
        (3_000, 2, 1),
        (3_000, 2, 0),
    ]
    assert [each.doubled for each in tenth.values()] == [0, 0, 5]
