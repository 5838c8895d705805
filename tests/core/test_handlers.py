"""Which functions an event has: registering them, observing, and including those of other modules."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import Annotated, Any

import pytest

from tests.core.plain import SECRET, Closed, Opened, Plain, body, request
from webhook_kit import ConfigurationError, Delivery, Dispatcher, Event, Handlers, Outcome, Record


def dispatcher(**options: Any) -> Dispatcher:
    hooks = Dispatcher(idempotency=None, **options)
    hooks.add(Plain(unverified=True))
    return hooks


def handler(event: Event) -> None:
    """Do nothing."""


class TestRegistering:
    """``on`` as a decorator."""

    @pytest.mark.parametrize("what", [(Event,), (Opened, Closed), ("door.*",), (Opened, "door.closed")])
    def test_the_function_is_returned_unchanged(self, what: tuple[Any, ...]) -> None:
        assert Handlers().on(*what)(handler) is handler

    def test_decorators_can_be_stacked(self) -> None:
        hooks = dispatcher()
        seen: list[str] = []

        @hooks.on(Closed)
        @hooks.on("door.opened")
        def both(event: Event) -> None:
            seen.append(event.type)

        for kind in ("door.opened", "door.closed"):
            hooks.dispatch(request(body(kind)))
        assert seen == ["door.opened", "door.closed"]

    @pytest.mark.parametrize(
        ("what", "options", "message"),
        [
            ((), {}, 'on() takes event classes or wire names: write @hooks.on(Event) or @hooks.on("*")'),
            (("",), {}, 'on("") matches nothing: write a wire name, or "*" for all'),
            ((handler,), {}, "not handler: write @hooks.on(Event) on the line above def"),
            ((partial(handler),), {}, "not 'partial': write @hooks.on(Event) on the line above def"),
            ((int,), {}, "on() takes event classes or wire names, not int"),
            ((Record,), {}, "not Record"),
            ((Opened(kind="a", door="b"),), {}, "not 'Opened'"),
            ((None,), {}, "not 'NoneType'"),
            (((Opened, Closed),), {}, "not 'tuple'"),
            ((Opened | Closed,), {}, "not 'UnionType'"),
            ((Opened, 5), {}, "not 'int'"),
            ((Event,), {"provider": 5}, 'provider is the name of one, such as provider="meeting-baas"'),
            ((Event,), {"provider": Plain}, "provider is the name of one"),
            ((Event,), {"endpoint": 5}, "endpoint is the name of one"),
            ((Event,), {"deadline": 0}, "deadline is 0; give seconds above 0, such as 1.5"),
            ((Event,), {"deadline": -1.5}, "deadline is -1.5"),
            ((Event,), {"deadline": "1"}, "deadline is '1'"),
            ((Event,), {"deadline": True}, "deadline is True"),
            ((Event,), {"deadline": float("nan")}, "deadline is nan"),
            ((Event,), {"deadline": float("inf")}, "deadline is inf"),
            ((Event,), {"provder": "plain"}, "on() takes no keyword 'provder'; did you mean 'provider'?"),
            ((Event,), {"unkown": True}, "on() takes no keyword 'unkown'; did you mean 'unknown'?"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_mistake_is_told_before_there_is_a_function(
        self, what: tuple[Any, ...], options: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ConfigurationError) as refused:
            Handlers().on(*what, **options)
        assert message in str(refused.value)

    @pytest.mark.parametrize("given", [None, 5, "name", classmethod(print)], ids=str)
    def test_only_functions_are_decorated(self, given: Any) -> None:
        message = r"on\(...\) decorates a function: write it on the line above def"
        with pytest.raises(ConfigurationError, match=message):
            Handlers().on(Event)(given)

    def test_what_cannot_be_called_is_told_at_the_decorator(self) -> None:
        hooks = Handlers()
        with pytest.raises(ConfigurationError, match="takes no event"):
            hooks.on(Event)(lambda: None)  # type: ignore[misc,arg-type]  # which is the test
        assert list(hooks._all_handlers()) == []

    def test_what_can_only_be_seen_later_is_told_at_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hooks = dispatcher()

        def late(event: Event) -> None: ...

        late.__annotations__["event"] = "Later"
        hooks.on(Event)(late)
        hooks.check()
        hooks.on(Event)(handler)
        monkeypatch.setitem(globals(), "Later", Closed)
        with pytest.raises(ConfigurationError, match="is registered for Event, which its annotation Closed does not"):
            hooks.check()

    def test_a_name_that_is_resolved_late_may_turn_out_to_be_the_delivery(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hooks = dispatcher()
        seen: list[Any] = []

        def late(event: Event, what: object = None) -> None:
            seen.append(what)

        late.__annotations__["what"] = "Parcel | None"
        hooks.on(Event)(late)
        hooks.dispatch(request())
        hooks.on(Event)(handler)
        monkeypatch.setitem(globals(), "Parcel", Delivery)
        hooks.dispatch(request())
        assert seen.pop(0) is None
        assert [type(each) for each in seen] == [Delivery]

    def test_a_function_may_block_unless_it_is_said_not_to(self) -> None:
        hooks = Handlers()
        hooks.on(Event)(handler)
        hooks.on(Event, thread=False)(handler)
        assert [each.thread for each in hooks._all_handlers()] == [True, False]

    def test_a_registered_function_shows_its_name(self) -> None:
        hooks = Handlers()
        hooks.on(Event)(handler)
        assert [repr(each) for each in hooks._all_handlers()] == [f"<Handler {__name__}.handler>"]


class TestEverySort:
    """Whatever can be called is called."""

    def test_a_method_a_partial_an_object_a_builtin_and_a_lambda(self) -> None:
        hooks = dispatcher()
        seen: list[Any] = []
        built_in: list[Event] = []

        class Callable:
            def __call__(self, event: Event, delivery: Delivery) -> None:
                seen.append(("object", event.type, delivery.endpoint))

            def method(self, event: Event) -> None:
                seen.append(("method", event.type))

        def configured(name: str, event: Event, delivery: Delivery) -> None:
            seen.append((name, event.type, delivery.endpoint))

        hooks.on(Event)(Callable())
        hooks.on(Event)(Callable().method)
        hooks.on(Event)(partial(configured, "partial"))
        hooks.on(Event)(built_in.append)
        hooks.on(Event)(lambda event: seen.append(("lambda", event.type)))
        assert hooks.dispatch(request()).status == 200
        assert seen == [
            ("object", "door.opened", "plain"),
            ("method", "door.opened"),
            ("partial", "door.opened", "plain"),
            ("lambda", "door.opened"),
        ]
        assert [event.type for event in built_in] == ["door.opened"]

    def test_further_parameters_keep_their_defaults(self) -> None:
        hooks = dispatcher()
        seen: list[Any] = []

        @hooks.on(Opened)
        def further(event: Opened, delivery: Delivery, retries: int = 3, *, dry: bool = False) -> None:
            seen.append((type(delivery), retries, dry))

        @hooks.on(Opened)
        def without(event: Opened, retries: int = 5) -> None:
            seen.append(retries)

        hooks.dispatch(request())
        assert seen == [(Delivery, 3, False), 5]


class TestObserving:
    """After every delivery, accepted or refused."""

    def test_with_and_without_parentheses(self) -> None:
        hooks = dispatcher()
        seen: list[tuple[str, Outcome]] = []

        @hooks.observe
        def bare(record: Record) -> None:
            seen.append(("bare", record.outcome))

        @hooks.observe()
        def called(record: Record) -> None:
            seen.append(("called", record.outcome))

        @hooks.observe(thread=False)
        async def asynchronous(record: Record) -> None:
            seen.append(("asynchronous", record.outcome))

        hooks.dispatch(request(b"[]"))
        hooks.dispatch(request(path="/nowhere"))
        names = ["bare", "called", "asynchronous"]
        expected = [(name, outcome) for outcome in (Outcome.MALFORMED, Outcome.NOT_FOUND) for name in names]
        assert seen == expected
        assert [observer.thread for observer in hooks.plan.observers] == [True, True, False]
        hooks.close()

    def test_the_function_is_returned_unchanged(self) -> None:
        def observer(record: Record) -> None: ...

        assert Handlers().observe(observer) is observer
        assert Handlers().observe(thread=False)(observer) is observer

    @pytest.mark.parametrize("given", [5, "name", classmethod(print)], ids=str)
    def test_only_functions_are_decorated(self, given: Any) -> None:
        with pytest.raises(
            ConfigurationError, match=r"observe decorates a function: write @hooks\.observe on the line"
        ):
            Handlers().observe(given)
        with pytest.raises(ConfigurationError, match="observe decorates a function"):
            Handlers().observe()(given)

    def test_an_unknown_keyword_is_refused(self) -> None:
        observe: Any = Handlers().observe
        with pytest.raises(ConfigurationError, match=r"observe\(\) takes no keyword 'treads'; did you mean 'thread'\?"):
            observe(treads=False)


class TestIncluding:
    """Handlers and observers of other modules."""

    def test_they_run_in_the_order_of_registration(self) -> None:
        hooks, module, deeper = dispatcher(), Handlers(), Handlers()
        seen: list[str] = []
        for name, each in (("first", hooks), ("in module", module), ("deeper", deeper)):
            each.on(Event)(partial(lambda name, event: seen.append(name), name))
        module.include(deeper)
        hooks.include(module)
        hooks.on(Event)(lambda event: seen.append("last"))
        hooks.dispatch(request())
        assert seen == ["first", "in module", "deeper", "last"]

    def test_what_is_registered_later_counts_too(self) -> None:
        hooks, module, deeper = dispatcher(), Handlers(), Handlers()
        hooks.include(module)
        hooks.dispatch(request())
        module.include(deeper)
        hooks.dispatch(request())
        seen: list[str] = []
        deeper.on(Event)(lambda event: seen.append(event.type))
        deeper.observe(lambda record: seen.append(record.outcome))
        assert hooks.dispatch(request()).status == 200
        assert seen == ["door.opened", "processed"]

    def test_what_is_included_and_observed_later_counts_too(self) -> None:
        hooks, module, deeper = dispatcher(), Handlers(), Handlers()
        seen: list[str] = []
        deeper.on(Event)(lambda event: seen.append("handler"))
        hooks.include(module)
        hooks.dispatch(request())
        module.include(deeper)
        hooks.dispatch(request())
        assert seen == ["handler"]
        deeper.observe(lambda record: seen.append("observer"))
        hooks.dispatch(request())
        assert seen == ["handler", "handler", "observer"]

    def test_a_dispatcher_can_be_included(self) -> None:
        hooks, other = dispatcher(), Dispatcher()
        seen: list[str] = []
        other.on(Event)(lambda event: seen.append(event.type))
        hooks.include(other)
        hooks.dispatch(request())
        assert seen == ["door.opened"]

    def test_two_applications_can_include_one_module(self) -> None:
        one, other, module = dispatcher(), dispatcher(), Handlers()
        one.include(module)
        other.include(module)
        seen: list[str] = []
        module.on(Event)(lambda event: seen.append(event.type))
        one.dispatch(request())
        other.dispatch(request())
        assert seen == ["door.opened", "door.opened"]

    def test_what_is_reached_twice_runs_once(self) -> None:
        hooks, left, right, shared = dispatcher(), Handlers(), Handlers(), Handlers()
        seen: list[str] = []
        shared.on(Event)(lambda event: seen.append("handler"))
        shared.observe(lambda record: seen.append("observer"))
        for each in (left, right):
            each.include(shared)
            hooks.include(each)
        hooks.include(left)
        hooks.dispatch(request())
        assert seen == ["handler", "observer"]

    def test_handlers_never_include_themselves(self) -> None:
        one, two, three = Handlers(), Handlers(), Handlers()
        one.include(two)
        two.include(three)
        for each in (one, two, three):
            with pytest.raises(ConfigurationError, match="handlers cannot include themselves"):
                three.include(each)
        assert three._registered == []

    @pytest.mark.parametrize(
        ("given", "shown"), [(None, "NoneType"), (Handlers, "type"), ([Handlers()], "list"), (handler, "function")]
    )
    def test_nothing_else_can_be_included(self, given: Any, shown: str) -> None:
        with pytest.raises(ConfigurationError, match=rf"include\(\) takes Handlers\(\), not {shown}"):
            Handlers().include(given)

    def test_a_module_keeps_no_application_alive(self) -> None:
        """An application factory is called again and again, by tests above all."""
        module = Handlers()
        hooks = dispatcher()
        hooks.include(module)
        gone = weakref.ref(hooks)
        del hooks
        gc.collect()
        assert gone() is None
        module.on(Event)(handler)


def test_depends_is_fastapis() -> None:
    fastapi = pytest.importorskip("fastapi")
    hooks = dispatcher()

    def session() -> str:
        return "session"

    def with_session(event: Event, session: object) -> None: ...

    with_session.__annotations__["session"] = Annotated[str, fastapi.Depends(session)]
    hooks.on(Event)(with_session)  # type: ignore[arg-type]
    message = (
        r"with_session takes session, which only FastAPI gives: write mount\(app, hooks\) with mount of "
        r"webhook_kit\.adapters\.fastapi, or get it inside the function"
    )
    with pytest.raises(ConfigurationError, match=message):
        hooks.check()
    with pytest.raises(ConfigurationError, match=message):
        hooks.dispatch(request())


def test_a_provider_needs_its_check() -> None:
    assert Dispatcher().add(Plain(secret=SECRET)).secret is not None
