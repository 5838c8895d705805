"""Which handlers each event has, worked out once the application is complete."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.core.plain import Closed, Knocked, Opened, Plain, body, request
from webhook_kit import ConfigurationError, Dispatcher, Event, Handlers, UnknownEvent
from webhook_kit.events import stamp, unknown_event
from webhook_kit.plan import wildcard


class Other(Plain):
    """A second provider, with an event less."""

    name = "other"
    catalog = {"door.closed": Closed}  # noqa: RUF012


class Slammed(Closed):
    """A subclass, which ought to match what its base matches."""

    wire_types = ("door.slammed",)


class Loud(Plain):
    name = "loud"
    catalog = {"door.closed": Closed, "door.slammed": Slammed}  # noqa: RUF012


class Rung(Event):
    """A question that is answered with no where nobody answers it in time."""

    wire_types = ("bell.rung",)
    decides = True
    needs_default = True


class Bell(Plain):
    """A provider that knows beforehand what it can answer."""

    name = "bell"
    catalog = {"bell.rung": Rung, "bell.hung": Opened}  # noqa: RUF012

    def check_reply(self, model: type[Event], reply: object) -> None:
        if (model, reply) != (Rung, "open"):
            raise ValueError("a bell opens")


def dispatcher() -> Dispatcher:
    hooks = Dispatcher(idempotency=None)
    hooks.add(Plain(unverified=True))
    hooks.add(Other(unverified=True))
    hooks.add(Plain(unverified=True), path="second/plain")
    hooks.add(Loud(unverified=True))
    return hooks


def event_of(hooks: Dispatcher, path: str, type: str) -> Event:
    provider = next(endpoint.provider for endpoint in hooks.endpoints if endpoint.path == path)
    model = provider.catalog.get(type)
    if model is None:
        return unknown_event({}, type, provider.name)
    event = model.model_validate({"kind": type, "door": "front"})
    stamp(event, type, provider.name)
    return event


def ran(hooks: Dispatcher, path: str, type: str) -> list[Any]:
    """Return what is called for a type at an endpoint."""
    endpoint = next(endpoint for endpoint in hooks.endpoints if endpoint.path == path)
    return [handler.call for handler in hooks.plan.matching(endpoint, event_of(hooks, path, type))[0]]


def handler(event: Event) -> None: ...
def second(event: Event) -> None: ...
def third(event: Event) -> None: ...


class TestMatching:
    """By class, through its hierarchy, and by wire name."""

    @pytest.mark.parametrize(
        ("what", "types"),
        [
            ((Event,), ["door.opened", "door.open", "door.closed", "door.knocked", "door.locked", "unknown"]),
            ((Opened,), ["door.opened", "door.open"]),
            ((Opened, Closed), ["door.opened", "door.open", "door.closed"]),
            ((UnknownEvent,), ["door.locked", "unknown"]),
            (("door.opened",), ["door.opened"]),
            (("door.open",), ["door.open"]),
            (("door.*",), ["door.opened", "door.open", "door.closed", "door.knocked", "door.locked"]),
            (("*ed",), ["door.opened", "door.closed", "door.knocked", "door.locked"]),
            (("*.clo*",), ["door.closed"]),
            (("*",), ["door.opened", "door.open", "door.closed", "door.knocked", "door.locked", "unknown"]),
            (("door.open", Closed), ["door.open", "door.closed"]),
        ],
        ids=str,
    )
    def test_it_is_so(self, what: tuple[Any, ...], types: list[str]) -> None:
        hooks = dispatcher()
        hooks.on(*what)(handler)
        offered = ["door.opened", "door.open", "door.closed", "door.knocked", "door.locked", "unknown"]
        for _ in "once, then remembered":
            assert [type for type in offered if ran(hooks, "plain", type)] == types

    def test_a_subclass_matches_what_its_base_matches(self) -> None:
        hooks = dispatcher()
        hooks.on(Closed)(handler)
        hooks.on(Slammed)(second)
        assert ran(hooks, "loud", "door.slammed") == [handler, second]
        assert ran(hooks, "loud", "door.closed") == [handler]

    def test_an_event_that_lacks_what_identifies_it_matches_by_its_name_not_by_its_class(self) -> None:
        hooks = dispatcher()
        hooks.on(Opened)(handler)
        hooks.on("door.opened")(second)
        hooks.on(UnknownEvent)(third)
        event = unknown_event({}, "door.opened", "plain")
        assert [each.call for each in hooks.plan.matching(hooks.endpoints[0], event)[0]] == [second, third]

    def test_nothing_is_remembered_for_types_that_senders_choose(self) -> None:
        hooks = dispatcher()
        hooks.on("*")(handler)
        for number in range(50):
            assert ran(hooks, "plain", f"type {number}") == [handler]
        assert hooks.plan._typed == {}

    def test_known_types_are_those_of_the_providers(self) -> None:
        plan = dispatcher().plan
        names = ["door.opened", "door.open", "door.closed", "door.slammed", "door.locked", "unknown"]
        assert [name for name in names if plan.knows(name)] == [
            "door.opened",
            "door.open",
            "door.closed",
            "door.slammed",
        ]


class TestNarrowing:
    """To a provider, an endpoint or both."""

    @pytest.mark.parametrize(
        ("options", "paths"),
        [
            ({}, ["plain", "other", "second/plain", "loud"]),
            ({"provider": "plain"}, ["plain", "second/plain"]),
            ({"provider": "other"}, ["other"]),
            ({"endpoint": "plain"}, ["plain"]),
            ({"endpoint": "/second/plain/"}, ["second/plain"]),
            ({"provider": "plain", "endpoint": "second/plain"}, ["second/plain"]),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("what", [Closed, "door.closed", "door.*", Event])
    def test_it_is_so(self, what: Any, options: dict[str, Any], paths: list[str]) -> None:
        hooks = dispatcher()
        hooks.on(what, **options)(handler)
        assert [each.path for each in hooks.endpoints if ran(hooks, each.path, "door.closed")] == paths

    @pytest.mark.parametrize("what", ["door.*", "*", UnknownEvent, Event])
    def test_types_that_are_not_known_are_narrowed_too(self, what: Any) -> None:
        hooks = dispatcher()
        hooks.on(what, endpoint="other")(handler)
        assert [each.path for each in hooks.endpoints if ran(hooks, each.path, "door.locked")] == ["other"]


class TestOrder:
    """As registered, each function once."""

    @pytest.mark.parametrize("type", ["door.closed", "door.locked"])
    def test_they_run_in_the_order_of_registration(self, type: str) -> None:
        hooks = dispatcher()
        hooks.on("door.*")(second)
        hooks.on(Event)(handler)
        hooks.on("*", "door.locked", unknown=True)(third)
        assert ran(hooks, "plain", type) == [second, handler, third]

    @pytest.mark.parametrize("type", ["door.closed", "door.locked"])
    def test_a_function_runs_once_however_often_it_matches(self, type: str) -> None:
        hooks = dispatcher()
        hooks.on("*")(handler)
        hooks.on("*")(second)
        hooks.on(Event, Closed, "door.*", "door.closed")(handler)
        hooks.on(Event, endpoint="plain")(handler)
        assert ran(hooks, "plain", type) == [handler, second]

    def test_a_bound_method_is_one_function_however_often_it_is_looked_up(self) -> None:
        class Door:
            def handle(self, event: Event) -> None: ...

        hooks, one, two = dispatcher(), Door(), Door()
        for door in (one, one, two):
            hooks.on(Event)(door.handle)
        assert ran(hooks, "plain", "door.closed") == [one.handle, two.handle]

    def test_each_event_of_one_body_runs_it_once(self) -> None:
        hooks = dispatcher()
        seen: list[str] = []
        hooks.on(Event)(lambda event: seen.append(event.type))
        hooks.dispatch(request(b'{"all":[{"kind":"door.opened","door":"a"},{"kind":"door.closed","door":"a"}]}'))
        assert seen == ["door.opened", "door.closed"]


def made() -> Callable[[Event], None]:
    """Return a function of the same name each time, as factories do."""

    def handle(event: Event) -> None: ...

    return handle


class TestNames:
    """The same after a restart, and of one function only: retries refer to them."""

    NAME = f"{__name__}.made.<locals>.handle"

    def names(self, hooks: Dispatcher) -> list[str]:
        return [handler.name for handler in hooks.plan.handlers]

    def test_functions_of_one_name_are_numbered(self) -> None:
        hooks = dispatcher()
        for function in (made(), handler, made(), made()):
            hooks.on(Event)(function)
        assert self.names(hooks) == [self.NAME, f"{__name__}.handler", f"{self.NAME}#2", f"{self.NAME}#3"]

    def test_one_function_has_one_name(self) -> None:
        hooks = dispatcher()
        function = made()
        for each in (made(), function, function):
            hooks.on(Event)(each)
        assert self.names(hooks) == [self.NAME, f"{self.NAME}#2", f"{self.NAME}#2"]

    def test_what_cannot_be_hashed_is_told_apart_too(self) -> None:
        class Equal:
            __hash__ = None  # type: ignore[assignment]  # as a class has that defines __eq__ only

            def __init__(self, number: int) -> None:
                self.number = number

            def __eq__(self, other: object) -> bool:
                return isinstance(other, Equal) and other.number == self.number

            def __call__(self, event: Event) -> None: ...

        hooks = dispatcher()
        for number in (1, 2, 1):
            hooks.on(Event)(Equal(number))
        name = f"{__name__}.{Equal.__qualname__}"
        assert self.names(hooks) == [name, f"{name}#2", name]
        assert ran(hooks, "plain", "door.opened") == [Equal(1), Equal(2)]

    def test_they_stay_when_others_are_registered_later(self) -> None:
        hooks = dispatcher()
        hooks.on(Event)(made())
        hooks.on(Event)(made())
        before = self.names(hooks)
        hooks.on(Event)(made())
        assert self.names(hooks) == [*before, f"{self.NAME}#3"]
        assert self.names(hooks) == [*before, f"{self.NAME}#3"]

    def test_they_are_each_applications_own(self) -> None:
        """Two that include the same module do not rename each other's functions, or a retry would pass one over."""
        module = Handlers()
        module.on(Event)(made())
        one, other = dispatcher(), dispatcher()
        one.on(Event)(made())
        one.include(module)
        other.include(module)
        assert self.names(one) == [self.NAME, f"{self.NAME}#2"]
        assert self.names(other) == [self.NAME]
        assert self.names(one) == [self.NAME, f"{self.NAME}#2"]


