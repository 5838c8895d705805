"""The store keeps the contract of all stores, in every database that Django's projects have."""

from __future__ import annotations

from functools import partial

import pytest

from tests.idempotency.test_contract import AtASite

from .sites import MYSQL, site


class TestSQLite(AtASite):
    made = partial(site, "sqlite")


@pytest.mark.services
class TestPostgreSQL(AtASite):
    made = partial(site, "postgresql")


if MYSQL:  # rather than a hundred lines about what was skipped

    @pytest.mark.services
    @pytest.mark.slow
    class TestMySQL(AtASite):
        made = partial(site, "mysql")
