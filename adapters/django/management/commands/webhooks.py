"""``manage.py webhooks``: what is served, what became of deliveries, and one to try it with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.test import Client

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError
from webhook_kit.idempotency.base import Store

from ....listing import served, store_name, table
from ....sending import Unanswered, change, sent
from ...models import State, StoredDelivery, moment
from ...mounts import dispatchers, mounts, project_database


class Command(BaseCommand):
    """One command with an action, as other frameworks' ``webhooks`` has."""

    help = "Look after the webhooks of this project."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="action")
        actions.add_parser("list", help="Show what is served, who handles it, and where it is remembered.")
        found = actions.add_parser("deliveries", help="Show the newest deliveries of DjangoStore.")
        found.add_argument("--state", choices=State.values, help="only those in this state")
        found.add_argument("--endpoint", help="only those of this endpoint, such as meeting-baas")
        found.add_argument("--limit", type=int, default=20, metavar="N", help="so many of them (20)")
        actions.add_parser("purge", help="Forget deliveries that have expired, at once.")
        send = actions.add_parser("send", help="Send a signed sample, and fail unless it is delivered.")
        send.add_argument("event", help="a class of events or a name on the wire, such as MeetingCompleted")
        send.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help="another value, such as data.bot_id=b-1"
        )
        send.add_argument("--endpoint", help="where several receive such an event")
        send.add_argument("--to", metavar="URL", help="the address of the mount elsewhere; without it, this project's")

    def handle(self, *arguments: Any, action: str, **options: Any) -> None:
        with _told():
            getattr(self, f"_{action}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        mounted = [(mount.path or "…/", mount.hooks) for mount in mounts()]
        elsewhere = [hooks for hooks in dispatchers() if all(hooks is not each for _, each in mounted)]
        for line in served([*mounted, *(("(not mounted) ", hooks) for hooks in elsewhere)]):
            self.stdout.write(line)

    def _deliveries(self, options: dict[str, Any]) -> None:
        found = StoredDelivery.in_database(project_database()).with_state().order_by("-arrived_at")
        for name in ("state", "endpoint"):
            if options[name] is not None:
                found = found.filter((name, options[name]))
        heading = ("KEY", "STATE", "ENDPOINT", "ATTEMPT", "ARRIVED", "UNTIL")
        for line in table(heading, [_row(each) for each in found[: options["limit"]]]):
            self.stdout.write(line)

    def _purge(self, options: dict[str, Any]) -> None:
        for store in _stores(dispatchers()):
            purge: Any = getattr(store, "purge", None)
            if purge is None:
                self.stdout.write(f"{store_name(store)} forgets by itself.")
            else:
                self.stdout.write(f"{store_name(store)} has forgotten {purge()} expired deliveries.")

    def _send(self, options: dict[str, Any]) -> None:
        address = options["to"]
        known = [(mount.path or "/", mount.hooks) for mount in mounts() if address or mount.path is not None]
        if not known:
            raise CommandError(
                'No URL without parameters leads to webhooks: give --to, or add path("webhooks/", urls(hooks)).'
            )
        # Strict about CSRF, as vendors have no token.
        client = Client(enforce_csrf_checks=True, raise_request_exception=False, SERVER_NAME=_host())
        try:
            fields = dict(map(change, options["set"]))
            answer = sent(address or client, known, options["event"], fields, options["endpoint"])
        except (Unanswered, ValueError) as error:
            raise CommandError(str(error)) from None
        if not answer.delivered:
            raise CommandError(str(answer))
        self.stdout.write(str(answer))


def _row(delivery: Any) -> Sequence[str]:
    times = [each.strftime("%Y-%m-%d %H:%M:%S") for each in (moment(delivery.arrived_at), delivery.until)]
    return (delivery.short_key, delivery.state, delivery.endpoint, str(delivery.attempt), *times)


def _stores(found: Sequence[Dispatcher]) -> list[Store]:
    """Return each store once."""
    return list({id(hooks.store): hooks.store for hooks in found if hooks.store is not None}.values())


def _host() -> str:
    """Return a host that the project answers to."""
    named = [each.lstrip(".") for each in settings.ALLOWED_HOSTS if "*" not in each]
    return named[0] if named else "localhost"


@contextmanager
def _told() -> Iterator[None]:
    """End the command with what is wrong, in one line."""
    try:
        yield
    except ConfigurationError as error:
        raise CommandError(str(error)) from None
    except Error as error:
        # Without the text, which may hold an address with its password.
        raise CommandError(f"the database does not answer as it should: {type(error).__name__}") from None
