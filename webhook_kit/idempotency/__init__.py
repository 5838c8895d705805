"""Stores that remember which deliveries were processed, so that a handler runs once."""

from __future__ import annotations

from .base import Busy, Claim, Done, New, Store, StoreFull
from .memory import MemoryStore

__all__ = ["Busy", "Claim", "Done", "MemoryStore", "New", "Store", "StoreFull"]
