"""The ``webhooks.py`` of every installed app is imported at start, and what it registers belongs to the project."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from tests.core.plain import SECRET, Plain, body, request
from webhook_kit import Dispatcher
from webhook_kit.adapters.django.discovery import discover, found_handlers

from .shop import webhooks as shop

hooks = Dispatcher()


@pytest.fixture(autouse=True)
def project() -> Iterator[None]:
    """A project whose dispatcher knows nothing of the app."""
    global hooks
    hooks = Dispatcher(idempotency=None)
    hooks.add(Plain(secret=SECRET))
    shop.seen.clear()
    with override_settings(WEBHOOK_KIT={"HOOKS": f"{__name__}.hooks"}):
        yield
    hooks.close()


def test_the_handlers_of_an_app_are_taken_in() -> None:
    discover()
    discover()
    assert hooks.dispatch(request(body(door="back"), sign=True)).status == 200
    assert shop.seen == ["back"]
    assert [handler.name for handler in hooks.plan.handlers] == [f"{shop.__name__}.welcome"]


def test_each_is_found_once_and_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "another_name", shop.handlers, raising=False)
    monkeypatch.setattr(shop, "hooks", hooks, raising=False)
    assert [name for name, _ in found_handlers()] == [f"{shop.__name__}.handlers"]


def test_nothing_is_taken_in_where_no_module_is_named() -> None:
    with override_settings(WEBHOOK_KIT={"HOOKS": f"{__name__}.hooks", "MODULE": None}):
        discover()
        assert [*found_handlers()] == []
    assert hooks.plan.handlers == ()


def test_without_a_dispatcher_the_modules_are_imported_all_the_same() -> None:
    with override_settings(WEBHOOK_KIT={}):
        discover()
        assert [name for name, _ in found_handlers()] == [f"{shop.__name__}.handlers"]


PROJECT = """
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["webhook_kit.adapters.django", "parcels"], USE_TZ=True, {options})
django.setup()
print("started")
"""


def start(folder: Path, webhooks: str, options: str = "") -> subprocess.CompletedProcess[str]:
    """Start a project with one app, in a process of its own."""
    app = folder / "parcels"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "webhooks.py").write_text(webhooks)
    return subprocess.run(
        [sys.executable, "-c", PROJECT.format(options=options)],
        cwd=folder,
        env={"PYTHONPATH": ":".join([str(folder), *sys.path])},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_they_are_imported_at_start(tmp_path: Path) -> None:
    ended = start(tmp_path, "print('imported')")
    assert (ended.stdout, ended.stderr) == ("imported\nstarted\n", "")


def test_another_module_may_be_named(tmp_path: Path) -> None:
    ended = start(tmp_path, "print('imported')", 'WEBHOOK_KIT={"MODULE": "hooks"}')
    assert (ended.stdout, ended.stderr) == ("started\n", "")


@pytest.mark.parametrize(
    ("webhooks", "options", "told"),
    [
        ("import parcels.nowhere", "", "ModuleNotFoundError: No module named 'parcels.nowhere'"),
        ("1 / 0", "", "ZeroDivisionError"),
        ("", 'WEBHOOK_KIT={"HOOKS": "parcels.webhooks.hooks"}', 'does not define a "hooks" attribute'),
        (
            "from webhook_kit import Dispatcher, Event\n"
            "from webhook_kit.providers.vcaas import VCaaS\n"
            "hooks = Dispatcher()\nhooks.add(VCaaS(url_token='a token of this test'))\n"
            "hooks.on('meetingDat')(print)",
            'WEBHOOK_KIT={"HOOKS": "parcels.webhooks.hooks"}',
            "which matches no known type; did you mean 'meetingData'",
        ),
    ],
    ids=["an import", "an error", "no dispatcher", "a pattern"],
)
def test_a_mistake_in_them_stops_the_start(webhooks: str, options: str, told: str, tmp_path: Path) -> None:
    ended = start(tmp_path, webhooks, options)
    assert told in ended.stderr
    assert (ended.stdout, ended.returncode) == ("", 1)
