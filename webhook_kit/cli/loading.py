"""The dispatcher that a command line names as ``module:attribute``."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeAlias

import typer

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, nearest
from webhook_kit.testing.references import is_factory

from .exits import Exit, end

HooksReference: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="MODULE:HOOKS",
        help="The dispatcher, such as shop.hooks:hooks; or a function that returns it.",
        show_default=False,
    ),
]


def load_hooks(reference: str, *, injects: bool) -> Dispatcher:
    """Return the dispatcher, whose set-up is right; end in one line where it is not, or cannot be imported.

    ``injects`` says whether handlers may take what only a framework can give them.
    """
    name, _, attributes = reference.partition(":")
    if not name or name.startswith("."):
        raise typer.BadParameter(f"{reference!r} names no module: write module:attribute", param_hint="MODULE:HOOKS")
    with _warnings_without_their_source():
        module = _imported(name)
        try:
            hooks = _found(module, name, attributes)
            hooks.check(injects=injects)
        except ConfigurationError as error:
            end(f"{reference}: {error}", Exit.FAILED)
    return hooks


@contextmanager
def _warnings_without_their_source() -> Iterator[None]:
    """Show warnings without the line of the program that they are about: it may hold a secret."""

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *more: Any) -> None:
        typer.echo(f"{filename}:{lineno}: {category.__name__}: {message}", err=True)

    with warnings.catch_warnings():
        warnings.showwarning = show  # type: ignore[assignment]  # what else it is called with stays aside
        yield


def _imported(name: str) -> Any:
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            end(f"{name} cannot be imported: there is no module {error.name!r}", Exit.FAILED)
        raise typer.BadParameter(
            f"there is no module {error.name!r} here; write module:attribute, and start in the folder of the module",
            param_hint="MODULE:HOOKS",
        ) from None
    except Exception as error:
        # The text of an error of the user's own may be all that says what is missing, such as a variable's name.
        end(f"{name} cannot be imported: {_in_one_line(error)}", Exit.FAILED)


def _found(module: Any, name: str, attributes: str) -> Dispatcher:
    dispatchers = [each for each, value in vars(module).items() if isinstance(value, Dispatcher)]
    if not attributes:
        if len(dispatchers) == 1:
            found: Dispatcher = getattr(module, dispatchers[0])
            return found
        raise typer.BadParameter(f"write {name}:{_choice(dispatchers)}", param_hint="MODULE:HOOKS")
    value: Any = module
    for each in attributes.split("."):
        if not hasattr(value, each):
            known = dispatchers or [name for name in vars(value) if not name.startswith("_")]
            raise typer.BadParameter(
                f"{name} has no {attributes!r}; did you mean {nearest(attributes, known)}?", param_hint="MODULE:HOOKS"
            )
        value = getattr(value, each)
    if not isinstance(value, Dispatcher) and is_factory(value):
        value = _made(value, f"{name}:{attributes}")
    if not isinstance(value, Dispatcher):
        hint = f": write {name}:{_choice(dispatchers)}" if dispatchers else ""
        raise typer.BadParameter(
            f"{name}:{attributes} is a {type(value).__name__}, not a Dispatcher{hint}", param_hint="MODULE:HOOKS"
        )
    return value


def _made(factory: Any, shown: str) -> Any:
    try:
        return factory()
    except ConfigurationError:
        raise
    except Exception as error:
        end(f"{shown}() failed: {_in_one_line(error)}", Exit.FAILED)


def _in_one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _choice(names: list[str]) -> str:
    return " or :".join(names) or "the name of a Dispatcher in it"
