"""Deliver events as their vendors do."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import Awaitable, Mapping
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from types import TracebackType
from typing import Any, Self, TypeAlias, TypedDict, Unpack

from ..dispatcher import Dispatcher, living_dispatchers
from ..errors import ConfigurationError, nearest
from ..events import Event
from ..http import RawRequest, RawResponse
from ..providers.base import Provider
from ..providers.retries import Retries
from ..providers.vendor import Message, below_endpoint
from .answers import Answer
from .mounts import Mount, mounts_of
from .samples import fields_of
from .targets import HTTPTarget, Target, target_of

Deliverable: TypeAlias = Event | type[Event] | Message | Mapping[str, Any] | bytes


class Signing(TypedDict, total=False):
    """How a delivery is signed."""

    secret: str | None
    now: float | None
    signed: bool


class DeliveryOptions(Signing, total=False):
    """Keywords of :meth:`WebhookClient.deliver`."""

    type: str | None
    endpoint: str | None
    id: str | None


class WebhookClient:
    """Deliver events as their vendors do: signed, at the right address, and judged by the vendor's rules.

    ``target`` is what receives: a :class:`Dispatcher`, an ASGI or WSGI application, the test client of Flask, Django,
    Starlette or FastAPI, or the address of a server. ``hooks`` is the dispatcher in it, which is served there under
    ``path``, or at the address itself; by default those of its mount, else the only dispatcher of this process and
    ``/webhooks``. With ``provider`` instead of ``hooks`` the address is that of this one provider, and no dispatcher is
    needed here. ``timeout`` (seconds) is for servers.

    As a context manager it runs the lifespan of an ASGI application, and closes what it has opened.
    """

    def __init__(
        self,
        target: Any,
        *,
        hooks: Dispatcher | None = None,
        provider: Provider | None = None,
        path: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        mount = None if provider is not None else _mount(target, hooks, path)
        self._hooks = hooks if mount is None else mount.hooks
        path = path if path is not None else "/webhooks" if mount is None else mount.path
        self._target: Target = target_of(target, mount=path, timeout=timeout)
        self._provider = provider
        if provider is not None and not isinstance(self._target, HTTPTarget):
            raise ConfigurationError("provider= goes with an address; give hooks= for what runs in this process")

    @property
    def hooks(self) -> Dispatcher:
        """The dispatcher whose endpoints receive."""
        if self._hooks is None:
            self._hooks = only_dispatcher()
        return self._hooks

    def deliver(self, event: Deliverable, /, **options: Unpack[DeliveryOptions]) -> Answer:
        """Deliver an event, and return the answer.

        ``event`` is an event, such as a :func:`sample`, or a class, of which a sample is sent; or decoded JSON or bytes
        together with the wire name in ``type=``. The same event once more is the vendor's retry of the same delivery,
        unless ``id=`` (for vendors that give one) says otherwise. ``endpoint=`` is needed where several receive it.
        ``secret=``, ``now=`` (unix seconds) and ``signed=False`` sign it with another secret, at another time, or not
        at all.
        """
        provider, message = self._prepare(event, options)
        return self._deliver(provider, message, self._request(provider, message, options))

    async def adeliver(self, event: Deliverable, /, **options: Unpack[DeliveryOptions]) -> Answer:
        """Deliver on this event loop, as :meth:`deliver` does in a thread."""
        provider, message = self._prepare(event, options)
        request = await self._arequest(provider, message, options)
        started = perf_counter()
        response = await self._target.asend(self._addressed(request))
        return _answer(provider, message.type, response, started)

    def request(self, event: Deliverable, /, **options: Unpack[DeliveryOptions]) -> RawRequest:
        """Return the signed request without sending it, to be changed and handed to :meth:`send`."""
        provider, message = self._prepare(event, options)
        return self._request(provider, message, options)

    def send(self, request: RawRequest, /) -> Answer:
        """Send a request as it is; its path is relative to the mount."""
        provider, name = self._at(request.path)
        started = perf_counter()
        response = self._target.send(self._addressed(request))
        return _answer(provider, name, response, started)

    async def asend(self, request: RawRequest, /) -> Answer:
        """Send a request as it is, on this event loop."""
        provider, name = self._at(request.path)
        started = perf_counter()
        response = await self._target.asend(self._addressed(request))
        return _answer(provider, name, response, started)

    def __enter__(self) -> Self:
        self._target.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._target.close()

    async def __aenter__(self) -> Self:
        await self._target.aopen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._target.aclose()

    def _prepare(self, event: Deliverable, options: DeliveryOptions) -> tuple[Provider, Message]:
        """Return who receives an event, and what is sent."""
        name = options.get("type")
        if isinstance(event, bytes | Mapping):
            if name is None:
                raise ConfigurationError("a body that is no event needs type=, the name of its event on the wire")
        elif not isinstance(event, Event | Message) and not _is_event_class(event):
            raise ConfigurationError(f"deliver() takes an event, an event class, decoded JSON or bytes, not {event!r}")
        provider = self._provider or receiver_of(self.hooks, event, name, options.get("endpoint"))
        return provider, message_of(provider, event, name, options.get("id"))

    def _request(self, provider: Provider, message: Message, options: Signing) -> RawRequest:
        asked = _asked(provider, message, options)
        if inspect.isawaitable(asked):
            asked = _run(asked)
        return _signed(provider, message, options, asked)

    async def _arequest(self, provider: Provider, message: Message, options: Signing) -> RawRequest:
        asked = _asked(provider, message, options)
        if inspect.isawaitable(asked):
            asked = await asked
        return _signed(provider, message, options, asked)

    def _deliver(self, provider: Provider, message: Message, request: RawRequest) -> Answer:
        started = perf_counter()
        response = self._target.send(self._addressed(request))
        return _answer(provider, message.type, response, started)

    def _addressed(self, request: RawRequest) -> RawRequest:
        """Return the request with its path relative to the target."""
        return request if self._provider is None else below_endpoint(self._provider, request)

    def _at(self, path: str) -> tuple[Provider | None, str]:
        """Return who receives at a path, and which type."""
        if self._provider is not None:
            return self._provider, "unknown"
        route = self.hooks.route(path)
        return (None, "unknown") if route is None else (route[0].provider, route[1] or "unknown")


def deliver(
    target: Any,
    event: Deliverable,
    /,
    *,
    hooks: Dispatcher | None = None,
    provider: Provider | None = None,
    path: str | None = None,
    timeout: float = 30.0,
    **options: Unpack[DeliveryOptions],
) -> Answer:
    """Deliver one event to a dispatcher, an application, a test client or an address, and return the answer.

    The keywords are those of :class:`WebhookClient` and of :meth:`WebhookClient.deliver`.
    """
    return WebhookClient(target, hooks=hooks, provider=provider, path=path, timeout=timeout).deliver(event, **options)


def _mount(target: Any, hooks: Dispatcher | None, path: str | None) -> Mount | None:
    """Return the one mount in a target that is meant, None where it cannot be seen."""
    if isinstance(target, Dispatcher):
        return Mount("", target)
    found = [
        each
        for each in mounts_of(target)
        if (hooks is None or each.hooks is hooks) and (path is None or each.path.strip("/") == path.strip("/"))
    ]
    if len(found) > 1:
        choices = " or ".join(f"path={each.path!r}" for each in found)
        raise ConfigurationError(f"this application has several mounts: give {choices}")
    return found[0] if found else None


def receiver_of(hooks: Dispatcher, event: Deliverable, name: str | None, endpoint: str | None) -> Provider:
    """Return the provider of the one endpoint that receives an event; ``name`` is its type on the wire, if given."""
    known = {each.path: each.provider for each in hooks.endpoints}
    if endpoint is not None:
        found = known.get(endpoint.strip("/"))
        if found is None:
            raise ConfigurationError(f"there is no endpoint {endpoint!r}; did you mean {nearest(endpoint, known)}?")
        return found
    found_at = {path: provider for path, provider in known.items() if _receives(provider, event, name)}
    if len(found_at) > 1:
        # All of Tencent's products know all commands.
        home = event.default_provider if isinstance(event, type) else getattr(event, "provider", None)
        found_at = {path: provider for path, provider in found_at.items() if provider.name == home} or found_at
    if len(found_at) == 1:
        return next(iter(found_at.values()))
    shown = _shown(event, name)
    if found_at:
        raise ConfigurationError(
            f"several endpoints receive {shown}: give {' or '.join(f'endpoint={path!r}' for path in found_at)}"
        )
    raise ConfigurationError(
        f"no endpoint receives {shown}; add its provider to the dispatcher, or give endpoint= one of its own: "
        f"{nearest('', known) or 'there is none'}"
    )


def message_of(provider: Provider, event: Deliverable, name: str | None, id: str | None = None) -> Message:
    """Return what the vendor sends for an event; ``name`` is its type on the wire, if given."""
    vendor = provider.vendor
    if isinstance(event, Message):
        return event
    if isinstance(event, Event):
        return vendor.message(name or _sent_as(provider, event), fields_of(event), id=id)
    if isinstance(event, type):
        return vendor.message(name or vendor.type_of(event), id=id)
    assert name is not None, "a body comes with its type"
    return vendor.message(name, event, id=id)


def _is_event_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Event)


def _sent_as(provider: Provider, event: Event) -> str:
    """Return an event's own wire name; one that was made by hand gets the name that this vendor uses."""
    if event.type in provider.catalog or type(event) not in provider.catalog.values():
        return event.type
    return provider.vendor.type_of(type(event))


