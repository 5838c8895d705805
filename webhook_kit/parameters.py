"""The parameters of users' functions, and which of them only a host can give."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints

# What FastAPI gives for a parameter of this class; most of them are Starlette's.
_GIVEN_BY_CLASS = ("HTTPConnection", "BackgroundTasks", "Response", "SecurityScopes")


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters, with those annotations resolved that can be.

    Raises TypeError or ValueError for a function whose signature cannot be seen.
    """
    parameters = inspect.signature(function).parameters.values()
    hints = _hints(function)
    return [each.replace(annotation=hints.get(each.name, each.annotation)) for each in parameters]


def is_known(parameter: inspect.Parameter) -> bool:
    """Whether there is an annotation, and it is resolved."""
    return not (parameter.annotation is parameter.empty or isinstance(parameter.annotation, str))


def injected_parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that only FastAPI gives: ``Depends(...)``, ``Header(...)``, ``Request`` and the like."""
    try:
        return [each for each in parameters_of(function) if is_injected(each)]
    except (TypeError, ValueError):
        return []


def is_injected(parameter: inspect.Parameter) -> bool:
    """Whether only FastAPI gives a parameter."""
    if is_marker(parameter.default):
        return True
    hint = parameter.annotation
    if get_origin(hint) is Annotated:
        hint, *metadata = get_args(hint)
        if any(map(is_marker, metadata)):
            return True
    return isinstance(hint, type) and any(
        each.__name__ in _GIVEN_BY_CLASS and _package(each) in ("fastapi", "starlette") for each in hint.__mro__
    )


def is_marker(value: object) -> bool:
    """Whether it is a ``Depends(...)``, a ``Security(...)``, a ``Header(...)`` or the like."""
    return _package(type(value)) == "fastapi"


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the annotations that can be resolved."""
    while isinstance(function, partial):
        function = function.func
    # The annotations of another callable's class are those of its attributes.
    routine = inspect.isroutine(function) or hasattr(function, "__wrapped__")
    annotated = function if routine else type(function).__call__
    try:
        return get_type_hints(annotated, include_extras=True)
    except Exception:  # a name that only type checkers see, or that is defined further down
        return _some_hints(annotated)


def _some_hints(annotated: Callable[..., Any]) -> Mapping[str, Any]:
    names = getattr(inspect.unwrap(annotated), "__globals__", {})
    resolved: dict[str, Any] = {}
    for name, annotation in getattr(annotated, "__annotations__", {}).items():

        def alone() -> None: ...

        alone.__annotations__ = {name: annotation}
        try:
            resolved |= get_type_hints(alone, names, include_extras=True)
        except Exception:  # noqa: S112
            continue
    return resolved