class TestMistakes:
    """What does not fit the endpoints, and what to write instead."""

    @pytest.mark.parametrize(
        ("what", "options", "message"),
        [
            (
                "door.oponed",
                {},
                "is registered for 'door.oponed', which matches no known type; did you mean 'door.opened'",
            ),
            ("windows.*", {}, "which matches no known type"),
            ("Door.opened", {}, "did you mean 'door.opened'"),
            ("door.opened ", {}, "which matches no known type"),
            (
                "door.opened",
                {"provider": "other"},
                "matches no known type; did you mean 'door.closed'? Write unknown=True",
            ),
            ("door.slammed", {"endpoint": "plain"}, "which matches no known type"),
            (Event, {"provider": "plane"}, "provider='plane', which was not added; did you mean 'plain'"),
            (Event, {"provider": "second/plain"}, "which was not added; did you mean 'plain'"),
            (Event, {"endpoint": "plan"}, "endpoint='plan', which does not exist; did you mean 'plain'"),
            (Event, {"endpoint": "Plain"}, "endpoint='Plain', which does not exist"),
            (Event, {"endpoint": ""}, "endpoint='', which does not exist"),
            (
                Event,
                {"provider": "plain", "endpoint": "other"},
                "provider='plain' at endpoint='other', where another provider is",
            ),
            (
                Opened,
                {"deadline": 1.5},
                "has a deadline or a default, but no event that it matches asks for a decision",
            ),
            (Opened, {"default": "open"}, "leave them out, or write Dispatcher(handler_timeout=...)"),
            ("door.o*", {"deadline": 1}, "but no event that it matches asks for a decision"),
        ],
        ids=str,
    )
    def test_they_are_told_at_start(self, what: Any, options: dict[str, Any], message: str) -> None:
        hooks = dispatcher()
        hooks.on(what, **options)(handler)
        for start in (hooks.check, lambda: hooks.dispatch(request())):
            with pytest.raises(ConfigurationError) as refused:
                start()
            assert message in str(refused.value)
            assert str(refused.value).count(f"{__name__}.handler") == 1

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"provider": "plain"}, "provider='plain', which was not added; did you mean to call hooks.add(...)?"),
            ({"endpoint": "plain"}, "endpoint='plain', which does not exist; did you mean to call hooks.add(...)?"),
        ],
        ids=str,
    )
    def test_where_nothing_was_added_it_says_so(self, options: dict[str, Any], message: str) -> None:
        hooks = Dispatcher()
        hooks.on(Event, **options)(handler)
        with pytest.raises(ConfigurationError) as refused:
            hooks.check()
        assert message in str(refused.value)

    @pytest.mark.parametrize("what", ["door.locked", "windows.*", "windows.opened"])
    def test_unknown_allows_a_pattern_for_types_to_come(self, what: str) -> None:
        hooks = dispatcher()
        hooks.on(what, unknown=True)(handler)
        assert ran(hooks, "plain", what.replace("*", "broken")) == [handler]

    def test_it_allows_nothing_else(self) -> None:
        hooks = dispatcher()
        hooks.on("door.locked", unknown=True, provider="plane")(handler)
        with pytest.raises(ConfigurationError, match="which was not added"):
            hooks.check()

    def test_an_application_without_endpoints_is_no_mistake(self) -> None:
        """Its handlers may be another's, which includes it."""
        hooks = Dispatcher()
        hooks.on("door.opened")(handler)
        hooks.on(Opened)(handler)
        hooks.check()

    def test_a_mistake_that_was_mended_is_forgotten(self) -> None:
        hooks = Dispatcher()
        hooks.on(Event, provider="plain")(handler)
        with pytest.raises(ConfigurationError):
            hooks.check()
        hooks.add(Plain(unverified=True))
        hooks.check()
        assert ran(hooks, "plain", "door.closed") == [handler]

    def test_an_event_that_no_provider_delivers_is_warned_about(self, caplog: pytest.LogCaptureFixture) -> None:
        class Stranger(Event):
            wire_types = ("stranger",)

        hooks = dispatcher()
        hooks.on(Stranger)(handler)
        hooks.on(Event)(second)
        hooks.on(UnknownEvent)(third)
        hooks.check()
        assert [(each.name, each.levelno, each.getMessage()) for each in caplog.records] == [
            (
                "webhook_kit",
                logging.WARNING,
                f"{__name__}.handler is registered for events that no added provider delivers",
            )
        ]

    @pytest.mark.parametrize(
        "options", [{"deadline": 1.5}, {"default": "open"}, {"deadline": 1, "default": "stay shut"}]
    )
    @pytest.mark.parametrize("what", [Knocked, "door.knocked", Event, "door.*"])
    def test_a_deadline_and_a_default_are_for_decisions(self, what: Any, options: dict[str, Any]) -> None:
        hooks = dispatcher()
        hooks.on(what, provider="plain", **options)(handler)
        hooks.check()
        [registered] = hooks.plan.handlers
        assert (registered.deadline, registered.default) == (options.get("deadline"), options.get("default"))


