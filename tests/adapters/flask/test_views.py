"""Flask: its contexts, its hooks before and after a request, its blueprints."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import flask
import pytest
from flask.cli import routes_command
from werkzeug.middleware.proxy_fix import ProxyFix

from tests.adapters.conftest import Closing
from tests.conformance.deliveries import COMPLETED, SECRET, meeting
from tests.conformance.expected import NO_ENDPOINT, MeetingBaaS
from tests.conformance.hosts import WITH_FLASK_WTF
from tests.conformance.wire import Answer, call_wsgi
from webhook_kit import ConfigurationError, Dispatcher, Event
from webhook_kit.adapters import flask as adapter
from webhook_kit.providers.meeting_baas import MeetingBaaS as Provider


@pytest.fixture
def app() -> flask.Flask:
    app = flask.Flask("app")
    app.secret_key = "a key for tests and nothing else"
    return app


def post(app: flask.Flask, path: str = "/webhooks/meeting-baas", **changes: Any) -> Answer:
    return call_wsgi(app, meeting().but(path=path, **changes))


def test_handlers_of_either_colour_run_in_the_application_context(app: flask.Flask, hooks: Closing) -> None:
    seen: list[tuple[str, str]] = []

    @hooks.on(Event)
    def sync(event: Event) -> None:
        seen.append((flask.current_app.name, flask.g.tenant))

    @hooks.on(Event)
    async def asynchronous(event: Event) -> None:
        seen.append((flask.current_app.name, flask.g.tenant))

    @app.before_request
    def tenant() -> None:
        flask.g.tenant = "amira"

    adapter.mount(app, hooks)
    assert post(app) == MeetingBaaS.SUCCESS
    assert seen == [("app", "amira"), ("app", "amira")]
    hooks.close()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_body_that_a_function_before_the_request_has_read_is_used(
    app: flask.Flask, hooks: Closing, chunked: bool
) -> None:
    read: list[bytes] = []

    @app.before_request
    def before() -> None:
        read.append(flask.request.get_data())

    adapter.mount(app, hooks)
    response = app.test_client().post(
        "/webhooks/meeting-baas",
        input_stream=io.BytesIO(COMPLETED),
        content_length=None if chunked else len(COMPLETED),
        headers=[(name.decode(), value.decode()) for name, value in meeting().headers],
        environ_overrides={"wsgi.input_terminated": chunked},
    )
    assert (response.status_code, response.data) == (200, MeetingBaaS.SUCCESS.body)
    assert read == [COMPLETED]


def test_a_form_that_a_function_before_the_request_has_read_is_told(
    app: flask.Flask, hooks: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    """The vendor's body is gone then; one that is no form is still there."""
    app.before_request(lambda: flask.request.form and None)
    adapter.mount(app, hooks)
    headers = [(name.decode(), value.decode()) for name, value in meeting().headers]
    client = app.test_client()
    answers = [
        client.post("/webhooks/meeting-baas", data=COMPLETED, headers=headers, content_type=kind).status_code
        for kind in ("application/x-www-form-urlencoded", "application/json")
    ]
    assert answers == [500, 200]
    assert "call request.get_data() there first" in caplog.text


@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_holds_also_for_a_body_that_was_read_before(app: flask.Flask, over: int) -> None:
    hooks = Dispatcher()
    hooks.add(Provider(secret=SECRET, max_body=len(COMPLETED) - over))
    app.before_request(lambda: flask.request.get_data() and None)
    adapter.mount(app, hooks)
    assert post(app) == (MeetingBaaS.TOO_LARGE if over else MeetingBaaS.SUCCESS)


def test_the_limit_of_the_application_is_for_its_own_pages(app: flask.Flask, hooks: Closing) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 10
    adapter.mount(app, hooks)
    assert post(app) == MeetingBaaS.SUCCESS


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/", "/webhooks//", "/webhooks//meeting-baas"])
def test_werkzeug_adds_no_redirect(app: flask.Flask, hooks: Closing, path: str) -> None:
    adapter.mount(app, hooks)
    assert post(app, path) == NO_ENDPOINT


