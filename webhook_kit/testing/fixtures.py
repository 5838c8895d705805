"""What the fixtures of the pytest plugin do; imported by the first test that uses one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from secrets import token_hex
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

from ..dispatcher import Dispatcher, living_dispatchers
from ..errors import ConfigurationError
from ..idempotency.memory import MemoryStore
from ..providers import base
from .client import WebhookClient, only_dispatcher
from .clock import FrozenClock
from .references import is_factory

FRAMEWORKS: Final = {"flask", "starlette", "fastapi"}


def imported(reference: str) -> Any:
    """Return what ``module:attribute`` names; a function that takes nothing is called for it, as create_app is."""
    module, _, names = reference.partition(":")
    if not names:
        raise ConfigurationError(f"{reference!r} names no attribute: write module:attribute, such as shop.hooks:hooks")
    found: Any = import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    return found() if is_factory(found) else found


def is_application(value: object) -> bool:
    """Whether this is an application of a framework that is known."""
    return any(each.__module__.partition(".")[0] in FRAMEWORKS for each in type(value).__mro__)


def django_client() -> Any:
    """Return Django's test client in a project of Django's, None elsewhere."""
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    if settings is None or not settings.configured or not getattr(settings, "ROOT_URLCONF", None):
        return None
    from django.test import Client

    return Client()


def client_for(target: Any, hooks: Dispatcher | None, path: str) -> WebhookClient:
    """Return the client of a test; without a target the dispatcher itself receives."""
    if target is None:
        receives: Any = hooks or only_dispatcher()
    else:
        receives = target
    client = WebhookClient(receives, hooks=hooks, path=path or None)
    client.hooks.check(injects=target is not None)
    return client


@contextmanager
def apart() -> Iterator[None]:
    """Keep the deliveries of a test apart from those of all other tests, in whatever store."""
    namespace = f"test-{token_hex(8)}"
    endpoints = [(each, endpoint) for each in living_dispatchers() for endpoint in each.endpoints]
    for dispatcher, endpoint in endpoints:
        endpoint.keep_apart(f"{dispatcher.namespace}/{namespace}")
    try:
        yield
    finally:
        for dispatcher, endpoint in endpoints:
            endpoint.keep_apart(dispatcher.namespace)


@contextmanager
def frozen() -> Iterator[FrozenClock]:
    """Stop the clock of every provider and of every store in memory, also of those that are made meanwhile."""
    clock = FrozenClock()
    started, thawed = clock.now, False

    def wall() -> float:
        return time.time() if thawed else clock()

    def steady() -> float:
        return time.monotonic() if thawed else began + clock() - started

    began = time.monotonic()
    try:
        with ExitStack() as stack:
            for dispatcher in living_dispatchers():
                for endpoint in dispatcher.endpoints:
                    stack.enter_context(patch.object(endpoint.provider, "clock", clock))
                if isinstance(dispatcher.store, MemoryStore):
                    stack.enter_context(patch.object(dispatcher.store, "_clock", steady))
            stack.enter_context(patch.object(base, "time", SimpleNamespace(time=wall)))
            stack.enter_context(patch.dict(MemoryStore.__init__.__kwdefaults__ or {}, clock=steady))
            yield clock
    finally:
        thawed = True
