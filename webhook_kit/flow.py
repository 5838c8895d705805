"""One flow for every request: route, method, network, headers, body, authenticate, parse, then each event in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from .answers import NOT_FOUND
from .delivery import Delivery, Outcome, Record, Refusal, new_id
from .drivers import Call, Flow, Read
from .endpoint import Endpoint
from .events import NO_DRIFT, Event
from .http import ClientDisconnected, RawRequest, RawResponse
from .networks import allowed, client_of, parse_networks, scheme_of
from .processing import Processing, Result
from .providers.base import Provider
from .reporting import log, logger, own
from .secret import Secret

if TYPE_CHECKING:
    from .dispatcher import Dispatcher


class Reception:
    """Receive one request."""

    __slots__ = ("delivery_id", "dispatcher", "endpoint", "kind", "received", "request", "secret_index", "started")

    def __init__(self, dispatcher: Dispatcher, request: RawRequest) -> None:
        self.dispatcher = dispatcher
        self.request = request
        self.started = perf_counter()
        self.delivery_id = new_id()
        self.endpoint: Endpoint | None = None
        self.kind: str | None = None
        self.received = 0.0
        self.secret_index: int | None = None

    def flow(self) -> Flow[RawResponse]:
        """Take the request to its answer. Nothing but a cancellation of the caller leaves this flow."""
        try:
            endpoint, events = yield from self._admit()
        except Refusal as refusal:
            cause = refusal.__cause__
            return (yield from self._refuse(refusal.outcome, None if cause is None else own(cause)))
        except ClientDisconnected:
            return (yield from self._refuse(Outcome.CANCELLED))
        except Exception as error:
            # A provider, a verifier or a clock is broken. The caller gets an answer all the same, and no details.
            return (yield from self._refuse(Outcome.HANDLER_FAILED, own(error)))
        except asyncio.CancelledError:
            yield from self._refuse(Outcome.CANCELLED)
            raise
        worst: RawResponse | None = None
        for event in events:
            response = yield from self._process(endpoint, event)
            if worst is None or response.status > worst.status:
                worst = response
        assert worst is not None, "a provider parses a body into one event at least"
        return worst

    def _admit(self) -> Flow[tuple[Endpoint, Sequence[Event]]]:
        """Return the authenticated events of the request, or raise :class:`Refusal`."""
        request = self.request
        route = self.dispatcher.route(request.path)
        if route is None:
            raise Refusal(Outcome.NOT_FOUND)
        endpoint, kind = route
        self.endpoint = endpoint
        provider = endpoint.provider
        if request.method not in provider.methods:
            raise Refusal(Outcome.METHOD_NOT_ALLOWED)
        yield from self._check_network(provider)
        # A list, which WSGI servers have joined where the header was repeated.
        for encoding in ",".join(request.headers.getlist("content-encoding")).split(","):
            if encoding.strip().lower() not in ("", "identity"):
                raise Refusal(Outcome.UNSUPPORTED_ENCODING)
        provider.admit(request)
        self.received = provider.clock()
        verifier, secret = provider.verifier, provider.secret
        if verifier is None or secret is None:
            yield from self._read(provider)
        else:
            credential = verifier.present(request, self.received)
            keys = secret.prepared
            if keys is None:
                keys = yield from self._ask_for(secret)
            if not verifier.covers_body:
                self.secret_index = verifier.match(credential, b"", keys)
            yield from self._read(provider)
            if verifier.covers_body:
                self.secret_index = verifier.match(credential, request.body, keys)
        return endpoint, provider.parse(request, kind)

    def _check_network(self, provider: Provider) -> Flow[None]:
        request, proxies = self.request, self.dispatcher.trusted_proxies
        if self.dispatcher.require_https and scheme_of(request, proxies) != "https":
            raise Refusal(Outcome.INSECURE)
        networks = provider.networks
        if provider.network_source is not None:
            try:
                answer = yield Call(provider.network_source, *provider.network_source.arguments(request))
                networks = parse_networks(answer)
            except Exception as error:
                # Temporary, as far as anybody can know: the vendor is asked to come again.
                raise Refusal(Outcome.SECRET_UNAVAILABLE) from error
        if networks is not None and not allowed(client_of(request, proxies), networks):
            raise Refusal(Outcome.WRONG_NETWORK)

    def _ask_for(self, secret: Secret) -> Flow[tuple[bytes, ...]]:
        source = secret.source
        assert source is not None, "a secret is fixed or asked for"
        try:
            answer = yield Call(source, *source.arguments(self.request))
        except Exception as error:
            raise Refusal(Outcome.SECRET_UNAVAILABLE) from error
        return secret.asked(answer)

    def _read(self, provider: Provider) -> Flow[None]:
        body = yield Read(provider.max_body)
        if body is None:
            raise Refusal(Outcome.TOO_LARGE)
        self.request.body = body

    def _process(self, endpoint: Endpoint, event: Event) -> Flow[RawResponse]:
        provider = endpoint.provider
        delivery = Delivery(
            endpoint=endpoint.path,
            provider=provider.name,
            request=self.request,
            received=self.received,
            id=self.delivery_id,
        )
        processing = Processing(self.dispatcher, endpoint, event, delivery)
        try:
            delivery.context = provider.context(self.request)
            handlers = self.dispatcher.plan.handlers_for(endpoint, event)
            result = yield from processing.flow(handlers)
        except GeneratorExit:
            raise
        except Exception as error:
            result = Result(Outcome.HANDLER_FAILED, endpoint.answers[Outcome.HANDLER_FAILED], own(error))
        except BaseException as interruption:
            result = Result(Outcome.CANCELLED, endpoint.answers[Outcome.CANCELLED], interruption)
            yield from self._report(result, event, delivery.attempt if processing.asked else None)
            raise
        yield from self._report(result, event, delivery.attempt if processing.asked else None)
        return result.response

    def _refuse(self, outcome: Outcome, error: BaseException | None = None) -> Flow[RawResponse]:
        response = NOT_FOUND if self.endpoint is None else self.endpoint.answers[outcome]
        yield from self._report(Result(outcome, response, error), None, None)
        return response

    def _report(self, result: Result, event: Event | None, attempt: int | None) -> Flow[None]:
        plan, endpoint = self.dispatcher.plan, self.endpoint
        type = None if event is None else event.type
        record = Record(
            outcome=result.outcome,
            status=None if result.outcome is Outcome.CANCELLED else result.response.status,
            duration=perf_counter() - self.started,
            delivery_id=self.delivery_id,
            endpoint=None if endpoint is None else endpoint.path,
            provider=None if endpoint is None else endpoint.provider.name,
            event_type=type if type is not None and plan.knows(type) else "unknown",
            attempt=attempt,
            error=result.error,
            secret_index=self.secret_index,
            drift=NO_DRIFT if event is None else event.drift,
        )
        log(record, type)
        for observer in plan.observers:
            try:
                yield Call(observer, record)
            except Exception as error:
                logger.error("an observer failed: delivery=%s", self.delivery_id, exc_info=own(error))
