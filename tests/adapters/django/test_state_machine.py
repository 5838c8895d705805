"""The store agrees with the model of all stores, and one that lacks a part of the promise does not."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from tests.idempotency.machine import compare
from webhook_kit.adapters.django import transitions

from .sites import SQLiteFile, params, site

pytestmark = pytest.mark.slow

EXAMPLES = {"sqlite": 25, "postgresql": 12, "mysql": 12}


@pytest.mark.parametrize("name", params(*EXAMPLES))
def test_the_store_agrees_with_the_model(name: str, tmp_path: Path) -> None:
    at = site(name, tmp_path)
    try:
        compare(at.store(), at, EXAMPLES[name])
    finally:
        at.leave()


@pytest.mark.parametrize(
    ("function", "part", "instead"),
    [
        ("_held", ".filter(token=token)", ""),
        ("claim", "elif left > 0:", "elif False:"),
        ("claim", "elif left > 0:", "elif True:"),
        ("claim", "attempt=attempt + 1,", ""),
    ],
    ids=["no fence", "every lease is over", "no lease ends", "no attempts"],
)
def test_the_machine_finds_what_the_store_lacks(
    function: str, part: str, instead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace: dict[str, Any] = dict(vars(transitions))
    source = inspect.getsource(namespace[function])
    assert part in source
    exec(source.replace(part, instead), namespace)
    monkeypatch.setattr(transitions, function, namespace[function])
    at = SQLiteFile(tmp_path)
    try:
        with pytest.raises(AssertionError):
            compare(at.store(), at, 200, shrink=False)
    finally:
        at.leave()
