"""Every store keeps the contract, which is what third-party stores run too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import pytest

from tests.idempotency.sites import Memory, Site, site
from webhook_kit.idempotency import Store
from webhook_kit.testing.store_contract import StoreContract


class AtASite(StoreContract):
    """The contract at one site, which its cases share."""

    site: ClassVar[Site]
    made: ClassVar[Callable[[Path], Site]]

    @classmethod
    def setup_class(cls) -> None:
        cls.folder = TemporaryDirectory()
        cls.site = cls.made(Path(cls.folder.name))

    @classmethod
    def teardown_class(cls) -> None:
        cls.site.leave()
        cls.folder.cleanup()

    def make_store(self) -> Store:
        return self.site.store()

    def advance(self, store: Store, seconds: float) -> None:
        self.site.advance(store, seconds)


class TestMemory(AtASite):
    made = partial(site, "memory")


class TestSQLiteFile(AtASite):
    made = partial(site, "sqlite-file")


class TestSQLiteMemory(AtASite):
    made = partial(site, "sqlite-memory")


@pytest.mark.services
class TestPostgreSQL(AtASite):
    made = partial(site, "postgresql")


@pytest.mark.services
class TestRedis(AtASite):
    made = partial(site, "redis")


def test_the_contract_asks_for_a_store_and_a_clock() -> None:
    class Nothing(StoreContract):
        pass

    with pytest.raises(NotImplementedError):
        Nothing().make_store()
    with pytest.raises(NotImplementedError):
        Nothing().advance(Memory().store(), 1)
