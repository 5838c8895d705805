"""What a simulation sends, and when: decided before the first delivery, by a seed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from secrets import token_hex
from typing import Any

from ...events import Event
from ...providers.base import Provider
from ...providers.invention import varied
from ...providers.vendor import Message
from .chaos import BESIDE, REFUSED, Chaos, another_secret, chosen, drifted, possible, tolerance_of


@dataclass(frozen=True, slots=True)
class Sending:
    """An event, or something beside events, with what happens to it."""

    number: int
    """Counts from 0."""
    at: float
    """Seconds from the start until it is sent first."""
    message: Message
    chaos: tuple[Chaos, ...] = ()
    skew: float = 0.0
    """Seconds by which the sender's clock is wrong."""
    secret: str | None = field(default=None, repr=False)
    """The secret that it is signed with instead of the current one."""

    @property
    def is_event(self) -> bool:
        """Whether it has to be delivered, once."""
        return not any(each in BESIDE for each in self.chaos)

    @property
    def refused(self) -> bool:
        """Whether nobody may accept it."""
        return any(each in REFUSED for each in self.chaos)


def plan(
    provider: Provider,
    *,
    count: int,
    rate: float,
    random: Random,
    types: Sequence[str] = (),
    chaos: Collection[Chaos] = (),
    next_secret: str | None = None,
) -> list[Sending]:
    """Return what is sent: ``count`` events of these types (all by default), ``rate`` of them in a second.

    With ``next_secret`` the second half of the events is signed with it: raises :class:`ConfigurationError` if that
    cannot be a secret. Every run sends other events, also those of the same seed: a receiver would take the same ones
    for retries.
    """
    if next_secret is not None:
        # A text that is none is told now, and not in the middle.
        provider.vendor.sign(b"", secret=next_secret)
    mark = token_hex(4)
    names = list(types) or _names(provider)
    happens = {each: chosen(random, count) for each in possible(provider) if each in chaos}
    events = [
        _event(
            provider,
            number,
            names[number % len(names)],
            mark,
            random,
            [each for each, numbers in happens.items() if number in numbers and each not in BESIDE],
        )
        for number in range(count)
    ]
    random.shuffle(events)
    timed = [replace(each, at=position / rate) for position, each in enumerate(events)]
    if next_secret is not None:
        timed = [replace(each, secret=next_secret) if 2 * each.at * rate >= count else each for each in timed]
    timed = [
        replace(each, at=each.at + random.uniform(2, 6) / rate) if Chaos.REORDERING in each.chaos else each
        for each in timed
    ]
    beside = (
        _beside(provider, kind, names, mark, random, at=number / rate)
        for kind in BESIDE
        for number in sorted(happens.get(kind, ()))
    )
    return [replace(each, number=number) for number, each in enumerate(_sorted([*timed, *beside]))]


def _names(provider: Provider) -> list[str]:
    """Return one wire name for each event class."""
    return [provider.vendor.type_of(model) for model in dict.fromkeys(provider.catalog.values())]


def _event(
    provider: Provider, number: int, name: str, mark: str, random: Random, happening: Iterable[Chaos]
) -> Sending:
    model = provider.catalog[name]
    fields = varied(model, provider.vendor.sample(name), f"{mark}-{number}")
    # A question is never repeated, and two equal ones are two questions.
    happening = tuple(each for each in happening if not (each is Chaos.DUPLICATES and model.decides))
    if Chaos.DRIFT in happening:
        fields = drifted(random, model, fields)
    skew = 0.0
    if Chaos.SKEW in happening:
        skew = random.choice((-0.5, 0.5)) * (tolerance_of(provider) or 0.0)
    return Sending(number, 0.0, provider.vendor.message(name, fields), happening, skew)


def _beside(provider: Provider, kind: Chaos, names: Sequence[str], mark: str, random: Random, *, at: float) -> Sending:
    token = f"{mark}-{kind}-{at:.6f}"
    if kind is Chaos.UNKNOWN:
        message = provider.vendor.message("simulated.unknown", {"simulated": token})
        return Sending(0, at, message, (kind,))
    name = random.choice(names)
    model: type[Event] = provider.catalog[name]
    fields: dict[str, Any] = varied(model, provider.vendor.sample(name), token)
    message = provider.vendor.message(name, fields)
    if kind is Chaos.FORGED:
        return Sending(0, at, message, (kind,), secret=another_secret(provider))
    return Sending(0, at, message, (kind,), skew=-3 * (tolerance_of(provider) or 0.0))


def _sorted(sendings: Iterable[Sending]) -> list[Sending]:
    return sorted(sendings, key=lambda each: each.at)
