"""What came back for a delivery, and what the vendor makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..http import RawResponse
from ..providers.retries import Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one delivery. Unpacks into its status and its body: ``assert (200, b"success") == (*answer,)``."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    seconds: float = field(repr=False, compare=False)
    """How long it took."""
    verdict: Verdict
    """What the vendor makes of it."""

    @classmethod
    def of(cls, response: RawResponse, seconds: float, verdict: Verdict) -> Answer:
        """Return the answer in a response."""
        return cls(response.status, response.body, tuple(response.headers), seconds, verdict)

    @property
    def delivered(self) -> bool:
        """Whether the vendor takes the event for delivered."""
        return self.verdict.delivered

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """Return the first header of this name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __str__(self) -> str:
        return f"{self.status} {self.text}: {self.verdict}"
