"""Handlers: which functions an event has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any, Concatenate, Never, ParamSpec, Protocol, TypedDict, TypeVar, Unpack, overload
from weakref import WeakSet

from .delivery import Record
from .errors import ConfigurationError, refuse_unknown
from .events import Event
from .functions import Function, check_observer, name_of, needs_of

P = ParamSpec("P")
R = TypeVar("R")
E1 = TypeVar("E1", bound=Event)
E2 = TypeVar("E2", bound=Event)
E3 = TypeVar("E3", bound=Event)
E4 = TypeVar("E4", bound=Event)
EventT = TypeVar("EventT", bound=Event)
ObserverT = TypeVar("ObserverT", bound=Callable[[Record], object])


class HandlerOptions(TypedDict, total=False):
    """Keywords of :meth:`Handlers.on`."""

    provider: str | None
    endpoint: str | None
    deadline: float | None
    default: object
    thread: bool
    unknown: bool


class On(Protocol[EventT]):
    """A decorator for functions that take this event, and further parameters."""

    def __call__(self, function: Callable[Concatenate[EventT, P], R], /) -> Callable[Concatenate[EventT, P], R]:
        """Register the function, and return it unchanged."""
        ...


class Handler(Function):
    """A registered function, with what it was registered for."""

    __slots__ = (
        "classes",
        "deadline",
        "default",
        "endpoint",
        "name",
        "patterns",
        "provider",
        "unknown",
        "wants_delivery",
    )

    def __init__(
        self, function: Callable[..., Any], what: tuple[type[Event] | str, ...], options: HandlerOptions
    ) -> None:
        super().__init__(function, thread=options.get("thread", True))
        self.classes = tuple(each for each in what if not isinstance(each, str))
        self.patterns = tuple(each for each in what if isinstance(each, str))
        self.provider = options.get("provider")
        endpoint = options.get("endpoint")
        self.endpoint = None if endpoint is None else endpoint.strip("/")
        self.deadline = options.get("deadline")
        self.default = options.get("default")
        self.unknown = options.get("unknown", False)
        self.name = name_of(function)
        self.settle()

    def settle(self, *, late: bool = False) -> None:
        """Find out how to call the function; once more at start, ``late``, when every annotation can be resolved."""
        self.wants_delivery, self.injected = needs_of(self.call, self.classes, late=late)

    def __repr__(self) -> str:
        return f"<Handler {self.name}>"


class Handlers:
    """Register functions for events.

    A module can have its own, which the application's :class:`Dispatcher` takes in by ``include``.
    """

    def __init__(self) -> None:
        self._registered: list[Handler | Handlers] = []
        self._observers: list[Function] = []
        # Weak, so that a module's handlers do not keep every application alive that ever included them.
        self._included_by: WeakSet[Handlers] = WeakSet()

    @overload
    def on(self, what: type[E1], /, **options: Unpack[HandlerOptions]) -> On[E1]: ...
    @overload
    def on(self, what: type[E1], what2: type[E2], /, **options: Unpack[HandlerOptions]) -> On[E1 | E2]: ...
    @overload
    def on(
        self, what: type[E1], what2: type[E2], what3: type[E3], /, **options: Unpack[HandlerOptions]
    ) -> On[E1 | E2 | E3]: ...
    @overload
    def on(
        self, what: type[E1], what2: type[E2], what3: type[E3], what4: type[E4], /, **options: Unpack[HandlerOptions]
    ) -> On[E1 | E2 | E3 | E4]: ...
    @overload
    def on(self, what: str, /, *more: type[Event] | str, **options: Unpack[HandlerOptions]) -> On[Event]: ...
    @overload
    def on(self, *what: type[Event] | str, **options: Unpack[HandlerOptions]) -> On[Any]: ...
    def on(
        self,
        *what: Any,
        provider: str | None = None,
        endpoint: str | None = None,
        deadline: float | None = None,
        default: object = None,
        thread: bool = True,
        unknown: bool = False,
        **others: Never,
    ) -> Any:
        """Register the decorated function for event classes, or wire names with ``*`` wildcards.

        The function takes the event and, if it has a second parameter, the :class:`Delivery`. ``provider`` and
        ``endpoint`` narrow it to one of them. ``deadline`` (seconds) and ``default`` are for events that ask for a
        decision. ``thread=False`` runs a sync function that never blocks on the event loop itself. ``unknown=True``
        allows a pattern for types that are not known yet.
        """
        options = HandlerOptions(
            provider=provider, endpoint=endpoint, deadline=deadline, default=default, thread=thread, unknown=unknown
        )
        refuse_unknown("on()", others, HandlerOptions.__annotations__)
        _check(what, options)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            if not callable(function):
                raise ConfigurationError("on(...) decorates a function: write it on the line above def")
            self._registered.append(Handler(function, what, options))
            self._changed()
            return function

        return register

    @overload
    def observe(self, function: ObserverT, /) -> ObserverT: ...
    @overload
    def observe(self, /, *, thread: bool = True) -> Callable[[ObserverT], ObserverT]: ...
    def observe(
        self, function: Callable[[Record], object] | None = None, /, *, thread: bool = True, **others: Never
    ) -> Any:
        """Call the decorated function with the :class:`Record` of every delivery, accepted or refused.

        What it raises is logged and changes nothing. ``thread=False`` is for a sync one that never blocks.
        """
        refuse_unknown("observe()", others, ("thread",))

        def register(function: Callable[[Record], object]) -> Callable[[Record], object]:
            if not callable(function):
                raise ConfigurationError("observe decorates a function: write @hooks.observe on the line above def")
            check_observer(function)
            self._observers.append(Function(function, thread=thread))
            self._changed()
            return function

        return register if function is None else register(function)

    def include(self, handlers: Handlers) -> None:
        """Take in the handlers and observers of another module, once, and those that it registers later too."""
        if not isinstance(handlers, Handlers):
            raise ConfigurationError(f"include() takes Handlers(), not {type(handlers).__name__}")
        if handlers is self or any(each is self for each in handlers._below()):
            raise ConfigurationError("handlers cannot include themselves")
        if any(each is handlers for each in self._registered):
            return
        self._registered.append(handlers)
        handlers._included_by.add(self)
        self._changed()

    def _changed(self) -> None:
        for each in self._included_by:
            each._changed()

    def _below(self) -> Iterator[Handlers]:
        for each in self._registered:
            if isinstance(each, Handlers):
                yield each
                yield from each._below()

    def _all_handlers(self) -> Iterator[Handler]:
        for each in self._registered:
            if isinstance(each, Handlers):
                yield from each._all_handlers()
            else:
                yield each

    def _all_observers(self) -> Iterator[Function]:
        yield from self._observers
        for each in self._registered:
            if isinstance(each, Handlers):
                yield from each._all_observers()


def without_default(model: type[Event]) -> ConfigurationError:
    """Return the error for a handler of such an event that says nothing about its default."""
    return ConfigurationError(
        f"where no handler answers {model.__name__} in time the vendor refuses it: write default=, the reply that is "
        "sent when the handler is late or fails"
    )


def _check(what: tuple[Any, ...], options: HandlerOptions) -> None:
    if not what:
        raise ConfigurationError('on() takes event classes or wire names: write @hooks.on(Event) or @hooks.on("*")')
    for each in what:
        if isinstance(each, str):
            if not each:
                raise ConfigurationError('on("") matches nothing: write a wire name, or "*" for all')
        elif not (isinstance(each, type) and issubclass(each, Event)):
            shown = (
                each.__name__ if isinstance(each, type) else getattr(each, "__qualname__", repr(type(each).__name__))
            )
            raise ConfigurationError(
                f"on() takes event classes or wire names, not {shown}: write @hooks.on(Event) on the line above def"
            )
        elif each.needs_default and options.get("default") is None:
            raise without_default(each)
    for name in ("provider", "endpoint"):
        value = options.get(name)
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(f'{name} is the name of one, such as {name}="meeting-baas"')
    deadline = options.get("deadline")
    if deadline is None:
        return
    if isinstance(deadline, bool) or not isinstance(deadline, int | float) or not 0 < deadline < inf:
        raise ConfigurationError(f"deadline is {deadline!r}; give seconds above 0, such as 1.5")
