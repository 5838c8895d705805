"""What every provider has in common.

A provider says how a request is authenticated, which event it holds, under which key it is deduplicated and how it is
answered. It knows no framework and does no I/O.
"""

from __future__ import annotations

import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypedDict
from urllib.parse import urlencode, urlsplit

from ..delivery import Outcome, Refusal
from ..errors import ConfigurationError, refuse_unknown
from ..events import Event
from ..functions import Source
from ..http import RawRequest, RawResponse, response
from ..networks import Network, NetworkSource, fixed_networks
from ..secret import Secret, SecretSource
from ..signatures import Verifier

if TYPE_CHECKING:
    from .vendor import Vendor

__all__ = ["Identity", "Outcome", "Provider", "ProviderOptions", "Refusal", "catalog_of", "secret_for"]

MIB: Final = 1024 * 1024
DAY: Final = 24 * 3600.0
SHORTEST_RETENTION: Final = 8 * DAY


class ProviderOptions(TypedDict, total=False):
    """Keywords that every provider takes."""

    max_body: int
    allowed_networks: NetworkSource | None
    idempotency_key: Callable[[Any, RawRequest], str | None] | None
    clock: Callable[[], float]
    unverified: bool


class Identity(NamedTuple):
    """What makes two deliveries the same one: the account, and the vendor's delivery id where its signature covers it.

    Without an id, the raw body is what identifies a delivery.
    """

    account: tuple[str, ...] = ()
    delivery_id: str | None = None


BODY_ALONE: Final = Identity()


