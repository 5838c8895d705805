"""Events: what a vendor reports, as frozen typed values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from .errors import ConfigurationError

NO_DRIFT: Mapping[str, Any] = MappingProxyType({})
SHOWN_CHARACTERS = 200


class Part(BaseModel):
    """An object inside an event: frozen, tolerant of new fields, silent about its payload.

    The repr shows identifying fields only, which are the required ones.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        # Account ids arrive as numbers and as text.
        coerce_numbers_to_str=True,
        # NaN and infinities are no numbers that a handler could use.
        allow_inf_nan=False,
        # Events made by hand, as in tests, take the names that type checkers know; bodies are read by alias only.
        validate_by_name=True,
        validate_by_alias=True,
        # Defining a model costs more than importing the library; most applications use a few of them.
        defer_build=True,
    )

    # The constructor takes both names of a field, what came over the wire has one.

    @classmethod
    def model_validate(
        cls, obj: Any, *, by_alias: bool | None = True, by_name: bool | None = False, **options: Any
    ) -> Self:
        """Read decoded JSON, by its wire names only."""
        return super().model_validate(obj, by_alias=by_alias, by_name=by_name, **options)

    @classmethod
    def model_validate_json(
        cls,
        json_data: str | bytes | bytearray,
        *,
        by_alias: bool | None = True,
        by_name: bool | None = False,
        **options: Any,
    ) -> Self:
        """Read JSON, by its wire names only."""
        return super().model_validate_json(json_data, by_alias=by_alias, by_name=by_name, **options)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, field in type(self).model_fields.items():
            value = getattr(self, name, None)
            if not field.is_required() or value is None:
                continue
            if isinstance(value, Part):
                yield name, value
            elif isinstance(value, str | int):
                yield name, value[:SHOWN_CHARACTERS] if isinstance(value, str) else value


class Event(Part):
    """What a vendor reports in one delivery.

    Unknown fields are kept in ``model_extra``. A field of another type than expected is None, its raw value in
    :attr:`drift`.
    """

    wire_types: ClassVar[tuple[str, ...]] = ()
    """The wire names that this class stands for, the vendor's usual one first."""

    default_provider: ClassVar[str] = ""
    """The provider of an event that was made by hand."""

    decides: ClassVar[bool] = False
    """Whether the vendor waits for a decision: such an event is never deduplicated."""

    needs_default: ClassVar[bool] = False
    """Whether a time-out refuses: then a handler has to say with ``default=`` what is answered instead."""

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Refuse fields whose names are the event's own: they would hide what the sender said, or be hidden."""
        super().__pydantic_init_subclass__(**options)
        for name in ("type", "provider", "occurred_at", "drift"):
            if name in cls.model_fields:
                raise ConfigurationError(
                    f"{cls.__name__}.{name} hides what every event has; give the field its noun and keep the wire "
                    f'name: write {cls.__name__.lower()}_{name}: ... = Field(alias="{name}")'
                )

    @property
    def type(self) -> str:
        """The wire name."""
        try:
            stamped: str = self.__pydantic_private__["type"]  # type: ignore[index]  # None of one that was made by hand
        except (TypeError, KeyError):
            return self.wire_types[0] if self.wire_types else "unknown"
        return stamped

    @property
    def provider(self) -> str:
        """The name of the provider that delivered it."""
        return str(self._stamped("provider", self.default_provider))

    @property
    def drift(self) -> Mapping[str, Any]:
        """Dotted wire path → raw value, for every field that did not fit its type."""
        return MappingProxyType(self._stamped("drift", {}))

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, as far as the vendor says."""
        return None

    def _stamped(self, name: str, default: Any) -> Any:
        private = self.__pydantic_private__
        return default if private is None else private.get(name, default)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield "type", self.type[:SHOWN_CHARACTERS]
        yield "provider", self.provider
        yield from super().__repr_args__()


class UnknownEvent(Event):
    """An event of a type that is not known, or one that lacks what identifies it."""

    payload: Mapping[str, Any] = {}

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield "type", self.type[:SHOWN_CHARACTERS]
        yield "provider", self.provider


# What object.__setattr__ finds, looked for once: the models are frozen.
_set_private: Any = BaseModel.__dict__["__pydantic_private__"].__set__


def stamp(event: Event, type: str, provider: str, drift: Mapping[str, Any] = NO_DRIFT) -> None:
    """Write down what an event cannot know from its own fields.

    The values live where pydantic keeps private attributes, so that copies, pickles and comparisons take them along;
    declaring them as such would cost a Python call for every event.
    """
    stamps: dict[str, Any] = {"type": type, "provider": provider}
    if drift:
        # A plain dictionary, because a read-only view of one cannot be pickled.
        stamps["drift"] = dict(drift)
    private = event.__pydantic_private__
    _set_private(event, stamps if private is None else {**private, **stamps})


def unknown_event(payload: Mapping[str, Any], type: object, provider: str) -> UnknownEvent:
    """Return an :class:`UnknownEvent`; a type that is no text counts as ``"unknown"``."""
    event = UnknownEvent.model_construct(payload=payload)
    stamp(event, type if isinstance(type, str) and type else "unknown", provider)
    return event
