"""Make up a body for an event of which there is no sample: the least that its class takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from ..events import Event

SIMPLE: Mapping[type, Any] = {
    bool: True,
    int: 1,
    float: 1.5,
    Decimal: "1.50",
    datetime: "2026-09-21T14:00:00Z",
    date: "2026-09-21",
    UUID: "5f0c1d4e-7a31-4c55-9d0e-2b8f6f1a9c10",
}


def invented(model: type[BaseModel]) -> dict[str, Any]:
    """Return the required fields of a model, by their wire names, with values that say what they stand for."""
    if not model.__pydantic_fields_complete__:
        model.model_rebuild()
    body = {
        wire_names(name, field)[0]: _value(field.annotation, name)
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    if issubclass(model, Event) and model.wire_types:
        # Where senders usually name the event.
        body.update({name: model.wire_types[0] for name in ("type", "event") if isinstance(body.get(name), str)})
    return body


def wire_names(name: str, field: FieldInfo) -> tuple[str, ...]:
    """Return the names under which a field is read, the usual one first."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(each for each in alias.choices if isinstance(each, str)) or (name,)
    return (alias if isinstance(alias, str) else field.alias or name,)


def _value(annotation: Any, name: str) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, Union, UnionType):
        return _value(arguments[0], name)
    if origin is Literal:
        return arguments[0]
    kind = origin or annotation
    if not isinstance(kind, type):
        return name
    if issubclass(kind, BaseModel):
        return invented(kind)
    if issubclass(kind, Enum):
        return next(iter(kind)).value
    if issubclass(kind, Sequence | set | frozenset) and not issubclass(kind, str | bytes):
        return []
    if issubclass(kind, Mapping):
        return {}
    return next((value for each, value in SIMPLE.items() if issubclass(kind, each)), name)


def varied(model: type[Event], fields: Mapping[str, Any], mark: str) -> dict[str, Any]:
    """Return the fields of another event: what identifies it, else what else is free in it, carries a mark."""
    body = deepcopy(dict(fields))
    places = [place for place in _free_texts(model, body) if place.container[place.key] not in model.wire_types]
    if not places:
        return {**body, "simulated": mark}
    place = next((place for place in places if place.required), places[0])
    before = place.container[place.key]
    place.container[place.key] = str(uuid5(NAMESPACE_OID, mark)) if _is_uuid(before) else f"{before}-{mark}"
    return body


class Place(NamedTuple):
    """A value in a body."""

    container: dict[str, Any]
    key: str
    required: bool
    """Whether it, and all that is around it, identifies the event."""


def _free_texts(model: type[BaseModel], body: Any, required: bool = True) -> Iterator[Place]:
    """Yield the texts of a body in which the vendor may write anything."""
    if not isinstance(body, dict):
        return
    if not model.__pydantic_fields_complete__:
        model.model_rebuild()
    for name, field in model.model_fields.items():
        wire = next((each for each in wire_names(name, field) if each in body), None)
        if wire is None:
            continue
        needed = required and field.is_required()
        kinds = set(classes_in(field.annotation))
        if str in kinds and isinstance(body[wire], str) and not isinstance(field.default, str):
            yield Place(body, wire, needed)
        for kind in kinds:
            if issubclass(kind, BaseModel):
                yield from _free_texts(kind, body[wire], needed)


def classes_in(annotation: Any) -> Iterator[type[Any]]:
    """Yield every class that an annotation names, but for what is inside collections."""
    origin = get_origin(annotation)
    if origin in (Annotated, Union, UnionType):
        for each in get_args(annotation)[: 1 if origin is Annotated else None]:
            yield from classes_in(each)
    elif isinstance(annotation, type) and origin is None:
        yield annotation


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
