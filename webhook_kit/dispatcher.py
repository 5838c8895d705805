"""The dispatcher: endpoints and handlers on one side, raw requests and answers on the other."""

from __future__ import annotations

import asyncio
import atexit
import weakref
from collections.abc import Mapping
from typing import Any, Never, TypeVar

from .delivery import Outcome
from .drivers import AsyncReadBody, Awaiting, Blocking, ReadBody, RunSync, adrive, drive
from .endpoint import Endpoint, checked_path
from .errors import ConfigurationError, refuse_unknown
from .flow import Reception
from .handlers import Handlers
from .http import RawRequest, RawResponse
from .idempotency.base import Store
from .idempotency.memory import MemoryStore
from .plan import Plan
from .providers.base import Provider
from .runtime import Heartbeat, Runtime, at_fork

ProviderT = TypeVar("ProviderT", bound=Provider)

_KEYWORDS = (
    "idempotency",
    "namespace",
    "lease",
    "handler_timeout",
    "trusted_proxies",
    "require_https",
)


class _Default:
    """Stand for the store that is made where none is given."""

    def __repr__(self) -> str:
        return "MemoryStore()"


_DEFAULT: Any = _Default()


class Dispatcher(Handlers):
    """Receive webhooks: authenticate, type, deduplicate, handle, answer.

    ``idempotency`` is the store that remembers deliveries, by default a bounded :class:`MemoryStore`; None switches it
    off. ``namespace`` keeps deployments apart that share a store. ``lease`` (seconds) is how long a claim outlives a
    worker that was killed. ``handler_timeout`` (seconds) bounds the wait for handlers, which then go on without an
    answer. ``trusted_proxies`` is the number of proxies in front that append to ``X-Forwarded-For``.
    """

    def __init__(
        self,
        *,
        idempotency: Store | None = _DEFAULT,
        namespace: str = "default",
        lease: float = 60.0,
        handler_timeout: float | None = None,
        trusted_proxies: int = 0,
        require_https: bool = False,
        **others: Never,
    ) -> None:
        refuse_unknown("Dispatcher", others, _KEYWORDS)
        super().__init__()
        self.store = MemoryStore() if idempotency is _DEFAULT else idempotency
        if self.store is not None and not isinstance(self.store, Store):
            raise ConfigurationError("idempotency is a store, such as MemoryStore(), or None to switch it off")
        if not isinstance(namespace, str) or not namespace:
            raise ConfigurationError('namespace is a name for this deployment, such as "production"')
        if isinstance(trusted_proxies, bool) or not isinstance(trusted_proxies, int) or trusted_proxies < 0:
            raise ConfigurationError("trusted_proxies is the number of proxies in front, 0 for none")
        self.namespace = namespace
        self.lease = _seconds("lease", lease)
        self.handler_timeout = None if handler_timeout is None else _seconds("handler_timeout", handler_timeout)
        self.trusted_proxies = trusted_proxies
        self.require_https = require_https
        self.runtime = Runtime()
        self.heartbeat = Heartbeat(self.lease / 3)
        self._endpoints: dict[str, Endpoint] = {}
        self._routes: dict[str, tuple[Endpoint, str | None]] = {}
        self._plan: Plan | None = None
        _dispatchers.add(self)

    def add(
        self,
        provider: ProviderT,
        *,
        path: str | None = None,
        answers: Mapping[Outcome, RawResponse] | None = None,
        **others: Never,
    ) -> ProviderT:
        """Serve a provider below the mount, at its own name unless ``path`` says otherwise, and return it.

        ``answers`` replaces the answers to some outcomes. Raises :class:`ConfigurationError` for a path that is taken.
        """
        refuse_unknown("add()", others, ("path", "answers"))
        if not isinstance(provider, Provider):
            given = provider.__name__ if isinstance(provider, type) else type(provider).__name__
            raise ConfigurationError(f"add() takes a provider, such as MeetingBaaS(secret=...), not {given}")
        if any(each.provider is provider for each in self._endpoints.values()):
            raise ConfigurationError(f"{provider!r} was added already; make another one for another path")
        at = checked_path(provider.name if path is None else path)
        endpoint = Endpoint(provider, at, answers, self.namespace)
        routes = {f"/{at}/{below}".rstrip("/"): kind for below, kind in provider.routes.items()}
        for route in routes:
            if route in self._routes:
                raise ConfigurationError(
                    f"{route!r} is taken by {self._routes[route][0].provider!r}; give path= another name"
                )
        for route, kind in routes.items():
            # One trailing slash is accepted, and never redirected: vendors do not follow.
            self._routes[route] = self._routes[route + "/"] = (endpoint, kind)
        self._endpoints[at] = endpoint
        provider.path = at
        self._changed()
        return provider

    def dispatch(self, request: RawRequest, *, read: ReadBody | None = None) -> RawResponse:
        """Take a request to its answer, waiting in this thread.

        Adapters pass ``read``, which returns the body or None as soon as it is longer than the limit (bytes); without
        it the body is the request's.
        """
        if self._plan is None:
            self.check()
        return drive(Reception(self, request).flow(), Blocking(self.runtime, read or _given(request))).copy()

    async def adispatch(
        self, request: RawRequest, *, read: AsyncReadBody | None = None, run_sync: RunSync | None = None
    ) -> RawResponse:
        """Take a request to its answer, on this event loop.

        Adapters pass ``read``, as for :meth:`dispatch`, and ``run_sync``, which calls sync functions where they may
        block. Cancelling it cancels an async handler, waits for a sync one, and releases the delivery.
        """
        if self._plan is None:
            self.check()
        reader = read or _agiven(request)
        return (await adrive(Reception(self, request).flow(), Awaiting(self.runtime, reader, run_sync))).copy()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What is served, in the order in which it was added."""
        return tuple(self._endpoints.values())

    @property
    def plan(self) -> Plan:
        """Which handlers each event has; raises :class:`ConfigurationError` for what cannot work."""
        plan = self._plan
        if plan is None:
            plan = self._plan = Plan(self._all_handlers(), self._all_observers(), self.endpoints)
        return plan

    def check(self) -> None:
        """Raise :class:`ConfigurationError` for every mistake that can be seen once the application is complete."""
        _ = self.plan

    def route(self, path: str) -> tuple[Endpoint, str | None] | None:
        """Return the endpoint at a path below the mount, and the type of event that arrives there."""
        return self._routes.get(path)

    def close(self) -> None:
        """Wait for running handlers, then close the store and every thread; a later request opens them anew."""
        self.runtime.close()
        self.heartbeat.close()
        if self.store is not None:
            self.store.close()

    async def aclose(self) -> None:
        """Do as :meth:`close`, without blocking the event loop."""
        await self.runtime.finish()
        await asyncio.to_thread(self.runtime.close)
        await asyncio.to_thread(self.heartbeat.close)
        if self.store is not None:
            await self.store.aclose()

    def _changed(self) -> None:
        self._plan = None
        super()._changed()

    def __repr__(self) -> str:
        return f"<Dispatcher: {', '.join(self._endpoints) or 'no endpoints'}>"


def _seconds(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ConfigurationError(f"{name} is {value!r}; give seconds above 0, such as 60")
    return float(value)


def _given(request: RawRequest) -> ReadBody:
    def read(limit: int) -> bytes | None:
        return request.body if len(request.body) <= limit else None

    return read


def _agiven(request: RawRequest) -> AsyncReadBody:
    async def read(limit: int) -> bytes | None:
        return request.body if len(request.body) <= limit else None

    return read


_dispatchers: weakref.WeakSet[Dispatcher] = weakref.WeakSet()


def _close_all() -> None:
    for dispatcher in list(_dispatchers):
        dispatcher.close()


def _after_fork() -> None:
    for dispatcher in _dispatchers:
        if dispatcher.store is not None:
            dispatcher.store.after_fork()


atexit.register(_close_all)
at_fork(_after_fork)
