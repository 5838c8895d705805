"""What is measured only where it is installed: other libraries, and programs."""

from __future__ import annotations

import shutil
from importlib import import_module
from typing import Any, Final

from .subject import Unavailable

INSTALL: Final = 'python -m pip install -c constraints.txt -e ".[bench]"'


def library(name: str) -> Any:
    """Import a module of the extra ``bench``, of whose types nothing is known where it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise Unavailable(f"{error.name} is not installed: {INSTALL}") from None


def program(name: str, install: str) -> str:
    """Return the path of a program."""
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"{name} is not installed: {install}")
    return path
