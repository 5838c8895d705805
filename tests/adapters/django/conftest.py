"""Django, configured before a module of tests imports a model; databases; the drivers of the core's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import django_site
from tests.core.conftest import send

django_site.configure()

from .sites import DjangoSite, params, site  # noqa: E402

__all__ = ["send"]


@pytest.fixture(params=params("sqlite", "postgresql"))
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DjangoSite]:
    """A database of this test's own."""
    found = site(request.param, tmp_path)
    yield found
    found.leave()
