"""Receive webhooks in any Python web framework: verified, typed, deduplicated, answered as the vendor wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .delivery import Delivery, Outcome, Record
from .dispatcher import Dispatcher
from .errors import ConfigurationError, WeakSecretWarning, WebhookError
from .events import Event, UnknownEvent
from .handlers import Handlers
from .http import RawRequest, RawResponse
from .reporting import RedactQuery

if TYPE_CHECKING:
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


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("webhook-kit")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
