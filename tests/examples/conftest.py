"""Examples that are set up when they are imported, each test with one of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

Load = Callable[[str], Any]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import an example anew, with its database in a folder of the test."""
    loaded: list[Any] = []

    def load(name: str) -> Any:
        monkeypatch.setenv(f"{name.removesuffix('_app').upper()}_DATABASE", f"sqlite:///{tmp_path}/{name}.db")
        monkeypatch.delitem(sys.modules, f"examples.{name}", raising=False)
        loaded.append(import_module(f"examples.{name}"))
        return loaded[-1]

    yield load
    for module in loaded:
        module.hooks.close()
        sys.modules.pop(module.__name__, None)
