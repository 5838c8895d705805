"""One event of a delivery: claim, handle, complete."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from .delivery import Delivery, Outcome, Transaction
from .drivers import Apart, Ask, Call, Flow, TimedOut
from .endpoint import Endpoint
from .events import Event, UnknownEvent
from .handlers import Handler
from .http import RawResponse
from .idempotency.base import Busy, Done, Fenced, New
from .reporting import logger, own

if TYPE_CHECKING:
    from .dispatcher import Dispatcher


class Result(NamedTuple):
    """What became of one event, and what to answer."""

    outcome: Outcome
    response: RawResponse
    error: BaseException | None = None


class Processing:
    """Take one event to its handlers, at most once at a time and never twice after success."""

    __slots__ = ("_claim", "_handler", "_key", "_late", "asked", "delivery", "dispatcher", "endpoint", "event")

    def __init__(self, dispatcher: Dispatcher, endpoint: Endpoint, event: Event, delivery: Delivery) -> None:
        self.dispatcher = dispatcher
        self.endpoint = endpoint
        self.event = event
        self.delivery = delivery
        self._claim: New | None = None
        self._key = ""
        self._handler: Handler | None = None
        self._late = False
        self.asked = False
        """Whether it came so far that a handler was asked."""

    def flow(self, handlers: tuple[Handler, ...]) -> Flow[Result]:
        """Process the event with these handlers."""
        event = self.event
        asked_for = self.endpoint.provider.catalog.get(event.type)
        if asked_for is not None and asked_for.decides:
            return (yield from self._decide(handlers, asked_for))
        if not handlers:
            return self._result(self._nobody())
        store = self.dispatcher.store
        if store is not None:
            try:
                key = self._key_of()
            except Exception as error:
                return self._result(Outcome.HANDLER_FAILED, own(error))
            if key is not None:
                try:
                    claim = yield Ask(store, "claim", key, self.delivery.request.digest, self.dispatcher.lease)
                except Exception as error:
                    return self._result(Outcome.STORE_UNAVAILABLE, own(error))
                if isinstance(claim, Done):
                    return Result(Outcome.DUPLICATE, claim.response)
                if isinstance(claim, Busy):
                    seconds = str(max(1, math.ceil(claim.lease_left)))
                    busy = self.endpoint.answers[Outcome.IN_FLIGHT]
                    if not any(name.lower() == "retry-after" for name, _ in busy.headers):
                        busy = busy.with_header("retry-after", seconds)
                    return Result(Outcome.IN_FLIGHT, busy)
                self._key, self._claim = key, claim
                self.delivery.idempotency_key = key
                self.delivery.attempt = claim.attempt
                self.delivery._transaction = self._transaction
        # From here on, because work that is put aside may have to wait for a thread.
        beat = self._start_heartbeat()
        work = self._work(handlers, beat)
        if self.dispatcher.handler_timeout is None:
            return (yield from work)
        try:
            result: Result | None = yield Apart(work, self.dispatcher.handler_timeout)
        except BaseException:
            if not self.asked:
                self._stop_heartbeat(beat)
                yield from self._release([] if self._claim is None else list(self._claim.done))
            raise
        if result is None:
            self._late = True
            return self._result(Outcome.HANDLER_TIMED_OUT)
        return result

    def _work(self, handlers: tuple[Handler, ...], beat: int | None) -> Flow[Result]:
        """Run the handlers, then complete the claim or release it."""
        self.asked = True
        claim = self._claim
        finished = list(claim.done) if claim is not None else []
        errors: list[BaseException] = []
        try:
            for handler in handlers:
                if handler.name in finished:
                    continue
                self._handler = handler
                try:
                    yield Call(handler, *handler.arguments(self.event, self.delivery))
                except Exception as error:
                    errors.append(own(error))
                else:
                    finished.append(handler.name)
            if errors:
                yield from self._release(finished)
                lost = any(isinstance(error, Fenced) for error in errors)
                result = self._result(Outcome.FENCED if lost else Outcome.HANDLER_FAILED, together(errors))
            else:
                result = yield from self._complete()
        except GeneratorExit:
            raise
        except BaseException:
            yield from self._release(finished)
            raise
        finally:
            self._stop_heartbeat(beat)
        if self._late and result.error is not None:
            logger.error(
                "handlers failed after their time-out: endpoint=%s delivery=%s",
                self.endpoint.path,
                self.delivery.id,
                exc_info=result.error,
            )
        return result

    def _complete(self) -> Flow[Result]:
        answer = self.endpoint.answers[Outcome.PROCESSED]
        if self._claim is None or self.dispatcher.store is None:
            return Result(Outcome.PROCESSED, answer)
        retention = self.endpoint.provider.retention(self.event)
        try:
            completed = yield Ask(self.dispatcher.store, "complete", self._key, self._claim.token, answer, retention)
        except Exception as error:
            return self._result(Outcome.STORE_UNAVAILABLE, own(error))
        return Result(Outcome.PROCESSED, answer) if completed else self._result(Outcome.FENCED)

    def _release(self, finished: list[str]) -> Flow[None]:
        if self._claim is None or self.dispatcher.store is None:
            return
        try:
            yield Ask(self.dispatcher.store, "release", self._key, self._claim.token, tuple(finished))
        except Exception as error:
            # The lease runs out by itself.
            logger.warning("a claim could not be released: %s", type(error).__name__)

    def _decide(self, handlers: tuple[Handler, ...], model: type[Event]) -> Flow[Result]:
        """Ask every handler, and answer with the first decision.

        Not deduplicated: the vendor asks each question once, and two equal bodies are two questions. A question that
        cannot be read never reaches the handlers that would have decided it, which counts as their failure.
        """
        self.asked = bool(handlers)
        provider = self.endpoint.provider
        decision: RawResponse | None = None
        default: object = None
        failed = False
        if isinstance(self.event, UnknownEvent):
            for handler in self.dispatcher.plan.handlers_of(self.endpoint, model):
                failed = failed or handler not in handlers
                default = handler.default if default is None else default
        errors: list[BaseException] = []
        started = perf_counter()
        for handler in handlers:
            try:
                reply = yield Call(handler, *handler.arguments(self.event, self.delivery), limit=handler.deadline)
                if reply is None:
                    continue
                answer = provider.reply(self.event, model, reply)
            except Exception as error:
                if not isinstance(error, TimedOut):
                    errors.append(own(error))
                failed = True
                if default is None:
                    default = handler.default
                continue
            if decision is None:
                decision = answer
            elif decision != answer:
                logger.warning(
                    "%s decided differently from an earlier handler, whose decision is sent: delivery=%s",
                    handler.name,
                    self.delivery.id,
                )
        if (seconds := perf_counter() - started) > provider.slow_decision:
            logger.warning(
                "a decision took %.2f seconds, and the vendor soon stops to wait: endpoint=%s type=%s delivery=%s",
                seconds,
                self.endpoint.path,
                self.event.type,
                self.delivery.id,
            )
        failure = together(errors) if errors else None
        if decision is not None:
            return Result(Outcome.PROCESSED, decision, failure)
        if failed:
            return Result(Outcome.DECIDED_BY_DEFAULT, provider.reply(self.event, model, default), failure)
        return Result(Outcome.PROCESSED if handlers else self._nobody(), provider.reply(self.event, model, None))

    def _nobody(self) -> Outcome:
        return Outcome.UNKNOWN_EVENT if isinstance(self.event, UnknownEvent) else Outcome.UNHANDLED

    def _key_of(self) -> str | None:
        provider = self.endpoint.provider
        request = self.delivery.request
        if provider.idempotency_key is None:
            identity = provider.identity(self.event, request)
        else:
            own_key = provider.idempotency_key(self.event, request)
            if own_key is None:
                return None
            if not isinstance(own_key, str) or not own_key:
                raise TypeError(f"idempotency_key returned a {type(own_key).__name__}; return text, or None")
            identity = provider.identity(self.event, request)._replace(delivery_id=own_key)
        return self.endpoint.key(identity, request.digest)

    def _start_heartbeat(self) -> int | None:
        claim, store = self._claim, self.dispatcher.store
        if claim is None or store is None:
            return None
        key, lease = self._key, self.dispatcher.lease
        return self.dispatcher.heartbeat.add(lambda: store.extend(key, claim.token, lease))

    def _stop_heartbeat(self, beat: int | None) -> None:
        if beat is not None:
            self.dispatcher.heartbeat.remove(beat)

    def _transaction(self) -> Transaction:
        store, claim, handler = self.dispatcher.store, self._claim, self._handler
        assert store is not None
        assert claim is not None
        assert handler is not None
        return store.transaction(self._key, claim.token, handler.name)

    def _result(self, outcome: Outcome, error: BaseException | None = None) -> Result:
        return Result(outcome, self.endpoint.answers[outcome], error)


def together(errors: list[BaseException]) -> BaseException:
    """Return one error for what several handlers raised."""
    if len(errors) == 1:
        return errors[0]
    return BaseExceptionGroup(f"{len(errors)} handlers failed", errors)
