"""The one table that decides what each outcome is answered with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from .delivery import Outcome
from .http import RawResponse, response

_O = Outcome


class Answer(NamedTuple):
    """The status of an outcome, and a short constant text for those that are no success."""

    status: int
    text: str = ""


ANSWERS: Final[Mapping[Outcome, Answer]] = {
    _O.PROCESSED: Answer(200),
    _O.UNHANDLED: Answer(200),
    _O.UNKNOWN_EVENT: Answer(200),
    _O.DUPLICATE: Answer(200),
    _O.DECIDED_BY_DEFAULT: Answer(200),
    _O.NOT_FOUND: Answer(404, "Not found"),
    _O.METHOD_NOT_ALLOWED: Answer(405, "Method not allowed"),
    _O.WRONG_NETWORK: Answer(403, "Forbidden"),
    _O.INSECURE: Answer(403, "HTTPS required"),
    _O.TOO_LARGE: Answer(413, "Body too large"),
    _O.UNSUPPORTED_ENCODING: Answer(415, "Unsupported content encoding"),
    _O.UNAUTHENTICATED: Answer(401, "Missing signature"),
    _O.FORGED: Answer(401, "Invalid signature"),
    _O.STALE: Answer(401, "Invalid signature"),
    _O.WRONG_APP: Answer(403, "Wrong application"),
    _O.MALFORMED: Answer(400, "Malformed body"),
    _O.IN_FLIGHT: Answer(503, "In progress"),
    _O.HANDLER_FAILED: Answer(500, "Internal error"),
    _O.HANDLER_TIMED_OUT: Answer(503, "Temporarily unavailable"),
    _O.STORE_UNAVAILABLE: Answer(503, "Temporarily unavailable"),
    _O.SECRET_UNAVAILABLE: Answer(503, "Temporarily unavailable"),
    _O.FENCED: Answer(503, "Temporarily unavailable"),
    # Sent only where a server insists on an answer to a client that has gone.
    _O.CANCELLED: Answer(400, "Incomplete body"),
}

ACCEPTED: Final = frozenset(outcome for outcome, answer in ANSWERS.items() if answer.status == 200)

NOT_FOUND: Final = response(404, "application/json", b'{"error":"Not found"}')
"""The answer where there is no endpoint, and so no provider to word it."""


class Wording(Protocol):
    """What a provider has to say about answers: their bodies."""

    methods: tuple[str, ...]

    def success(self) -> RawResponse:
        """Return the answer that the vendor takes for success."""
        ...

    def failure(self, status: int, text: str) -> RawResponse:
        """Return an answer with this status and short constant text."""
        ...


def answers_of(provider: Wording, own: Mapping[Outcome, RawResponse]) -> dict[Outcome, RawResponse]:
    """Return the answer to every outcome of one endpoint, made once; ``own`` are the user's."""
    success = provider.success()
    answers = {
        outcome: success if answer.status == 200 else provider.failure(answer.status, answer.text)
        for outcome, answer in ANSWERS.items()
    }
    answers[Outcome.METHOD_NOT_ALLOWED] = answers[Outcome.METHOD_NOT_ALLOWED].with_header(
        "allow", ", ".join(provider.methods)
    )
    answers.update(own)
    return answers