def test_two_mounts_in_one_application_are_kept_apart(app: flask.Flask, hooks: Closing) -> None:
    other = Dispatcher()
    other.add(Provider(secret=SECRET), path="elsewhere")
    adapter.mount(app, hooks, "/a.b/hooks")
    adapter.mount(app, other, "/b")
    assert post(app, "/a.b/hooks/meeting-baas") == MeetingBaaS.SUCCESS
    assert post(app, "/b/elsewhere") == MeetingBaaS.SUCCESS
    assert post(app, "/b/meeting-baas") == NO_ENDPOINT


def test_one_dispatcher_serves_two_applications_of_a_process(hooks: Closing) -> None:
    names: list[str] = []
    hooks.on(Event)(lambda event: names.append(flask.current_app.name))
    apps = [flask.Flask("one"), flask.Flask("two")]
    for app in apps:
        adapter.mount(app, hooks)
    assert [post(app) for app in apps] == [MeetingBaaS.SUCCESS, MeetingBaaS.SUCCESS]
    assert names == ["one"], "the second one is a duplicate"


def test_functions_after_the_request_can_add_headers(app: flask.Flask, hooks: Closing) -> None:
    @app.after_request
    def tag(response: flask.Response) -> flask.Response:
        response.headers["X-Tag"] = "yes"
        return response

    adapter.mount(app, hooks)
    expected = MeetingBaaS.SUCCESS.with_header("x-tag", "yes")
    assert [post(app), post(app)] == [expected, expected]


def test_functions_after_the_request_can_change_the_body(app: flask.Flask, hooks: Closing) -> None:
    @app.after_request
    def change(response: flask.Response) -> flask.Response:
        response.set_data(response.get_data() + b"\n")
        return response

    adapter.mount(app, hooks)
    answered = post(app)
    assert answered.body == b'{"status":"success"}\n'
    assert dict(answered.headers)["content-length"] == str(len(answered.body))


def test_the_blueprint_is_returned_and_known_to_the_application(app: flask.Flask, hooks: Closing) -> None:
    blueprint = adapter.mount(app, hooks)
    assert app.blueprints[blueprint.name] is blueprint
    with app.test_request_context():
        url = flask.url_for(f"{blueprint.name}.receive", below="/meeting-baas")
    assert url == "/webhooks/meeting-baas"


def below(prefix: str, hooks: Dispatcher, name: str = "api") -> flask.Blueprint:
    blueprint = flask.Blueprint(name, __name__, url_prefix=prefix)
    adapter.mount(blueprint, hooks)
    return blueprint


def test_below_a_blueprint_its_prefix_comes_first(app: flask.Flask, hooks: Closing) -> None:
    app.register_blueprint(below("/api", hooks))
    assert post(app, "/api/webhooks/meeting-baas") == MeetingBaaS.SUCCESS
    assert app.extensions["webhook_kit"] == {"/api/webhooks": hooks}
    with app.test_request_context():
        url = flask.url_for("api.webhook_kit:webhooks.receive", below="/meeting-baas")
    assert url == "/api/webhooks/meeting-baas"


def test_a_blueprint_in_a_blueprint_can_have_parameters_in_its_prefix(app: flask.Flask, hooks: Closing) -> None:
    outer = flask.Blueprint("tenants", __name__, url_prefix="/<tenant>/")
    outer.register_blueprint(below("api", hooks))
    app.register_blueprint(outer)
    seen: list[Any] = []
    hooks.on(Event)(lambda event: seen.append(flask.request.view_args))
    assert post(app, "/amira/api/webhooks/meeting-baas") == MeetingBaaS.SUCCESS
    assert seen == [{"tenant": "amira", "below": "/meeting-baas"}]


