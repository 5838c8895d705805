"""See what the handlers of every dispatcher in the process see, without changing what becomes of a delivery."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, TypeVar

from ..delivery import Delivery, Outcome, Record
from ..dispatcher import Dispatcher, living_dispatchers
from ..events import Event
from ..functions import Function
from ..handlers import Handler

EventT = TypeVar("EventT", bound=Event)


class Delivered:
    """What the handlers saw, and what became of each delivery."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        """The events that a handler was called with, each once, in order; a retry that reached one is another event."""
        self.deliveries: list[Delivery] = []
        """Those that a handler took as its second parameter."""
        self.records: list[Record] = []
        """What observers are told, refused deliveries included."""

    def of(self, event_class: type[EventT]) -> list[EventT]:
        """Return the events of a class that handlers saw."""
        return [event for event in self.events if isinstance(event, event_class)]

    def only(self, event_class: type[EventT]) -> EventT:
        """Return the one event of a class that handlers saw; fail where there is none, or another one."""
        found = self.of(event_class)
        assert len(found) == 1, f"handlers saw {len(found)} of {event_class.__name__}, not one: {self}"
        return found[0]

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each delivery, refused ones included."""
        return [record.outcome for record in self.records]

    @property
    def errors(self) -> list[BaseException]:
        """What handlers raised, and what ailed the store."""
        return [record.error for record in self.records if record.error is not None]

    def clear(self) -> None:
        """Forget all of it."""
        self.events.clear()
        self.deliveries.clear()
        self.records.clear()

    def __repr__(self) -> str:
        seen = ", ".join(event.type for event in self.events) or "nothing"
        return f"<Delivered: handlers saw {seen}; outcomes: {', '.join(self.outcomes) or 'none'}>"

    def _call(self, arguments: tuple[Any, ...]) -> None:
        for each in arguments:
            if isinstance(each, Event) and not any(each is event for event in self.events):
                self.events.append(each)
            if isinstance(each, Delivery) and not any(each is delivery for delivery in self.deliveries):
                self.deliveries.append(each)


@contextmanager
def watching() -> Iterator[Delivered]:
    """Watch every dispatcher of the process, also those that are made meanwhile."""
    delivered = Delivered()
    watched: list[tuple[Callable[..., Any], Callable[..., Any]]] = []
    observer = Function(delivered.records.append, thread=False)
    handlers_of, observers_of = Dispatcher._all_handlers, Dispatcher._all_observers

    def all_handlers(self: Dispatcher) -> Iterator[Handler]:
        for handler in handlers_of(self):
            if any(handler.call is wrapper for _, wrapper in watched):
                yield handler
                continue
            spy = copy(handler)
            # The same function has the same wrapper, because a handler runs once however often it is registered.
            spy.call = next((wrapper for call, wrapper in watched if call == handler.call), None) or _watched(
                handler, delivered
            )
            watched.append((handler.call, spy.call))
            yield spy

    def all_observers(self: Dispatcher) -> Iterator[Function]:
        yield from observers_of(self)
        yield observer

    _use(all_handlers, all_observers)
    try:
        yield delivered
    finally:
        _use(handlers_of, observers_of)


def _use(all_handlers: Any, all_observers: Any) -> None:
    Dispatcher._all_handlers = all_handlers  # type: ignore[method-assign]
    Dispatcher._all_observers = all_observers  # type: ignore[method-assign]
    for dispatcher in living_dispatchers():
        dispatcher._changed()


def _watched(handler: Handler, delivered: Delivered) -> Callable[..., Any]:
    call = handler.call
    if handler.is_async:

        @functools.wraps(call)
        async def watched_async(*arguments: Any, **options: Any) -> Any:
            delivered._call(arguments)
            return await call(*arguments, **options)

        return watched_async

    @functools.wraps(call)
    def watched(*arguments: Any, **options: Any) -> Any:
        delivered._call(arguments)
        return call(*arguments, **options)

    return watched
