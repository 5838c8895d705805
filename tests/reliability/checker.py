"""The check: what handlers did, against what was sent, what was acknowledged and when a server was killed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .effects import Effect
from .messages import HANDLERS, Message
from .vendor import Acknowledgement


@dataclass(slots=True)
class Verdict:
    """The numbers of messages with which something is wrong, each as often as it is."""

    lost: list[int] = field(default_factory=list)
    """A handler never ran."""

    doubled: list[int] = field(default_factory=list)
    """A handler ran once more after it had run."""

    doubled_without_kill: list[int] = field(default_factory=list)
    """The same, and no kill between the two runs explains it."""

    acknowledged_without_effect: list[int] = field(default_factory=list)
    """When the first answer with success came, a handler had not run."""

    unacknowledged: list[int] = field(default_factory=list)
    """The vendor never got an answer with success."""

    unexpected: list[int] = field(default_factory=list)
    """A handler ran that is none of this message's, or for a message that was never sent."""

    taken_over: int = 0
    """How many effects came of an attempt later than the message asks for: an earlier one was cut off."""


def check(
    messages: Sequence[Message],
    acknowledgements: Iterable[Acknowledgement],
    effects: Iterable[Effect],
    kills: Sequence[float] = (),
) -> Verdict:
    """Compare the logs with what was sent; ``kills`` are the times of them."""
    acknowledged_at: dict[int, float] = {}
    for acknowledgement in acknowledgements:
        earlier = acknowledged_at.get(acknowledgement.message, acknowledgement.at)
        acknowledged_at[acknowledgement.message] = min(acknowledgement.at, earlier)
    runs: defaultdict[int, defaultdict[str, list[Effect]]] = defaultdict(lambda: defaultdict(list))
    for effect in sorted(effects, key=lambda effect: effect.at):
        runs[effect.message][effect.handler].append(effect)
    verdict = Verdict()
    for message in messages:
        ran = runs.pop(message.number, {})
        acknowledged = acknowledged_at.get(message.number)
        if acknowledged is None:
            verdict.unacknowledged.append(message.number)
        for handler in HANDLERS[message.type]:
            of_handler = ran.pop(handler, [])
            if not of_handler:
                verdict.lost.append(message.number)
            if acknowledged is not None and (not of_handler or of_handler[0].at > acknowledged):
                verdict.acknowledged_without_effect.append(message.number)
            for run, again in pairwise(of_handler):
                verdict.doubled.append(message.number)
                if not any(run.at <= kill <= again.at for kill in kills):
                    verdict.doubled_without_kill.append(message.number)
            usual = 2 if message.fails_once == handler else 1
            verdict.taken_over += sum(effect.attempt > usual for effect in of_handler)
        verdict.unexpected += [message.number] * len(ran)
    verdict.unexpected += runs
    return verdict
