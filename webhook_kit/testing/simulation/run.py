"""Send what was planned, and come again as the vendor does."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from ...http import RawRequest, RawResponse
from ...providers.base import Provider
from ...providers.retries import Failure, Verdict
from ...providers.vendor import below_endpoint
from ...signatures import Signed
from ..wire import Unanswered, Wire
from .chaos import Chaos, another_secret, with_both
from .plan import Sending
from .report import Report, Try

WORKERS: Final = 16


class Due(NamedTuple):
    """A try, and when it is made. Compared by the time first."""

    at: float
    order: int
    sending: Sending
    number: int
    copy: bool


@dataclass(frozen=True)
class Pace:
    """How time passes: ``speed`` seconds of the vendor's in one of ours, and ``least`` seconds between tries."""

    speed: float = 1.0
    least: float = 0.05
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Simulation:
    """A vendor that sends what was planned to one address."""

    def __init__(
        self,
        provider: Provider,
        wire: Wire,
        plan: Sequence[Sending],
        *,
        random: Random,
        pace: Pace = Pace(),
        workers: int = WORKERS,
    ) -> None:
        self.report = Report(plan)
        self._vendor = provider.vendor
        self._provider = provider
        self._wire = wire
        self._random = random
        self._pace = pace
        self._workers = workers
        self._due: list[Due] = []
        self._orders = 0

    def run(self) -> Iterator[Try]:
        """Send all of it, and yield each try when it is over; ends when nothing is left that the vendor would send."""
        started = self._pace.clock()
        for sending in self.report.sendings:
            self._schedule(started + sending.at, sending, 1)
            if Chaos.DUPLICATES in sending.chaos:
                self._schedule(started + sending.at, sending, 1, copy=True)
        running: dict[Future[Try], Due] = {}
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="webhook_kit-simulate")
        try:
            while self._due or running:
                now = self._pace.clock()
                while self._due and self._due[0].at <= now and len(running) < self._workers:
                    due = heapq.heappop(self._due)
                    running[pool.submit(self._try, due)] = due
                free = self._due and len(running) < self._workers
                pause = max(0.0, self._due[0].at - now) if free else None
                if not running:
                    self._pace.sleep(pause or 0.0)
                    continue
                for future in wait(running, pause, FIRST_COMPLETED).done:
                    due = running.pop(future)
                    made = future.result()
                    self.report.add(made)
                    self._come_again(due, made)
                    yield made
        finally:
            pool.shutdown(cancel_futures=True)

    def _schedule(self, at: float, sending: Sending, number: int, *, copy: bool = False) -> None:
        self._orders += 1
        heapq.heappush(self._due, Due(at, self._orders, sending, number, copy))

    def _come_again(self, due: Due, made: Try) -> None:
        again = made.verdict.again
        if again is None or due.copy or due.sending.refused:
            return
        jitter = self._vendor.retries(due.sending.message.type).jitter
        seconds = again * self._random.uniform(1 - jitter, 1 + jitter) / self._pace.speed
        self._schedule(self._pace.clock() + max(seconds, self._pace.least), due.sending, due.number + 1)

    def _try(self, due: Due) -> Try:
        sending, first = due.sending, due.number == 1 and not due.copy
        request = self._request(sending)
        if first and Chaos.CUT in sending.chaos:
            with suppress(Unanswered):
                self._wire.cut(request)
        started = self._pace.clock()
        answer: RawResponse | Failure
        try:
            chunked = first and Chaos.CHUNKED in sending.chaos
            response = self._wire.exchange(request, chunked=chunked, timeout=self._patience(sending))
            answer, status, trouble = response, response.status, None
        except Unanswered as error:
            answer, status, trouble = error.failure, None, str(error)
        seconds = self._pace.clock() - started
        verdict: Verdict = self._vendor.verdict(sending.message.type, answer, due.number)
        return Try(sending, due.number, due.copy, status, trouble, seconds, verdict)

    def _patience(self, sending: Sending) -> float | None:
        """Return how long the vendor waits: as long for us, because handlers take the time that they take."""
        return self._vendor.retries(sending.message.type).patience

    def _request(self, sending: Sending) -> RawRequest:
        now = self._provider.clock() + sending.skew
        if Chaos.ROTATION not in sending.chaos:
            request = self._vendor.request(sending.message, secret=sending.secret, now=now)
            return below_endpoint(self._provider, request)
        request = self._vendor.request(sending.message, signed=False)
        body, id = sending.message.body, sending.message.id
        old = self._vendor.sign(body, secret=sending.secret, now=now, id=id)
        both: Signed = with_both(old, self._vendor.sign(body, secret=another_secret(self._provider), now=now, id=id))
        signed = RawRequest(
            request.method, request.path, headers=[*request.headers.pairs(), *both.headers], body=request.body
        )
        return below_endpoint(self._provider, signed)
