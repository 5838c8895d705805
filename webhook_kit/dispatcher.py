"""The dispatcher: endpoints and handlers on one side, raw requests and answers on the other."""

from __future__ import annotations

import asyncio
import atexit
import weakref
from collections.abc import Coroutine, Mapping
from typing import Any, Final, Never, Self, TypeVar

from .delivery import Outcome
from .drivers import AsyncReadBody, Awaiting, Blocking, Host, Inject, ReadBody, RunAsync, RunSync, drive
from .endpoint import Endpoint, checked_path
from .errors import ConfigurationError, refuse_unknown
from .flow import Reception
from .functions import not_injected
from .handlers import Handlers
from .http import RawRequest, RawResponse
from .idempotency.base import Store
from .idempotency.memory import MemoryStore
from .plan import Plan
from .providers.base import Provider
from .reporting import logger
from .runtime import Heartbeat, Runtime, at_fork

ProviderT = TypeVar("ProviderT", bound=Provider)

SETTLING: Final = 5.0
"""Seconds that closing waits for deliveries whose handlers do not end."""

TURN: Final = 0.01

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

    It opens by itself when it is first needed; a block of ``with`` or ``async with`` opens it at once, and the last
    block to end closes it.
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
        if not isinstance(require_https, bool):
            raise ConfigurationError(f"require_https is {require_https!r}; write True or False")
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
        self._opened = False
        # One entry for each block; the methods of a list need no lock, which a forked child might find taken.
        self._blocks: list[None] = []
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

    def dispatch(
        self, request: RawRequest, *, read: ReadBody | None = None, run_async: RunAsync | None = None
    ) -> RawResponse:
        """Take a request to its answer, waiting in this thread.

        Adapters pass ``read``, which returns the body or None as soon as it is longer than the limit (bytes); without
        it the body is the request's. ``run_async`` waits for a coroutine, by default on the long-lived loop.
        """
        return drive(self.receive(request, Blocking(self.runtime, read or _given(request), run_async))).copy()

    async def adispatch(
        self,
        request: RawRequest,
        *,
        read: AsyncReadBody | None = None,
        run_sync: RunSync | None = None,
        inject: Inject | None = None,
    ) -> RawResponse:
        """Take a request to its answer, on this event loop.

        Adapters pass ``read``, as for :meth:`dispatch`, ``run_sync``, which calls sync functions where they may block,
        and ``inject``, which calls functions with what only the host can give. Sync ones with a time limit may outlive
        the request, and run in threads of the kit's own. Cancelling it cancels an async handler, waits for a sync one,
        and releases the delivery.
        """
        host = Awaiting(self.runtime, read or _agiven(request), run_sync, inject)
        return (await self.receive(request, host)).copy()

    def receive(self, request: RawRequest, host: Host) -> Coroutine[Any, Any, RawResponse]:
        """Return the flow of a request in a host: what adapters run, and what the two above stand for.

        Its answer is shared by many deliveries, and must not be changed.
        """
        plan = self._plan or self.plan
        if plan.injected and not host.injects:
            self.check()
        return Reception(self, plan, request).flow(host)

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

    def check(self, *, injects: bool = False) -> None:
        """Raise :class:`ConfigurationError` for every mistake that can be seen once the application is complete.

        ``injects`` says that the host gives functions what only it can give.
        """
        injected = self.plan.injected
        if injected and not injects:
            raise not_injected(injected[0])

    def route(self, path: str) -> tuple[Endpoint, str | None] | None:
        """Return the endpoint at a path below the mount, and the type of event that arrives there."""
        return self._routes.get(path)

    def open(self) -> None:
        """Check the set-up and the store, once per process.

        Raises :class:`ConfigurationError` for what cannot work, such as tables that are missing, and says what to do.
        A store that cannot be reached is worth a warning: vendors are asked to come again until it can be.
        """
        _ = self.plan
        if self.store is not None and not self._opened:
            try:
                self.store.check()
            except Exception as error:
                _unreachable(error)
            self._opened = True

    async def aopen(self) -> None:
        """Do as :meth:`open`, without blocking the event loop."""
        _ = self.plan
        if self.store is not None and not self._opened:
            try:
                await self.store.acheck()
            except Exception as error:
                _unreachable(error)
            self._opened = True

    def close(self) -> None:
        """Wait for handlers in threads of ours, then close the store and every thread; a later request opens them anew.

        A delivery in a thread of the server goes on, and keeps its lease.
        """
        self._opened = False
        self.runtime.close()
        self.heartbeat.close()
        if self.store is not None:
            self.store.close()

    async def aclose(self) -> None:
        """Do as :meth:`close`, without blocking the event loop."""
        self._opened = False
        await self.runtime.finish()
        await asyncio.to_thread(self.runtime.close)
        # What was cancelled still gives its claim back, in turns of this loop, and some servers end right after this.
        waited = 0.0
        while self.heartbeat.is_needed and waited < SETTLING:
            await asyncio.sleep(TURN)
            waited += TURN
        await asyncio.to_thread(self.heartbeat.close)
        if self.store is not None:
            await self.store.aclose()

    def __enter__(self) -> Self:
        self._blocks.append(None)
        try:
            self.open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._blocks.pop()
        if not self._blocks:
            self.close()

    async def __aenter__(self) -> Self:
        self._blocks.append(None)
        try:
            await self.aopen()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        self._blocks.pop()
        if not self._blocks:
            await self.aclose()

    def _changed(self) -> None:
        self._plan = None
        super()._changed()

    def __repr__(self) -> str:
        return f"<Dispatcher: {', '.join(self._endpoints) or 'no endpoints'}>"


def _seconds(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ConfigurationError(f"{name} is {value!r}; give seconds above 0, such as 60")
    return float(value)


def _unreachable(error: Exception) -> None:
    if isinstance(error, ConfigurationError):
        raise error
    # Without the text, which may hold an address with its password.
    logger.warning(
        "the store cannot be reached at the start, and vendors are asked to come again until it can be: %s",
        type(error).__name__,
    )


def _given(request: RawRequest) -> ReadBody:
    def read(limit: int) -> bytes | None:
        return request.body if len(request.body) <= limit else None

    return read


def _agiven(request: RawRequest) -> AsyncReadBody:
    async def read(limit: int) -> bytes | None:
        return request.body if len(request.body) <= limit else None

    return read


_dispatchers: weakref.WeakSet[Dispatcher] = weakref.WeakSet()


def living_dispatchers() -> list[Dispatcher]:
    """Return the dispatchers of this process."""
    return list(_dispatchers)


def _close_all() -> None:
    for dispatcher in list(_dispatchers):
        dispatcher.close()


def _after_fork() -> None:
    for dispatcher in _dispatchers:
        dispatcher._opened = False
        if dispatcher.store is not None:
            dispatcher.store.after_fork()


atexit.register(_close_all)
at_fork(after_in_child=_after_fork)
