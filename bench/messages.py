"""Signed messages as other vendors send them, each another one, in the shapes that libraries take."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from hmac import digest
from itertools import count
from typing import Any, Final

from pydantic import BaseModel, Field

from webhook_kit import Event, RawRequest
from webhook_kit.providers.standard_webhooks import SIGNATURES

from .deliveries import SECRET, ASGIReceive, ASGIScope, receive, scope, small, unsigned_headers

KEY: Final = "whsec_" + base64.b64encode(SECRET.encode()).decode()
USER: Final = "U00112233445566778899aabbccddeeff"

_numbers = count()


class Source(BaseModel):
    type: str
    user_id: str | None = Field(None, alias="userId")


class Context(BaseModel):
    is_redelivery: bool = Field(alias="isRedelivery")


class Text(BaseModel):
    type: str
    id: str
    text: str | None = None
    quote_token: str | None = Field(None, alias="quoteToken")


class Said(Event):
    """A message of LINE as a model of a user's own.

    https://developers.line.biz/en/reference/messaging-api/#message-event
    """

    message: Text
    timestamp: int
    source: Source | None = None
    mode: str | None = None
    reply_token: str | None = Field(None, alias="replyToken")
    webhook_event_id: str | None = Field(None, alias="webhookEventId")
    delivery_context: Context | None = Field(None, alias="deliveryContext")


def said() -> dict[str, Any]:
    """Return a message that somebody wrote to a bot, each time another one."""
    number = next(_numbers)
    return {
        "type": "message",
        "message": {"type": "text", "id": f"{number:018}", "quoteToken": f"{number:086}", "text": "See you at nine."},
        "timestamp": 1_700_000_000_000 + number,
        "source": {"type": "user", "userId": USER},
        "replyToken": f"{number:032x}",
        "mode": "active",
        "webhookEventId": f"{number:026X}",
        "deliveryContext": {"isRedelivery": False},
    }


def encoded(value: object) -> bytes:
    """Return JSON as senders write it."""
    return json.dumps(value, separators=(",", ":")).encode()


def standard_request() -> tuple[RawRequest]:
    """Return LINE's message as the dispatcher takes it, signed as Standard Webhooks says."""
    body = encoded(said())
    signed = SIGNATURES.sign(KEY, body, now=time.time())
    return (RawRequest("POST", "/standard-webhooks", headers=[*unsigned_headers(body), *signed.headers], body=body),)


def mapping() -> tuple[bytes, dict[str, str]]:
    """Return the same as a body and a dictionary of headers."""
    (request,) = standard_request()
    return request.body, dict(request.headers.pairs())


def standard_scope() -> tuple[ASGIScope, ASGIReceive]:
    """Return the same as an ASGI server does."""
    (request,) = standard_request()
    return _scope(request.path, request.headers.pairs(), request.body)


def slack_request() -> tuple[ASGIScope, ASGIReceive]:
    """Return a message as Slack sends it, signed as Slack says."""
    number = next(_numbers)
    event = {
        "type": "message",
        "user": "U061F7AUR",
        "channel": "C0LAN2Q65",
        "channel_type": "channel",
        "text": "See you at nine.",
        "ts": f"1700000000.{number:06}",
        "event_ts": f"1700000000.{number:06}",
    }
    body = encoded(
        {
            "token": "unused",
            "team_id": "T061EG9R6",
            "api_app_id": "A0MDYCDME",
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{number:09}",
            "event_time": 1_700_000_000,
            "authorizations": [{"team_id": "T061EG9R6", "user_id": "U0LAN0Z89", "is_bot": True}],
        }
    )
    now = str(int(time.time()))
    proof = digest(SECRET.encode(), b"v0:%s:%s" % (now.encode(), body), "sha256").hex()
    pairs = [(_text(name), _text(value)) for name, value in unsigned_headers(body)]
    own = [("x-slack-request-timestamp", now), ("x-slack-signature", f"v0={proof}")]
    return _scope("/slack", [*pairs, *own], body)


def line_request() -> tuple[str, str]:
    """Return a body of LINE with one message, and its signature."""
    body = encoded({"destination": USER, "events": [said()]})
    return body.decode(), base64.b64encode(digest(SECRET.encode(), body, "sha256")).decode()


def github_request() -> tuple[dict[str, str], bytes]:
    """Return a body of Meeting BaaS under the headers of GitHub."""
    body, proof = small()
    headers = {_text(name): _text(value) for name, value in unsigned_headers(body)}
    headers |= {"x-github-event": "complete", "x-github-delivery": proof[:36], "x-hub-signature-256": f"sha256={proof}"}
    return headers, body


def _scope(path: str, headers: Iterable[tuple[str, str]], body: bytes) -> tuple[ASGIScope, ASGIReceive]:
    encoded_headers = [(name.encode(), value.encode()) for name, value in headers]
    return scope(path, encoded_headers), receive(body)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()