def test_a_blueprint_without_a_prefix_mounts_where_it_says(app: flask.Flask, hooks: Closing) -> None:
    app.register_blueprint(below("", hooks))
    assert post(app) == MeetingBaaS.SUCCESS


def test_a_blueprint_can_be_in_several_applications(app: flask.Flask, hooks: Closing) -> None:
    other = flask.Flask("other")
    blueprint = below("/api", hooks)
    for each in (app, other):
        each.register_blueprint(blueprint)
        assert post(each, "/api/webhooks/meeting-baas") == MeetingBaaS.SUCCESS


def test_functions_of_the_blueprint_run_before_the_request(app: flask.Flask, hooks: Closing) -> None:
    blueprint = below("/api", hooks)
    blueprint.before_request(lambda: ("go away", 403))
    app.register_blueprint(blueprint)
    assert post(app, "/api/webhooks/meeting-baas").status == 403
    assert hooks.deliveries == []


def test_a_subdomain_of_the_blueprint_counts(hooks: Closing) -> None:
    app = flask.Flask("app", subdomain_matching=True)
    app.config["SERVER_NAME"] = "shop.example"
    blueprint = flask.Blueprint("api", __name__, subdomain="api")
    adapter.mount(blueprint, hooks)
    app.register_blueprint(blueprint)
    client, headers = app.test_client(), [(name.decode(), value.decode()) for name, value in meeting().headers]
    answers = [
        client.post("/webhooks/meeting-baas", base_url=base, data=COMPLETED, headers=headers).status_code
        for base in ("http://api.shop.example", "http://shop.example")
    ]
    assert answers == [200, 404]


def test_two_blueprints_that_meet_at_one_path_are_refused(app: flask.Flask, hooks: Closing) -> None:
    adapter.mount(app, hooks, "/api/webhooks")
    with pytest.raises(ConfigurationError, match="'/api/webhooks' is taken by another mount"):
        app.register_blueprint(below("/api", hooks))


@WITH_FLASK_WTF
def test_protection_from_cross_site_requests_lets_vendors_pass_below_a_blueprint(
    app: flask.Flask, hooks: Closing
) -> None:
    import_module("flask_wtf").CSRFProtect(app)
    app.register_blueprint(below("/api", hooks))
    assert post(app, "/api/webhooks/meeting-baas") == MeetingBaaS.SUCCESS


def test_the_command_that_lists_routes_knows_the_mount(app: flask.Flask, hooks: Closing) -> None:
    adapter.mount(app, hooks)
    listed = app.test_cli_runner().invoke(routes_command)
    assert (listed.exit_code, "/webhooks" in listed.output) == (0, True)


def test_a_page_of_the_application_below_the_mount_stays_its_own(app: flask.Flask, hooks: Closing) -> None:
    adapter.mount(app, hooks)
    app.add_url_rule("/webhooks/own", view_func=lambda: "a page", endpoint="own", methods=["POST"])
    assert post(app, "/webhooks/own").body == b"a page"


def sent(app: flask.Flask) -> Any:
    """Return the answer to a genuine delivery before its end."""
    headers = [(name.decode(), value.decode()) for name, value in meeting().headers]
    return app.test_client().post("/webhooks/meeting-baas", data=COMPLETED, headers=headers)


def test_what_waits_for_the_end_of_an_answer_is_called_then(app: flask.Flask, hooks: Closing) -> None:
    closed: list[str] = []

    @app.after_request
    def wait(response: flask.Response) -> flask.Response:
        response.call_on_close(lambda: closed.append("closed"))
        return response

    adapter.mount(app, hooks)
    answer = sent(app)
    assert (answer.status_code, closed) == (200, [])
    answer.close()
    assert closed == ["closed"]


