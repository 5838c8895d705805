"""Stores that remember which deliveries were processed, so that a handler runs once."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .base import Busy, Claim, Done, Fenced, New, Store, StoreFull
from .memory import MemoryStore

if TYPE_CHECKING:
    from .redis import RedisStore
    from .sql import SQLStore

__all__ = [
    "Busy",
    "Claim",
    "Done",
    "Fenced",
    "MemoryStore",
    "New",
    "RedisStore",
    "SQLStore",
    "Store",
    "StoreFull",
]

# Store → its module, what that imports, and the extra that brings it.
_LAZY = {"RedisStore": (".redis", "redis", "redis"), "SQLStore": (".sql", "sqlalchemy", "sql")}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, needed, extra = _LAZY[name]
    try:
        store = getattr(import_module(module, __name__), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != needed:
            raise
        raise ConfigurationError(f'{name} needs {needed}: pip install "webhook-kit[{extra}]"') from error
    globals()[name] = store
    return store
