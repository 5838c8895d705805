"""Functions that users hand over: their colour, and how they can be called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from .delivery import Delivery
from .errors import ConfigurationError
from .events import Event
from .http import RawRequest
from .parameters import is_injected, is_known, is_marker, parameters_of

_Parameter = inspect.Parameter
_POSITIONAL = (_Parameter.POSITIONAL_ONLY, _Parameter.POSITIONAL_OR_KEYWORD)


class Function:
    """A user's function, sync or async.

    ``thread`` says whether a sync one may block, and so leaves the event loop. ``injected`` names the parameters that
    only a host can give.
    """

    __slots__ = ("call", "injected", "is_async", "thread")

    def __init__(self, call: Callable[..., Any], *, thread: bool = True) -> None:
        self.call = call
        self.injected: tuple[str, ...] = ()
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


class Needs(NamedTuple):
    """What a handler takes beside the event: the delivery, and by their names the parameters that only a host gives."""

    delivery: bool
    injected: tuple[str, ...] = ()


def needs_of(function: Callable[..., Any], classes: tuple[type[Event], ...], *, late: bool = False) -> Needs:
    """Return what a handler takes beside the event.

    Raises :class:`ConfigurationError` for one that cannot be called with them. Annotations that cannot be resolved
    (yet) are believed to be right; ``late`` says that what is needed by now has to be known.
    """
    name = name_of(function)
    if _is_generator(function) or _is_generator(type(function).__call__):
        raise ConfigurationError(f"{name} is a generator, whose body would never run; write a function without yield")
    try:
        parameters = parameters_of(function)
    except (TypeError, ValueError):
        return Needs(delivery=False)
    positional = [each for each in parameters if each.kind in _POSITIONAL]
    if not positional:
        if any(each.kind is _Parameter.VAR_POSITIONAL for each in parameters):
            return Needs(delivery=False)
        raise ConfigurationError(f"{name} takes no event; write def {_short(name)}(event): ...")
    if positional[0].name in ("self", "cls"):
        raise ConfigurationError(
            f"{name} is a method without its object; register the bound one, as in hooks.on(...)(object.{_short(name)})"
        )
    if is_known(positional[0]):
        _check_event(name, positional, classes)
    if len(positional) == 1:
        wants, further = False, parameters[1:]
    else:
        wants = _is_delivery(name, positional[1])
        further = parameters[2 if wants else 1 :]
    injected: list[str] = []
    for each in further:
        if each.kind in (_Parameter.VAR_POSITIONAL, _Parameter.VAR_KEYWORD):
            continue
        if is_injected(each):
            if each.kind is _Parameter.POSITIONAL_ONLY:
                raise ConfigurationError(f"{name} gets {each.name!r} by its name; move the slash in front of it")
            injected.append(each.name)
            continue
        if each.default is not each.empty:
            continue
        if each.annotation is Delivery:
            raise ConfigurationError(f"{name} takes the delivery right after the event; move {each.name!r} there")
        if is_known(each) or each.annotation is each.empty:
            raise ConfigurationError(
                f"{name} is called with the event and the delivery only; give its parameter {each.name!r} a default"
            )
        if late:
            raise ConfigurationError(
                f"nobody knows what {name} takes as {each.name!r}, because its annotation {each.annotation!r} cannot "
                "be resolved; import what it names outside of TYPE_CHECKING, or give it a default"
            )
    return Needs(wants, tuple(injected))


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


def not_injected(function: Function) -> ConfigurationError:
    """Return the error for a function whose parameters nobody gives."""
    return ConfigurationError(
        f"{name_of(function.call)} takes {', '.join(function.injected)}, which only FastAPI gives: write "
        "mount(app, hooks) with mount of webhook_kit.adapters.fastapi, or get it inside the function"
    )


def _check_event(name: str, parameters: list[inspect.Parameter], classes: tuple[type[Event], ...]) -> None:
    hint = parameters[0].annotation
    if _accepts(hint, Delivery) and not _accepts(hint, Event):
        raise ConfigurationError(f"{name} takes the event first, then the delivery; swap its parameters")
    for each in classes:
        if not _accepts(hint, each):
            for further in parameters[1:]:
                if isinstance(further.annotation, type) and issubclass(further.annotation, Event):
                    raise ConfigurationError(f"{name} takes the event first; move {further.name!r} to the front")
            raise ConfigurationError(
                f"{name} is registered for {each.__name__}, which its annotation {_shown(hint)} does not admit; "
                f"write def {_short(name)}(event: {' | '.join(one.__name__ for one in classes)})"
            )


def _is_delivery(name: str, parameter: inspect.Parameter) -> bool:
    optional = parameter.default is not parameter.empty
    hint = parameter.annotation
    if is_injected(parameter):
        return False
    if hint is parameter.empty:
        return True
    if not is_known(parameter):
        return "Delivery" in hint
    if _accepts(hint, Delivery):
        return True
    if optional:
        return False
    raise ConfigurationError(
        f"the second parameter of {name} is the delivery, but {parameter.name!r} is annotated {_shown(hint)}; "
        f"write {parameter.name}: Delivery, or give it a default"
    )


def _accepts(hint: Any, kind: type) -> bool:
    """Whether a value of this class fits the annotation; annotations that are no classes are believed."""
    if hint is Any:
        return True
    origin = get_origin(hint)
    if origin is Annotated:
        kind_of_hint, *metadata = get_args(hint)
        return not any(map(is_marker, metadata)) and _accepts(kind_of_hint, kind)
    if origin in (Union, UnionType):
        return any(_accepts(each, kind) for each in get_args(hint))
    if isinstance(hint, type) and origin is None:
        return issubclass(kind, hint)
    return origin is None


def _shown(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _short(name: str) -> str:
    return name.rpartition(".")[2]
