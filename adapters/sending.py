"""A signed sample, sent as its vendor would: for the command of a framework."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from typing import Any

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, nearest
from webhook_kit.events import Event
from webhook_kit.testing import Answer, WebhookClient, sample_body
from webhook_kit.testing.client import receiver_of
from webhook_kit.testing.wire import Unanswered

__all__ = ["Unanswered", "change", "sent"]


def change(text: str) -> tuple[str, Any]:
    """Return the field and the value in ``field=value``, which is JSON or else text; raises ValueError."""
    field, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is no FIELD=VALUE")
    try:
        return field, json.loads(value)
    except ValueError:
        return field, value


def sent(
    target: Any,
    mounts: Iterable[tuple[str, Dispatcher]],
    name: str,
    changes: dict[str, Any],
    endpoint: str | None,
) -> Answer:
    """Send a sample of the event with this name to an application with these mounts, or to the address of a mount."""
    path, hooks, model, wire = _found(mounts, name)
    provider = receiver_of(hooks, model, wire, endpoint)
    vendor = provider.vendor
    sample = vendor.message(wire or vendor.type_of(model), sample_body(model, **changes))
    # Twice the same bytes would be a retry: white space of its own makes it a delivery of its own.
    space = bytes(random.choices(b" \t\r\n", k=16))  # noqa: S311  # nothing depends on it
    client = WebhookClient(target, hooks=hooks, path=path)
    return client.deliver(vendor.message(sample.type, sample.body + space), endpoint=provider.path)


def _found(mounts: Iterable[tuple[str, Dispatcher]], name: str) -> tuple[str, Dispatcher, type[Event], str | None]:
    """Return where an event is received, its class, and its name on the wire if that was given."""
    known: set[str] = set()
    for path, hooks, wire, model in _events(mounts):
        if name == model.__name__:
            return path, hooks, model, None
        if name == wire:
            return path, hooks, model, wire
        known |= {wire, model.__name__}
    if not known:
        raise ConfigurationError("this application receives no events: call add() of what is mounted")
    raise ConfigurationError(f"this application receives no {name!r}; did you mean {nearest(name, known)}?")


def _events(mounts: Iterable[tuple[str, Dispatcher]]) -> Iterator[tuple[str, Dispatcher, str, type[Event]]]:
    for path, hooks in mounts:
        for endpoint in hooks.endpoints:
            for wire, model in endpoint.provider.catalog.items():
                yield path, hooks, wire, model
