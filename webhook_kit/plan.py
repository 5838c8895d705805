"""The plan: which handlers each event has, worked out once the application is complete."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any, TypeVar

from .endpoint import Endpoint
from .errors import ConfigurationError, nearest
from .events import Event, UnknownEvent
from .functions import Function, name_of
from .handlers import Handler, without_default
from .parameters import injected_parameters

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
        for observer in self.observers:
            if injected := injected_parameters(observer.call):
                raise ConfigurationError(
                    f"{name_of(observer.call)} observes, and is called with the record alone; get {injected[0].name!r} "
                    "inside the function"
                )
        catalogs: dict[tuple[Endpoint, ...], _Catalog] = {}
        for handler in self.handlers:
            handler.settle(late=True)
            reached = _check(handler, endpoints)
            if reached:
                if reached not in catalogs:
                    catalogs[reached] = _Catalog(reached)
                _check_events(handler, catalogs[reached])
        self.injected = tuple(handler for handler in self.handlers if handler.injected)
        """Those that take what only the host can give."""
        self._typed: dict[tuple[str, str, type[Event]], tuple[tuple[Handler, ...], type[Event] | None]] = {}
        self._known = frozenset(name for endpoint in endpoints for name in endpoint.provider.catalog)
        # Types that are not known are the sender's choice, so that nothing is kept for them.
        self._for_unknown = {endpoint.path: _Unknown(self.handlers, endpoint) for endpoint in endpoints}

    def knows(self, type: str) -> bool:
        """Whether a type is one of those that the providers document."""
        return type in self._known

    def matching(self, endpoint: Endpoint, event: Event) -> tuple[tuple[Handler, ...], type[Event] | None]:
        """Return the handlers of an event, and its class if it asks for a decision.

        Each function is there once, in the order of registration.
        """
        model, name = type(event), event.type
        key = (endpoint.path, name, model)
        if (matching := self._typed.get(key)) is not None:
            return matching
        question = _question(endpoint, name)
        if issubclass(model, UnknownEvent):
            return self._for_unknown[endpoint.path].handlers_for(event), question
        handlers = (each for each in self.handlers if _reaches(each, endpoint) and _matches(each, model, name))
        matching = self._typed[key] = _once(handlers), question
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

    def handlers_for(self, event: Event) -> tuple[Handler, ...]:
        numbers = {*self._always, *self._names.get(event.type, ())}
        numbers.update(number for number, pattern in self._patterns if wildcard(pattern, event.type))
        return _once(self._handlers[number] for number in sorted(numbers))


def _question(endpoint: Endpoint, name: str) -> type[Event] | None:
    model = endpoint.provider.catalog.get(name)
    return model if model is not None and model.decides else None


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


class _Numbers:
    """Functions, numbered in the order in which they came; equal ones are one. Some of them cannot be hashed."""

    def __init__(self) -> None:
        self._hashed: dict[Callable[..., Any], int] = {}
        self._others: list[tuple[Callable[..., Any], int]] = []

    def __len__(self) -> int:
        return len(self._hashed) + len(self._others)

    def of(self, call: Callable[..., Any]) -> int:
        """Return the number of a function, a new one for one that did not come before."""
        try:
            return self._hashed.setdefault(call, len(self))
        except TypeError:
            pass
        for each, number in self._others:
            if each is call or each == call:
                return number
        self._others.append((call, len(self)))
        return len(self) - 1


def _once(functions: Iterable[FunctionT]) -> tuple[FunctionT, ...]:
    """Return each function once, as it was registered first."""
    numbers = _Numbers()
    return tuple(function for function in functions if len(numbers) == numbers.of(function.call))


def _name(handlers: Sequence[Handler]) -> None:
    """Give every function a name of its own that is the same after a restart: retries refer to it."""
    taken: dict[str, _Numbers] = {}
    for handler in handlers:
        number = taken.setdefault(handler.name, _Numbers()).of(handler.call)
        if number:
            handler.name = f"{handler.name}#{number + 1}"


class _Catalog:
    """What can arrive at some endpoints, indexed: an application may have thousands of types and of handlers."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.endpoints = endpoints
        self.models = {name: model for endpoint in endpoints for name, model in endpoint.provider.catalog.items()}
        self._below: dict[type, set[type[Event]]] = {}
        for model in self.models.values():
            for base in model.__mro__:
                self._below.setdefault(base, set()).add(model)

    def names_like(self, pattern: str) -> list[str]:
        """Return the wire names that a pattern matches."""
        if "*" not in pattern:
            return [pattern] if pattern in self.models else []
        return [name for name in self.models if wildcard(pattern, name)]

    def matched(self, handler: Handler) -> set[type[Event]]:
        """Return the classes of all events that reach a handler."""
        models = {model for each in handler.classes for model in self._below.get(each, ())}
        models.update(self.models[name] for each in handler.patterns for name in self.names_like(each))
        return models


def _check(handler: Handler, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Check what a handler takes and where it is registered for; return the endpoints that it is reached from."""
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
    reached = tuple(endpoint for endpoint in endpoints if _reaches(handler, endpoint))
    if not reached and (handler.provider is not None or handler.endpoint is not None):
        raise ConfigurationError(
            f"{handler.name} is registered for provider={handler.provider!r} at endpoint={handler.endpoint!r}, "
            "where another provider is"
        )
    return reached


def _check_events(handler: Handler, catalog: _Catalog) -> None:
    for pattern in handler.patterns:
        if not handler.unknown and not catalog.names_like(pattern):
            meant = nearest(pattern, _patterns_like(pattern, catalog.models))
            raise ConfigurationError(
                f"{handler.name} is registered for {pattern!r}, which matches no known type; did you mean {meant}? "
                "Write unknown=True for a type that is not known yet"
            )
    _check_decision(handler, catalog)


def _patterns_like(pattern: str, known: Iterable[str]) -> set[str]:
    """Return what could have been written: for ``Grup.*`` the groups of names, else the names themselves."""
    if not pattern.endswith(".*"):
        return set(known)
    return {f"{name.partition('.')[0]}.*" for name in known if "." in name} or set(known)


def _check_decision(handler: Handler, catalog: _Catalog) -> None:
    matched = catalog.matched(handler)
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
            _check_pattern(pattern, catalog)
        return
    for endpoint in catalog.endpoints:
        for model in matched.intersection(endpoint.provider.catalog.values()):
            try:
                if model.decides:
                    endpoint.provider.check_reply(model, handler.default)
            except ValueError as error:
                raise ConfigurationError(f"the default of {handler.name} cannot be sent: {error}") from None


def _check_pattern(pattern: str, catalog: _Catalog) -> None:
    """Refuse a pattern without default that is meant for decisions, one of which needs it; wider ones only look on."""
    models = [catalog.models[name] for name in catalog.names_like(pattern)]
    needing = [model for model in models if model.needs_default]
    if needing and all(model.decides for model in models):
        raise without_default(needing[0])
