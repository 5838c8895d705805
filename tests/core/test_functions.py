"""Functions that users hand over: their colour, their names, and how they can be called."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial, wraps
from typing import TYPE_CHECKING, Annotated, Any, Generic, Optional, TypeVar, Union
from unittest.mock import AsyncMock, Mock

import pytest

from tests.core.plain import Closed, Opened
from webhook_kit import ConfigurationError, Delivery, Event, RawRequest, Record, UnknownEvent
from webhook_kit.functions import (
    Function,
    Source,
    check_observer,
    is_async,
    name_of,
    needs_of,
)
from webhook_kit.parameters import injected_parameters

if TYPE_CHECKING:

    class Session:
        """What users name and do not import."""

    class Pool:
        """And what they want to be given."""

    def later() -> Pool: ...


EventT = TypeVar("EventT", bound=Event)


class Depends:
    """Named like FastAPI's, and not it."""

    def __init__(self, dependency: object = None) -> None: ...


def takes(function: Callable[..., Any], *classes: type[Event]) -> bool:
    return needs_of(function, classes or (Event,)).delivery


class Callables:
    """Methods of every sort."""

    def method(self, event: Event) -> None: ...
    def with_delivery(self, event: Event, delivery: Delivery) -> None: ...
    async def asynchronous(self, event: Event, delivery: Delivery) -> None: ...
    @classmethod
    def of_class(cls, event: Event) -> None: ...
    @staticmethod
    def static(event: Event, delivery: Delivery) -> None: ...


class Called:
    def __call__(self, event: Event, delivery: Delivery) -> None: ...


class CalledAsync:
    async def __call__(self, event: Event) -> None: ...


@dataclasses.dataclass
class Archive:
    """Its attributes are named like its parameters, and are of other types."""

    event: str = ""
    delivery: int = 0

    def __call__(self, event: Opened, delivery: Delivery, retries: int = 3) -> None: ...


@dataclasses.dataclass
class Counter:
    total: int = 0

    def __call__(self, event: Event, retries: int = 3) -> None: ...


