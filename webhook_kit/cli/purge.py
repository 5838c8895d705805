"""``webhook-kit purge``: forget the deliveries of a store that have expired."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer
from rich.console import Console

from webhook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import URL

REDIS: Final = ("redis://", "rediss://", "unix://")
PREFIX: Final = "webhook_kit_"
PATIENCE: Final = 10.0


def purge(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            envvar="WEBHOOK_KIT_STORE",
            help="The store's, such as sqlite:///webhooks.db or postgresql://user@host/database.",
            show_default=False,
        ),
    ],
    prefix: Annotated[str, typer.Option(metavar="TEXT", help="What the names of the store's tables begin with.")] = (
        PREFIX
    ),
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait for the database.")] = PATIENCE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what has expired, and forget nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")] = False,
) -> None:
    """Forget the deliveries of a SQLStore that have expired.

    A store that is in use does so by itself, a thousand a minute at least. This is for what is left over, after a burst
    or where nothing is received any more. It goes in batches, beside applications that are running; what has not
    expired stays. Redis forgets by itself.

    A URL with a password is better given as WEBHOOK_KIT_STORE than on the command line, which others can see.
    """
    if url.startswith(REDIS):
        _show({"store": "redis", "dry_run": dry_run, "deliveries": 0, "seconds": 0.0}, as_json)
        return
    started = time.monotonic()
    with _trouble_in_one_line():
        store, number = _purged(url, prefix, timeout, dry_run)
    seconds = round(time.monotonic() - started, 3)
    _show({"store": store, "dry_run": dry_run, "deliveries": number, "seconds": seconds}, as_json)


def _purged(url: str, prefix: str, timeout: float, dry_run: bool) -> tuple[str, int]:
    """Return what kind of store this is, and how many deliveries were, or would be, forgotten."""
    from webhook_kit.idempotency import SQLStore

    store = SQLStore(url, prefix=prefix, timeout=timeout)
    address = _parsed(url)
    kind = "sqlite" if address.get_backend_name() == "sqlite" else "postgresql"
    with closing(store):
        if kind == "sqlite":
            _look(address, f"{prefix}deliveries")
        if dry_run:
            return kind, store.expired()
        with Console(stderr=True).status("purging …") as status:
            return kind, store.purge(lambda number: status.update(f"purging … {number:,} so far"))


def _parsed(url: str) -> URL:
    from sqlalchemy import make_url

    address = make_url(url)
    if "@" in (address.host or ""):
        # Else the rest of it would be taken for a host, and shown.
        raise ConfigurationError("the password in the URL holds an @: write it as %40")
    return address


def _look(address: URL, table: str) -> None:
    """Raise :class:`ConfigurationError` where a SQLite file has no such table, which a store would make."""
    from sqlalchemy import create_engine, inspect

    database = address.database or ""
    if database in ("", ":memory:") or address.query.get("mode") == "memory":
        raise ConfigurationError("a database in memory is that of its process; give the URL of a file")
    file = database if database.startswith("file:") else f"file:{quote(database)}"
    engine = create_engine(address.set(database=file).update_query_dict({"mode": "ro", "uri": "true"}))
    try:
        if not inspect(engine).has_table(table):
            raise ConfigurationError(f"the file has no table {table}: no store with this prefix has used it")
    finally:
        engine.dispose()


def _show(result: dict[str, Any], as_json: bool) -> None:
    number = result["deliveries"]
    deliveries = "1 expired delivery" if number == 1 else f"{number:,} expired deliveries"
    if as_json:
        typer.echo(json.dumps(result))
    elif result["store"] == "redis":
        typer.echo("Redis forgets expired deliveries by itself: there is nothing to purge.")
    elif result["dry_run"]:
        typer.echo(f"Would forget {deliveries}.")
    else:
        typer.echo(f"Forgot {deliveries} in {result['seconds']:.1f} s.")


@contextmanager
def _trouble_in_one_line() -> Iterator[None]:
    """End with a line that says what is wrong."""
    # What the store logs is the same.
    silent = logging.NullHandler()
    logger = logging.getLogger("webhook_kit")
    logger.addHandler(silent)
    try:
        yield
    except Exception as error:
        # Every driver has errors of its own, and SQLAlchemy wraps them.
        reason = getattr(error, "orig", None) or error
        line = next(iter(str(reason).splitlines()), type(reason).__name__)
        typer.echo(f"cannot purge: {line}", err=True)
        raise typer.Exit(1) from None
    finally:
        logger.removeHandler(silent)
