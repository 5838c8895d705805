"""Look into events: every object inside one, what it did not know, the names in a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel


def parts(value: Any) -> Iterator[BaseModel]:
    """Yield every model inside a value, itself included."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from parts(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from parts(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from parts(each)


def extras(event: BaseModel) -> dict[str, Any]:
    """Return the fields that no model of an event knows, at any depth: ``Model.field`` → value."""
    return {
        f"{type(part).__name__}.{name}": value
        for part in parts(event)
        for name, value in (part.model_extra or {}).items()
    }


def shape(value: Any, spellings: Mapping[str, str]) -> Any:
    """Return a JSON value's names without what is in them; ``spellings`` are names that count as another."""
    if isinstance(value, Mapping):
        return {spellings.get(name, name): shape(inner, spellings) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [shape(inner, spellings) for inner in value]
    return None


def identifying(value: Any) -> set[str]:
    """Return the texts that an event may show of itself: what identifies it and its parts."""
    return {
        str(getattr(part, name))
        for part in parts(value)
        for name, field in type(part).model_fields.items()
        if field.is_required()
    }


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, without the names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from texts(inner)
