"""What is sent, and in which order."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

from tests.reliability.messages import HANDLERS, Schedule

TYPES = list(HANDLERS)


def test_the_same_seed_gives_the_same_schedule() -> None:
    """And another seed another one."""
    assert Schedule(200, TYPES, Random(1)).sends == Schedule(200, TYPES, Random(1)).sends
    assert Schedule(200, TYPES, Random(1)).sends != Schedule(200, TYPES, Random(2)).sends


def test_three_messages_of_ten_are_sent_twice() -> None:
    """Every message is sent, and none three times."""
    schedule = Schedule(200, TYPES, Random(1))
    times = Counter(schedule.sends)
    assert set(times) == set(schedule.messages)
    assert Counter(times.values()) == {1: 140, 2: 60}
    assert schedule.duplicates == 60


def test_half_of_the_duplicates_go_out_beside_the_message_itself() -> None:
    """These are in flight at the same time; a late one finds a stored answer."""
    sends = Schedule(200, TYPES, Random(1)).sends
    beside = sum(one == next_one for one, next_one in pairwise(sends))
    assert 30 <= beside < 40


def test_every_type_asked_for_is_sent_and_no_other() -> None:
    """In turn."""
    schedule = Schedule(200, TYPES[:2], Random(1))
    assert Counter(message.type for message in schedule.messages) == {"invoice.paid": 100, "invoice.sent": 100}


def test_of_several_handlers_the_last_one_fails_once() -> None:
    """So that the retry finds one that is done."""
    failing = [message for message in Schedule(300, TYPES, Random(1)).messages if message.fails_once]
    assert len(failing) == 3
    assert all(message.fails_once == HANDLERS[message.type][-1] for message in failing)
