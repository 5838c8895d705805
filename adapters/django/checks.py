"""What ``manage.py check`` says about webhooks. What cannot work at all is an error at start instead."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from types import CodeType
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.db import connections
from django.utils.module_loading import import_string

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.endpoint import Endpoint
from webhook_kit.errors import ConfigurationError
from webhook_kit.handlers import Handler
from webhook_kit.idempotency.memory import MemoryStore

from .discovery import found_handlers
from .mounts import dispatchers, mounts
from .settings import current, project_hooks
from .store import DjangoStore
from .tables import has_table, missing

READ_THE_BODY: Final = {"body", "POST", "FILES"}
"""What a middleware touches that has Django read the body."""

# What gunicorn is told in GUNICORN_CMD_ARGS.
_WORKERS: Final = re.compile(r"(?:-w\s*|--workers[= ]\s*)(\d+)")


def register() -> None:
    """Have Django run the checks."""
    checks.register(check_hooks, "webhooks")
    checks.register(check_deployment, "webhooks", deploy=True)
    checks.register(check_tables, checks.Tags.database)


def check_hooks(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Look at every dispatcher, without asking anything outside of this process."""
    found = [*_check_project(), *_check_addresses()]
    for hooks in dispatchers():
        try:
            hooks.check()
        except ConfigurationError as error:  # by what was registered after the mount
            found.append(checks.Error(str(error), id="webhook_kit.E001"))
            continue
        for endpoint in hooks.endpoints:
            found += [*_check_verification(endpoint), *_check_secret(endpoint), *_check_retries(hooks, endpoint)]
        found += [*_check_deadlines(hooks), *_check_lease(hooks), *_check_body_limit(hooks)]
        if several_workers():
            found += _check_memory(hooks)
    return found


