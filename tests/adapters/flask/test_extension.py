"""Flask: one extension for every application that a factory makes, set up by configuration keys."""

from __future__ import annotations

import gc
import inspect
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import flask
import pytest

from tests.conformance.deliveries import SECRET, meeting, meeting_baas
from tests.conformance.expected import NO_ENDPOINT, MeetingBaaS
from tests.conformance.wire import Answer, call_wsgi
from webhook_kit import ConfigurationError, Dispatcher, Event, Outcome, RawResponse, Record
from webhook_kit.adapters.flask import Webhooks
from webhook_kit.adapters.flask.configuration import PREFIX, settings_of
from webhook_kit.idempotency import MemoryStore, SQLStore
from webhook_kit.providers.meeting_baas import MeetingBaaS as Provider

Make = Callable[..., flask.Flask]
GONE = RawResponse(410, [("content-type", "text/plain")], b"")


def secret_of(config: flask.Config) -> Provider:
    return Provider(secret=config["MEETING_BAAS_SECRET"])


@pytest.fixture
def extension() -> Webhooks:
    extension = Webhooks()
    extension.add(secret_of)
    return extension


@pytest.fixture
def make(extension: Webhooks) -> Iterator[Make]:
    """Be the factory of an application, whose configuration the test gives."""
    made: list[flask.Flask] = []

    def create_app(name: str = "shop", **config: Any) -> flask.Flask:
        app = flask.Flask(name)
        app.config.from_mapping({"MEETING_BAAS_SECRET": SECRET, **config})
        extension.init_app(app)
        made.append(app)
        return app

    yield create_app
    for app in made:
        hooks_in(app, extension).close()


def hooks_in(app: flask.Flask, extension: Webhooks) -> Dispatcher:
    with app.app_context():
        return extension.hooks


def post(app: flask.Flask, path: str = "/webhooks/meeting-baas", secret: str = SECRET) -> Answer:
    return call_wsgi(app, meeting(secret=secret).but(path=path))


def test_a_factory_needs_one_line(make: Make, extension: Webhooks) -> None:
    seen: list[str] = []
    extension.on(Event)(lambda event: seen.append(event.type))
    assert post(make()) == MeetingBaaS.SUCCESS
    assert seen == ["complete"]


def test_each_application_has_its_own_dispatcher_and_all_share_the_handlers(make: Make, extension: Webhooks) -> None:
    seen: list[str] = []
    extension.on(Event)(lambda event: seen.append(flask.current_app.name))
    one, two = make("one"), make("two", MEETING_BAAS_SECRET="another secret of meeting-baas")
    assert [post(one), post(two)] == [MeetingBaaS.SUCCESS, MeetingBaaS.FORGED]
    assert post(two, secret="another secret of meeting-baas") == MeetingBaaS.SUCCESS
    assert seen == ["one", "two"], "what one has processed the other knows nothing of"
    assert hooks_in(one, extension) is not hooks_in(two, extension)


def test_what_is_registered_later_takes_part(make: Make, extension: Webhooks) -> None:
    app = make()
    seen: list[Event | Record] = []
    assert post(app) == MeetingBaaS.SUCCESS
    extension.on(Event)(seen.append)
    extension.observe(seen.append)
    assert post(app) == MeetingBaaS.SUCCESS
    assert [type(each).__name__ for each in seen] == ["MeetingCompleted", "Record"]


def test_providers_can_be_made_without_the_configuration_and_served_elsewhere() -> None:
    extension = Webhooks()
    extension.add(meeting_baas(), path="meetings", answers={Outcome.FORGED: GONE})
    app = flask.Flask("app")
    extension.init_app(app)
    assert post(app, "/webhooks/meetings") == MeetingBaaS.SUCCESS
    assert post(app, "/webhooks/meetings", secret="a forger's own secret").status == 410


def test_an_application_that_is_there_can_be_given_at_once() -> None:
    hooks = Dispatcher()
    hooks.add(meeting_baas())
    app = flask.Flask("app")
    extension = Webhooks(hooks, app, path="/hooks")
    assert post(app, "/hooks/meeting-baas") == MeetingBaaS.SUCCESS
    assert hooks_in(app, extension) is hooks
    assert app.extensions["webhook_kit"] == {"/hooks": hooks}


def test_applications_can_share_one_dispatcher() -> None:
    hooks = Dispatcher()
    extension = Webhooks(hooks)
    hooks.add(meeting_baas())
    seen: list[str] = []
    extension.on(Event)(lambda event: seen.append(flask.current_app.name))
    apps = [flask.Flask("one"), flask.Flask("two")]
    for app in apps:
        extension.init_app(app)
    assert [post(app) for app in apps] == [MeetingBaaS.SUCCESS, MeetingBaaS.SUCCESS]
    assert seen == ["one"], "the second one is a duplicate"


def test_two_extensions_can_be_in_one_application(make: Make) -> None:
    app, other = make(), Webhooks(path="/others")
    other.add(meeting_baas(), path="elsewhere")
    other.init_app(app)
    assert post(app) == MeetingBaaS.SUCCESS
    assert post(app, "/others/elsewhere") == MeetingBaaS.SUCCESS
    assert post(app, "/others/meeting-baas") == NO_ENDPOINT
    assert list(app.extensions["webhook_kit"]) == ["/webhooks", "/others"]


