"""What the name of an object in a module may stand for."""

from __future__ import annotations

import inspect


def is_factory(value: object) -> bool:
    """Whether this is a function that can be called with nothing; applications take the request."""
    if not inspect.isroutine(value):
        return False
    try:
        inspect.signature(value).bind()
    except (TypeError, ValueError):
        return False
    return True