def check_deployment(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Look at what matters in production, and ask the callables for their secrets."""
    found: list[CheckMessage] = []
    for hooks in dispatchers():
        for endpoint in hooks.endpoints:
            found += _check_callable(endpoint)
        found += _check_proxies(hooks)
        if not several_workers():
            found += _check_memory(hooks)
    return found


def check_tables(
    app_configs: Sequence[AppConfig] | None, databases: Iterable[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Look for the table, where Django allows to use a database: ``manage.py check --database default``."""
    if sys.argv[1:2] == ["migrate"]:  # which asks before it makes the table
        return []
    aliases = {each.store.using for each in dispatchers() if isinstance(each.store, DjangoStore)}
    return [
        _warning("W005", missing(alias), f"Run manage.py migrate webhook_kit --database {alias}.")
        for alias in sorted(aliases.intersection(databases or ()))
        if not has_table(alias)
    ]


def several_workers() -> bool:
    """Whether the environment tells servers to start more than one process."""
    told = [os.environ.get("WEB_CONCURRENCY", ""), *_WORKERS.findall(os.environ.get("GUNICORN_CMD_ARGS", ""))]
    return any(number.isdecimal() and int(number) > 1 for number in told)


def _check_project() -> Iterator[CheckMessage]:
    hooks = project_hooks()
    if hooks is None:
        included = [each for served in dispatchers() for each in served._below()]
        for name, handlers in found_handlers():
            if not any(each is handlers for each in included):
                yield _warning(
                    "W008",
                    f"{name} is found, and belongs to no dispatcher, so that nothing calls its handlers.",
                    'Write WEBHOOK_KIT = {"HOOKS": "project.webhooks.hooks"}, the dotted path of your Dispatcher.',
                )
    elif getattr(settings, "ROOT_URLCONF", None) and not any(mount.hooks is hooks for mount in mounts()):
        yield _warning(
            "W009",
            'No URL leads to WEBHOOK_KIT["HOOKS"], so that nothing can arrive.',
            'Add path("webhooks/", urls(hooks)) to the URLconf, with urls of webhook_kit.adapters.django.',
        )
    for name, value in current().options.items():
        if hooks is not None and name != "idempotency" and getattr(hooks, name) != value:
            yield _warning(
                "W012",
                f'WEBHOOK_KIT["{name.upper()}"] is {value!r}, and the {name} of HOOKS is {getattr(hooks, name)!r}.',
                "Make it with dispatcher() of webhook_kit.adapters.django, or leave the setting out.",
            )


def _check_addresses() -> Iterator[CheckMessage]:
    for mount in mounts():
        if mount.path is not None and (not mount.path.endswith("/") or "//" in mount.path):
            yield _warning(
                "W013",
                f"Deliveries have to arrive at {mount.path}<endpoint>, because of the slashes in the URLconf.",
                'Write path("webhooks/", urls(hooks)), with a slash at the end and none at the beginning.',
            )


def _check_verification(endpoint: Endpoint) -> Iterator[CheckMessage]:
    if not endpoint.provider.verified:
        given = " or ".join(f"{name}=" for name in endpoint.provider.checks)
        yield _warning(
            "W001",
            "No check is configured: anybody can send it events.",
            f"Give {given} instead of unverified=True.",
            endpoint,
        )


def _check_secret(endpoint: Endpoint) -> Iterator[CheckMessage]:
    secret, verifier = endpoint.provider.secret, endpoint.provider.verifier
    if secret is None or verifier is None or secret.prepared is None:
        return
    if any(len(key) < verifier.shortest_key for key in secret.prepared):
        yield _warning(
            "W002",
            f"{secret.name} is short enough to be guessed.",
            f"Give one of {verifier.shortest_key} random characters or more.",
            endpoint,
        )


def _check_callable(endpoint: Endpoint) -> Iterator[CheckMessage]:
    """Ask a callable for its secret, if that takes neither a request nor an event loop."""
    secret = endpoint.provider.secret
    if secret is None or secret.source is None or secret.source.takes_request or secret.source.is_async:
        return
    try:
        secret.asked(secret.source.call())
    except Exception as error:
        reason = error.__cause__ if isinstance(error.__cause__, ConfigurationError) else type(error).__name__
        yield _warning(
            "W002",
            f"The callable for {secret.name} returns no secret, and deliveries are refused: {reason}",
            "Set what it reads.",
            endpoint,
        )


def _check_memory(hooks: Dispatcher) -> Iterator[CheckMessage]:
    if isinstance(hooks.store, MemoryStore):
        yield _warning(
            "W003",
            f"{hooks!r} remembers deliveries in the memory of each process: a retry that reaches another worker, or "
            "comes after a restart, runs again.",
            "Write Dispatcher(idempotency=DjangoStore()), with DjangoStore of webhook_kit.adapters.django.",
        )


def _check_body_limit(hooks: Dispatcher) -> Iterator[CheckMessage]:
    """Look for middleware that reads bodies: the view itself does so within the provider's limit, not Django's."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    largest = max((endpoint.provider for endpoint in hooks.endpoints), key=lambda each: each.max_body, default=None)
    if limit is None or largest is None or largest.max_body <= limit:
        return
    for name in settings.MIDDLEWARE:
        if not name.startswith("django.") and _reads_the_body(name):
            yield _warning(
                "W004",
                f"{name} may read the body first, and then Django refuses what is longer than "
                f"DATA_UPLOAD_MAX_MEMORY_SIZE = {limit}; {type(largest).__name__} takes {largest.max_body} bytes.",
                "Raise DATA_UPLOAD_MAX_MEMORY_SIZE, or let the middleware leave the path of the webhooks alone.",
            )


def _check_retries(hooks: Dispatcher, endpoint: Endpoint) -> Iterator[CheckMessage]:
    provider = endpoint.provider
    if hooks.store is not None and 0 < provider.retry_horizon <= hooks.lease:
        yield _warning(
            "W007",
            f"A delivery whose worker was killed is claimed for {hooks.lease:g} seconds, and the vendor comes back for "
            f"no longer than {provider.retry_horizon:g}: it would be lost.",
            f"Write Dispatcher(lease={provider.retry_horizon / 3:g}) or less.",
            endpoint,
        )


def _check_deadlines(hooks: Dispatcher) -> Iterator[CheckMessage]:
    for handler in hooks.plan.handlers:
        slowest = min((each.provider.slow_decision for each in hooks.endpoints if _reaches(handler, each)), default=inf)
        if handler.deadline is not None and handler.deadline > slowest:
            yield _warning(
                "W011",
                f"{handler.name} may take {handler.deadline:g} seconds, and the vendor soon stops to wait after "
                f"{slowest:g}.",
                f"Write deadline={slowest:g} or less.",
            )


def _check_lease(hooks: Dispatcher) -> Iterator[CheckMessage]:
    if not isinstance(hooks.store, DjangoStore):
        return
    connection = connections[hooks.store.using]
    patience = float(connection.settings_dict["OPTIONS"].get("timeout", 5)) if connection.vendor == "sqlite" else 0
    if patience * 1.5 >= hooks.lease:
        yield _warning(
            "W006",
            f"A lease of {hooks.lease:g} seconds may end while its extension waits up to {patience:g} seconds for the "
            "lock of SQLite, and another worker takes the delivery over.",
            f"Write Dispatcher(lease={patience * 3:g}) or more, or a smaller timeout in OPTIONS.",
        )


def _check_proxies(hooks: Dispatcher) -> Iterator[CheckMessage]:
    needed = hooks.require_https or any(
        each.provider.networks is not None or each.provider.network_source is not None for each in hooks.endpoints
    )
    if needed and settings.SECURE_PROXY_SSL_HEADER and not hooks.trusted_proxies:
        yield _warning(
            "W010",
            "SECURE_PROXY_SSL_HEADER says that a proxy is in front, but require_https and allowed_networks look at the "
            "proxy itself.",
            "Write Dispatcher(trusted_proxies=1), or the number of proxies that append to X-Forwarded-For.",
        )


def _reaches(handler: Handler, endpoint: Endpoint) -> bool:
    return handler.provider in (None, endpoint.provider.name) and handler.endpoint in (None, endpoint.path)


def _reads_the_body(name: str) -> bool:
    middleware = import_string(name)
    functions = [middleware] if inspect.isfunction(middleware) else dict(inspect.getmembers(middleware)).values()
    codes = [each.__code__ for each in functions if inspect.isfunction(each)]
    return any(not READ_THE_BODY.isdisjoint(_names(code)) for code in codes)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _warning(number: str, message: object, hint: str, endpoint: Endpoint | None = None) -> CheckMessage:
    where = None if endpoint is None else f"The endpoint {endpoint.path!r}"
    return checks.Warning(str(message), hint=hint, obj=where, id=f"webhook_kit.{number}")
