"""Flask: its contexts, its hooks before and after a request, its blueprints."""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

import flask
import pytest
from flask.cli import routes_command

from tests.conformance.deliveries import COMPLETED, SECRET, meeting
from tests.conformance.expected import NO_ENDPOINT, MeetingBaaS
from tests.conformance.hosts import WITH_FLASK_WTF
from tests.conformance.wire import Answer, call_wsgi
from webhook_kit import Dispatcher, Event
from webhook_kit.adapters import flask as adapter
from webhook_kit.providers.meeting_baas import MeetingBaaS as Provider

from .conftest import Closing


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


def test_the_command_that_lists_routes_knows_the_mount(app: flask.Flask, hooks: Closing) -> None:
    adapter.mount(app, hooks)
    listed = app.test_cli_runner().invoke(routes_command)
    assert (listed.exit_code, "/webhooks" in listed.output) == (0, True)


def test_a_page_of_the_application_below_the_mount_stays_its_own(app: flask.Flask, hooks: Closing) -> None:
    adapter.mount(app, hooks)
    app.add_url_rule("/webhooks/own", view_func=lambda: "a page", endpoint="own", methods=["POST"])
    assert post(app, "/webhooks/own").body == b"a page"


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


def test_another_extension_by_the_name_of_csrf_is_left_alone(app: flask.Flask, hooks: Closing) -> None:
    app.extensions["csrf"] = object()
    adapter.mount(app, hooks)
    assert post(app) == MeetingBaaS.SUCCESS
