"""What is in the models of events: their fields, with types as a handler's author writes them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from webhook_kit.events import Event, Part
from webhook_kit.providers.base import Provider


class Field(NamedTuple):
    """One field of a model: its name in Python, its type, its name on the wire."""

    name: str
    type: str
    wire: str
    required: bool


def models_of(provider: type[Provider]) -> list[type[Event]]:
    """Return the events of a provider, each once, in the order of its catalogue."""
    return list(dict.fromkeys(provider.catalog.values()))


def summary(model: type[Any]) -> str:
    """Return the first paragraph of a class's docstring, in one line and without the address of a page."""
    paragraph = (model.__doc__ or "").strip().split("\n\n")[0]
    words = [word for word in paragraph.split() if not word.startswith(("http://", "https://"))]
    return " ".join(words).replace("``", "")


def home(model: type[Any]) -> str:
    """Return the outermost module from which a class can be imported."""
    names = model.__module__.split(".")
    for length in range(1, len(names)):
        outer = ".".join(names[:length])
        if getattr(sys.modules.get(outer), model.__name__, None) is model:
            return outer
    return model.__module__


def fields_of(model: type[Part]) -> list[Field]:
    """Return the fields of a model, in their order."""
    if not model.__pydantic_fields_complete__:
        model.model_rebuild()
    return [
        Field(name, written(field.annotation), _wire_name(name, field), field.is_required())
        for name, field in model.model_fields.items()
    ]


def types_of(models: Iterable[type[Part]]) -> list[type[Part] | type[Enum]]:
    """Return the objects and enums inside these models, at any depth, each once."""
    found: dict[type[Any], None] = {}

    def visit(model: type[Part]) -> None:
        fields_of(model)
        for field in model.model_fields.values():
            for each in _classes(field.annotation):
                if each not in found and issubclass(each, Part | Enum):
                    found[each] = None
                    if issubclass(each, Part):
                        visit(each)

    for model in models:
        visit(model)
    return list(found)


def written(annotation: Any) -> str:
    """Return an annotation as it is written in a program: ``tuple[Member, ...] | None``."""
    if annotation is None or annotation is NoneType:
        return "None"
    if annotation is Ellipsis:
        return "..."
    if annotation is Any:
        return "Any"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return written(arguments[0])
    if origin is Union or origin is UnionType:
        return " | ".join(dict.fromkeys(map(written, arguments)))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(written, arguments))}]"
    return str(getattr(annotation, "__name__", annotation))


def as_json(names: Sequence[str], models: Sequence[type[Event]]) -> Mapping[str, Any]:
    """Return providers that share their events, for machines."""
    return {
        "providers": list(names),
        "events": [
            {
                "class": model.__name__,
                "module": home(model),
                "wire_types": list(model.wire_types),
                "summary": summary(model),
                "decides": model.decides,
                "fields": [field._asdict() for field in fields_of(model)],
            }
            for model in models
        ],
        "types": [
            {
                "class": each.__name__,
                "module": home(each),
                **(
                    {"fields": [field._asdict() for field in fields_of(each)]}
                    if issubclass(each, Part)
                    else {"values": {member.name: member.value for member in each}}
                ),
            }
            for each in types_of(models)
        ],
    }


def _wire_name(name: str, field: FieldInfo) -> str:
    return field.serialization_alias or field.alias or name


def _classes(annotation: Any) -> Iterator[type[Any]]:
    """Yield every class that an annotation names."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        yield annotation
    for each in get_args(annotation):
        yield from _classes(each)
