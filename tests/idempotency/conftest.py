"""A site for each test, and the drivers of the core's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.conftest import send
from tests.idempotency.sites import SITES, Site, params, site

__all__ = ["place", "send"]


@pytest.fixture(params=params(*SITES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """Every site in turn, unless the test names some."""
    found = site(request.param, tmp_path)
    yield found
    found.leave()
