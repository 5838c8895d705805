"""Stores whose libraries are extras are imported when they are named."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from webhook_kit import ConfigurationError, idempotency

LOADED = """
import sys
import webhook_kit.idempotency
def loaded(): return sorted({"redis", "sqlalchemy", "psycopg"} & {name.partition(".")[0] for name in sys.modules})
print(loaded())
from webhook_kit.idempotency import SQLStore
SQLStore("sqlite://").close()
print(loaded())
"""


def test_only_what_is_named_is_imported() -> None:
    found = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert found.stdout.split("\n") == ["[]", "['sqlalchemy']", ""]


def test_a_store_is_found_once() -> None:
    assert idempotency.SQLStore is idempotency.SQLStore
    assert idempotency.RedisStore.__name__ == "RedisStore"


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'MongoStore'"):
        idempotency.MongoStore  # type: ignore[attr-defined]  # noqa: B018  # which is the test


@pytest.mark.parametrize(
    ("store", "module", "library", "extra"),
    [("SQLStore", "sql", "sqlalchemy", "sql"), ("RedisStore", "redis", "redis", "redis")],
)
def test_without_the_library_the_extra_is_named(
    store: str, module: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    getattr(idempotency, store)
    monkeypatch.delitem(vars(idempotency), store)
    monkeypatch.setattr(idempotency, "import_module", missing(library))
    with pytest.raises(ConfigurationError, match=rf'{store} needs {library}: pip install "webhook-kit\[{extra}\]"'):
        getattr(idempotency, store)


def test_another_module_that_is_missing_is_not_explained_away(monkeypatch: pytest.MonkeyPatch) -> None:
    _ = idempotency.SQLStore
    monkeypatch.delitem(vars(idempotency), "SQLStore")
    monkeypatch.setattr(idempotency, "import_module", missing("unrelated"))
    with pytest.raises(ModuleNotFoundError, match="unrelated"):
        _ = idempotency.SQLStore


def missing(library: str) -> Any:
    def import_module(*arguments: object) -> Any:
        raise ModuleNotFoundError(f"No module named {library!r}", name=library)

    return import_module
