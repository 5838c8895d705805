"""Which store an address is for."""

from __future__ import annotations

from typing import Final

from ..errors import ConfigurationError
from .base import Store

_SQL: Final = ("sqlite", "postgresql", "postgres")
_REDIS: Final = ("redis", "rediss", "unix")


def store_at(url: str) -> Store:
    """Return the store that a URL is for: :class:`SQLStore` or :class:`RedisStore`."""
    scheme = url.partition(":")[0].partition("+")[0] if isinstance(url, str) else ""
    if scheme in _SQL:
        from . import SQLStore

        return SQLStore(url)
    if scheme in _REDIS:
        from . import RedisStore

        return RedisStore(url)
    # Without the text, which may hold a password.
    raise ConfigurationError(
        "the URL of a store begins with sqlite:///, postgresql:// or redis://, such as sqlite:///webhooks.db"
    )
