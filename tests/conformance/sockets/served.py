"""The application that a server is given: the host that the environment names, and handlers that do as they are told.

uvicorn tests.conformance.sockets.served:app
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.hostile.senders import senders
from webhook_kit import Delivery, Dispatcher, Event, Record
from webhook_kit.idempotency import MemoryStore, SQLStore
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted, MeetingFailed

from .. import deliveries
from ..hosts import HOSTS
from .journal import ENTERED, FINISHED, Journal

HOST: Final = "WEBHOOK_KIT_CONFORMANCE_HOST"
FOLDER: Final = "WEBHOOK_KIT_CONFORMANCE_FOLDER"
SHARED: Final = "WEBHOOK_KIT_CONFORMANCE_SHARED"
"""Environment variables: the host, the folder for what it writes, and whether several processes share a store."""

JOURNAL: Final = "journal"
HOSTILE: Final = "hostile"
"""Below which path the senders of the hostile table are received."""

SMALL: Final = 1024
"""What the endpoint at ``/small`` takes at most, in bytes."""

WAITS: Final = "waits"
FAILS_ONCE: Final = "fails-once"
"""How the id of a bot begins whose event is to be waited with, or to fail at its first attempt."""

PATIENCE: Final = 30.0
PAUSE: Final = 0.005


def hooks_of(folder: Path, shared: bool) -> Dispatcher:
    """Return a dispatcher with all providers, a sync handler for one event and an async one for another."""
    journal = Journal(folder / JOURNAL)
    store = SQLStore(f"sqlite:///{folder / 'deliveries.db'}") if shared else MemoryStore()
    hooks = Dispatcher(idempotency=store)
    for provider in (
        deliveries.meeting_baas(),
        deliveries.tencent_chat(),
        deliveries.tencent_room(),
        deliveries.vcaas(),
    ):
        hooks.add(provider)
    hooks.add(MeetingBaaS(secret=deliveries.SECRET, max_body=SMALL), path="small")
    _add_hostile(hooks, journal)

    @hooks.on(MeetingCompleted)
    def complete(event: MeetingCompleted, delivery: Delivery) -> None:
        for _ in _work(folder, journal, event.data.bot_id, delivery):
            time.sleep(PAUSE)

    @hooks.on(MeetingFailed)
    async def failed(event: MeetingFailed, delivery: Delivery) -> None:
        for _ in _work(folder, journal, event.data.bot_id, delivery):
            await asyncio.sleep(PAUSE)

    @hooks.observe
    def note(record: Record) -> None:
        journal.write(record.outcome.value)

    return hooks


def _add_hostile(hooks: Dispatcher, journal: Journal) -> None:
    """Serve the senders of the hostile table below a path, each of whose requests counts as if none had come before."""

    def note(event: Event) -> None:
        journal.write(ENTERED)

    for path, provider in {sender.path: sender.provider for sender in senders()}.items():
        provider.idempotency_key = lambda event, request: None
        hooks.add(provider, path=f"{HOSTILE}/{path}")
        hooks.on(Event, endpoint=f"{HOSTILE}/{path}", thread=False)(note)


def _work(folder: Path, journal: Journal, bot: str, delivery: Delivery) -> Iterator[None]:
    """Do what a bot's id says; yields where there is something to wait for."""
    request = delivery.request
    journal.write(ENTERED, bot=bot, body=request.digest, client=str(request.client), scheme=request.scheme)
    if bot.startswith(FAILS_ONCE) and delivery.attempt == 1:
        raise RuntimeError("the first attempt fails, as the delivery asks for")
    until = time.monotonic() + PATIENCE
    while bot.startswith(WAITS) and not (folder / bot).exists():
        if time.monotonic() > until:
            raise TimeoutError("nobody opened the gate")
        yield
    journal.write(FINISHED, bot=bot)


if HOST in os.environ:
    host = HOSTS[os.environ[HOST]](hooks_of(Path(os.environ[FOLDER]), SHARED in os.environ))
    app = host.app