def test_an_application_that_is_no_longer_used_is_forgotten(extension: Webhooks) -> None:
    app = flask.Flask("app")
    app.config["MEETING_BAAS_SECRET"] = SECRET
    extension.init_app(app)
    references = weakref.ref(app), weakref.ref(hooks_in(app, extension))
    del app
    gc.collect()
    assert [reference() for reference in references] == [None, None]


class TestKeys:
    """Configuration keys, and which of them win."""

    def test_they_are_the_keywords_of_the_dispatcher_in_capitals(self, make: Make, extension: Webhooks) -> None:
        hooks = hooks_in(
            make(
                WEBHOOK_KIT_NAMESPACE="staging",
                WEBHOOK_KIT_LEASE=30,
                WEBHOOK_KIT_HANDLER_TIMEOUT=5,
                WEBHOOK_KIT_TRUSTED_PROXIES=1,
                WEBHOOK_KIT_REQUIRE_HTTPS=True,
            ),
            extension,
        )
        assert (hooks.namespace, hooks.lease, hooks.handler_timeout) == ("staging", 30, 5)
        assert (hooks.trusted_proxies, hooks.require_https) == (1, True)

    def test_there_is_one_for_each_keyword_and_one_for_the_path(self) -> None:
        keywords = [
            each.name
            for each in inspect.signature(Dispatcher).parameters.values()
            if each.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        config = flask.Config("", {PREFIX + name.upper(): 1 for name in [*keywords, "path"]})
        assert settings_of(config) == dict.fromkeys([*keywords, "path"], 1)

    def test_they_can_come_from_the_environment(
        self, make: Make, extension: Webhooks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, text in (("TRUSTED_PROXIES", "1"), ("REQUIRE_HTTPS", "true"), ("PATH", "/hooks")):
            monkeypatch.setenv(f"FLASK_WEBHOOK_KIT_{name}", text)
        read = flask.Config("")
        read.from_prefixed_env()
        app = make(**{name: read[name] for name in read if name.startswith(PREFIX)})
        hooks = hooks_in(app, extension)
        assert (hooks.trusted_proxies, hooks.require_https) == (1, True)
        assert list(app.extensions["webhook_kit"]) == ["/hooks"]

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("sqlite://", "<SQLStore: sqlite>"),
            ("redis://127.0.0.1/0", "<RedisStore: webhook_kit:*>"),
            (False, "None"),
            (None, "<MemoryStore: 0 of 100000 keys>"),
            (MemoryStore(5), "<MemoryStore: 0 of 5 keys>"),
        ],
        ids=str,
    )
    def test_the_store_is_a_url_or_a_store_or_none(
        self, make: Make, extension: Webhooks, value: Any, expected: str
    ) -> None:
        assert repr(hooks_in(make(WEBHOOK_KIT_IDEMPOTENCY=value), extension).store) == expected

    def test_a_path_in_the_configuration_is_where_it_mounts(self, make: Make) -> None:
        assert post(make(WEBHOOK_KIT_PATH="/hooks"), "/hooks/meeting-baas") == MeetingBaaS.SUCCESS

    def test_the_code_and_the_configuration_must_not_name_different_paths(self) -> None:
        hooks = Dispatcher()
        app = flask.Flask("app")
        app.config["WEBHOOK_KIT_PATH"] = "/hooks"
        with pytest.raises(ConfigurationError) as caught:
            Webhooks(hooks, path="/webhooks").init_app(app)
        assert str(caught.value) == (
            "the path is '/webhooks' in Webhooks(path=...) and '/hooks' in WEBHOOK_KIT_PATH; write it in one of them"
        )
        Webhooks(hooks, path="hooks/").init_app(app)
        assert list(app.extensions["webhook_kit"]) == ["/hooks"]

    def test_a_dispatcher_that_was_given_has_its_own_settings(self) -> None:
        app = flask.Flask("app")
        app.config["WEBHOOK_KIT_NAMESPACE"] = "staging"
        with pytest.raises(ConfigurationError) as caught:
            Webhooks(Dispatcher(), app)
        assert str(caught.value) == (
            "app.config has WEBHOOK_KIT_NAMESPACE, but Webhooks(hooks) was given a Dispatcher with a namespace of its "
            "own; write Dispatcher(namespace=...), or Webhooks() without hooks"
        )

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("NAMESPCE", "x", "app.config has WEBHOOK_KIT_NAMESPCE, which means nothing; did you mean"),
            ("NAMESPCE", "x", "'WEBHOOK_KIT_NAMESPACE'"),
            ("TRUSTED_PROXIES", "1", r"WEBHOOK_KIT_TRUSTED_PROXIES in app.config is the text '1'; .*prefixed_env\(\)"),
            ("REQUIRE_HTTPS", "false", "is the text 'false'"),
            ("REQUIRE_HTTPS", 1, "require_https is 1; write True or False"),
            ("LEASE", 0, "app.config has a WEBHOOK_KIT_ key that cannot be: lease is 0; give seconds above 0"),
            ("IDEMPOTENCY", "mysql://user:hunter2@host", "the URL of a store begins with sqlite:///"),
            ("IDEMPOTENCY", "sqlite+aiosqlite:///x.db", "SQLStore knows no sqlite.aiosqlite"),
            ("IDEMPOTENCY", 5, "idempotency is a store"),
            ("PATH", "/", r"path is '/', which is the whole application"),
            ("PATH", "", r"path is '', which is the whole application"),
            ("PATH", 7, "path is 7"),
        ],
    )
    def test_what_cannot_be_stops_the_start(self, make: Make, key: str, value: Any, message: str) -> None:
        with pytest.raises(ConfigurationError, match=message) as caught:
            make(**{f"WEBHOOK_KIT_{key}": value})
        assert "hunter2" not in str(caught.value)


