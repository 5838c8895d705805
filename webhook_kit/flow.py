"""One flow for every request: route, method, network, headers, body, authenticate, parse, then each event in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from .answers import NOT_FOUND
from .delivery import Outcome, Record, Refusal, new_id
from .drivers import Host
from .endpoint import Endpoint
from .events import NO_DRIFT, Event
from .http import ClientDisconnected, RawRequest, RawResponse
from .networks import allowed, client_of, parse_networks, scheme_of
from .processing import Processing
from .providers.base import Provider
from .reporting import is_logged, log, logger, own
from .secret import Secret
from .signatures import Credential

if TYPE_CHECKING:
    from .dispatcher import Dispatcher
    from .plan import Plan


class Reception:
    """Receive one request."""

    __slots__ = ("_id", "_started", "dispatcher", "endpoint", "plan", "received", "request", "secret_index")

    def __init__(self, dispatcher: Dispatcher, plan: Plan, request: RawRequest) -> None:
        self._started = perf_counter()
        self._id: str | None = None
        self.dispatcher = dispatcher
        self.plan = plan
        self.request = request
        self.endpoint: Endpoint | None = None
        self.received = 0.0
        self.secret_index: int | None = None

    @property
    def delivery_id(self) -> str:
        """The delivery's id, which is made for the first who asks."""
        if self._id is None:
            self._id = new_id()
        return self._id

    async def flow(self, host: Host) -> RawResponse:
        """Take the request to its answer, which many requests may share.

        Nothing but a cancellation of the caller leaves this flow.
        """
        error: BaseException | None = None
        try:
            endpoint, events = await self._admit(host)
        except Refusal as refusal:
            outcome, error = refusal.outcome, refusal.__cause__
        except ClientDisconnected:
            outcome = Outcome.CANCELLED
        except Exception as failure:
            # A provider, a verifier or a clock is broken. The caller gets an answer all the same, and no details.
            outcome, error = Outcome.HANDLER_FAILED, failure
        except asyncio.CancelledError:
            host.interrupted()
            await self._refuse(host, Outcome.CANCELLED)
            raise
        else:
            worst: RawResponse | None = None
            for event in events:
                response = await Processing(self, endpoint, event).flow(host)
                if worst is None or response.status > worst.status:
                    worst = response
            assert worst is not None, "a provider parses a body into one event at least"
            host.go_on()
            return worst
        # Out here, because what an observer raises inside would have the refusal for its context, and with it the
        # frames that hold the secrets.
        return await self._refuse(host, outcome, None if error is None else own(error))

    async def _admit(self, host: Host) -> tuple[Endpoint, Sequence[Event]]:
        """Return the authenticated events of the request, or raise :class:`Refusal`."""
        request, dispatcher = self.request, self.dispatcher
        route = dispatcher.route(request.path)
        if route is None:
            raise Refusal(Outcome.NOT_FOUND)
        endpoint, kind = route
        self.endpoint = endpoint
        provider = endpoint.provider
        if request.method not in provider.methods:
            raise Refusal(Outcome.METHOD_NOT_ALLOWED)
        if dispatcher.require_https and scheme_of(request, dispatcher.trusted_proxies) != "https":
            raise Refusal(Outcome.INSECURE)
        if provider.networks is not None or provider.network_source is not None:
            await self._check_network(host, provider)
        # A list, which WSGI servers have joined where the header was repeated.
        for value in request.headers.getlist("content-encoding"):
            if any(encoding.strip().lower() not in ("", "identity") for encoding in value.split(",")):
                raise Refusal(Outcome.UNSUPPORTED_ENCODING)
        provider.admit(request)
        self.received = now = provider.clock()
        verifier, secret = provider.verifier, provider.secret
        credential: Credential | None = None
        keys: tuple[bytes, ...] = ()
        if verifier is not None and secret is not None:
            credential = verifier.present(request, now)
            keys = secret.prepared or await self._ask_for(host, secret)
            if not verifier.covers_body:
                self.secret_index = verifier.match(credential, b"", keys)
        body = await host.read(provider.max_body)
        if body is None:
            raise Refusal(Outcome.TOO_LARGE)
        request.body = body
        if verifier is not None and credential is not None and verifier.covers_body:
            self.secret_index = verifier.match(credential, body, keys)
        return endpoint, provider.parse(request, kind)

    async def _check_network(self, host: Host, provider: Provider) -> None:
        networks, source = provider.networks, provider.network_source
        if source is not None:
            try:
                networks = parse_networks(await host.call(source, source.arguments(self.request)))
            except Exception as error:
                # Temporary, as far as anybody can know: the vendor is asked to come again.
                raise Refusal(Outcome.SECRET_UNAVAILABLE) from error
            host.go_on()
        assert networks is not None, "networks are fixed or asked for"
        if not allowed(client_of(self.request, self.dispatcher.trusted_proxies), networks):
            raise Refusal(Outcome.WRONG_NETWORK)

    async def _ask_for(self, host: Host, secret: Secret) -> tuple[bytes, ...]:
        source = secret.source
        assert source is not None, "a secret is fixed or asked for"
        try:
            answer = await host.call(source, source.arguments(self.request))
        except Exception as error:
            raise Refusal(Outcome.SECRET_UNAVAILABLE) from error
        host.go_on()
        return secret.asked(answer)

    async def _refuse(self, host: Host, outcome: Outcome, error: BaseException | None = None) -> RawResponse:
        response = NOT_FOUND if self.endpoint is None else self.endpoint.answers[outcome]
        if self.plan.observers or is_logged(outcome, error):
            await self.tell(host, outcome, response.status, error)
        host.go_on()
        return response

    async def tell(
        self,
        host: Host,
        outcome: Outcome,
        status: int,
        error: BaseException | None = None,
        event: Event | None = None,
        attempt: int | None = None,
    ) -> None:
        """Tell the log and the observers what became of the request, or of one event of it."""
        plan, endpoint = self.plan, self.endpoint
        type = None if event is None else event.type
        record = Record(
            outcome=outcome,
            status=None if outcome is Outcome.CANCELLED else status,
            duration=perf_counter() - self._started,
            delivery_id=self.delivery_id,
            endpoint=None if endpoint is None else endpoint.path,
            provider=None if endpoint is None else endpoint.provider.name,
            event_type=type if type is not None and plan.knows(type) else "unknown",
            attempt=attempt,
            error=error,
            secret_index=self.secret_index,
            drift=NO_DRIFT if event is None else event.drift,
        )
        log(record, type)
        for observer in plan.observers:
            try:
                await host.call(observer, (record,))
            except Exception as failure:
                logger.error("an observer failed: delivery=%s", self.delivery_id, exc_info=own(failure))
