"""Distributions that are installed for one test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with one module, and entry points ``name = "module:attribute"`` of this kit's group."""
    before = set(sys.modules)

    def installed(distribution: str, source: str, **providers: str) -> None:
        folder = tmp_path / distribution
        module = distribution.replace("-", "_")
        metadata = folder / f"{module}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (folder / f"{module}.py").write_text(source, encoding="utf-8")
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        points = "".join(f"{name.replace('_', '-')} = {value}\n" for name, value in providers.items())
        (metadata / "entry_points.txt").write_text(f"[webhook_kit.providers]\n{points}", encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        invalidate_caches()

    yield installed
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
