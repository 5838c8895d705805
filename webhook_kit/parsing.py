"""From bytes to events: one pass for a body that fits, a second look for one that drifted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, TypeVar, Union, cast
from weakref import WeakKeyDictionary

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema, from_json, to_json

from .delivery import Outcome, Refusal
from .events import Event, UnknownEvent, stamp, unknown_event

EventT = TypeVar("EventT", bound=Event)

Path = tuple[str | int, ...]

# More misfits than this is another format, not drift.
MOST_MISFITS = 1000

# Each error costs hundreds of bytes, and a body can be made of nothing else. From this size on a list tells of its
# first error only, each pass sets one misfit of it aside, and a list that needs more passes is set aside as a whole.
BULKY = 64 * 1024
FINE_PASSES = 6
MOST_PASSES = 12


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises :class:`Refusal` (malformed) for everything that is not one JSON object in UTF-8: a byte order mark, UTF-16,
    a lone surrogate, about 200 levels. Of doubled keys the last one wins.
    """
    try:
        value = from_json(body)
    except ValueError:
        raise Refusal(Outcome.MALFORMED) from None
    if type(value) is not dict:
        raise Refusal(Outcome.MALFORMED)
    return value


def read_event(model: type[EventT], body: bytes, *, type: str, provider: str) -> EventT | UnknownEvent:
    """Read a body whose event class is known beforehand; raise :class:`Refusal` where it is no JSON object."""
    try:
        event: EventT = validator_of(model, len(body)).validate_json(body, by_alias=True, by_name=False)
    except ValidationError:
        return fit(model, read_object(body), type=type, provider=provider, size=len(body))
    stamp(event, type, provider)
    return event


def fit(model: type[EventT], payload: dict[str, Any], *, type: str, provider: str, size: int) -> EventT | UnknownEvent:
    """Read a decoded body of this size (bytes), setting aside as drift what does not fit.

    What cannot be set aside, because it identifies the event, makes it an :class:`UnknownEvent`.
    """
    validator = validator_of(model, size)
    misfits: set[Path] = set()
    fitting = payload
    for number in range(MOST_PASSES):
        try:
            # As JSON, in which a strict date is text, like the body that was read at once.
            event: EventT = validator.validate_json(to_json(fitting), by_alias=True, by_name=False)
        except ValidationError as error:
            whole_lists = size > BULKY and number >= FINE_PASSES
            if error.error_count() > MOST_MISFITS or not _blame(error, fitting, misfits, whole_lists):
                break
            fitting = _without(payload, misfits)
        else:
            drift = {".".join(map(str, path)): _at(payload, path) for path in sorted(misfits, key=str)}
            stamp(event, type, provider, drift)
            return event
    return unknown_event(payload, type, provider)


def validator_of(model: type[Event], size: int = 0) -> SchemaValidator:
    """Return the model's validator for a body of this size, built on first use."""
    if not model.__pydantic_complete__:
        model.model_rebuild()
    if size <= BULKY:
        return cast(SchemaValidator, model.__pydantic_validator__)
    validator = _for_bulky.get(model)
    if validator is None:
        validator = _for_bulky[model] = _hasty(model.__pydantic_core_schema__)
    return validator


_for_bulky: WeakKeyDictionary[type[Event], SchemaValidator] = WeakKeyDictionary()


def _hasty(schema: Any) -> SchemaValidator:
    """Return a validator in which every list stops at its first error."""
    # Told to use what is built already, it would take the models' own validators.
    return SchemaValidator(_failing_fast(schema), _use_prebuilt=False)


def _failing_fast(schema: Any) -> Any:
    """Return a schema in which every list stops at its first error."""
    if isinstance(schema, dict):
        copy = {name: each if name == "metadata" else _failing_fast(each) for name, each in schema.items()}
        if copy.get("type") in ("list", "tuple"):
            copy["fail_fast"] = True
        return copy
    return [_failing_fast(each) for each in schema] if isinstance(schema, list) else schema


