"""What the tests of Tencent's providers share."""

from __future__ import annotations

import pytest

from .sending import Driver


@pytest.fixture(params=["dispatch", "adispatch"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """Return each of the two drivers in turn."""
    driver: Driver = request.param
    return driver
