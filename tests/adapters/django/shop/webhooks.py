"""What the app does with webhooks: it knows no dispatcher."""

from __future__ import annotations

from tests.core.plain import Opened
from webhook_kit import Handlers

handlers = Handlers()
seen: list[str] = []


@handlers.on(Opened)
def welcome(event: Opened) -> None:
    seen.append(event.door)
