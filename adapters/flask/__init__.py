"""Receive webhooks in a Flask application."""

from __future__ import annotations

from .extension import Webhooks
from .views import mount

__all__ = ["Webhooks", "mount"]
