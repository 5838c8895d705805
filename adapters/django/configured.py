"""The dispatcher that a project's settings describe."""

from __future__ import annotations

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError
from webhook_kit.idempotency.urls import store_at

from .settings import current
from .store import DjangoStore


def dispatcher() -> Dispatcher:
    """Return a new dispatcher with the options in ``WEBHOOK_KIT``.

    It keeps deliveries in the project's database, unless ``IDEMPOTENCY`` is a store, the URL of one, or None for none.
    """
    options = dict(current().options)
    given = options.get("idempotency")
    try:
        if isinstance(given, str):
            options["idempotency"] = store_at(given)
        elif "idempotency" not in options:
            options["idempotency"] = DjangoStore()
        return Dispatcher(**options)
    except ConfigurationError as error:
        raise ConfigurationError(f"WEBHOOK_KIT has an option that cannot be: {error}") from None
