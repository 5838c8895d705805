"""Receive webhooks in a Django project."""

from __future__ import annotations

from .views import urls

__all__ = ["urls"]