class TestDefaults:
    """What is answered where the handler does not."""

    def test_one_that_cannot_be_sent_is_told_at_start(self) -> None:
        hooks = dispatcher()
        hooks.add(Bell(unverified=True))
        hooks.on(Rung, default="stay shut")(handler)
        with pytest.raises(ConfigurationError, match=r"the default of .*handler cannot be sent: a bell opens"):
            hooks.check()

    @pytest.mark.parametrize("what", [Rung, "bell.rung", "bell.*", Event])
    def test_one_that_can_be_sent_is_no_mistake(self, what: Any) -> None:
        hooks = dispatcher()
        hooks.add(Bell(unverified=True))
        hooks.on(what, provider="bell", default="open")(handler)
        hooks.check()

    def test_a_class_that_needs_one_is_refused_at_the_decorator(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"where no handler answers Rung in time .*: write default=, the reply"
        ):
            Handlers().on(Event, Rung, deadline=1.5)

    def test_a_pattern_that_is_meant_for_it_is_refused_at_start(self) -> None:
        hooks = dispatcher()
        hooks.add(Bell(unverified=True))
        hooks.on("*.rung")(handler)
        with pytest.raises(ConfigurationError, match="where no handler answers Rung in time"):
            hooks.check()

    @pytest.mark.parametrize("what", ["bell.*", "*", Event])
    def test_who_looks_at_other_events_too_needs_none(self, what: Any) -> None:
        hooks = dispatcher()
        hooks.add(Bell(unverified=True))
        hooks.on(what)(handler)
        hooks.check()
        assert ran(hooks, "bell", "bell.hung") == [handler]


