"""Receive webhooks in a Django project: in INSTALLED_APPS, an app with a store, checks, an admin page and a command."""

from __future__ import annotations

from .configured import dispatcher
from .store import DjangoStore
from .views import urls

__all__ = ["DjangoStore", "dispatcher", "urls"]
