"""The check finds what it is there for."""

from __future__ import annotations

from tests.reliability.checker import Verdict, check
from tests.reliability.effects import Effect
from tests.reliability.messages import Message
from tests.reliability.vendor import Acknowledgement

PAID = Message(0, "invoice.paid")
VOIDED = Message(1, "invoice.voided")


def test_an_effect_before_its_acknowledgement_is_what_was_promised() -> None:
    """So nothing is found."""
    effects = [Effect(0, "book", 1, 5.0), Effect(1, "book", 1, 6.0), Effect(1, "notify", 1, 7.0)]
    acknowledgements = [Acknowledgement(0, 5.5), Acknowledgement(1, 8.0)]
    assert check([PAID, VOIDED], acknowledgements, effects) == Verdict()


def test_a_delivery_without_an_effect_is_lost() -> None:
    """It was acknowledged as well, or the vendor would still be sending it."""
    verdict = check([PAID], [Acknowledgement(0, 5.0)], [])
    assert verdict == Verdict(lost=[0], acknowledged_without_effect=[0])


def test_each_handler_owes_an_effect() -> None:
    """One of two is not enough."""
    verdict = check([VOIDED], [Acknowledgement(1, 5.0)], [Effect(1, "book", 1, 4.0)])
    assert verdict == Verdict(lost=[1], acknowledged_without_effect=[1])


def test_a_further_run_of_a_handler_is_a_doubled_effect() -> None:
    """Three runs are two too many, and a kill between two of them explains one."""
    effects = [Effect(0, "book", 1, 1.0), Effect(0, "book", 2, 3.0), Effect(0, "book", 3, 4.0)]
    verdict = check([PAID], [Acknowledgement(0, 5.0)], effects, kills=[2.0])
    assert verdict == Verdict(doubled=[0, 0], doubled_without_kill=[0], taken_over=2)


def test_effects_may_be_read_in_any_order() -> None:
    """A kill explains two runs whichever stands first in the log."""
    effects = [Effect(0, "book", 2, 3.0), Effect(0, "book", 1, 1.0)]
    verdict = check([PAID], [Acknowledgement(0, 5.0)], effects, kills=[2.0])
    assert verdict == Verdict(doubled=[0], taken_over=1)


def test_runs_of_different_handlers_are_no_doubled_effect() -> None:
    """Both are owed."""
    effects = [Effect(1, "book", 1, 1.0), Effect(1, "notify", 1, 1.0)]
    assert check([VOIDED], [Acknowledgement(1, 2.0)], effects) == Verdict()


def test_an_effect_that_came_only_after_the_acknowledgement_counts_against_it() -> None:
    """A duplicate, or a crash that took the first effect back, must not hide it."""
    effects = [Effect(0, "book", 2, 6.0)]
    verdict = check([PAID], [Acknowledgement(0, 7.0), Acknowledgement(0, 5.0)], effects)
    assert verdict == Verdict(acknowledged_without_effect=[0], taken_over=1)


def test_a_delivery_that_was_never_acknowledged_is_told() -> None:
    """Its effect may well be there."""
    assert check([PAID], [], [Effect(0, "book", 1, 1.0)]) == Verdict(unacknowledged=[0])


def test_effects_that_nobody_asked_for_are_told() -> None:
    """Of another handler, and of a message that was never sent."""
    effects = [Effect(0, "book", 1, 1.0), Effect(0, "notify", 1, 1.0), Effect(9, "book", 1, 1.0)]
    assert check([PAID], [Acknowledgement(0, 2.0)], effects) == Verdict(unexpected=[0, 9])


def test_a_second_attempt_is_no_take_over_where_the_message_asks_the_first_one_to_fail() -> None:
    """A third one is."""
    failing = Message(0, "invoice.paid", fails_once="book")
    for attempt, taken_over in ((2, 0), (3, 1)):
        verdict = check([failing], [Acknowledgement(0, 2.0)], [Effect(0, "book", attempt, 1.0)])
        assert verdict == Verdict(taken_over=taken_over)
