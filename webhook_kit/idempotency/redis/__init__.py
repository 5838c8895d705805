"""The store in Redis: quick, shared by several machines, without transactions."""

from __future__ import annotations

from .store import RedisStore

__all__ = ["RedisStore"]