def _shown(event: Deliverable, name: str | None) -> str:
    if isinstance(event, Event):
        return type(event).__name__
    if isinstance(event, type):
        return event.__name__
    return repr(event.type if isinstance(event, Message) else name)


def _receives(provider: Provider, event: Deliverable, name: str | None) -> bool:
    if isinstance(event, Message | Event) and event.type in provider.catalog:
        return True
    if name is not None:
        return name in provider.catalog
    return (event if isinstance(event, type) else type(event)) in provider.catalog.values()


def _asked(provider: Provider, message: Message, options: Signing) -> Any:
    """Return the secret, or the answer of the callable that knows it, which may have to be awaited."""
    secret = provider.secret
    if secret is None or not options.get("signed", True) or options.get("secret") is not None:
        return options.get("secret")
    if secret.source is None:
        return secret.text()
    return secret.source.call(*secret.source.arguments(provider.vendor.request(message, signed=False)))


def _signed(provider: Provider, message: Message, options: Signing, asked: Any) -> RawRequest:
    secret = asked if asked is None or isinstance(asked, str) else next(iter(asked))
    return provider.vendor.request(message, secret=secret, now=options.get("now"), signed=options.get("signed", True))


def _answer(provider: Provider | None, name: str, response: RawResponse, started: float) -> Answer:
    seconds = perf_counter() - started
    verdict = Retries().verdict(response) if provider is None else provider.vendor.verdict(name, response)
    return Answer.of(response, seconds, verdict)


def _run(awaitable: Awaitable[Any]) -> Any:
    """Wait for an awaitable, also where an event loop is running in this thread."""

    async def waiting() -> Any:
        return await awaitable

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, waiting()).result()


def only_dispatcher() -> Dispatcher:
    """Return the dispatcher of a process that has one; raise :class:`ConfigurationError` for any other."""
    found = [each for each in living_dispatchers() if each.endpoints]
    if len(found) > 1:
        # Applications refer to themselves, so that those of earlier tests are still there.
        del found
        gc.collect()
        found = [each for each in living_dispatchers() if each.endpoints]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigurationError(
            "there is no Dispatcher with endpoints in this process: import the module that makes it, or give hooks="
        )
    raise ConfigurationError(f"there are {len(found)} dispatchers in this process: give hooks= the one that receives")
