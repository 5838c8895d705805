"""The database's own clock, on which leases run: those of several machines differ."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db.models import FloatField, Func
from django.db.utils import NotSupportedError


class Clock(Func):
    """Unix seconds at the start of the statement.

    A number, because a date and time would depend on ``USE_TZ``, and on the time zone of a session of MySQL.
    """

    arity = 0

    def __init__(self) -> None:
        super().__init__(output_field=FloatField())

    def as_sql(self, compiler: Any, connection: Any, *arguments: Any, **options: Any) -> NoReturn:
        raise NotSupportedError(
            f"DjangoStore reads the clock of PostgreSQL, SQLite, MySQL and MariaDB, and not of {connection.vendor}; "
            'keep the deliveries elsewhere: DjangoStore(using="another"), SQLStore or RedisStore'
        )

    def as_sqlite(self, compiler: Any, connection: Any, **options: Any) -> tuple[str, tuple[()]]:
        return "((julianday('now') - 2440587.5) * 86400.0)", ()

    def as_postgresql(self, compiler: Any, connection: Any, **options: Any) -> tuple[str, tuple[()]]:
        # Not now(), which is the start of the transaction, nor clock_timestamp(), for which no index is used.
        return "CAST(extract(epoch FROM statement_timestamp()) AS double precision)", ()

    def as_mysql(self, compiler: Any, connection: Any, **options: Any) -> tuple[str, tuple[()]]:
        return "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000E0)", ()
