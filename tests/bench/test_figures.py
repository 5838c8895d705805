"""The arithmetic of figures, and what it says about bars."""

from __future__ import annotations

from typing import Literal

import pytest

from bench.bars import Bar, Verdict
from bench.figures import Figure


def test_the_median_ignores_one_round_that_was_disturbed() -> None:
    assert Figure([3, 1, 900]).median == 3


def test_the_noise_is_the_middle_half_of_the_measurements() -> None:
    assert Figure([5, 1, 3, 2, 4]).quartiles == (2, 4)


def test_a_single_measurement_shows_no_noise() -> None:
    assert Figure([7]).quartiles == (7, 7)


def test_there_is_no_figure_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one measurement"):
        Figure([])


def test_figures_are_divided_round_by_round() -> None:
    """A machine that is three times slower in the second round is so for both."""
    assert Figure([2, 6]) / Figure([1, 3]) == Figure([2, 2])


def test_figures_are_added_and_subtracted_round_by_round() -> None:
    assert Figure([2, 6]) + Figure([1, 3]) == Figure([3, 9])
    assert Figure([2, 6]) - Figure([1, 3]) == Figure([1, 3])


def test_figures_of_different_rounds_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        print(Figure([1, 2]) / Figure([1]))


@pytest.mark.parametrize(
    ("direction", "samples", "verdict"),
    [
        ("at least", [1.0, 1.0, 1.0], Verdict.MET),
        ("at least", [0.9, 0.9, 1.3], Verdict.NOISY),
        ("at least", [0.7, 0.8, 0.9], Verdict.MISSED),
        ("at most", [1.0, 1.0, 1.0], Verdict.MET),
        ("at most", [0.7, 1.1, 1.1], Verdict.NOISY),
        ("at most", [1.1, 1.2, 1.3], Verdict.MISSED),
        ("at most", [1.1], Verdict.MISSED),
    ],
)
def test_a_bar_is_missed_where_noise_does_not_explain_it(
    direction: Literal["at least", "at most"], samples: list[float], verdict: Verdict
) -> None:
    assert Bar("speed", Figure(samples), direction, 1.0).verdict is verdict
