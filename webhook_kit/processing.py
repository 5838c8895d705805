"""One event of a delivery: claim, handle, complete."""

from __future__ import annotations

import math
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .delivery import Delivery, Outcome
from .drivers import Host, TimedOut
from .endpoint import Endpoint
from .events import Event, UnknownEvent
from .handlers import Handler
from .http import RawResponse
from .idempotency.base import Busy, Done, Fenced, New
from .lease import Lease
from .reporting import is_logged, logger, own

if TYPE_CHECKING:
    from .flow import Reception


# Looking it up in the enumeration takes longer than most steps of a delivery.
_PROCESSED: Final = Outcome.PROCESSED

Result: TypeAlias = tuple[Outcome, RawResponse, BaseException | None]
"""What became of one event, what to answer, and what went wrong."""


class Processing:
    """Take one event to its handlers, at most once at a time and never twice after success."""

    __slots__ = ("_asked", "_late", "_lease", "endpoint", "event", "reception")

    def __init__(self, reception: Reception, endpoint: Endpoint, event: Event) -> None:
        self.reception = reception
        self.endpoint = endpoint
        self.event = event
        self._lease: Lease | None = None
        self._asked = False
        self._late = False

    async def flow(self, host: Host) -> RawResponse:
        """Take the event to its answer, and tell what became of it."""
        try:
            result = await self._process(host)
        except GeneratorExit:
            raise
        except Exception as error:
            result = self._result(Outcome.HANDLER_FAILED, own(error))
        except BaseException as interruption:
            host.interrupted()
            await self._tell(host, self._result(Outcome.CANCELLED, interruption))
            raise
        outcome, response, failure = result
        if self.reception.plan.observers or is_logged(outcome, failure):
            await self._tell(host, result)
        return response

    async def _tell(self, host: Host, result: Result) -> None:
        attempt = None if not self._asked else 1 if self._lease is None else self._lease.attempt
        outcome, response, error = result
        await self.reception.tell(host, outcome, response.status, error, self.event, attempt)

    async def _process(self, host: Host) -> Result:
        reception, event = self.reception, self.event
        dispatcher = reception.dispatcher
        handlers, question = reception.plan.matching(self.endpoint, event)
        if question is not None:
            return await self._decide(host, handlers, question)
        if not handlers:
            return self._result(self._nobody())
        store = dispatcher.store
        if store is not None and (key := self._key_of(digest := reception.request.digest)) is not None:
            seconds = dispatcher.lease
            try:
                if store.blocks:
                    claim = await host.ask(store, "claim", key, digest, seconds)
                else:
                    claim = store.claim(key, digest, seconds)
            except Exception as error:
                return self._result(Outcome.STORE_UNAVAILABLE, own(error))
            if not isinstance(claim, New):
                return self._come_again(claim)
            self._lease = lease = Lease(store, key, claim, seconds)
            # From here on, because work that is put aside may have to wait for a thread.
            dispatcher.heartbeat.add(lease.extend)
        if dispatcher.handler_timeout is None:
            return await self._work(host, handlers)
        try:
            result = await host.apart(lambda host: self._work(host, handlers), dispatcher.handler_timeout)
        except GeneratorExit:
            raise
        except BaseException:
            if not self._asked and self._lease is not None:
                host.interrupted()
                dispatcher.heartbeat.remove(self._lease.extend)
                await self._lease.release(host, self._lease.done)
            raise
        if result is None:
            self._late = True
            return self._result(Outcome.HANDLER_TIMED_OUT)
        return result

    def _come_again(self, claim: Busy | Done) -> Result:
        """Return the answer to a delivery that another worker has, or had."""
        if isinstance(claim, Done):
            return Outcome.DUPLICATE, claim.response, None
        busy = self.endpoint.answers[Outcome.IN_FLIGHT]
        if not any(name.lower() == "retry-after" for name, _ in busy.headers):
            busy = busy.with_header("retry-after", str(max(1, math.ceil(claim.lease_left))))
        return Outcome.IN_FLIGHT, busy, None

    async def _work(self, host: Host, handlers: tuple[Handler, ...]) -> Result:
        """Run the handlers, then complete the lease or release it."""
        self._asked = True
        lease = self._lease
        done = () if lease is None else lease.done
        finished = [*done]
        errors: list[BaseException] = []
        try:
            for handler in handlers:
                if handler.name in done:
                    continue
                try:
                    await host.call(handler, self._arguments(handler))
                except Exception as error:
                    errors.append(own(error))
                else:
                    finished.append(handler.name)
            if errors:
                if lease is not None:
                    await lease.release(host, finished)
                result = self._failed(errors)
            elif lease is None:
                result = _PROCESSED, self.endpoint.answers[_PROCESSED], None
            else:
                result = await self._complete(host, lease)
        except GeneratorExit:
            raise
        except BaseException:
            host.interrupted()
            if lease is not None:
                await lease.release(host, finished)
            raise
        finally:
            if lease is not None:
                self.reception.dispatcher.heartbeat.remove(lease.extend)
        failure = result[2]
        if self._late and failure is not None:
            logger.error(
                "handlers failed after their time-out: endpoint=%s delivery=%s",
                self.endpoint.path,
                self.reception.delivery_id,
                exc_info=failure,
            )
        return result

    async def _complete(self, host: Host, lease: Lease) -> Result:
        endpoint = self.endpoint
        answer = endpoint.answers[_PROCESSED]
        try:
            store, retention = lease.store, endpoint.provider.retention(self.event)
            if store.blocks:
                completed = await host.ask(store, "complete", lease.key, lease.token, answer, retention)
            else:
                host.go_on()
                completed = store.complete(lease.key, lease.token, answer, retention)
        except Exception as error:
            return self._result(Outcome.STORE_UNAVAILABLE, own(error))
        return (_PROCESSED, answer, None) if completed else self._result(Outcome.FENCED)

    def _failed(self, errors: list[BaseException]) -> Result:
        lost = any(isinstance(error, Fenced) for error in errors)
        return self._result(Outcome.FENCED if lost else Outcome.HANDLER_FAILED, together(errors))

    async def _decide(self, host: Host, handlers: tuple[Handler, ...], model: type[Event]) -> Result:
        """Ask every handler, and answer with the first decision.

        Not deduplicated: the vendor asks each question once, and two equal bodies are two questions. A question that
        cannot be read never reaches the handlers that would have decided it, which counts as their failure.
        """
        self._asked = bool(handlers)
        provider = self.endpoint.provider
        decision: RawResponse | None = None
        default: object = None
        failed = False
        if isinstance(self.event, UnknownEvent):
            for handler in self.reception.plan.handlers_of(self.endpoint, model):
                failed = failed or handler not in handlers
                default = handler.default if default is None else default
        errors: list[BaseException] = []
        started = perf_counter()
        for handler in handlers:
            try:
                reply = await host.call(handler, self._arguments(handler), handler.deadline)
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
                    self.reception.delivery_id,
                )
        if (seconds := perf_counter() - started) > provider.slow_decision:
            logger.warning(
                "a decision took %.2f seconds, and the vendor soon stops to wait: endpoint=%s type=%s delivery=%s",
                seconds,
                self.endpoint.path,
                self.event.type,
                self.reception.delivery_id,
            )
        failure = together(errors) if errors else None
        if decision is not None:
            return Outcome.PROCESSED, decision, failure
        if failed:
            return Outcome.DECIDED_BY_DEFAULT, provider.reply(self.event, model, default), failure
        return Outcome.PROCESSED if handlers else self._nobody(), provider.reply(self.event, model, None), None

    def _nobody(self) -> Outcome:
        return Outcome.UNKNOWN_EVENT if isinstance(self.event, UnknownEvent) else Outcome.UNHANDLED

    def _key_of(self, digest: str) -> str | None:
        provider, request = self.endpoint.provider, self.reception.request
        identity = provider.identity(self.event, request)
        if provider.idempotency_key is not None:
            own_key = provider.idempotency_key(self.event, request)
            if own_key is None:
                return None
            if not isinstance(own_key, str) or not own_key:
                raise TypeError(f"idempotency_key returned a {type(own_key).__name__}; return text, or None")
            identity = identity._replace(delivery_id=own_key)
        return self.endpoint.key(identity, digest)

    def _arguments(self, handler: Handler) -> tuple[Any, ...]:
        """Return what the handler is called with; a delivery of its own, if it wants one."""
        if not handler.wants_delivery:
            return (self.event,)
        reception, provider, lease = self.reception, self.endpoint.provider, self._lease
        delivery = Delivery(
            endpoint=self.endpoint.path,
            provider=provider.name,
            request=reception.request,
            received=reception.received,
            id=reception.delivery_id,
            context=provider.context(reception.request),
        )
        if lease is not None:
            delivery.idempotency_key = lease.key
            delivery.attempt = lease.attempt
            delivery._transaction = partial(lease.transaction, handler.name)
        return self.event, delivery

    def _result(self, outcome: Outcome, error: BaseException | None = None) -> Result:
        return outcome, self.endpoint.answers[outcome], error


def together(errors: list[BaseException]) -> BaseException:
    """Return one error for what several handlers raised."""
    if len(errors) == 1:
        return errors[0]
    return BaseExceptionGroup(f"{len(errors)} handlers failed", errors)
