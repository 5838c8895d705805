"""A clock that stands still until it is moved."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class FrozenClock:
    """Return the same unix seconds at each call, for ``clock=`` of a provider."""

    def __init__(self, now: float | datetime | None = None) -> None:
        self.now = time.time()
        if now is not None:
            self.set(now)

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0) -> None:
        """Move on."""
        self.now += seconds + 60 * minutes + 3600 * hours + 86400 * days

    def set(self, now: float | datetime) -> None:
        """Move to a time: unix seconds, or a datetime (one without an offset is in UTC)."""
        if isinstance(now, datetime):
            now = (now if now.tzinfo else now.replace(tzinfo=UTC)).timestamp()
        self.now = float(now)

    def __repr__(self) -> str:
        return f"<FrozenClock {datetime.fromtimestamp(self.now, UTC).isoformat()}>"