class TestMistakes:
    """What the start of an application finds, and what to write instead."""

    def test_a_setting_of_ones_own_that_is_missing(self, extension: Webhooks) -> None:
        with pytest.raises(
            ConfigurationError, match=r"a provider needs 'MEETING_BAAS_SECRET' in app\.config, where it is not"
        ) as caught:
            extension.init_app(flask.Flask("app"))
        assert isinstance(caught.value.__cause__, KeyError), "whose traceback shows the line"

    def test_an_empty_secret(self, make: Make) -> None:
        with pytest.raises(ConfigurationError, match="secret is empty"):
            make(MEETING_BAAS_SECRET="")

    def test_a_handler_for_nothing(self, make: Make, extension: Webhooks) -> None:
        extension.on("of.no.vendor")(lambda event: None)
        with pytest.raises(ConfigurationError, match=r"of\.no\.vendor"):
            make()

    def test_a_second_time_in_one_application(self, make: Make, extension: Webhooks) -> None:
        with pytest.raises(ConfigurationError, match="'/webhooks' is taken by another mount"):
            extension.init_app(make())

    def test_a_provider_after_the_start(self, make: Make, extension: Webhooks) -> None:
        app = make()
        with pytest.raises(ConfigurationError, match=r"add\(\) came after init_app\(\)"):
            extension.add(meeting_baas(), path="late")
        assert post(app) == MeetingBaaS.SUCCESS

    def test_a_provider_beside_a_dispatcher(self) -> None:
        with pytest.raises(ConfigurationError, match=r"write hooks\.add\(\.\.\.\)"):
            Webhooks(Dispatcher()).add(meeting_baas())

    @pytest.mark.parametrize("wrong", [Provider, None, "meeting-baas"])
    def test_something_that_is_no_provider_and_makes_none(self, wrong: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"add\(\) takes a provider, .*lambda config"):
            Webhooks().add(wrong)

    def test_a_callable_that_makes_something_else(self) -> None:
        extension = Webhooks()
        wrong: Any = dict
        extension.add(lambda config: wrong(config))
        with pytest.raises(ConfigurationError, match=r"add\(\) takes a provider, .* not dict"):
            extension.init_app(flask.Flask("app"))

    @pytest.mark.parametrize("wrong", [None, "app", flask.Blueprint("api", "api"), flask.Flask])
    def test_something_that_is_no_application(self, extension: Webhooks, wrong: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"init_app\(\) takes the Flask application, not"):
            extension.init_app(wrong)

    def test_the_application_where_the_dispatcher_belongs(self) -> None:
        app: Any = flask.Flask("app")
        with pytest.raises(ConfigurationError, match=r"write Webhooks\(app=app\)"):
            Webhooks(app)

    def test_something_that_is_no_dispatcher(self) -> None:
        wrong: Any = MemoryStore()
        with pytest.raises(ConfigurationError, match="hooks is the Dispatcher"):
            Webhooks(wrong)

    def test_misspelt_keywords(self) -> None:
        wrong: dict[str, Any] = {"pth": "/hooks"}
        with pytest.raises(ConfigurationError, match="Webhooks takes no keyword 'pth'; did you mean 'path'"):
            Webhooks(**wrong)
        with pytest.raises(ConfigurationError, match=r"add\(\) takes no keyword 'pth'; did you mean 'path'"):
            Webhooks().add(meeting_baas(), **wrong)

    def test_asking_for_the_dispatcher_of_another_application(self, extension: Webhooks) -> None:
        with pytest.raises(ConfigurationError, match=r"<Flask 'app'> has no webhooks .*: call init_app\(app\)"):
            hooks_in(flask.Flask("app"), extension)


def test_a_store_of_the_configuration_is_used(make: Make, extension: Webhooks, tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/webhooks.db"
    seen: list[str] = []
    extension.on(Event)(lambda event: seen.append(event.type))
    assert [post(make(WEBHOOK_KIT_IDEMPOTENCY=url)) for _ in range(2)] == [MeetingBaaS.SUCCESS, MeetingBaaS.SUCCESS]
    assert seen == ["complete"], "the second application remembers what the first has processed"
    store = SQLStore(url)
    store.check()
    store.close()
