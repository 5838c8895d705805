"""Flask: the commands of ``flask webhooks``, as its users run them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import click
import flask
import pytest
from click.testing import Result
from werkzeug.serving import make_server

from tests.adapters.conftest import Watched
from tests.conformance.deliveries import meeting_baas, vcaas
from webhook_kit import ConfigurationError, Dispatcher, Event, RawResponse
from webhook_kit.adapters import wsgi
from webhook_kit.adapters.flask import mount
from webhook_kit.idempotency import New, SQLStore
from webhook_kit.providers.meeting_baas import MeetingCompleted

DELIVERED = '200 {"status":"success"}: delivered: the vendor takes this answer for success\n'


def archive(event: MeetingCompleted) -> None:
    raise AssertionError("no delivery is sent here")


def run(hooks: Dispatcher, *arguments: str) -> Result:
    app = flask.Flask("app")
    mount(app, hooks)
    return app.test_cli_runner().invoke(args=["webhooks", *arguments])


@pytest.fixture
def store() -> Watched:
    return Watched()


@pytest.fixture
def hooks(store: Watched) -> Dispatcher:
    hooks = Dispatcher(idempotency=store, namespace="staging")
    hooks.add(meeting_baas())
    return hooks


def test_list_shows_what_is_served_who_handles_it_and_where_it_is_remembered(hooks: Dispatcher) -> None:
    hooks.add(vcaas(), path="classes")
    hooks.on(MeetingCompleted)(archive)
    hooks.on("meeting*", "recordingStartEnd", provider="vcaas", endpoint="/classes/")(print)
    result = run(hooks, "list")
    assert result.exit_code == 0
    assert result.output == (
        "ADDRESS                                PROVIDER\n"
        "/webhooks/meeting-baas                 meeting-baas\n"
        "/webhooks/classes                      vcaas\n"
        "/webhooks/classes/user-join-leave      vcaas\n"
        "/webhooks/classes/meeting-start-end    vcaas\n"
        "/webhooks/classes/recording-start-end  vcaas\n"
        "/webhooks/classes/end-class-for-all    vcaas\n"
        "\n"
        "EVENTS                                           HANDLER\n"
        "MeetingCompleted                                 tests.adapters.flask.test_commands.archive\n"
        "meeting*, recordingStartEnd of vcaas at classes  builtins.print\n"
        "\n"
        "STORE    NAMESPACE\n"
        "Watched  staging\n"
        "\n"
    )


def test_list_says_where_nothing_is_remembered() -> None:
    result = run(Dispatcher(idempotency=None), "list")
    assert result.output.endswith("STORE  NAMESPACE\nnone   default\n\n")


def test_check_says_that_all_is_well(hooks: Dispatcher, store: Watched) -> None:
    result = run(hooks, "check")
    assert (result.exit_code, result.output, store.story) == (0, "Watched is ready.\n", ["checked"])


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (ConfigurationError("run SQLStore(url).create() once"), "run SQLStore(url).create() once"),
        (ConnectionError("to redis://:hunter2@host"), "the store cannot be reached: ConnectionError"),
    ],
)
def test_check_fails_with_what_to_do(hooks: Dispatcher, store: Watched, trouble: Exception, told: str) -> None:
    store.trouble = trouble
    result = run(hooks, "check")
    assert (result.exit_code, result.output) == (1, f"Error: {told}\n")


def test_check_finds_a_mistake_that_was_made_after_the_mount(hooks: Dispatcher) -> None:
    app = flask.Flask("app")
    mount(app, hooks)
    hooks.on("of.no.vendor")(print)
    result = app.test_cli_runner().invoke(args=["webhooks", "check"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: builtins.print is registered for 'of.no.vendor'")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SQLStore]:
    store = SQLStore(f"sqlite:///{tmp_path}/webhooks.db")
    yield store
    store.close()


def test_create_makes_the_tables_where_there_are_some(hooks: Dispatcher, file: SQLStore) -> None:
    result = run(Dispatcher(idempotency=file), "create")
    assert (result.exit_code, result.output) == (0, "SQLStore has its tables.\n")
    assert run(hooks, "create").output == "Watched needs no tables.\n"


def test_purge_forgets_what_has_expired(hooks: Dispatcher, file: SQLStore) -> None:
    for number in range(3):
        claim = file.claim(f"key {number}", "", 30)
        assert isinstance(claim, New)
        assert file.complete(f"key {number}", claim.token, RawResponse(200), -1 if number else 60)
    result = run(Dispatcher(idempotency=file), "purge")
    assert (result.exit_code, result.output) == (0, "SQLStore has forgotten 2 expired deliveries.\n")
    assert run(hooks, "purge").output == "Watched forgets by itself.\n"


@pytest.mark.parametrize("command", ["create", "purge"])
def test_a_store_that_is_away_fails_a_command_in_one_line(command: str, tmp_path: Path) -> None:
    hooks = Dispatcher(idempotency=SQLStore(f"sqlite:///{tmp_path}/nowhere/webhooks.db"))
    result = run(hooks, command)
    assert (result.exit_code, result.output) == (1, "Error: the store cannot be reached: OperationalError\n")


class TestSend:
    """``flask webhooks send``."""

    @pytest.fixture
    def events(self, hooks: Dispatcher) -> list[Event]:
        events: list[Event] = []
        hooks.on(Event)(events.append)
        return events

    @pytest.mark.parametrize("name", ["MeetingCompleted", "complete", "meeting.completed"])
    def test_an_event_is_named_by_its_class_or_on_the_wire(
        self, hooks: Dispatcher, events: list[Event], name: str
    ) -> None:
        result = run(hooks, "send", name)
        assert (result.exit_code, result.output) == (0, DELIVERED)
        assert [(type(event), event.type) for event in events] == [
            (MeetingCompleted, "complete" if name == "MeetingCompleted" else name)
        ]

    def test_each_is_a_delivery_of_its_own(self, hooks: Dispatcher, events: list[Event]) -> None:
        for _ in range(2):
            assert run(hooks, "send", "MeetingCompleted").output == DELIVERED
        assert len(events) == 2
        assert events[0] == events[1]

    def test_values_can_be_others(self, hooks: Dispatcher, events: list[Event]) -> None:
        run(hooks, "send", "MeetingCompleted", "--set", "data.bot_id=b-1", "--set", 'data.speakers=["Amira"]')
        [event] = events
        assert isinstance(event, MeetingCompleted)
        assert (event.data.bot_id, event.data.speakers) == ("b-1", ("Amira",))

    def test_what_is_not_delivered_fails_the_command(self, hooks: Dispatcher) -> None:
        @hooks.on(Event)
        def fail(event: Event) -> None:
            raise ValueError

        result = run(hooks, "send", "MeetingCompleted")
        assert result.exit_code == 1
        assert result.output.startswith('500 {"error":"Internal error"}: not delivered: the answer is 500; ')

    def test_the_endpoint_is_asked_for_where_there_are_several(self, hooks: Dispatcher, events: list[Event]) -> None:
        seen: list[str] = []
        hooks.on(Event)(lambda event, delivery: seen.append(delivery.endpoint))
        hooks.add(meeting_baas(), path="another")
        result = run(hooks, "send", "MeetingCompleted")
        assert "give endpoint='meeting-baas' or endpoint='another'" in result.output
        assert run(hooks, "send", "MeetingCompleted", "--endpoint=another").output == DELIVERED
        assert seen == ["another"]

    def test_the_dispatcher_that_receives_it_is_found_among_several(self, hooks: Dispatcher) -> None:
        other = Dispatcher()
        other.add(vcaas())
        app = flask.Flask("app")
        mount(app, hooks)
        mount(app, other, "/others")
        result = app.test_cli_runner().invoke(args=["webhooks", "send", "userJoinLeave"])
        assert result.output == "200 success: delivered: the vendor takes this answer for success\n"

    @pytest.mark.parametrize("up", [True, False])
    def test_a_server_can_receive_it(self, hooks: Dispatcher, events: list[Event], up: bool) -> None:
        server = make_server("127.0.0.1", 0, wsgi.application(hooks))
        thread = Thread(target=server.handle_request)
        if up:
            thread.start()
        else:
            server.server_close()
        result = run(hooks, "send", "MeetingCompleted", "--to", f"http://127.0.0.1:{server.port}")
        if up:
            thread.join()
            server.server_close()
            assert result.output.endswith(DELIVERED)
            assert len(events) == 1
        else:
            assert result.exit_code == 1
            assert result.output.startswith("Error: ")
            assert str(server.port) in result.output

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["MeetngCompleted"], "this application receives no 'MeetngCompleted'; did you mean 'MeetingCompleted'"),
            (["MeetingCompleted", "--set", "bot_id"], "'bot_id' is no FIELD=VALUE"),
            (["MeetingCompleted", "--set", "bot=1"], "bot: MeetingCompleted has no 'bot'"),
            (["MeetingCompleted", "--to", "localhost"], "'localhost' is no address: write http://host:port/path"),
        ],
    )
    def test_mistakes_are_told(self, hooks: Dispatcher, arguments: list[str], told: str) -> None:
        result = run(hooks, "send", *arguments)
        assert result.exit_code != 0
        assert told in result.output

    def test_an_application_that_receives_nothing_says_so(self) -> None:
        result = run(Dispatcher(), "send", "MeetingCompleted")
        assert result.output == "Error: this application receives no events: call add() of what is mounted\n"


def test_every_store_is_looked_at_once() -> None:
    """Also where one dispatcher is mounted twice, where two share a store, and where one has none."""
    store, other = Watched(), Watched()
    app = flask.Flask("app")
    first = Dispatcher(idempotency=store)
    mount(app, first, "/a")
    mount(app, first, "/b")
    mount(app, Dispatcher(idempotency=store), "/c")
    mount(app, Dispatcher(idempotency=other), "/d")
    mount(app, Dispatcher(idempotency=None), "/e")
    result = app.test_cli_runner().invoke(args=["webhooks", "check"])
    assert result.output == "Watched is ready.\n" * 2
    assert (store.story, other.story) == (["checked"], ["checked"])


def test_commands_of_that_name_that_were_there_stay(hooks: Dispatcher) -> None:
    app = flask.Flask("app")
    app.cli.add_command(click.Command("webhooks", callback=lambda: click.echo("the application's own")))
    mount(app, hooks)
    assert app.test_cli_runner().invoke(args=["webhooks"]).output == "the application's own\n"


def test_an_application_without_webhooks_has_no_such_command() -> None:
    assert "webhooks" not in flask.Flask("app").cli.commands
