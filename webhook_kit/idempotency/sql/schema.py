"""The tables of :class:`SQLStore`, and their version."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Column, Connection, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from ...errors import ConfigurationError

VERSION: Final = 1

_PREFIX = re.compile(r"[a-z_][a-z0-9_]{0,39}")


class Schema:
    """One table of deliveries, and one that says which version of it this is."""

    def __init__(self, prefix: str) -> None:
        if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
            raise ConfigurationError(
                f"prefix is {prefix!r}; give at most 40 lower-case letters, digits and _, such as webhook_kit_"
            )
        self.prefix = prefix
        self.deliveries = f"{prefix}deliveries"
        self.versions = f"{prefix}schema"
        tables = MetaData()
        self._deliveries = Table(
            self.deliveries,
            tables,
            Column("key", String(128), primary_key=True),
            # Null once released or completed.
            Column("token", String(64)),
            # Unix seconds by the database's clock; the time of completion or release where there is no token.
            Column("leased_until", Float(53), nullable=False),
            Column("attempt", Integer, nullable=False),
            # The names of handlers that need not run again, as a JSON array.
            Column("done", Text, nullable=False),
            # The answer, once completed; its headers as a JSON array of pairs.
            Column("status", Integer),
            Column("headers", Text),
            Column("body", LargeBinary),
            Column("expires_at", Float(53), nullable=False),
        )
        self._expiry = Index(f"{prefix}deliveries_expires_at", self._deliveries.c.expires_at)
        self._versions = Table(self.versions, tables, Column("version", Integer, nullable=False))

    def create(self, connection: Connection) -> None:
        """Make the tables unless they are there, in the caller's transaction, of which there is one at a time."""
        for table in (self._versions, self._deliveries):
            connection.execute(CreateTable(table, if_not_exists=True))
        connection.execute(CreateIndex(self._expiry, if_not_exists=True))
        if self._version(connection) is None:
            connection.execute(self._versions.insert().values(version=VERSION))
        self.check(connection)

    def check(self, connection: Connection) -> None:
        """Raise :class:`ConfigurationError` unless the tables are there and of this version."""
        try:
            version = self._version(connection)
        except DBAPIError as error:
            if not _no_such_table(error):
                raise
            raise self.missing() from None
        if version is None:
            raise self.missing()
        if version != VERSION:
            raise ConfigurationError(
                f"the tables {self.prefix}* are of version {version}, and this webhook_kit works with version "
                f"{VERSION}: install the webhook_kit that made them, or give SQLStore another prefix= and run "
                "SQLStore(url).create()"
            )

    def missing(self) -> ConfigurationError:
        """Return the error for tables that are not there."""
        return ConfigurationError(
            f"the database has no table {self.deliveries}: run SQLStore(url).create() once, before the application"
        )

    def _version(self, connection: Connection) -> int | None:
        version: int | None = connection.scalar(text(f"SELECT version FROM {self.versions}"))  # noqa: S608  # checked
        return version


def _no_such_table(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "42P01" or "no such table" in str(error.orig)
