"""Make up JSON values, and put them into a body; the strategies are hypothesis's, which may not be installed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def values(strategies: Any) -> Any:
    """Return a strategy for JSON values."""
    scalars = (
        strategies.none()
        | strategies.booleans()
        | strategies.integers()
        | strategies.floats(allow_nan=False, allow_infinity=False)
        | strategies.text(strategies.characters(exclude_categories=["Cs"]), max_size=12)
        | strategies.sampled_from(["", "0", "-1", "1e5", "true", "2026-09-21T14:00:00Z", 10**40])
    )
    return strategies.recursive(
        scalars,
        lambda inner: (
            strategies.lists(inner, max_size=3)
            | strategies.dictionaries(strategies.text("abc", max_size=2), inner, max_size=3)
        ),
        max_leaves=8,
    )


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield (*path, step)
        yield from places(each, (*path, step))


def changed(body: dict[str, Any], new: Mapping[tuple[str | int, ...], Any]) -> dict[str, Any]:
    """Return a copy of a body with other values at these places, as far as the places are still there."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    for path, value in new.items():
        part: Any = copy
        try:
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = value
        except (LookupError, TypeError):
            continue
    return copy
