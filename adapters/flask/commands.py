"""What ``flask webhooks`` can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
import flask
from flask.cli import AppGroup

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError
from webhook_kit.idempotency.base import Store

from ..listing import served, store_name
from .mounts import mounts_of

COMMAND: Final = "webhooks"

webhooks = AppGroup(COMMAND, help="Look after the webhooks of this application.")


@webhooks.command("list")
def list_() -> None:
    """Show what is served, who handles it, and where it is remembered."""
    for line in served(mounts_of(flask.current_app).items()):
        click.echo(line)


@webhooks.command()
def check() -> None:
    """Fail where the set-up is wrong or the store not ready, and say what to do."""
    for hooks in _dispatchers():
        with _told():
            hooks.check()
    for store in _stores():
        with _told():
            store.check()
        click.echo(f"{store_name(store)} is ready.")


@webhooks.command()
def create() -> None:
    """Make the tables of the store, unless they are there."""
    for store in _stores():
        made: Any = getattr(store, "create", None)
        if made is None:
            click.echo(f"{store_name(store)} needs no tables.")
            continue
        with _told():
            made()
        click.echo(f"{store_name(store)} has its tables.")


@webhooks.command()
def purge() -> None:
    """Forget deliveries that have expired, at once."""
    for store in _stores():
        purged: Any = getattr(store, "purge", None)
        if purged is None:
            click.echo(f"{store_name(store)} forgets by itself.")
            continue
        with _told():
            click.echo(f"{store_name(store)} has forgotten {purged()} expired deliveries.")


@webhooks.command()
@click.argument("event")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="A value in it, such as data.bot_id=b-1.")
@click.option("--endpoint", metavar="PATH", help="Which one, where several receive such an event.")
@click.option("--to", metavar="URL", help="The mount of a server, such as https://example.com/webhooks.")
def send(event: str, changes: Sequence[str], endpoint: str | None, to: str | None) -> None:
    """Send a signed sample of EVENT, and fail unless it is delivered.

    EVENT is the name of a class, or the one on the wire. It is sent to this application itself, whose handlers run and
    do what they do, or with --to to a server that has the same secrets. Each is a delivery of its own.
    """
    from ..sending import Unanswered, change, sent

    try:
        fields = dict(map(change, changes))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    try:
        answer = sent(to or flask.current_app, mounts_of(flask.current_app).items(), event, fields, endpoint)
    except (ConfigurationError, Unanswered) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{answer}")
    if not answer.delivered:
        raise click.exceptions.Exit(1)


def _dispatchers() -> list[Dispatcher]:
    """Return each dispatcher of the current application once."""
    return list(dict.fromkeys(mounts_of(flask.current_app).values()))


def _stores() -> list[Store]:
    """Return each store of the current application once."""
    return list({id(hooks.store): hooks.store for hooks in _dispatchers() if hooks.store is not None}.values())


@contextmanager
def _told() -> Iterator[None]:
    """End the command with what is wrong, in one line."""
    try:
        yield
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    except Exception as error:
        # Without the text, which may hold an address with its password.
        raise click.ClickException(f"the store cannot be reached: {type(error).__name__}") from None