class Tagged:
    """Read bodies whose event class stands in a field of their own, in one pass."""

    def __init__(self, field: str, models: Mapping[str, type[Event]]) -> None:
        self.field = field
        self.models = models

    @cached_property
    def _adapter(self) -> TypeAdapter[Event]:
        # A type that is known at run time only, which type checkers would take for a mistake.
        union = cast(Any, Union)[tuple(dict.fromkeys(self.models.values()))]
        adapter: TypeAdapter[Event] = TypeAdapter(cast(Any, Annotated)[union, Field(discriminator=self.field)])
        adapter.rebuild()
        return adapter

    @cached_property
    def _validator(self) -> SchemaValidator:
        return cast(SchemaValidator, self._adapter.validator)

    @cached_property
    def _validator_for_bulky(self) -> SchemaValidator:
        return _hasty(self._adapter.core_schema)

    def read(self, body: bytes, *, provider: str) -> Event:
        """Return the event, an :class:`UnknownEvent` where the field names none that is known."""
        validator = self._validator if len(body) <= BULKY else self._validator_for_bulky
        try:
            event: Event = validator.validate_json(body, by_alias=True, by_name=False)
        except ValidationError:
            payload = read_object(body)
            name = payload.get(self.field)
            model = self.models.get(name) if isinstance(name, str) else None
            if model is None or not isinstance(name, str):
                return unknown_event(payload, name, provider)
            return fit(model, payload, type=name, provider=provider, size=len(body))
        stamp(event, getattr(event, self.field), provider)
        return event


class Named:
    """Read bodies that name their event class in a field which need not be one of the class."""

    def __init__(self, field: str, models: Mapping[str, type[Event]]) -> None:
        self.field = field
        self.models = models
        # Builds the one field that it asks for, of whatever else is in the body nothing.
        text = core_schema.typed_dict_field(core_schema.str_schema(strict=True))
        self._naming = SchemaValidator(core_schema.typed_dict_schema({field: text}, extra_behavior="ignore"))

    def read(self, body: bytes, *, provider: str) -> Event:
        """Return the event, an :class:`UnknownEvent` where the field names none that is known."""
        try:
            name: str = self._naming.validate_json(body)[self.field]
        except ValidationError:
            payload = read_object(body)
            return unknown_event(payload, payload.get(self.field), provider)
        model = self.models.get(name)
        if model is None:
            return unknown_event(read_object(body), name, provider)
        return read_event(model, body, type=name, provider=provider)


def _blame(error: ValidationError, payload: dict[str, Any], misfits: set[Path], whole_lists: bool) -> bool:
    """Add the place of every error to ``misfits``; False where one of them cannot be set aside.

    A place that was set aside before, or is null already, did not help: its container is to blame.
    """
    before = frozenset(misfits)
    for line in error.errors(include_url=False, include_context=False, include_input=False):
        path = _existing(payload, line["loc"])
        if whole_lists:
            path = path[: next((length for length, step in enumerate(path) if isinstance(step, int)), None)]
        while path and (path in before or _at(payload, path) is None):
            path = path[:-1]
        if not path:
            return False
        misfits.add(path)
    # Errors of one pass may be about the same place, or about an object around it.
    inside = [each for each in misfits if any(each[:length] in misfits for length in range(1, len(each)))]
    misfits.difference_update(inside)
    return True


def _existing(payload: Any, location: Path) -> Path:
    """Return the part of an error's location that exists in the body; a location also names tags of unions."""
    path: Path = ()
    for step in location:
        if isinstance(payload, dict) and step in payload:
            payload = payload[step]
        elif isinstance(payload, list) and isinstance(step, int) and step < len(payload):
            payload = payload[step]
        else:
            continue
        path = (*path, step)
    return path


def _at(payload: Any, path: Path) -> Any:
    for step in path:
        payload = payload[step]
    return payload


def _without(payload: Any, misfits: set[Path]) -> Any:
    """Return the body with null at these places, copying only the containers on the way to them."""
    copies: dict[Path, Any] = {(): payload.copy()}
    for path in sorted(misfits, key=len):
        for length in range(1, len(path)):
            inner = path[:length]
            if inner not in copies:
                copies[inner] = copies[inner[:-1]][inner[-1]].copy()
                copies[inner[:-1]][inner[-1]] = copies[inner]
        copies[path[:-1]][path[-1]] = None
    return copies[()]
