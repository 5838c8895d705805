"""The configuration keys of an application, and what is made of them."""

from __future__ import annotations

from typing import Any, Final

from flask import Config

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, nearest
from webhook_kit.idempotency.urls import store_at

from ..arguments import mount_path

PREFIX: Final = "WEBHOOK_KIT_"
DEFAULT_PATH: Final = "/webhooks"

_TEXTS: Final = ("idempotency", "namespace", "path")
# The keywords of Dispatcher in capitals, and the one of mount().
_KNOWN: Final = (*_TEXTS, "handler_timeout", "lease", "require_https", "trusted_proxies")


def settings_of(config: Config) -> dict[str, Any]:
    """Return the values of our keys by the keyword that they stand for; None counts as not set.

    Raises :class:`ConfigurationError` for a key that nobody knows, and for a text where a number is needed.
    """
    found = {name: value for name, value in config.get_namespace(PREFIX).items() if value is not None}
    for name, value in found.items():
        if name not in _KNOWN:
            raise ConfigurationError(f"app.config has {key(name)}, which means nothing; did you mean {_nearest(name)}?")
        if isinstance(value, str) and name not in _TEXTS:
            raise ConfigurationError(
                f"{key(name)} in app.config is the text {value!r}; give the value itself, or read the environment with "
                "app.config.from_prefixed_env(), which turns FLASK_... texts into values"
            )
    return found


def dispatcher_of(settings: dict[str, Any]) -> Dispatcher:
    """Make a dispatcher with these settings; ``idempotency`` may be the URL of a store, or False for none."""
    options = {name: value for name, value in settings.items() if name != "path"}
    store = options.get("idempotency")
    try:
        if store is False:
            options["idempotency"] = None
        elif isinstance(store, str):
            options["idempotency"] = store_at(store)
        return Dispatcher(**options)
    except ConfigurationError as error:
        raise ConfigurationError(f"app.config has a {PREFIX} key that cannot be: {error}") from None


def path_of(settings: dict[str, Any], given: str | None) -> str:
    """Return where to mount: what the code says, or the configuration, which must not say different things."""
    configured = settings.get("path")
    paths = {mount_path(path) for path in (configured, given) if path is not None}
    if len(paths) > 1:
        raise ConfigurationError(
            f"the path is {given!r} in Webhooks(path=...) and {configured!r} in {key('path')}; write it in one of them"
        )
    return paths.pop() if paths else DEFAULT_PATH


def key(name: str) -> str:
    """Return the key that stands for a keyword."""
    return PREFIX + name.upper()


def _nearest(name: str) -> str:
    return nearest(key(name), map(key, _KNOWN))
