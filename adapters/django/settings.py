"""What a project says in ``WEBHOOK_KIT``.

``HOOKS`` is the dotted path of the project's dispatcher, such as ``"project.webhooks.hooks"``. ``MODULE`` is the module
of every installed app that is imported at start, ``"webhooks"`` unless written; None for none. ``DATABASE`` is the
alias of the database that keeps the deliveries; without it the project's routers choose one.

The others are the keywords of :class:`Dispatcher` in capitals, for the one that ``dispatcher()`` makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.utils.module_loading import import_string

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown

from ..arguments import kind_of

OPTIONS: Final = ("idempotency", "namespace", "lease", "handler_timeout", "trusted_proxies", "require_https")
NAMES: Final = ("hooks", "module", "database")


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds at one moment: tests override settings."""

    hooks: str | None = None
    module: str | None = "webhooks"
    database: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def current() -> Settings:
    """Return what the project says now; raises :class:`ConfigurationError` for what it cannot mean."""
    given: Any = getattr(settings, "WEBHOOK_KIT", {})
    if not isinstance(given, Mapping):
        raise ConfigurationError(
            f'WEBHOOK_KIT is {kind_of(given)}; write WEBHOOK_KIT = {{"HOOKS": "project.webhooks.hooks"}}'
        )
    known = [name.upper() for name in (*NAMES, *OPTIONS)]
    refuse_unknown("WEBHOOK_KIT", [name for name in given if name not in known], known)
    lower = {name.lower(): value for name, value in given.items()}
    names = {name: lower.pop(name) for name in NAMES if name in lower}
    for name, value in names.items():
        if not (value is None or (isinstance(value, str) and value)):
            raise ConfigurationError(f'WEBHOOK_KIT["{name.upper()}"] is {value!r}; give a name, or leave it out')
    return Settings(**names, options=lower)


def project_hooks() -> Dispatcher | None:
    """Return the dispatcher that ``HOOKS`` names, None where it names none.

    Raises :class:`ConfigurationError` for one that is not there; what its module raises is raised as it is.
    """
    path = current().hooks
    if path is None:
        return None
    try:
        found = import_string(path)
    except ImportError as error:
        module = path.rpartition(".")[0]
        if isinstance(error, ModuleNotFoundError) and not f"{module}.".startswith(f"{error.name}."):
            raise  # an import within the module
        raise ConfigurationError(
            f'WEBHOOK_KIT["HOOKS"] is {path!r}, and {error}; give the dotted path of a Dispatcher, such as '
            '"project.webhooks.hooks"'
        ) from error
    if not isinstance(found, Dispatcher):
        raise ConfigurationError(f'WEBHOOK_KIT["HOOKS"] is {path!r}, which is {kind_of(found)} and no Dispatcher')
    return found
