"""Receive webhooks in any Python web framework: verified, typed, deduplicated, answered as the vendor wants.

The names below are imported when they are used: an installed pytest plugin costs other projects nothing.
Its presence before pytest is no reason for a warning either: PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .delivery import Delivery, Outcome, Record
    from .dispatcher import Dispatcher
    from .errors import ConfigurationError, WeakSecretWarning, WebhookError
    from .events import Event, UnknownEvent
    from .handlers import Handlers
    from .http import RawRequest, RawResponse
    from .reporting import RedactQuery

    __version__: str

__all__ = [
    "ConfigurationError",
    "Delivery",
    "Dispatcher",
    "Event",
    "Handlers",
    "Outcome",
    "RawRequest",
    "RawResponse",
    "Record",
    "RedactQuery",
    "UnknownEvent",
    "WeakSecretWarning",
    "WebhookError",
]

_HOMES = {
    "ConfigurationError": "errors",
    "Delivery": "delivery",
    "Dispatcher": "dispatcher",
    "Event": "events",
    "Handlers": "handlers",
    "Outcome": "delivery",
    "RawRequest": "http",
    "RawResponse": "http",
    "Record": "delivery",
    "RedactQuery": "reporting",
    "UnknownEvent": "events",
    "WeakSecretWarning": "errors",
    "WebhookError": "errors",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("webhook-kit")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
