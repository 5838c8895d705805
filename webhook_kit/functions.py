"""Functions that users hand over: their colour, and how they can be called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from .delivery import Delivery
from .errors import ConfigurationError
from .events import Event
from .http import RawRequest

_Parameter = inspect.Parameter
_POSITIONAL = (_Parameter.POSITIONAL_ONLY, _Parameter.POSITIONAL_OR_KEYWORD)


class Function:
    """A user's function, sync or async. ``thread`` says whether a sync one may block, and so leaves the event loop."""

    __slots__ = ("call", "is_async", "thread")

    def __init__(self, call: Callable[..., Any], *, thread: bool = True) -> None:
        self.call = call
        self.is_async = is_async(call)
        self.thread = thread


class Source(Function):
    """A user's function that is asked at each request, with the :class:`RawRequest` if it takes a parameter."""

    __slots__ = ("takes_request",)

    def __init__(self, call: Callable[..., Any], name: str) -> None:
        super().__init__(call)
        self.takes_request = _takes_request(call, name)

    def arguments(self, request: RawRequest) -> tuple[RawRequest, ...]:
        """Return what the function is called with."""
        return (request,) if self.takes_request else ()


def _takes_request(function: Callable[..., Any], name: str) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [
        each
        for each in parameters
        if each.default is each.empty and each.kind not in (_Parameter.VAR_POSITIONAL, _Parameter.VAR_KEYWORD)
    ]
    if len(needed) > 1 or any(each.kind is each.KEYWORD_ONLY for each in needed):
        raise ConfigurationError(f"the callable for {name} takes no parameter, or one: the RawRequest")
    return bool(needed)


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it returns a coroutine, as far as can be seen without calling."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def name_of(function: Callable[..., Any]) -> str:
    """Return a name that is the same in every process."""
    while isinstance(function, partial):
        function = function.func
    owner = function if hasattr(function, "__qualname__") else type(function)
    return f"{owner.__module__}.{owner.__qualname__}"


def takes_delivery(function: Callable[..., Any], classes: tuple[type[Event], ...]) -> bool:
    """Return whether a handler wants the delivery beside the event.

    Raises :class:`ConfigurationError` for one that cannot be called with them. Annotations that cannot be resolved
    (yet) are believed to be right.
    """
    name = name_of(function)
    if _is_generator(function) or _is_generator(type(function).__call__):
        raise ConfigurationError(f"{name} is a generator, whose body would never run; write a function without yield")
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    hints = _hints(function)
    positional = [each for each in parameters if each.kind in _POSITIONAL]
    if not positional:
        if any(each.kind is _Parameter.VAR_POSITIONAL for each in parameters):
            return False
        raise ConfigurationError(f"{name} takes no event; write def {_short(name)}(event): ...")
    if positional[0].name in ("self", "cls"):
        raise ConfigurationError(
            f"{name} is a method without its object; register the bound one, as in hooks.on(...)(object.{_short(name)})"
        )
    if hints is not None:
        _check_event(name, hints.get(positional[0].name), classes)
    if len(positional) == 1:
        wants, further = False, parameters[1:]
    else:
        wants = _is_delivery(name, positional[1], hints)
        further = parameters[2 if wants else 1 :]
    for each in further:
        if each.kind in (_Parameter.VAR_POSITIONAL, _Parameter.VAR_KEYWORD) or dependency_in(
            (hints or {}).get(each.name)
        ):
            continue
        if each.default is each.empty:
            raise ConfigurationError(
                f"{name} is called with the event and the delivery only; give its parameter {each.name!r} a default"
            )
    return wants


def _is_generator(function: object) -> bool:
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def check_observer(function: Callable[..., Any]) -> None:
    """Raise :class:`ConfigurationError` for an observer that cannot be called with a record."""
    try:
        inspect.signature(function).bind(object())
    except TypeError:
        name = name_of(function)
        raise ConfigurationError(f"{name} takes one record; write def {_short(name)}(record): ...") from None
    except ValueError:
        return  # one without a signature, such as some that are written in C


def dependencies_of(function: Callable[..., Any]) -> list[str]:
    """Return the parameters that are FastAPI dependencies (``Depends(...)``, also inside ``Annotated``)."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    hints = _hints(function) or {}
    return [
        each.name
        for each in parameters
        if _is_dependency(each.default) or any(map(_is_dependency, get_args(hints.get(each.name))[1:]))
    ]


def _is_dependency(value: object) -> bool:
    kind = type(value)
    return kind.__name__ in ("Depends", "Security") and kind.__module__.partition(".")[0] == "fastapi"


def _hints(function: Callable[..., Any]) -> Mapping[str, Any] | None:
    while isinstance(function, partial):
        function = function.func
    # The annotations of another callable's class are those of its attributes.
    routine = inspect.isroutine(function) or hasattr(function, "__wrapped__")
    try:
        return get_type_hints(function if routine else type(function).__call__, include_extras=True)
    except Exception:  # a name that only type checkers see, or that is defined further down
        return None


def _check_event(name: str, hint: Any, classes: tuple[type[Event], ...]) -> None:
    if _accepts(hint, Delivery) and not _accepts(hint, Event):
        raise ConfigurationError(f"{name} takes the event first, then the delivery; swap its parameters")
    for each in classes:
        if not _accepts(hint, each):
            raise ConfigurationError(
                f"{name} is registered for {each.__name__}, which its annotation {_shown(hint)} does not admit; "
                f"write def {_short(name)}(event: {' | '.join(one.__name__ for one in classes)})"
            )


def _is_delivery(name: str, parameter: inspect.Parameter, hints: Mapping[str, Any] | None) -> bool:
    optional = parameter.default is not parameter.empty
    if parameter.annotation is parameter.empty:
        return True
    if hints is None or parameter.name not in hints:
        return not optional or "Delivery" in str(parameter.annotation)
    hint = hints.get(parameter.name)
    if _accepts(hint, Delivery):
        return True
    if optional or dependency_in(hint):
        return False
    raise ConfigurationError(
        f"the second parameter of {name} is the delivery, but {parameter.name!r} is annotated {_shown(hint)}; "
        f"write {parameter.name}: Delivery, or give it a default"
    )


def dependency_in(hint: Any) -> bool:
    """Whether an annotation holds a FastAPI dependency."""
    return get_origin(hint) is Annotated and any(map(_is_dependency, get_args(hint)[1:]))


def _accepts(hint: Any, kind: type) -> bool:
    """Whether a value of this class fits the annotation; annotations that are no classes are believed."""
    if hint is Any:
        return True
    origin = get_origin(hint)
    if origin is Annotated:
        return not dependency_in(hint) and _accepts(get_args(hint)[0], kind)
    if origin in (Union, UnionType):
        return any(_accepts(each, kind) for each in get_args(hint))
    if isinstance(hint, type) and origin is None:
        return issubclass(kind, hint)
    return origin is None


def _shown(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _short(name: str) -> str:
    return name.rpartition(".")[2]
