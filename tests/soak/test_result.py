"""What is made of the samples and answers of a run."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from .result import Result
from .traffic import Answered
from .watch import Sample

MIB = 2**20


def result(grown: float = 0.0, **changes: Any) -> Result:
    """Return a run of ten minutes at ten requests per second, with 100 MiB after the start and more at the end."""
    samples = [
        Sample(at, int(MIB * (20 + at if at < 60 else 100 + grown * (at - 60) / 540)), 20, 5) for at in range(600)
    ]
    answers = [Answered(number / 10, (number % 100 + 1) / 1000) for number in range(6000)]
    values: dict[str, Any] = {"server": "uvicorn", "store": "sqlite", "about": "SQLite", "rate": 10.0, "seconds": 600.0}
    values |= {"started": 0.0, "samples": samples, "answers": answers, "unexpected": Counter()}
    return Result(**values | changes)


def test_memory_that_stays_is_no_growth_however_it_rose_at_the_start() -> None:
    assert result().growth == 0
    assert result().complaints() == []


def test_growth_of_more_than_a_twentieth_is_a_complaint() -> None:
    assert result(grown=5).complaints() == []
    [complaint] = result(grown=7).complaints()
    assert re.fullmatch(r"memory grew by 6\.\d%, where 5% may be", complaint)


def test_one_peak_is_no_growth() -> None:
    calm = result()
    samples = [*calm.samples[:-1], Sample(599, 900 * MIB, 20, 5)]
    assert result(samples=samples).complaints() == []


def test_a_short_run_has_a_short_start() -> None:
    assert [result(seconds=seconds).start for seconds in (600.0, 180.0, 60.0)] == [60, 60, 20]


def test_percentiles_leave_out_the_start() -> None:
    slow = [Answered(at, 9.0) for at in range(60)]
    assert [result(answers=[*slow, *result().answers]).percentile(percent) for percent in (50, 99.9)] == [
        51 / 1000,
        100 / 1000,
    ]


def test_wrong_answers_and_missing_requests_are_complaints() -> None:
    found = result(unexpected=Counter({"503 to one that is good": 2}), answers=[Answered(70, 0.1)]).complaints()
    assert found == ["2 x 503 to one that is good", "1 requests instead of 6000"]
