"""What a store promises.

A delivery is claimed under its key for the length of a lease, then completed with the answer, or released. Every claim
has a token of its own, and completing, releasing and extending compare it (a fence): a worker whose lease was taken
over changes nothing, and is told so.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple, TypeAlias

from ..delivery import Transaction
from ..errors import ConfigurationError, WebhookError
from ..http import RawResponse


class StoreFull(WebhookError):
    """Say that a bounded store has no room for another claim."""


class Fenced(WebhookError):
    """Say that another worker took the delivery over: what this one wrote in its transaction is rolled back."""


class New(NamedTuple):
    """The claim is ours: run the handlers that are not in ``done``."""

    token: str
    attempt: int = 1
    done: tuple[str, ...] = ()


class Busy(NamedTuple):
    """Another worker holds the claim, for ``lease_left`` seconds if it dies now."""

    lease_left: float


class Done(NamedTuple):
    """The delivery was completed earlier, with this answer."""

    response: RawResponse


Claim: TypeAlias = New | Busy | Done


class Store(ABC):
    """Keep the claims and completions of deliveries.

    ``claim`` is one atomic operation: of N simultaneous callers exactly one gets :class:`New`. Leases run on the
    store's own clock, in seconds. Keys are at most 128 ASCII characters. Whatever an operation raises means that the
    store is unavailable, and the vendor is asked to come again.

    The asynchronous half calls the synchronous one on a worker thread, unless a store has something better.
    """

    blocks: ClassVar[bool] = True
    """Whether an operation may wait for something outside this process. If not, it is called on event loops too."""

    @abstractmethod
    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        """Claim a key, or say who has it.

        ``fingerprint`` is a digest of the body, for stores that want to notice a key that came with another body.
        """

    @abstractmethod
    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        """Keep the answer for ``retention`` seconds; False where the claim was taken over."""

    @abstractmethod
    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        """Give the claim back, with the names of the handlers that did finish; False where it was taken over."""

    @abstractmethod
    def extend(self, key: str, token: str, lease: float) -> bool:
        """Let the lease run ``lease`` seconds from now; False where the claim was taken over."""

    def check(self) -> None:
        """Raise :class:`ConfigurationError` where the store cannot work before somebody does something about it.

        Called once at the start of an application; what else it raises says that the store is unavailable just now.
        """

    async def acheck(self) -> None:
        """Do as :meth:`check`."""
        await asyncio.to_thread(self.check)

    async def aclaim(self, key: str, fingerprint: str, lease: float) -> Claim:
        """Do as :meth:`claim`."""
        return await asyncio.to_thread(self.claim, key, fingerprint, lease)

    async def acomplete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        """Do as :meth:`complete`."""
        return await asyncio.to_thread(self.complete, key, token, response, retention)

    async def arelease(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        """Do as :meth:`release`."""
        return await asyncio.to_thread(self.release, key, token, done)

    async def aextend(self, key: str, token: str, lease: float) -> bool:
        """Do as :meth:`extend`."""
        return await asyncio.to_thread(self.extend, key, token, lease)

    def transaction(self, key: str, token: str, handler: str) -> Transaction:
        """Open a transaction that commits a handler's writes together with "this handler is done"."""
        raise ConfigurationError(
            f"{type(self).__name__} keeps no transactions, so delivery.transaction() cannot promise anything; "
            "use SQLStore or DjangoStore, or write without it and expect at least one run"
        )

    def close(self) -> None:
        """Let go of connections; the next operation opens them anew."""

    async def aclose(self) -> None:
        """Do as :meth:`close`."""
        await asyncio.to_thread(self.close)

    def after_fork(self) -> None:
        """Forget, in a forked child, what belongs to the parent process."""
