"""Post callbacks to a provider under either driver, and look at what became of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode

from webhook_kit import Delivery, Dispatcher, Event, Outcome, RawRequest, RawResponse, Record
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.base import Provider
from webhook_kit.providers.tencent import TencentChat

Driver = Literal["dispatch", "adispatch"]
Payload = Mapping[str, Any] | Sequence[Any] | bytes

APP = "1400000000"
TOKEN = "a token of our own"
SUCCESS = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'


def body_of(payload: Payload) -> bytes:
    """Return the bytes of a body; bytes are sent as they are."""
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def query_of(command: str | None, **others: str) -> str:
    """Return the parameters that the vendor appends to the URL; ``others`` replace and add."""
    pairs = {"SdkAppid": APP, "CallbackCommand": command, "contenttype": "json"} | others
    return urlencode({name: value for name, value in pairs.items() if value is not None})


def failure(code: int, text: str) -> bytes:
    """Return the body of an answer that is no success."""
    return b'{"ActionStatus":"FAIL","ErrorInfo":"%s","ErrorCode":%d}' % (text.encode(), code)


def send(hooks: Dispatcher, request: RawRequest, driver: Driver = "dispatch") -> RawResponse:
    """Take a request through one of the two drivers."""
    return hooks.dispatch(request) if driver == "dispatch" else asyncio.run(hooks.adispatch(request))


class Desk:
    """One provider with a handler for every event, and all that the two have seen."""

    def __init__(
        self, provider: Provider | None = None, *, driver: Driver = "dispatch", store: MemoryStore | None = None
    ) -> None:
        self.driver: Driver = driver
        self.events: list[Event] = []
        self.deliveries: list[Delivery] = []
        self.records: list[Record] = []
        self.hooks = Dispatcher(idempotency=store)
        self.provider = self.hooks.add(TencentChat(sdk_app_id=APP) if provider is None else provider)
        self.hooks.on(Event)(self._handle)
        self.hooks.observe(self.records.append)

    def _handle(self, event: Event, delivery: Delivery) -> None:
        self.events.append(event)
        self.deliveries.append(delivery)

    def request(self, payload: Payload, command: str | None = None, *, query: str | None = None) -> RawRequest:
        """Return the request with this body; where the test does not give the query, with the vendor's usual one."""
        return RawRequest(
            "POST",
            f"/{self.provider.path}",
            query_string=query_of(command) if query is None else query,
            body=body_of(payload),
        )

    def post(self, payload: Payload, command: str | None = None, *, query: str | None = None) -> RawResponse:
        """Send such a request."""
        return send(self.hooks, self.request(payload, command, query=query), self.driver)

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of everything that was posted."""
        return [record.outcome for record in self.records]
