"""Sample events: valid ones, with the values that a test cares about."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from ..dispatcher import living_dispatchers
from ..errors import ConfigurationError, nearest
from ..events import Event, UnknownEvent
from ..parsing import fit
from ..providers import registry
from ..providers.base import Provider
from ..providers.invention import wire_names
from ..providers.vendor import Vendor

EventT = TypeVar("EventT", bound=Event)
Fields = Mapping[str, Any]

SEPARATOR = "__"


def sample(event_class: type[EventT], /, **changes: Any) -> EventT:
    """Return a valid event of this class, with other values in some places.

    A change is named by the field in Python, or by its path: ``data__bot_id="b-1"``, or the same with dots and wire
    names, ``**{"data.bot_id": "b-1"}``. Raises :class:`ConfigurationError` for a place that the class does not have and
    a value that does not fit it.
    """
    fields = sample_body(event_class, **changes)
    event = _read(event_class, fields)
    bodies.remember(event, fields)
    return event


def sample_body(event_class: type[Event], /, **changes: Any) -> dict[str, Any]:
    """Return what the vendor would send for such an event, as decoded JSON; changes as for :func:`sample`."""
    fields = _vendor_class(event_class).fields_of(event_class)
    for name, value in changes.items():
        place, key = place_of(fields, event_class, name)
        place[key] = to_jsonable_python(value, by_alias=True)
    event = _read(event_class, fields)
    if changes and isinstance(event, UnknownEvent):
        raise ConfigurationError(
            f"{', '.join(changes)}: without a usable value there, nobody would read this as {event_class.__name__}"
        )
    if changes and event.drift:
        raise ConfigurationError(
            f"the value for {', '.join(event.drift)} does not fit {event_class.__name__}; to send it all the same, "
            "change the result of sample_body()"
        )
    return fields


def fields_of(event: Event) -> dict[str, Any]:
    """Return the body's fields for an event: those that a sample was made from, else what its values are written as."""
    remembered = bodies.of(event)
    if remembered is not None:
        return remembered
    if isinstance(event, UnknownEvent):
        return dict(event.payload)
    dump: dict[str, Any] = event.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return dump


class Bodies:
    """What sample events were made from, for as long as they live; a changed copy of one is another event."""

    def __init__(self) -> None:
        self._bodies: dict[int, tuple[Callable[[], Event | None], str]] = {}

    def remember(self, event: Event, fields: Fields) -> None:
        """Keep the fields of an event that was made from them."""
        number = id(event)
        self._bodies[number] = weakref.ref(event, lambda _: self._bodies.pop(number, None)), json.dumps(fields)

    def of(self, event: Event) -> dict[str, Any] | None:
        """Return a copy of what this very event was made from."""
        alive, text = self._bodies.get(id(event), (None, ""))
        if alive is None or alive() is not event:
            return None
        fields: dict[str, Any] = json.loads(text)
        return fields


bodies = Bodies()


def _vendor_class(event_class: type[Event]) -> type[Vendor]:
    for provider in _providers_of(event_class):
        return provider.vendor_class()
    return Vendor


def _providers_of(event_class: type[Event]) -> Iterator[type[Provider]]:
    """Yield the providers that have samples of this class: its own, an installed one, one that is in use."""
    name = event_class.default_provider
    if name:
        yield registry.provider_class(name)
        return
    package = event_class.__module__.partition(".")[0]
    for entry in entry_points(group=registry.GROUP):
        if entry.value.partition(".")[0].partition(":")[0] == package:
            yield registry.provider_class(entry.name)
    for hooks in living_dispatchers():
        for endpoint in hooks.endpoints:
            if event_class in endpoint.provider.catalog.values():
                yield type(endpoint.provider)


def _read(event_class: type[EventT], fields: dict[str, Any]) -> EventT:
    names = event_class.wire_types
    event = fit(
        event_class, fields, type=names[0] if names else "unknown", provider=event_class.default_provider, size=0
    )
    return event  # type: ignore[return-value]  # an UnknownEvent is told apart by those who changed something


def place_of(fields: Any, model: type[BaseModel], name: str) -> tuple[Any, Any]:
    """Return the object or the list that a change is made in, and the name or the number of what is changed.

    Raises :class:`ConfigurationError` for a place that the model does not have.
    """
    path = name.replace(SEPARATOR, ".").split(".")
    models: tuple[type[BaseModel], ...] = (model,)
    place: Any = fields
    key: Any = None
    for number, step in enumerate(path):
        if number:
            if isinstance(place, dict) and place.get(key) is None:
                place[key] = {}
            place = place[key]
        if isinstance(place, list):
            if not step.isdigit() or int(step) >= len(place):
                raise ConfigurationError(f"{name}: the sample has {len(place)} entries there; give a number from 0")
            key = int(step)
        elif isinstance(place, dict):
            key, models = _step(models, step, name)
        else:
            raise ConfigurationError(f"{name}: what stands before {step!r} is a value, and holds nothing")
    return place, key


def _step(models: Iterable[type[BaseModel]], step: str, name: str) -> tuple[str, tuple[type[BaseModel], ...]]:
    """Return the wire name of a field, and the models of what may be in it."""
    known: dict[str, str] = {}
    for model in models:
        if not model.__pydantic_fields_complete__:
            model.model_rebuild()
        for field_name, field in model.model_fields.items():
            wire = wire_names(field_name, field)
            if step == field_name or step in wire:
                return wire[0], tuple(_models(field.annotation))
            known[field_name] = wire[0]
    if known:
        shown = " or ".join(model.__name__ for model in models)
        raise ConfigurationError(f"{name}: {shown} has no {step!r}; did you mean {nearest(step, known)}?")
    # What the user gave to the vendor, and comes back as it was.
    return step, ()


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)
