"""The pytest plugin in projects of its users, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from webhook_kit import ConfigurationError, Dispatcher
from webhook_kit.adapters import wsgi
from webhook_kit.testing import WebhookClient
from webhook_kit.testing.fixtures import client_for, imported

HOOKS = """
import os

from webhook_kit import Delivery, Dispatcher
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS

hooks = Dispatcher()
hooks.add(MeetingBaaS(secret="a secret that only this test knows"))
hooks.add(VCaaS(url_token="a token that only this test knows"))

archived = []

@hooks.on(MeetingCompleted)
async def archive(event: MeetingCompleted) -> None:
    archived.append(event.data.bot_id)

@hooks.on(UserJoinLeave)
def attend(event: UserJoinLeave, delivery: Delivery) -> None:
    if event.external_id == "nobody":
        raise LookupError(event.external_id)
"""

CASES = """
import pytest
from webhook_kit import Outcome
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.providers.vcaas import UserJoinLeave
from webhook_kit.testing import sample

@pytest.mark.parametrize("number", [1, 2])
def test_a_recording_is_archived(number, webhook_client, delivered):
    import hooks  # not before the plugin does

    before = len(hooks.archived)
    answer = webhook_client.deliver(sample(MeetingCompleted, data__bot_id="b-1"))
    assert answer.delivered, answer
    assert delivered.only(MeetingCompleted).data.bot_id == "b-1"
    assert delivered.outcomes == [Outcome.PROCESSED]
    assert hooks.archived[before:] == ["b-1"]

def test_a_failure_is_told(webhook_client, delivered):
    answer = webhook_client.deliver(sample(UserJoinLeave, external_id="nobody"))
    assert (answer.status, answer.verdict.again) == (500, 15)
    [error] = delivered.errors
    assert isinstance(error, LookupError)
    assert delivered.deliveries[0].attempt == 1

def test_time_passes(frozen_clock, webhook_client, delivered):
    webhook_client.deliver(MeetingCompleted)
    frozen_clock.advance(days=9)
    webhook_client.deliver(MeetingCompleted)
    assert delivered.outcomes == [Outcome.PROCESSED, Outcome.PROCESSED]

def test_a_forgery(webhook_client, delivered):
    assert webhook_client.deliver(MeetingCompleted, secret="a secret that nobody gave away").status == 401
    assert not delivered.events

async def test_on_an_event_loop(webhook_client, delivered):
    assert (await webhook_client.adeliver(MeetingCompleted)).delivered
    assert delivered.only(MeetingCompleted)
"""
IN_ALL = 6

FIRST = """
def test_the_first_of_all_deliveries_finds_its_way(webhook_client, delivered):
    from webhook_kit.providers.meeting_baas import MeetingCompleted

    for _ in range(2):
        assert webhook_client.deliver(MeetingCompleted).delivered
    assert [each.value for each in delivered.outcomes] == ["processed", "duplicate"]

def test_and_the_second_knows_nothing_of_it(webhook_client, delivered):
    from webhook_kit.providers.meeting_baas import MeetingCompleted

    assert webhook_client.deliver(MeetingCompleted).delivered
    assert [each.value for each in delivered.outcomes] == ["processed"]
"""

SETTINGS = """
from django.conf import settings

settings.configure(ROOT_URLCONF="urls", ALLOWED_HOSTS=["testserver"], SECRET_KEY="for tests", DATABASES={})
"""

FIXTURES = {
    "flask": """
import flask, pytest
from hooks import hooks
from webhook_kit.adapters.flask import mount

@pytest.fixture
def app():
    app = flask.Flask("shop")
    mount(app, hooks)
    return app
""",
    "starlette": """
import pytest
from starlette.applications import Starlette
from hooks import hooks
from webhook_kit.adapters.starlette import mount

@pytest.fixture(scope="session")
def app():
    app = Starlette()
    mount(app, hooks)
    return app
""",
    "no_fixture": "import hooks",
    "fixture_of_another_kit": """
import pytest

@pytest.fixture
def app():
    return "the application of another kit"
""",
    "overridden": """
import pytest
from hooks import hooks
from webhook_kit.adapters.wsgi import application

@pytest.fixture
def webhook_target():
    return application(hooks)
