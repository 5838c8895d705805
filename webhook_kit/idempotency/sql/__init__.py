"""The store in a SQL database: SQLite for one machine, PostgreSQL for several."""

from __future__ import annotations

from .store import SQLStore

__all__ = ["SQLStore"]
