"""What can be imported, and what importing it does not pull in."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import webhook_kit
from webhook_kit import idempotency

ROOT = Path(webhook_kit.__file__).parent

NAMES = [
    "ConfigurationError",
    "Delivery",
    "Dispatcher",
    "Event",
    "Handlers",
    "Outcome",
    "RawRequest",
    "RawResponse",
    "Record",
    "RedactQuery",
    "UnknownEvent",
    "WeakSecretWarning",
    "WebhookError",
]

FRAMEWORKS = ["django", "fastapi", "flask", "starlette", "uvicorn", "werkzeug"]
EXTRAS = ["cryptography", "httpx", "httpx2", "psycopg", "redis", "rich", "sqlalchemy", "typer"]

IMPORTS = """
import importlib, pkgutil, sys
import webhook_kit, webhook_kit.idempotency, webhook_kit.providers
for found in pkgutil.walk_packages(webhook_kit.providers.__path__, "webhook_kit.providers."):
    importlib.import_module(found.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_the_public_names_are_these_and_sorted() -> None:
    assert webhook_kit.__all__ == NAMES


def test_every_public_name_is_there() -> None:
    assert [name for name in NAMES if not hasattr(webhook_kit, name)] == []
    assert set(NAMES) <= set(dir(webhook_kit))


def test_the_names_are_shown_before_they_are_used() -> None:
    shown = "import webhook_kit; print(*dir(webhook_kit))"
    found = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert set(NAMES) <= set(found.stdout.split())


def test_what_is_not_used_is_not_imported() -> None:
    """An installed pytest plugin costs other projects nothing."""
    shown = "import sys, webhook_kit; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert not {"pydantic", "asgiref", "webhook_kit.dispatcher"} & set(found.stdout.split())


def test_a_star_import_brings_the_public_names_only() -> None:
    scope: dict[str, object] = {}
    exec("from webhook_kit import *", scope)
    assert sorted(scope.keys() - {"__builtins__"}) == NAMES


def test_the_idempotency_package_exports_what_a_store_needs() -> None:
    assert {"Busy", "Done", "MemoryStore", "New", "Store"} <= set(idempotency.__all__)
    assert idempotency.__all__ == sorted(idempotency.__all__)


def test_the_version_is_that_of_the_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def version(name: str) -> str:
        asked.append(name)
        return "1.2.3"

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert webhook_kit.__version__ == "1.2.3"
    assert asked == ["webhook-kit"]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'webhook_kit' has no attribute 'Dispatch'"):
        webhook_kit.Dispatch  # type: ignore[attr-defined]  # noqa: B018  # which is the test


def test_importing_the_kit_and_its_providers_imports_no_framework_and_no_extra() -> None:
    found = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    loaded = found.stdout.split()
    assert "webhook_kit" in loaded
    assert sorted({*loaded} & {*FRAMEWORKS, *EXTRAS}) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.py")), ids=lambda path: path.name)
def test_no_module_of_the_core_names_a_framework(path: Path) -> None:
    """Not even inside a function: what the core needs, an adapter hands in."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            named.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            named.add(str(node.module).partition(".")[0])
    assert sorted(named & set(FRAMEWORKS)) == []
