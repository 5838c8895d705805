"""The plan: which handlers each event has, worked out once the application is complete."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from copy import copy
from typing import TypeVar

from .endpoint import Endpoint
from .errors import ConfigurationError, nearest
from .events import Event, UnknownEvent
from .functions import Function, dependencies_of
from .handlers import Handler, without_default

logger = logging.getLogger("webhook_kit")

FunctionT = TypeVar("FunctionT", bound=Function)


class Plan:
    """Handlers and observers of a complete application, checked against its endpoints."""

    def __init__(
        self, handlers: Iterable[Handler], observers: Iterable[Function], endpoints: Sequence[Endpoint]
    ) -> None:
        # Copies, because handlers that several dispatchers include can have another name in each.
        self.handlers = tuple(map(copy, handlers))
        self.observers = _once(observers)
        _name(self.handlers)
        for handler in self.handlers:
            handler.settle()
            _check(handler, endpoints)
        self._typed: dict[tuple[str, str], tuple[Handler, ...]] = {}
        self._known = frozenset(name for endpoint in endpoints for name in endpoint.provider.catalog)
        # Types that are not known are the sender's choice, so that nothing is kept for them.
        self._for_unknown = {endpoint.path: _Unknown(self.handlers, endpoint) for endpoint in endpoints}

    def knows(self, type: str) -> bool:
        """Whether a type is one of those that the providers document."""
        return type in self._known

    def handlers_for(self, endpoint: Endpoint, event: Event) -> tuple[Handler, ...]:
        """Return the handlers that match, in the order of registration, each function once."""
        if isinstance(event, UnknownEvent):
            return self._for_unknown[endpoint.path].handlers_for(event)
        key = (endpoint.path, event.type)
        matching = self._typed.get(key)
        if matching is None:
            matching = _once(
                each for each in self.handlers if _reaches(each, endpoint) and _matches(each, type(event), event.type)
            )
            self._typed[key] = matching
        return matching

    def handlers_of(self, endpoint: Endpoint, model: type[Event]) -> tuple[Handler, ...]:
        """Return the handlers that an event of this class would reach."""
        names = [name for name, each in endpoint.provider.catalog.items() if each is model]
        return _once(
            each
            for each in self.handlers
            if _reaches(each, endpoint) and any(_matches(each, model, name) for name in names)
        )


class _Unknown:
    """What can match an event of an unknown type at one endpoint."""

    def __init__(self, handlers: Sequence[Handler], endpoint: Endpoint) -> None:
        self._handlers = handlers
        self._always: list[int] = []
        self._patterns: list[tuple[int, str]] = []
        self._names: dict[str, list[int]] = {}
        for number, handler in enumerate(handlers):
            if not _reaches(handler, endpoint):
                continue
            if any(issubclass(UnknownEvent, each) for each in handler.classes):
                self._always.append(number)
            for pattern in handler.patterns:
                if "*" in pattern:
                    self._patterns.append((number, pattern))
                else:
                    self._names.setdefault(pattern, []).append(number)

    def handlers_for(self, event: UnknownEvent) -> tuple[Handler, ...]:
        numbers = {*self._always, *self._names.get(event.type, ())}
        numbers.update(number for number, pattern in self._patterns if wildcard(pattern, event.type))
        return _once(self._handlers[number] for number in sorted(numbers))


def wildcard(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern in which ``*`` stands for any characters; linear in the name's length."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    last = rest.pop()
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    position, end = len(first), len(name) - len(last)
    for part in rest:
        found = name.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def _reaches(handler: Handler, endpoint: Endpoint) -> bool:
    return handler.provider in (None, endpoint.provider.name) and handler.endpoint in (None, endpoint.path)


def _matches(handler: Handler, model: type[Event], name: str) -> bool:
    """Whether a handler is for events of this class that arrive under this wire name."""
    return issubclass(model, handler.classes) or any(wildcard(each, name) for each in handler.patterns)


def _once(functions: Iterable[FunctionT]) -> tuple[FunctionT, ...]:
    """Return each function once, as it was registered first."""
    seen: list[FunctionT] = []
    for function in functions:
        if not any(each.call is function.call or each.call == function.call for each in seen):
            seen.append(function)
    return tuple(seen)


def _name(handlers: Sequence[Handler]) -> None:
    """Give every function a name of its own that is the same after a restart: retries refer to it."""
    taken: dict[str, list[Handler]] = {}
    for handler in handlers:
        same = taken.setdefault(handler.name, [])
        number = next((number for number, each in enumerate(same) if each.call == handler.call), len(same))
        if number == len(same):
            same.append(handler)
        if number:
            handler.name = f"{handler.name}#{number + 1}"


def _check(handler: Handler, endpoints: Sequence[Endpoint]) -> None:
    if dependencies := dependencies_of(handler.call):
        raise ConfigurationError(
            f"{handler.name} takes Depends(...) in {', '.join(dependencies)}, which nothing resolves here; "
            "get what it needs inside the function"
        )
    providers = {endpoint.provider.name for endpoint in endpoints}
    if handler.provider is not None and handler.provider not in providers:
        raise ConfigurationError(
            f"{handler.name} is registered for provider={handler.provider!r}, which was not added; "
            f"did you mean {nearest(handler.provider, providers) or 'to call hooks.add(...)'}?"
        )
    paths = {endpoint.path for endpoint in endpoints}
    if handler.endpoint is not None and handler.endpoint not in paths:
        raise ConfigurationError(
            f"{handler.name} is registered for endpoint={handler.endpoint!r}, which does not exist; "
            f"did you mean {nearest(handler.endpoint, paths) or 'to call hooks.add(...)'}?"
        )
    reached = [endpoint for endpoint in endpoints if _reaches(handler, endpoint)]
    if not reached:
        if handler.provider is not None or handler.endpoint is not None:
            raise ConfigurationError(
                f"{handler.name} is registered for provider={handler.provider!r} at endpoint={handler.endpoint!r}, "
                "where another provider is"
            )
        return
    known = {name: model for endpoint in reached for name, model in endpoint.provider.catalog.items()}
    for pattern in handler.patterns:
        if not handler.unknown and not any(wildcard(pattern, name) for name in known):
            meant = nearest(pattern, _patterns_like(pattern, known))
            raise ConfigurationError(
                f"{handler.name} is registered for {pattern!r}, which matches no known type; did you mean {meant}? "
                "Write unknown=True for a type that is not known yet"
            )
    _check_decision(handler, known, reached)


def _patterns_like(pattern: str, known: Iterable[str]) -> set[str]:
    """Return what could have been written: for ``Grup.*`` the groups of names, else the names themselves."""
    if not pattern.endswith(".*"):
        return set(known)
    return {f"{name.partition('.')[0]}.*" for name in known if "." in name} or set(known)


def _check_decision(handler: Handler, known: dict[str, type[Event]], reached: Sequence[Endpoint]) -> None:
    matched = {model for name, model in known.items() if _matches(handler, model, name)}
    if not matched and handler.classes and not any(issubclass(UnknownEvent, each) for each in handler.classes):
        logger.warning("%s is registered for events that no added provider delivers", handler.name)
    if (handler.deadline is not None or handler.default is not None) and matched:
        if not any(model.decides for model in matched):
            raise ConfigurationError(
                f"{handler.name} has a deadline or a default, but no event that it matches asks for a decision; "
                "leave them out, or write Dispatcher(handler_timeout=...)"
            )
    if handler.default is None:
        for pattern in handler.patterns:
            _check_pattern(pattern, known)
        return
    for endpoint in reached:
        for model in matched.intersection(endpoint.provider.catalog.values()):
            try:
                if model.decides:
                    endpoint.provider.check_reply(model, handler.default)
            except ValueError as error:
                raise ConfigurationError(f"the default of {handler.name} cannot be sent: {error}") from None


def _check_pattern(pattern: str, known: dict[str, type[Event]]) -> None:
    """Refuse a pattern without default that is meant for decisions, one of which needs it; wider ones only look on."""
    models = [model for name, model in known.items() if wildcard(pattern, name)]
    needing = [model for model in models if model.needs_default]
    if needing and all(model.decides for model in models):
        raise without_default(needing[0])
