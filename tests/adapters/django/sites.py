"""Databases of Django's for the store: each has an alias of its own, and a clock that can be moved."""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from asgiref.sync import SyncToAsync
from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.db.models import F
from psycopg.conninfo import conninfo_to_dict

from tests.conformance import django_site
from tests.idempotency.sites import POSTGRESQL, Site, _postgresql_answers, service
from webhook_kit.adapters.django import DjangoStore
from webhook_kit.idempotency import Claim, Store

# A server on which root needs no password, such as 127.0.0.1; the tests of MySQL are slow, and run where it is named.
MYSQL = os.environ.get("WEBHOOK_KIT_MYSQL", "")


class ClosingStore(DjangoStore):
    """Close the connections of other threads than the test's, as Django does where a request ends."""

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        try:
            return super().claim(key, fingerprint, lease)
        finally:
            if threading.current_thread() is not threading.main_thread():
                connections.close_all()


class DjangoSite(Site):
    """A database with the table of the store."""

    def __init__(self, **settings: Any) -> None:
        django_site.configure()
        self.alias = f"wk_{secrets.token_hex(6)}"
        databases = {"default": {}, self.alias: settings}
        connections.settings[self.alias] = connections.configure_settings(databases)[self.alias]
        call_command("migrate", "webhook_kit", database=self.alias, verbosity=0)
        with connections[self.alias].schema_editor() as editor:
            editor.create_model(apps.get_model("shop", "Effect"))

    def store(self, **options: Any) -> DjangoStore:
        return ClosingStore(using=self.alias, **options)

    def advance(self, store: Store, seconds: float) -> None:
        assert isinstance(store, DjangoStore)
        deliveries = store.deliveries()
        deliveries.update(leased_until=F("leased_until") - seconds, expires_at=F("expires_at") - seconds)

    def leave(self) -> None:
        # They close the connections of the databases that are known when they end.
        for thread in threading.enumerate():
            if thread.name.startswith("webhook_kit-django"):
                thread.join()
        SyncToAsync.single_thread_executor.submit(connections.close_all).result()
        connections[self.alias].close()
        del connections[self.alias]
        del connections.settings[self.alias]


class SQLiteFile(DjangoSite):
    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{secrets.token_hex(4)}.sqlite3"
        super().__init__(ENGINE="django.db.backends.sqlite3", NAME=str(self.path), OPTIONS={"timeout": 20})


class PostgreSQL(DjangoSite):
    def __init__(self, **options: Any) -> None:
        service("PostgreSQL", _postgresql_answers)
        self.schema = f"wk_{secrets.token_hex(6)}"
        self._execute(f"CREATE SCHEMA {self.schema}")
        given = conninfo_to_dict(POSTGRESQL)
        super().__init__(
            ENGINE="django.db.backends.postgresql",
            NAME=given["dbname"],
            USER=given.get("user", ""),
            PASSWORD=given.get("password", ""),
            HOST=given["host"],
            PORT=given.get("port", ""),
            OPTIONS={"options": f"-c search_path={self.schema}", **options},
        )

    def leave(self) -> None:
        connections[self.alias].close()
        if (close_pool := getattr(connections[self.alias], "close_pool", None)) is not None:
            close_pool()
        super().leave()
        self._execute(f"DROP SCHEMA {self.schema} CASCADE")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            connection.execute(statement.encode())


class MySQL(DjangoSite):
    """MySQL or MariaDB, by a driver in Python that stands for the usual one."""

    def __init__(self) -> None:
        pymysql.install_as_MySQLdb()
        self.name = f"wk_{secrets.token_hex(6)}"
        self._execute(f"CREATE DATABASE {self.name}")
        super().__init__(ENGINE="django.db.backends.mysql", NAME=self.name, HOST=MYSQL, USER="root")

    def leave(self) -> None:
        super().leave()
        self._execute(f"DROP DATABASE {self.name}")

    def _execute(self, statement: str) -> None:
        connection = pymysql.connect(host=MYSQL, user="root")
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()


SITES = ["sqlite", "postgresql", "mysql"]


def site(name: str, folder: Path) -> DjangoSite:
    """Return a site by its name."""
    if name == "sqlite":
        return SQLiteFile(folder)
    return PostgreSQL() if name == "postgresql" else MySQL()


MARKS: dict[str, Any] = {
    "sqlite": (),
    "postgresql": pytest.mark.services,
    "mysql": [
        pytest.mark.services,
        pytest.mark.slow,
        pytest.mark.skipif(not MYSQL, reason="WEBHOOK_KIT_MYSQL names no server"),
    ],
}


def params(*names: str) -> list[Any]:
    """Return the names as parameters, with marks on those that talk to a server."""
    return [pytest.param(name, marks=MARKS[name]) for name in names]
