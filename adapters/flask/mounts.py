"""Which dispatchers an application has."""

from __future__ import annotations

from typing import Final

from flask.sansio.app import App

from webhook_kit.dispatcher import Dispatcher

EXTENSION: Final = "webhook_kit"


def mounts_of(app: App) -> dict[str, Dispatcher]:
    """Return the dispatchers of an application by the path of their mount: its ``app.extensions["webhook_kit"]``."""
    mounts: dict[str, Dispatcher] = app.extensions.setdefault(EXTENSION, {})
    return mounts