""",
}
"""What stands in the conftest.py of a folder of tests."""


def run(
    pytester: pytest.Pytester, files: dict[str, str], *arguments: str, settings: str = "", asyncio: bool = True
) -> pytest.RunResult:
    """Run the suite of a project in which every warning is an error."""
    for name, content in files.items():
        file = pytester.path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    mode = "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function" if asyncio else ""
    pytester.makeini(f"[pytest]\nfilterwarnings = error\npythonpath = .\n{mode}\n{settings}")
    return pytester.runpytest_subprocess(*arguments, timeout=60)


@pytest.mark.slow
def test_projects_deliver_to_the_application_of_their_fixture(pytester: pytest.Pytester) -> None:
    """Else to the only dispatcher there is."""
    files = {"hooks": HOOKS, "cases": CASES}
    for name, conftest in FIXTURES.items():
        files |= {f"{name}/conftest": conftest, f"{name}/test_{name}": "from cases import *"}
    result = run(pytester, files)
    result.assert_outcomes(passed=IN_ALL * len(FIXTURES))


@pytest.mark.slow
def test_a_project_delivers_to_the_application_of_its_setting(pytester: pytest.Pytester) -> None:
    """And runs its lifespan; there is no conftest.py."""
    shop = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from hooks import hooks
from webhook_kit.adapters.fastapi import mount

@asynccontextmanager
async def lifespan(app):
    yield
    print("the application has ended")

app = FastAPI(lifespan=lifespan)
mount(app, hooks, path="/events")
"""
    files = {"hooks": HOOKS, "shop": shop, "test_a_first": FIRST, "test_hooks": CASES}
    result = run(pytester, files, "-s", settings="webhook_kit_app = shop:app")
    result.assert_outcomes(passed=2 + IN_ALL)
    assert "the application has ended" in result.stdout.str()


@pytest.mark.slow
def test_a_project_of_djangos_delivers_to_its_urlconf(pytester: pytest.Pytester) -> None:
    """Which nothing has imported before the first delivery."""
    files = {
        "conftest": f"{SETTINGS}\nimport django\ndjango.setup()",
        "hooks": HOOKS,
        "test_a_first": FIRST,
        "test_hooks": CASES,
        "urls": """
from django.urls import path
from hooks import hooks
from webhook_kit.adapters import django

urlpatterns = [path("deep/below/", django.urls(hooks))]
""",
    }
    result = run(pytester, files)
    result.assert_outcomes(passed=2 + IN_ALL)


@pytest.mark.slow
def test_a_suite_that_uses_none_of_it_pays_nothing(pytester: pytest.Pytester) -> None:
    """And is not told of it by a warning, whatever was imported before."""
    result = run(
        pytester,
        {
            "early": "import webhook_kit",
            "test_other": """
import sys

def test_nothing_was_imported():
    ours = {name for name in sys.modules if name.startswith("webhook_kit")}
    assert ours == {"webhook_kit", "webhook_kit.testing", "webhook_kit.testing.plugin"}
    assert not {"pydantic", "asgiref", "typer"} & set(sys.modules)
""",
        },
        "-p",
        "early",
        "-p",
        "no:asyncio",
        asyncio=False,
    )
    result.assert_outcomes(passed=1)


def test_it_can_be_switched_off(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(webhook_client): pass")
    result = pytester.runpytest_inprocess("-p", "no:webhook_kit", "-p", "no:asyncio")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'webhook_client' not found"])


def test_its_fixtures_say_what_they_are_for(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--fixtures", "-p", "no:asyncio")
    result.stdout.fnmatch_lines(
        ["webhook_client*", "*Deliver signed events*", "delivered*", "*See what the handlers saw*", "frozen_clock*"]
    )


def test_a_setting_without_an_attribute_is_told() -> None:
    with pytest.raises(ConfigurationError, match="'shop' names no attribute: write module:attribute"):
        imported("shop")


def test_a_setting_names_anything_that_can_be_imported() -> None:
    assert imported("webhook_kit.testing:WebhookClient.deliver") is WebhookClient.deliver
    with pytest.raises(ModuleNotFoundError, match="no_such_shop"):
        imported("no_such_shop:hooks")


def application() -> Callable[..., Any]:
    return wsgi.application(Dispatcher())


def test_a_setting_may_name_a_function_that_makes_the_application() -> None:
    made = imported(f"{__name__}:application")
    assert type(made) is type(application())
    assert imported(f"{__name__}:imported") is imported, "who takes something is not called"


def test_a_process_without_a_dispatcher_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook_kit.testing.client.living_dispatchers", lambda: [Dispatcher()])
    with pytest.raises(ConfigurationError, match="there is no Dispatcher with endpoints in this process: import"):
        client_for(None, None, "")
