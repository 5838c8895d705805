"""The ``webhooks.py`` of every installed app."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from django.apps import apps
from django.utils.module_loading import autodiscover_modules

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.handlers import Handlers

from . import settings


def discover() -> None:
    """Import the modules, and take their ``Handlers`` into the project's dispatcher.

    What a module raises is raised, and so is :class:`ConfigurationError` for what cannot work.
    """
    module = settings.current().module
    if module is not None:
        autodiscover_modules(module)
    hooks = settings.project_hooks()
    if hooks is not None:
        for _, handlers in found_handlers():
            hooks.include(handlers)
        hooks.check()


def found_handlers() -> Iterator[tuple[str, Handlers]]:
    """Yield the ``Handlers`` of the modules, each once, with the dotted path of where it was found."""
    module = settings.current().module
    seen: set[int] = set()
    for app in apps.get_app_configs():
        for name, value in vars(sys.modules.get(f"{app.name}.{module}", object)).copy().items():
            if isinstance(value, Handlers) and not isinstance(value, Dispatcher) and id(value) not in seen:
                seen.add(id(value))
                yield f"{app.name}.{module}.{name}", value
