"""The project's settings, and the dispatcher that is made of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from webhook_kit import ConfigurationError, Dispatcher
from webhook_kit.adapters.django import DjangoStore, dispatcher
from webhook_kit.adapters.django.settings import Settings, current, project_hooks
from webhook_kit.idempotency import MemoryStore, SQLStore

hooks = Dispatcher()
no_hooks = "a text"


def test_without_any_there_are_defaults() -> None:
    assert current() == Settings(hooks=None, module="webhooks", database=None, options={})
    assert project_hooks() is None


def test_what_is_written_holds() -> None:
    given = {"HOOKS": f"{__name__}.hooks", "MODULE": None, "DATABASE": "other", "LEASE": 30}
    with override_settings(WEBHOOK_KIT=given):
        assert current() == Settings(f"{__name__}.hooks", None, "other", {"lease": 30})
        assert project_hooks() is hooks


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["HOOKS"], r'WEBHOOK_KIT is a list; write WEBHOOK_KIT = \{"HOOKS": "project\.webhooks\.hooks"\}'),
        ({"HOKS": "a.b"}, "WEBHOOK_KIT takes no keyword 'HOKS'; did you mean 'HOOKS'"),
        ({"hooks": "a.b"}, "WEBHOOK_KIT takes no keyword 'hooks'; did you mean 'HOOKS'"),
        ({"HOOKS": hooks}, r'WEBHOOK_KIT\["HOOKS"\] is <Dispatcher: no endpoints>; give a name, or leave it out'),
        ({"DATABASE": ""}, r'WEBHOOK_KIT\["DATABASE"\] is \'\'; give a name, or leave it out'),
    ],
)
def test_what_it_cannot_mean_is_refused(given: Any, told: str) -> None:
    with override_settings(WEBHOOK_KIT=given), pytest.raises(ConfigurationError, match=told):
        current()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("nowhere.webhooks.hooks", "No module named 'nowhere'; give the dotted path of a Dispatcher"),
        (f"{__name__}.hoks", f'Module "{__name__}" does not define a "hoks" attribute'),
        ("hooks", "doesn't look like a module path"),
        (f"{__name__}.no_hooks", "which is a str and no Dispatcher"),
    ],
)
def test_hooks_that_are_not_there_are_named(path: str, told: str) -> None:
    with override_settings(WEBHOOK_KIT={"HOOKS": path}), pytest.raises(ConfigurationError, match=told):
        project_hooks()


def test_what_fails_within_the_module_is_raised_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project_of_a_test.py").write_text("import a_module_that_is_missing")
    monkeypatch.syspath_prepend(tmp_path)
    with override_settings(WEBHOOK_KIT={"HOOKS": "project_of_a_test.hooks"}):
        with pytest.raises(ModuleNotFoundError, match="a_module_that_is_missing"):
            project_hooks()
    sys.modules.pop("project_of_a_test", None)


class TestDispatcher:
    def test_it_keeps_deliveries_in_the_projects_database(self) -> None:
        made = dispatcher()
        assert isinstance(made.store, DjangoStore)
        assert (made.namespace, made.lease, made.handler_timeout) == ("default", 60.0, None)

    def test_it_has_the_options_of_the_settings(self) -> None:
        options = {"NAMESPACE": "production", "LEASE": 30, "HANDLER_TIMEOUT": 9, "TRUSTED_PROXIES": 1}
        with override_settings(WEBHOOK_KIT={**options, "REQUIRE_HTTPS": True}):
            made = dispatcher()
        assert (made.namespace, made.lease, made.handler_timeout) == ("production", 30.0, 9.0)
        assert (made.trusted_proxies, made.require_https) == (1, True)

    @pytest.mark.parametrize(
        ("given", "kind"), [(None, type(None)), ("sqlite://", SQLStore), (MemoryStore(), MemoryStore)]
    )
    def test_another_store_may_be_given(self, given: Any, kind: type) -> None:
        with override_settings(WEBHOOK_KIT={"IDEMPOTENCY": given}):
            made = dispatcher()
        assert type(made.store) is kind
        made.close()

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({"LEASE": "30"}, "WEBHOOK_KIT has an option that cannot be: lease is '30'; give seconds above 0"),
            ({"IDEMPOTENCY": "mysql://"}, "WEBHOOK_KIT has an option that cannot be: the URL of a store begins with"),
        ],
    )
    def test_an_option_that_cannot_be_is_refused(self, given: dict[str, Any], told: str) -> None:
        with override_settings(WEBHOOK_KIT=given), pytest.raises(ConfigurationError, match=told):
            dispatcher()