@pytest.mark.parametrize("buffered", [False, True])
def test_a_body_that_a_function_after_the_request_puts_in_its_place_is_sent_and_closed(
    app: flask.Flask, hooks: Closing, buffered: bool
) -> None:
    closed: list[str] = []

    def body() -> Iterator[bytes]:
        try:
            yield b"another "
            yield b"body"
        finally:
            closed.append("closed")

    @app.after_request
    def replace(response: flask.Response) -> flask.Response:
        response.response = body()
        response.content_length = len(b"another body")
        if buffered:
            response.make_sequence()
        return response

    adapter.mount(app, hooks)
    with sent(app) as answer:
        assert (answer.status_code, answer.data) == (200, b"another body")
    assert closed == ["closed"]


@WITH_FLASK_WTF
@pytest.mark.parametrize("first", ["protection", "mount"])
def test_protection_from_cross_site_requests_lets_vendors_pass_whichever_came_first(
    app: flask.Flask, hooks: Closing, first: str
) -> None:
    protect = import_module("flask_wtf").CSRFProtect
    if first == "protection":
        protect(app)
        adapter.mount(app, hooks)
    else:
        adapter.mount(app, hooks)
        protect(app)
    app.add_url_rule("/own", view_func=lambda: "a page", endpoint="own", methods=["POST"])
    assert post(app) == MeetingBaaS.SUCCESS
    assert post(app, "/own").status == 400


@WITH_FLASK_WTF
def test_protection_from_cross_site_requests_lets_vendors_pass_in_every_application_of_a_blueprint(
    hooks: Closing,
) -> None:
    blueprint = below("/api", hooks)
    apps = [flask.Flask(name) for name in ("first", "second")]
    for app in apps:
        app.secret_key = "a key for tests and nothing else"
        app.register_blueprint(blueprint)
        import_module("flask_wtf").CSRFProtect(app)
    for app in apps:
        assert post(app, "/api/webhooks/meeting-baas").status == 200


def test_nobody_listens_to_the_start_of_requests_after_the_first_one(app: flask.Flask, hooks: Closing) -> None:
    """While somebody does, every request of every application pays for it."""
    adapter.mount(app, hooks)
    assert flask.request_started.has_receivers_for(app)
    post(app)
    assert list(flask.request_started.receivers_for(app)) == []


def test_another_extension_by_the_name_of_csrf_is_left_alone(app: flask.Flask, hooks: Closing) -> None:
    app.extensions["csrf"] = object()
    adapter.mount(app, hooks)
    assert post(app) == MeetingBaaS.SUCCESS


FORWARDED = ((b"X-Forwarded-For", b"198.51.100.9, 192.0.2.7"), (b"X-Forwarded-Proto", b"https"))


@pytest.mark.parametrize(("fixed", "trusted"), [(1, 0), (0, 1), (1, 1)], ids=["ProxyFix", "trusted_proxies", "both"])
@pytest.mark.parametrize(("client", "expected"), [("192.0.2.7", 200), ("198.51.100.9", 403)])
def test_the_client_is_whom_the_proxy_saw_by_either_means_or_both(
    app: flask.Flask, fixed: int, trusted: int, client: str, expected: int
) -> None:
    """What stands further left in the header was written by the client itself."""
    hooks = Dispatcher(trusted_proxies=trusted, require_https=True)
    hooks.add(Provider(secret=SECRET, allowed_networks=client))
    adapter.mount(app, hooks)
    wsgi_app: Any = ProxyFix(app.wsgi_app, x_for=fixed, x_proto=fixed)
    sent = meeting().but(path="/webhooks/meeting-baas").with_headers(*FORWARDED)
    assert call_wsgi(wsgi_app, sent).status == expected


def test_a_prefix_that_the_proxy_took_off_is_not_part_of_the_mount(app: flask.Flask, hooks: Closing) -> None:
    adapter.mount(app, hooks)
    wsgi_app: Any = ProxyFix(app.wsgi_app, x_prefix=1)
    sent = meeting().but(path="/webhooks/meeting-baas").with_headers((b"X-Forwarded-Prefix", b"/shop"))
    assert call_wsgi(wsgi_app, sent) == MeetingBaaS.SUCCESS
