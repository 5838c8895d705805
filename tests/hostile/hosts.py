"""One application for all requests of a run: every sender in it, and a handler for whatever they send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import NamedTuple, Self

from tests.conformance.hosts import HOSTS, ASGIHost
from tests.conformance.wire import Answer, Sent, call_asgi
from webhook_kit import Dispatcher, Event, Outcome, Record
from webhook_kit.idempotency import MemoryStore, Store

from .senders import Sender
from .told import Told


class Fate(NamedTuple):
    """What became of one request."""

    answer: Answer | None
    outcomes: list[Outcome]
    handled: int
    claimed: int


class Receiver:
    """A dispatcher that receives from every sender, in a host that is built once."""

    def __init__(self, host: str, senders: tuple[Sender, ...]) -> None:
        self.told = Told()
        self.handled: list[Event] = []
        self.records: list[Record] = []
        hooks = Dispatcher()
        for path, provider in {sender.path: sender.provider for sender in senders}.items():
            hooks.add(provider, path=path)
        hooks.on(Event, thread=False)(self.handled.append)
        hooks.observe(thread=False)(self.records.append)
        self._loop = asyncio.Runner()
        self._host = HOSTS[host](hooks)

    def __enter__(self) -> Self:
        self.told.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.close()
        self._host.close()
        self.told.__exit__()

    def send(self, requests: Iterable[Sent]) -> list[Fate]:
        """Send requests to their paths below the mount, each as if none had come before it."""
        host = self._host
        below = [sent.but(path=host.mount + sent.path) for sent in requests]
        if not isinstance(host, ASGIHost):
            return [self._fate(lambda sent=sent: host.send(_as_wsgi_servers_do(sent))) for sent in below]
        if isinstance(host.hooks.store, MemoryStore):
            return self._loop.run(self._asend(host, below))
        app = host.app
        return [self._fate(lambda sent=sent: self._loop.run(call_asgi(app, sent))) for sent in below]

    async def _asend(self, host: ASGIHost, below: list[Sent]) -> list[Fate]:
        """Send them on one loop, which takes a third of the time."""
        fates = []
        for sent in below:
            answer = await call_asgi(host.app, sent)
            fates.append(self._fate(lambda answer=answer: answer))
        return fates

    def _fate(self, send: Callable[[], Answer | None]) -> Fate:
        fate = Fate(send(), [record.outcome for record in self.records], len(self.handled), self._forgotten())
        self.handled.clear()
        self.records.clear()
        return fate

    def _forgotten(self) -> int:
        """Forget all keys, and return how many there were."""
        store = self._host.hooks.store
        if isinstance(store, MemoryStore):
            if len(store):
                self._host.hooks.store = MemoryStore()
            return len(store)
        return _deleted(store)


def _deleted(store: Store | None) -> int:
    from webhook_kit.adapters.django import DjangoStore

    assert isinstance(store, DjangoStore)
    if number := store.deliveries().count():
        store.deliveries().delete()
    return number


def _as_wsgi_servers_do(sent: Sent) -> Sent:
    """Leave out names with underscores, which an environ would not tell from those with dashes."""
    return sent.but(headers=tuple(pair for pair in sent.headers if b"_" not in pair[0]))
