"""Keep what must not be seen out of what is printed: servers repeat what they were sent, in pages about errors."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from webhook_kit.http import RawRequest
from webhook_kit.providers.base import Provider
from webhook_kit.providers.vendor import JSON, Message

MASK: Final = "***"
SHORTEST: Final = 4
"""Shorter texts say nothing, and would mask half a page."""


class Mask:
    """Replace secrets, and what was made with them, by asterisks."""

    def __init__(self, provider: Provider, address: str = "") -> None:
        self._hidden: set[str] = set()
        self._provider = provider
        self.hide(value for _, value in parse_qsl(urlsplit(address).query))
        if provider.secret is not None and provider.secret.source is None:
            self.hide([provider.secret.text()])

    def hide(self, texts: Iterable[str]) -> None:
        """Hide these texts as well, in all the forms that pages have."""
        for text in texts:
            if len(text) >= SHORTEST:
                self._hidden.update(_forms(text))

    def hide_proof(self, request: RawRequest, message: Message) -> None:
        """Hide what proves a request: what is in it beside the message and what the vendor always sends."""
        beside = self._provider.vendor.beside(message.type)
        known = {JSON, message.id, *(value for _, value in (*beside.headers, *beside.query))}
        sent = [value for _, value in (*request.headers.pairs(), *request.query.pairs())]
        self.hide(value for value in sent if value not in known and not value.isdigit())

    def __call__(self, text: str) -> str:
        """Return a text without them."""
        for hidden in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(hidden, MASK)
        return text


def _forms(text: str) -> Iterator[str]:
    yield text
    yield quote(text, safe="")
    yield quote(text)
    yield quote_plus(text)
    yield html.escape(text)
    yield json.dumps(text)[1:-1]