class Provider(ABC):
    """Receive the webhooks of one vendor.

    ``max_body`` bounds the body in bytes. ``allowed_networks`` are CIDR texts, or a callable (with no parameter or the
    RawRequest) that returns them. ``idempotency_key`` replaces the default key; where it returns None nothing is
    deduplicated. ``clock`` returns unix seconds. ``unverified=True`` receives without any check.
    """

    name: str
    """The wire-neutral name, which is also the default path."""

    catalog: Mapping[str, type[Event]] = MappingProxyType({})
    """Wire type → event class."""

    routes: ClassVar[Mapping[str, str | None]] = MappingProxyType({"": None})
    """Path below the endpoint → the type of event that arrives there, None for all."""

    checks: ClassVar[tuple[str, ...]] = ("secret",)
    """The keywords of which one, at least, has to be given."""

    methods: tuple[str, ...] = ("POST",)
    default_max_body: ClassVar[int] = MIB
    retry_horizon: float = 0.0
    """Seconds from the first try to the vendor's last retry, manual ones included."""

    retentions: ClassVar[Mapping[type[Event], float]] = MappingProxyType({})
    """Seconds for events whose equal bodies are distinct facts: no longer than a retry takes."""

    vendor_path: ClassVar[str] = "webhook_kit.providers.vendor:Vendor"
    """Who sends to it, as ``module:class``; imported by tests and simulations only."""

    slow_decision: ClassVar[float] = float("inf")
    """Seconds from which on a decision is logged as slow, because the vendor soon stops to wait for it."""

    def __init__(
        self,
        *,
        verifier: Verifier | None = None,
        secret: Secret | None = None,
        checked: bool = False,
        options: ProviderOptions,
    ) -> None:
        """Keep the common options; ``checked`` says that the provider has a check of its own beside the verifier."""
        refuse_unknown(type(self).__name__, options.keys() - ProviderOptions.__annotations__.keys(), self._keywords())
        if verifier is None and not checked and not options.get("unverified", False):
            raise ConfigurationError(self._without_check())
        self.verified = verifier is not None or checked
        """Whether it has a check, so that not everybody can send it events."""
        self.verifier = verifier
        self.secret = secret
        self.path = self.name
        self.max_body = options.get("max_body", self.default_max_body)
        if isinstance(self.max_body, bool) or not isinstance(self.max_body, int) or self.max_body < 1:
            raise ConfigurationError(f"max_body is {self.max_body!r}; give a number of bytes, such as {MIB}")
        self.networks, self.network_source = _networks(options.get("allowed_networks"))
        self.idempotency_key = options.get("idempotency_key")
        if self.idempotency_key is not None and not callable(self.idempotency_key):
            raise ConfigurationError("idempotency_key is a callable (event, request) that returns text or None")
        self.clock = options.get("clock", time.time)
        if not callable(self.clock):
            raise ConfigurationError("clock is a callable that returns unix seconds, such as time.time")

    # What a provider says about a request.

    def admit(self, request: RawRequest) -> None:
        """Raise :class:`Refusal` for a request that its headers or parameters already rule out."""

    @abstractmethod
    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        """Return the events in an authenticated body; ``kind`` is what the route says.

        Raises :class:`Refusal` (malformed) for a body that is no JSON object, and nothing else.
        """

    def context(self, request: RawRequest) -> Mapping[str, Any]:
        """Return what the vendor says beside the body."""
        return MappingProxyType({})

    def identity(self, event: Event, request: RawRequest) -> Identity:
        """Return what identifies this event's delivery, from authenticated bytes only."""
        return BODY_ALONE

    def retention(self, event: Event) -> float:
        """Return for how many seconds a completed delivery is remembered: longer than the vendor comes back."""
        # Of its type, also where it could not be read as that.
        return self._retentions.get(event.type) or self.retentions.get(type(event)) or self._retention

    @cached_property
    def _retentions(self) -> dict[str, float]:
        return {name: self.retentions.get(model) or self._retention for name, model in self.catalog.items()}

    @cached_property
    def _retention(self) -> float:
        return max(2 * self.retry_horizon, SHORTEST_RETENTION)

    # What a provider answers.

    def success(self) -> RawResponse:
        """Return the answer that the vendor takes for success."""
        return response(200, "application/json", b'{"status":"success"}')

    def failure(self, status: int, text: str) -> RawResponse:
        """Return an answer with this status and short constant text."""
        return response(status, "application/json", b'{"error":"%s"}' % text.encode())

    def reply(self, event: Event, model: type[Event], reply: object) -> RawResponse:
        """Return the answer that carries a handler's decision, or allows where ``reply`` is None.

        ``model`` is the class of the question, also where the event could not be read and is an ``UnknownEvent``.
        Raises ValueError for a reply that the question does not allow.
        """
        if reply is None:
            return self.success()
        raise ValueError(f"{event.type} asks for no decision")

    def check_reply(self, model: type[Event], reply: object) -> None:
        """Raise ValueError for a reply that no event of this class allows, so that a default is checked at start."""

    # Who sends.

    @classmethod
    def vendor_class(cls) -> type[Vendor]:
        """Return what :attr:`vendor_path` names."""
        module, _, name = cls.vendor_path.partition(":")
        try:
            found: type[Vendor] = getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigurationError(
                f"{cls.__name__}.vendor_path is {cls.vendor_path!r}, which cannot be imported ({error}); "
                'write module:class, such as "acme.vendor:AcmeVendor"'
            ) from None
        return found

    @property
    def vendor(self) -> Vendor:
        """The other side: who sends to this provider, for tests and simulations."""
        return self.vendor_class()(self)

    # What the user has to do.

    def setup(self, base_url: str) -> Any:
        """Return what to enter at the vendor. ``base_url`` is the public address of the mount."""
        return {"url": self.url(base_url)}

    def url(self, base_url: str, route: str = "", query: Iterable[tuple[str, str]] = ()) -> str:
        """Return the public address of this endpoint, or of a route below it."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ConfigurationError(
                "base_url is the public address of the mount, such as https://example.com/webhooks, without a query"
            )
        address = "/".join(part for part in (base_url.rstrip("/"), self.path, route) if part)
        pairs = list(query)
        return f"{address}?{urlencode(pairs)}" if pairs else address

    @classmethod
    def _keywords(cls) -> list[str]:
        names = [
            name
            for name, each in inspect.signature(cls).parameters.items()
            if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)
        ]
        return [*names, *ProviderOptions.__annotations__]

    def _without_check(self) -> str:
        checks = " or ".join(f"{name}=" for name in self.checks)
        return (
            f"{type(self).__name__} has no check, so that anybody could send it events: give {checks} (not None), "
            "or write unverified=True"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.path!r}>"


def secret_for(verifier: Verifier, source: SecretSource, name: str) -> Secret:
    """Return the secret that a verifier works with."""
    return Secret(source, name=name, prepare=verifier.prepare, shortest=verifier.shortest_key)


def catalog_of(models: Iterable[type[Event]]) -> Mapping[str, type[Event]]:
    """Return wire type → event class for these models."""
    return MappingProxyType({name: model for model in models for name in model.wire_types})


def _networks(source: NetworkSource | None) -> tuple[tuple[Network, ...] | None, Source | None]:
    if source is None:
        return None, None
    if callable(source):
        return None, Source(source, "allowed_networks")
    return fixed_networks(source), None