class TestWildcard:
    """``*`` stands for any characters, and nothing else is special."""

    @pytest.mark.parametrize(
        ("pattern", "name", "expected"),
        [
            ("a.b", "a.b", True),
            ("a.b", "axb", False),
            ("a.*", "a.", True),
            ("a.*", "a", False),
            ("*", "", True),
            ("**", "", True),
            ("a*a", "a", False),
            ("a*a", "aa", True),
            ("ab*ba", "aba", False),
            ("*b*b*", "abab", True),
            ("*b*b*", "aba", False),
            ("a*b*c", "a--b--b--c", True),
            ("a*bc*c", "abcc", True),
            ("a*bc*c", "abc", False),
            ("[ab]", "a", False),
            ("?", "a", False),
            ("A", "a", False),
            ("a*", "a\n*", True),
        ],
    )
    def test_it_is_so(self, pattern: str, name: str, expected: bool) -> None:
        assert wildcard(pattern, name) is expected

    @given(some.text("ab.*", max_size=7), some.text("ab.*\n", max_size=10))
    def test_it_matches_as_a_regular_expression_would(self, pattern: str, name: str) -> None:
        expression = ".*".join(map(re.escape, pattern.split("*")))
        assert wildcard(pattern, name) is (re.fullmatch(expression, name, re.DOTALL) is not None)

    def test_it_takes_no_longer_for_a_name_that_was_made_to_cost(self) -> None:
        """What takes a backtracking matcher years is done at once."""
        assert not wildcard("*a" * 500 + "*b*c", "a" * 100_000)


def test_the_body_of_a_route_is_matched_by_its_type() -> None:
    hooks = dispatcher()
    seen: list[str] = []
    hooks.on("door.opened")(lambda event: seen.append(event.type))
    hooks.dispatch(request(body("door.opened"), path="/plain/opened"))
    assert seen == ["door.opened"]
