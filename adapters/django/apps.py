"""The app that INSTALLED_APPS finds."""

from __future__ import annotations

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Import the ``webhooks.py`` of every installed app, as the admin does with ``admin.py``, and register checks."""

    name = "webhook_kit.adapters.django"
    label = "webhook_kit"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from . import checks
        from .discovery import discover

        checks.register()
        discover()
