"""What a delivery costs where there is more of everything: handlers, event types, bytes in its body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from webhook_kit import Dispatcher, Event
from webhook_kit.adapters import asgi
from webhook_kit.providers.standard_webhooks import StandardWebhooks

from . import deliveries, limit
from .bars import Bar
from .deliveries import Signed
from .flow import UNIT, dispatcher, through_asgi
from .messages import KEY, Said, standard_request
from .peers import in_turn
from .plots import lines
from .rounds import Contender, measured
from .subject import Comparison, Effort, Subject

CALLS: Final = 1_000
"""Deliveries of a small body in one measurement."""

HANDLERS: Final = {10: 10, 100: 100, 1_000: 1_000, 10_000: 1_000}
"""Numbers of handlers, and of the event types that they are for."""

SIZES: Final[Mapping[str, tuple[int, Callable[[], Signed]]]] = {
    "190 bytes": (190, deliveries.small),
    "3 kB": (3_000, deliveries.transcript),
    "32 KiB": (32 << 10, partial(deliveries.padded, 32 << 10)),
    "256 KiB": (256 << 10, partial(deliveries.padded, 256 << 10)),
    "1 MiB": (1 << 20, partial(deliveries.padded, (1 << 20) - 500)),
}


def registered(handlers: int, types: int) -> Dispatcher:
    """Return a dispatcher with so many handlers, one of which is for the event that is delivered."""
    models: dict[str, type[Event]] = {
        f"type.{number}": type(f"Type{number}", (Event,), {}) for number in range(1, types)
    }
    hooks = Dispatcher()
    hooks.add(StandardWebhooks(secret=KEY, events={"message": Said, **models}))

    def handle(event: Event) -> None:
        return None

    hooks.on(Said)(handle)
    for number in range(handlers - 1):
        # Handlers are told apart by their names.
        def other(event: Event) -> None:
            return None

        other.__qualname__ = f"other_{number}"
        hooks.on(f"type.{1 + number % (types - 1)}")(other)
    return hooks


def in_handlers(effort: Effort) -> Comparison:
    """Compare numbers of handlers and event types."""
    calls = effort.calls(CALLS)
    names = {number: f"{number:,} handlers, {types:,} event types" for number, types in HANDLERS.items()}
    contenders = {
        names[number]: in_turn(registered(number, types).dispatch, standard_request, calls)
        for number, types in HANDLERS.items()
    }
    figures = measured(contenders, effort.rounds)
    few, many = (figures[names[number]] for number in (min(names), max(names)))
    bar = Bar("10,000 handlers and 1,000 event types, of 10", many / few, "at most", 1.1)
    draw = lines("registered handlers", {"this kit, dispatch": list(names.items())})
    return Comparison("Handlers and event types", UNIT, figures, (bar,), draw)


def in_bytes(effort: Effort) -> Comparison:
    """Compare sizes of bodies, each with hashing it and reading it into the model."""
    ours = asgi.application(dispatcher(asynchronous=True))
    contenders: dict[str, Contender] = {}
    least: list[tuple[float, str]] = []
    whole: list[tuple[float, str]] = []
    for size, (number, make) in SIZES.items():
        # About as much time for each.
        calls = max(3, effort.calls(CALLS * 3_000 // max(3_000, number)))
        least.append((number, f"{size}, hashed and read"))
        whole.append((number, f"{size}, this kit"))
        contenders[least[-1][1]] = through_asgi(limit.asgi, make, calls)
        contenders[whole[-1][1]] = through_asgi(ours, make, calls, "/meeting-baas")
    figures = measured(contenders, effort.rounds)
    bar = Bar("1 MiB, of hashing and reading it", figures[whole[-1][1]] / figures[least[-1][1]], "at most", 1.5)
    draw = lines("bytes of a body", {"hashed and read into the model": least, "this kit, ASGI": whole})
    return Comparison("Bytes of a body", UNIT, figures, (bar,), draw)


SUBJECT: Final = Subject("growth", "a delivery where there is more of everything", (in_handlers, in_bytes))