class Wrapped:
    """A decorator that is an object, such as those of task queues."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> object:
        return self.function(*args, **kwargs)


def timed(function: Callable[..., object]) -> Callable[..., object]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> object:
        return function(*args, **kwargs)

    return wrapper


def with_event(event: Event) -> None: ...
def with_delivery(event: Event, delivery: Delivery) -> None: ...
async def asynchronous(event: Event, delivery: Delivery) -> None: ...
def plain(event, delivery): ...  # type: ignore[no-untyped-def]
def plain_event(event): ...  # type: ignore[no-untyped-def]
def optional_delivery(event: Event, delivery: Delivery | None = None) -> None: ...
def old_optional(event: Optional[Event], delivery: Optional[Delivery] = None) -> None: ...  # noqa: UP045
def further(event: Event, delivery: Delivery, retries: int = 3, *, dry: bool = False, **more: object) -> None: ...
def further_only(event: Event, retries: int = 3) -> None: ...
def keyword_delivery(event: Event, *, retries: int = 3) -> None: ...
def many(event: Event, *more: object) -> None: ...
def everything(*args: object, **kwargs: object) -> None: ...
def positional(event: Event, delivery: Delivery, /) -> None: ...
def anything(event: Any, delivery: Any) -> None: ...
def objects(event: object, delivery: object) -> None: ...
def annotated(event: Annotated[Event, "note"], delivery: Annotated[Delivery, "note"]) -> None: ...
def generic(event: EventT) -> EventT: ...
def union(event: Opened | Closed) -> None: ...
def old_union(event: Union[Opened, Closed], delivery: Delivery) -> None: ...  # noqa: UP007
def only_named(event: Event, session: Session | None = None) -> None: ...
def only_named_first(event: Opened, delivery: Delivery, session: Session | None = None) -> None: ...
def only_named_delivery(event: Session, delivery: Delivery | None = None) -> None: ...
def of_somebody_else(event: Event, delivery: Delivery, pool: Annotated[Pool, Depends(later)]) -> None: ...
def of_somebody_else_second(event: Event, pool: Annotated[Pool, Depends(later)]) -> None: ...
def of_an_alias_second(event: Event, pool: Pool) -> None: ...
def unannotated_default(event: Event, delivery=None): ...  # type: ignore[no-untyped-def]
def configured(settings: object, event: Event, delivery: Delivery) -> None: ...


class TestTakesDelivery:
    """Whether a handler wants the delivery beside the event."""

    @pytest.mark.parametrize(
        ("function", "expected"),
        [
            (with_event, False),
            (with_delivery, True),
            (asynchronous, True),
            (plain, True),
            (plain_event, False),
            (optional_delivery, True),
            (old_optional, True),
            (further, True),
            (further_only, False),
            (keyword_delivery, False),
            (many, False),
            (everything, False),
            (positional, True),
            (anything, True),
            (objects, True),
            (annotated, True),
            (generic, False),
            (only_named, False),
            (only_named_delivery, True),
            (unannotated_default, True),
            (lambda event: None, False),
            (lambda event, delivery: None, True),
            (Callables().method, False),
            (Callables().with_delivery, True),
            (Callables().asynchronous, True),
            (Callables.of_class, False),
            (Callables.static, True),
            (Called(), True),
            (CalledAsync(), False),
            (Counter(), False),
            (partial(with_delivery), True),
            (partial(configured, object()), True),
            (partial(partial(configured, object())), True),
            (partial(with_event), False),
            (timed(with_delivery), True),
            (timed(with_event), False),
            (Wrapped(with_delivery), True),
            (Wrapped(further_only), False),
            ([].append, False),
            (print, False),
            (Mock(), False),
            (AsyncMock(), False),
        ],
        ids=lambda value: getattr(value, "__name__", type(value).__name__),
    )
    def test_it_is_seen(self, function: Callable[..., Any], expected: bool) -> None:
        assert takes(function) is expected

    def test_a_union_admits_what_it_names(self) -> None:
        assert takes(union, Opened, Closed) is False
        assert takes(union, Closed) is False
        assert takes(old_union, Opened, Closed) is True
        assert takes(only_named_first, Opened) is True
        assert takes(Archive(), Opened) is True

    def test_a_pattern_names_no_class(self) -> None:
        assert needs_of(union, ()).delivery is False

    @pytest.mark.parametrize("late", [False, True])
    def test_annotations_that_cannot_be_resolved_are_believed(self, late: bool) -> None:
        assert needs_of(only_named_delivery, (UnknownEvent,), late=late).delivery is True
        assert needs_of(only_named_first, (Opened,), late=late).delivery is True

    def test_those_that_can_be_resolved_are_checked_all_the_same(self) -> None:
        with pytest.raises(ConfigurationError, match="registered for UnknownEvent"):
            takes(only_named_first, UnknownEvent)

    def test_a_dependency_may_be_defined_further_down(self) -> None:
        assert needs_of(of_somebody_else, (Event,)).delivery is True
        assert needs_of(of_somebody_else_second, (Event,)).delivery is False

    @pytest.mark.parametrize("function", ["of_somebody_else", "of_somebody_else_second"])
    def test_one_that_is_still_unknown_at_the_start_is_refused(self, function: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            needs_of(globals()[function], (Event,), late=True)
        assert str(refused.value) == (
            f"nobody knows what {__name__}.{function} takes as 'pool', because its annotation "
            "'Annotated[Pool, Depends(later)]' cannot be resolved; import what it names outside of TYPE_CHECKING, or "
            "give it a default"
        )

    def test_an_alias_that_nobody_knows_at_the_start_is_no_delivery(self) -> None:
        """It may stand for a dependency: tools move an import to where only type checkers see it."""
        assert needs_of(of_an_alias_second, (Event,)).delivery is False
        with pytest.raises(ConfigurationError, match="as 'pool', because its annotation 'Pool' cannot be resolved"):
            needs_of(of_an_alias_second, (Event,), late=True)

    def test_what_has_no_signature_is_called_with_the_event(self) -> None:
        assert takes(min) is False
        assert injected_names(min) == []


def no_parameter() -> None: ...
def keywords_only(*, event: Event) -> None: ...
def swapped(delivery: Delivery, event: Event) -> None: ...
def second(session: str, event: Opened) -> None: ...
def of_text(event: str) -> None: ...
def of_dict(event: dict[str, object]) -> None: ...
def of_none(event: None) -> None: ...
def of_annotated(event: Annotated[str, "note"]) -> None: ...
def of_opened(event: Opened) -> None: ...
def second_is_text(event: Event, retries: int) -> None: ...
def third(event: Event, delivery: Delivery, retries: int) -> None: ...
def keyword_last(event: Event, *, delivery: Delivery) -> None: ...
def keyword_without_default(event: Event, *, retries: int) -> None: ...
def generator(event: Event) -> Iterator[None]:
    yield


async def async_generator(event: Event) -> AsyncIterator[None]:
    yield


class Yielding:
    def __call__(self, event: Event) -> Iterator[None]:
        yield


class AsyncYielding:
    async def __call__(self, event: Event) -> AsyncIterator[None]:
        yield


class Strict(Generic[EventT]):
    def __call__(self, event: str) -> None: ...


class TestMistakes:
    """What cannot be called so, and what to write instead."""

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (no_parameter, "no_parameter takes no event; write def no_parameter(event): ..."),
            (lambda: None, "takes no event; write def <lambda>(event): ..."),
            (lambda **more: None, "takes no event"),
            (keywords_only, "keywords_only takes no event"),
            (swapped, "swapped takes the event first, then the delivery; swap its parameters"),
            (second, "second takes the event first; move 'event' to the front"),
            (
                of_text,
                "is registered for Event, which its annotation str does not admit; write def of_text(event: Event)",
            ),
            (of_dict, "its annotation dict[str, object] does not admit"),
            (of_none, "its annotation NoneType does not admit"),
            (of_annotated, "its annotation typing.Annotated[str, 'note'] does not admit"),
            (of_opened, "is registered for Event, which its annotation Opened does not admit"),
            (
                second_is_text,
                "is the delivery, but 'retries' is annotated int; write retries: Delivery, or give it a default",
            ),
            (third, "is called with the event and the delivery only; give its parameter 'retries' a default"),
            (keyword_last, "keyword_last takes the delivery right after the event; move 'delivery' there"),
            (keyword_without_default, "give its parameter 'retries' a default"),
            (generator, "generator is a generator, whose body would never run; write a function without yield"),
            (async_generator, "async_generator is a generator"),
            (Yielding(), "Yielding is a generator"),
            (AsyncYielding(), "AsyncYielding is a generator"),
            (partial(generator), "generator is a generator"),
            (Strict(), "Strict is registered for Event, which its annotation str does not admit"),
            (
                Callables.with_delivery,
                "Callables.with_delivery is a method without its object; register the bound one, "
                "as in hooks.on(...)(object.with_delivery)",
            ),
            (partial(configured, settings=1), "configured takes no event"),
        ],
        ids=lambda value: getattr(value, "__name__", None) or type(value).__name__ if callable(value) else "",
    )
    def test_it_says_so(self, function: Callable[..., Any], message: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            takes(function)
        assert message in str(refused.value)

    def test_it_names_every_class_that_an_annotation_lacks(self) -> None:
        with pytest.raises(ConfigurationError) as refused:
            takes(of_opened, Opened, Closed)
        assert str(refused.value) == (
            f"{__name__}.of_opened is registered for Closed, which its annotation Opened does not admit; "
            "write def of_opened(event: Opened | Closed)"
        )


async def asynchronous_one(record: Record) -> None: ...
def counted(record: Record, total: int = 0, *, dry: bool = False) -> None: ...
def two(record: Record, delivery: Delivery) -> None: ...
def keyword_record(*, record: Record) -> None: ...


class TestObservers:
    """They take one record."""

    @pytest.mark.parametrize(
        "function", [counted, everything, [].append, print, Mock(), min, lambda record: None, asynchronous_one]
    )
    def test_whatever_can_be_called_with_it_is_taken(self, function: Callable[..., Any]) -> None:
        check_observer(function)

    @pytest.mark.parametrize(
        ("function", "name"),
        [(no_parameter, "no_parameter"), (two, "two"), (keyword_record, "keyword_record"), (lambda: None, "<lambda>")],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_nothing_else_is(self, function: Callable[..., Any], name: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            check_observer(function)
        assert f"{name} takes one record; write def {name}(record): ..." in str(refused.value)


class TestColour:
    """Whether calling it returns a coroutine."""

    @pytest.mark.parametrize(
        ("function", "expected"),
        [
            (asynchronous, True),
            (partial(asynchronous), True),
            (Callables().asynchronous, True),
            (CalledAsync(), True),
            (AsyncMock(), True),
            (with_event, False),
            (Called(), False),
            (Callables, False),
            (Mock(), False),
            ([].append, False),
            (lambda event: asynchronous, False),
        ],
        ids=lambda value: getattr(value, "__name__", type(value).__name__),
    )
    def test_it_is_seen(self, function: Callable[..., Any], expected: bool) -> None:
        assert (is_async(function), Function(function).is_async) == (expected, expected)

    def test_a_function_may_block_unless_it_is_said_not_to(self) -> None:
        assert (Function(with_event).thread, Function(with_event, thread=False).thread) == (True, False)


class TestName:
    """The same in every process."""

    @pytest.mark.parametrize(
        ("function", "expected"),
        [
            (with_event, "with_event"),
            (partial(partial(with_event)), "with_event"),
            (timed(with_event), "with_event"),
            (Callables().method, "Callables.method"),
            (Callables.of_class, "Callables.of_class"),
            (Callables.static, "Callables.static"),
            (Called(), "Called"),
            (Callables, "Callables"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_it_is_module_and_qualified_name(self, function: Callable[..., Any], expected: str) -> None:
        assert name_of(function) == f"{__name__}.{expected}"

    def test_it_holds_no_address(self) -> None:
        assert " at 0x" not in " ".join(
            map(name_of, (Called(), Mock(), [].append, lambda event: None, partial(Called())))
        )


def injected_names(function: Callable[..., Any]) -> list[str]:
    names = [each.name for each in injected_parameters(function)]
    assert needs_of(function, (Event,)).injected == tuple(names)
    return names


class TestInjected:
    """What FastAPI gives, and nobody else."""

    def test_they_are_found_wherever_they_are_written(self) -> None:
        fastapi = pytest.importorskip("fastapi")
        Security = fastapi.Security
        Depends = fastapi.Depends

        def handler(  # type: ignore[no-untyped-def]
            event: Event,
            delivery: Delivery,
            first: Any = Depends(plain),  # noqa: B008  # as FastAPI has it
            second: Annotated[int, Depends(plain)] = 0,
            third: int = Security(plain),
            fourth: int = 3,
            *,
            fifth: Annotated[Any, "note", Depends(plain)],
        ): ...

        handler.__annotations__["second"] = Annotated[int, Depends(plain)]
        handler.__annotations__["fifth"] = Annotated[Any, "note", Depends(plain)]
        assert injected_names(handler) == ["first", "second", "third", "fifth"]
        assert takes(handler) is True

    def test_one_without_a_default_is_not_mistaken_for_the_delivery(self) -> None:
        fastapi = pytest.importorskip("fastapi")

        def handler(event: Event, session: object) -> None: ...

        handler.__annotations__["session"] = Annotated[object, fastapi.Depends(plain)]
        assert takes(handler) is False
        assert injected_names(handler) == ["session"]

    def test_a_default_alone_says_it_too(self) -> None:
        fastapi = pytest.importorskip("fastapi")

        def handler(event, session=fastapi.Depends(plain)): ...  # type: ignore[no-untyped-def]  # noqa: B008

        assert takes(handler) is False
        assert injected_names(handler) == ["session"]

    @pytest.mark.parametrize("name", ["Request", "BackgroundTasks", "Response"])
    def test_so_are_parameters_of_some_classes(self, name: str) -> None:
        fastapi = pytest.importorskip("fastapi")

        class Own(getattr(fastapi, name)):  # type: ignore[misc]
            """One of the user's, as FastAPI allows."""

        for kind in (getattr(fastapi, name), Own, Annotated[Own, "note"]):

            def handler(event: Event, given: object) -> None: ...

            handler.__annotations__["given"] = kind
            assert takes(handler) is False
            assert [each.annotation for each in injected_parameters(handler)] == [kind]

    def test_other_classes_of_the_framework_are_not(self) -> None:
        fastapi = pytest.importorskip("fastapi")

        def handler(event: Event, app: object = None) -> None: ...

        handler.__annotations__["app"] = fastapi.FastAPI
        assert injected_names(handler) == []

    def test_parts_of_the_request_are(self) -> None:
        fastapi = pytest.importorskip("fastapi")

        def handler(event: Event, tenant: object, page: int = fastapi.Query(1)) -> None: ...

        handler.__annotations__["tenant"] = Annotated[str, fastapi.Header()]
        assert injected_names(handler) == ["tenant", "page"]

    def test_they_are_given_by_name(self) -> None:
        fastapi = pytest.importorskip("fastapi")

        def handler(event: Event, session: object, /) -> None: ...

        handler.__annotations__["session"] = Annotated[object, fastapi.Depends(plain)]
        with pytest.raises(ConfigurationError, match="handler gets 'session' by its name; move the slash in front of"):
            takes(handler)

    def test_a_class_of_the_same_name_is_not_one(self) -> None:
        def handler(event: Event, delivery: Delivery, other: object = Depends()) -> None: ...

        assert injected_names(handler) == []


