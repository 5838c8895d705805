"""What each of Meeting BaaS's senders adds to a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.providers.posting import NOW, Desk, Driver, Payload, body_of
from webhook_kit.events import Event
from webhook_kit.idempotency.base import Store
from webhook_kit.providers.meeting_baas import AlertTriggered, MeetingBaaS
from webhook_kit.providers.meeting_baas.channels import CHANNELS
from webhook_kit.providers.meeting_baas.samples import SAMPLES
from webhook_kit.testing import sign

SECRET = "a secret of more than sixteen characters"
OTHER = "another secret of more than sixteen characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
OTHER_SIGNING_SECRET = "whsec_pB6yT1mZ0vLr8eXoQ2sK9hJ4cWfUa7nD5gRiVtYxE3M="

KEYWORDS = tuple(CHANNELS)


def secret_of(keyword: str) -> str:
    """Return a secret that the keyword takes."""
    return SIGNING_SECRET if keyword == "signing_secret" else SECRET


def other_secret_of(keyword: str) -> str:
    """Return another one."""
    return OTHER_SIGNING_SECRET if keyword == "signing_secret" else OTHER


def provider(keyword: str, secret: Any = None, **options: Any) -> MeetingBaaS:
    """Return a provider for one sender, whose clock stands still."""
    keywords: dict[str, Any] = {keyword: secret or secret_of(keyword), "clock": lambda: NOW, **options}
    return MeetingBaaS(**keywords)


def desk(keyword: str, secret: Any = None, *, driver: Driver = "dispatch", store: Store | None = None) -> Desk:
    """Return a desk for one sender."""
    return Desk(provider(keyword, secret), driver=driver, store=store)


def signed(keyword: str, payload: Payload, *, secret: str | None = None, now: float = NOW) -> list[tuple[str, str]]:
    """Return the headers of a sender's request."""
    return list(sign(provider(keyword), body_of(payload), secret=secret, now=now).headers)


def read(keyword: str, payload: Payload) -> Event:
    """Send a body as one sender would, and return the event that the handler saw."""
    receiver = desk(keyword)
    assert receiver.send(payload, signed(keyword, payload)).status == 200
    (event,) = receiver.events
    return event


def bodies(keyword: str) -> Iterator[tuple[str, type[Event], dict[str, Any]]]:
    """Return every type of one sender, its class, and a valid body."""
    for name, model in CHANNELS[keyword].catalog.items():
        body = dict(SAMPLES[model])
        if model is not AlertTriggered:
            body["event"] = name
        yield name, model, body
