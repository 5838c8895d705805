"""What each outcome is answered with: design and README say it, and nothing here asks the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.conformance.expected import NO_ENDPOINT, json, text
from tests.conformance.wire import Answer
from webhook_kit import Outcome

from .senders import Sender

REFUSED: Final[Mapping[Outcome, tuple[int, str]]] = {
    Outcome.METHOD_NOT_ALLOWED: (405, "Method not allowed"),
    Outcome.WRONG_NETWORK: (403, "Forbidden"),
    Outcome.TOO_LARGE: (413, "Body too large"),
    Outcome.UNSUPPORTED_ENCODING: (415, "Unsupported content encoding"),
    Outcome.UNAUTHENTICATED: (401, "Missing signature"),
    Outcome.FORGED: (401, "Invalid signature"),
    Outcome.STALE: (401, "Invalid signature"),
    Outcome.WRONG_APP: (403, "Wrong application"),
    Outcome.MALFORMED: (400, "Malformed body"),
}


def expected(sender: Sender, outcome: Outcome, method: str = "POST") -> Answer:
    """Return the answer to a request of this sender; those to HEAD have no body."""
    if outcome is Outcome.NOT_FOUND:
        answer = NO_ENDPOINT
    elif outcome is Outcome.PROCESSED:
        answer = success(sender)
    else:
        answer = failure(sender, *REFUSED[outcome])
    if outcome is Outcome.METHOD_NOT_ALLOWED:
        answer = answer.with_header("allow", ", ".join(sender.methods))
    return answer.without_body() if method == "HEAD" else answer


def success(sender: Sender) -> Answer:
    """Return what the vendor takes for success."""
    if sender.in_plain_text:
        return text(200, b"success")
    if sender.path == "tencent-rtc":
        return json(200, b'{"code":0}')
    if sender.command is not None:
        return json(200, b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}')
    return json(200, b'{"status":"success"}')


def failure(sender: Sender, status: int, told: str) -> Answer:
    """Return what every other answer of this status and text looks like."""
    if sender.in_plain_text:
        return text(status, told.encode())
    if sender.command is not None:
        return json(status, b'{"ActionStatus":"FAIL","ErrorInfo":"%s","ErrorCode":%d}' % (told.encode(), status))
    return json(status, b'{"error":"%s"}' % told.encode())