class TestSource:
    """A function that is asked at each request, with the request if it takes a parameter."""

    REQUEST = RawRequest("POST", "/")

    @pytest.mark.parametrize(
        ("function", "takes_request"),
        [
            (lambda: "x", False),
            (lambda request: "x", True),
            (lambda request=None: "x", False),
            (lambda *args, **kwargs: "x", False),
            (lambda request, retries=3: "x", True),
            (partial(lambda tenant, request: "x", "tenant"), True),
            (min, False),
        ],
    )
    def test_it_is_seen(self, function: Callable[..., Any], takes_request: bool) -> None:
        expected = (self.REQUEST,) if takes_request else ()
        assert Source(function, "secret").arguments(self.REQUEST) == expected

    @pytest.mark.parametrize(
        "function", [lambda request, tenant: "x", lambda *, request: "x", lambda request, *, tenant: "x"]
    )
    def test_nothing_else_can_be_asked_for(self, function: Callable[..., Any]) -> None:
        with pytest.raises(
            ConfigurationError, match="the callable for secret takes no parameter, or one: the RawRequest"
        ):
            Source(function, "secret")

    def test_it_may_be_asynchronous(self) -> None:
        async def ask() -> str:
            return "x"

        assert Source(ask, "secret").is_async


def test_functions_without_a_signature_exist() -> None:
    """Else the tests above, which use ``min`` as one, say nothing; Python may give it one some day."""
    if sys.version_info >= (3, 15):
        pytest.skip("not known")
    import inspect

    with pytest.raises(ValueError, match="no signature found"):
        inspect.signature(min)
