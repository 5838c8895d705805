"""A provider as plain as one can be, for tests of what all providers share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

from webhook_kit import Event, RawRequest, RawResponse
from webhook_kit.events import unknown_event
from webhook_kit.http import response
from webhook_kit.parsing import fit, read_object
from webhook_kit.providers.base import Identity, Provider, ProviderOptions, catalog_of, secret_for
from webhook_kit.secret import SecretSource
from webhook_kit.signatures import HeaderHmac, Signed

SECRET = "a secret of more than sixteen characters"
SIGNATURE = HeaderHmac("X-Plain-Signature")


class Opened(Event):
    """A door was opened."""

    wire_types = ("door.opened", "door.open")
    default_provider = "plain"

    kind: str
    door: str
    times: int | None = None


class Closed(Event):
    """A door was closed."""

    wire_types = ("door.closed",)
    default_provider = "plain"

    kind: str
    door: str


class Knocked(Event):
    """Somebody asks whether to open."""

    wire_types = ("door.knocked",)
    default_provider = "plain"
    decides = True

    kind: str
    door: str


class Plain(Provider):
    """Receive events about doors: one in an object, or several in ``"all"``."""

    name = "plain"
    catalog = catalog_of((Opened, Closed, Knocked))
    routes: ClassVar[Mapping[str, str | None]] = {"": None, "opened": "door.opened"}

    def __init__(self, *, secret: SecretSource | None = None, **options: Unpack[ProviderOptions]) -> None:
        super().__init__(
            verifier=None if secret is None else SIGNATURE,
            secret=None if secret is None else secret_for(SIGNATURE, secret, "secret"),
            options=options,
        )

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        payload = read_object(request.body)
        entries = payload.get("all")
        return [self._event(entry, kind) for entry in (entries if isinstance(entries, list) else [payload])]

    def identity(self, event: Event, request: RawRequest) -> Identity:
        return Identity(delivery_id=request.headers.get("x-plain-id"))

    def reply(self, event: Event, model: type[Event], reply: object) -> RawResponse:
        if reply is None:
            return self.success()
        if reply not in ("open", "stay shut"):
            raise ValueError("a door opens or stays shut")
        return response(200, "application/json", json.dumps({"door": reply}).encode())

    def _event(self, payload: dict[str, Any], kind: str | None) -> Event:
        name = payload.get("kind", kind)
        model = self.catalog.get(name) if isinstance(name, str) else None
        if model is None or not isinstance(name, str):
            return unknown_event(payload, name, self.name)
        return fit(model, payload, type=name, provider=self.name, size=0)


def body(kind: str = "door.opened", door: str = "front", **fields: Any) -> bytes:
    """Return a body about a door."""
    return json.dumps({"kind": kind, "door": door, **fields}).encode()


def request(
    content: bytes | None = None,
    *,
    method: str = "POST",
    path: str = "/plain",
    headers: Sequence[tuple[str, str]] = (),
    sign: bool = False,
    client: str | None = "192.0.2.1",
    scheme: str = "https",
) -> RawRequest:
    """Return a request to the plain provider, with a right signature if ``sign`` is set."""
    content = body() if content is None else content
    signed = SIGNATURE.sign(SECRET, content, now=0) if sign else Signed()
    return RawRequest(method, path, headers=[*headers, *signed.headers], body=content, client=client, scheme=scheme)


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


Dispatch = Callable[[RawRequest], RawResponse]
