"""Send deliveries to a real server, and compare what comes of each with what was promised."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, NamedTuple, TypeAlias

import httpx2

from .demo_application import NUMBER_HEADER, DemoApplication, Journal
from .demo_deliveries import Step
from .demo_vendors import Planned, Request

SECONDS_PER_REQUEST: Final = 10.0

Script: TypeAlias = Callable[[DemoApplication, str, float], Iterable[Step]]
"""What returns the deliveries for an application, the address where it is served, and the time in unix seconds."""


class Answer(NamedTuple):
    """What the server answered: ``status`` is None where it did not, and ``body`` says why."""

    status: int | None
    body: bytes
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery, and what came of it."""

    planned: Planned
    answer: Answer
    outcomes: tuple[str, ...]
    saw: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """What observers were told, which is one outcome."""
        return ", ".join(self.outcomes) or "none"

    @property
    def answer_kept(self) -> bool:
        """Whether status, body and ``Retry-After`` are the promised ones."""
        promise, answer = self.planned.promise, self.answer
        comes_again = answer.retry_after is not None and answer.retry_after.isdigit()
        return (answer.status, answer.body) == (promise.status, promise.body) and comes_again == promise.retry_after

    @property
    def outcome_kept(self) -> bool:
        """Whether the outcome is the promised one."""
        return self.outcomes == (self.planned.promise.outcome,)

    @property
    def saw_kept(self) -> bool:
        """Whether the handlers saw what was promised, and nothing else."""
        return self.saw == self.planned.promise.saw

    @property
    def kept(self) -> bool:
        """Whether everything came out as promised."""
        return self.answer_kept and self.outcome_kept and self.saw_kept

    def as_json(self) -> dict[str, Any]:
        """Return the row for machines."""
        promise = self.planned.promise
        return {
            "provider": self.planned.vendor,
            "delivery": self.planned.name,
            "status": self.answer.status,
            "body": self.answer.body.decode(errors="replace"),
            "retry_after": self.answer.retry_after,
            "outcome": self.outcome,
            "saw": list(self.saw),
            "as_promised": self.kept,
            "promised": {
                "status": promise.status,
                "body": promise.body.decode(errors="replace"),
                "retry_after": promise.retry_after,
                "outcome": promise.outcome,
                "saw": list(promise.saw),
            },
        }


def run(application: DemoApplication, url: str, script: Script) -> tuple[int, Iterator[Row]]:
    """Return how many deliveries there are, and an iterator that sends them and yields a row for each."""
    steps = [step if isinstance(step, tuple) else (step,) for step in script(application, url, time.time())]
    return sum(map(len, steps)), _rows(application, steps)


def _rows(application: DemoApplication, steps: Iterable[tuple[Planned, ...]]) -> Iterator[Row]:
    numbers = map(str, count(1))
    with httpx2.Client(timeout=SECONDS_PER_REQUEST, trust_env=False) as client, ThreadPoolExecutor() as pool:
        for together in steps:
            application.gate.clear()
            sent: dict[Future[Answer], str] = {}
            for planned in together:
                number = next(numbers)
                sent[pool.submit(_send, client, number, planned.request)] = number
            for planned, answered in zip(together, as_completed(sent), strict=True):
                # A handler that waits may go on once another delivery was answered.
                application.gate.set()
                yield _row(application.journal, planned, sent[answered], answered.result())


def _send(client: httpx2.Client, number: str, request: Request) -> Answer:
    headers = [*request.headers, (NUMBER_HEADER, number)]
    try:
        response = client.post(request.url, headers=headers, content=request.body)
    except httpx2.HTTPError as error:
        return Answer(None, f"no answer ({type(error).__name__})".encode())
    return Answer(response.status_code, response.content, response.headers.get("retry-after"))


def _row(journal: Journal, planned: Planned, number: str, answer: Answer) -> Row:
    outcomes = tuple(record.outcome.value for record in journal.records[number])
    return Row(planned, answer, outcomes, tuple(journal.seen[number]))
