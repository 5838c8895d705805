"""Path operations of one's own that receive a provider's events."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Coroutine, Iterator
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from fastapi import Request, Response, params
from fastapi.routing import APIRoute
from starlette.background import BackgroundTask

from webhook_kit.delivery import Delivery
from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError
from webhook_kit.events import Event
from webhook_kit.functions import Function, is_async, name_of
from webhook_kit.handlers import Handler, Handlers
from webhook_kit.parameters import injected_parameters, parameters_of

from ..asgi import ASGIApplication, Connection, Receive, Scope, Send, request_of
from ..starlette import unlimited
from .event import WebhookEvent
from .injection import Injector, nowhere, resolved

_OPERATION: Final = "__webhook_kit_operation__"


class WebhookRoute(APIRoute):
    """A route whose operation receives webhooks, if it takes a :class:`WebhookEvent`: ``route_class=WebhookRoute``.

    The request is verified before its dependencies are resolved, and the answer is the vendor's: what it takes for
    success once the operation has ended, and what it takes for a failure otherwise.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._operation = _operation_in(endpoint)
        super().__init__(path, endpoint if self._operation is None else self._operation.endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what FastAPI calls for a request."""
        handler = super().get_route_handler()
        if self._operation is None:
            return handler
        return _Receiver(self._operation, self.path_format, handler).receive


class _Operation:
    """A path operation, as a handler of the flow and as an endpoint of FastAPI's."""

    def __init__(self, function: Callable[..., Any], parameter: inspect.Parameter, source: WebhookEvent) -> None:
        self.source = source
        self.classes = tuple(_classes(function, parameter))
        self.handler = _handler(function)
        # include_router() of older releases makes a new route from the endpoint of the first one.
        self.endpoint = resolved(function, parameters_of(function))
        self.endpoint.__dict__[_OPERATION] = self


def _operation_in(endpoint: Callable[..., Any]) -> _Operation | None:
    made_before: _Operation | None = getattr(endpoint, _OPERATION, None)
    if made_before is not None:
        return made_before
    found = [(each, source) for each in injected_parameters(endpoint) if (source := _source_in(each)) is not None]
    if len(found) > 1:
        raise ConfigurationError(f"{name_of(endpoint)} takes two events; a path operation receives one")
    return _Operation(endpoint, *found[0]) if found else None


def _source_in(parameter: inspect.Parameter) -> WebhookEvent | None:
    for marker in (parameter.default, *get_args(parameter.annotation)[1:]):
        if isinstance(marker, params.Depends) and isinstance(marker.dependency, WebhookEvent):
            return marker.dependency
    return None


def _classes(function: Callable[..., Any], parameter: inspect.Parameter) -> Iterator[type[Event]]:
    """Yield the classes of events that an annotation admits."""
    hint = parameter.annotation
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    for each in get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,):
        if not (isinstance(each, type) and issubclass(each, Event)):
            raise ConfigurationError(
                f"{name_of(function)} takes the event as {parameter.name!r}; annotate it with the classes that it "
                "receives, such as Annotated[MeetingCompleted | MeetingFailed, Depends(...)], or with Event for all"
            )
        yield each


def _handler(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the handler that an operation is for the flow: FastAPI gives all of its parameters."""

    async def waiting(_event: Event, _delivery: Delivery, /, **values: Any) -> Any:
        return _reply(function, await function(**values))

    def blocking(_event: Event, _delivery: Delivery, /, **values: Any) -> Any:
        return _reply(function, function(**values))

    handler: Callable[..., Any] = waiting if is_async(function) else blocking
    own = [*inspect.signature(handler).parameters.values()][:2]
    given = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in injected_parameters(function)]
    handler.__dict__["__signature__"] = inspect.Signature([*own, *given])
    handler.__module__, _, handler.__qualname__ = name_of(function).rpartition(".")
    return handler


def _reply(function: Callable[..., Any], value: Any) -> Any:
    if isinstance(value, Response):
        raise TypeError(
            f"{name_of(function)} returned a response, but the vendor gets its own answer; return nothing, or the "
            "decision that the event asks for"
        )
    return value


class _Receiver:
    """Takes the requests of one route through the flow, in which the operation is the only handler."""

    def __init__(
        self, operation: _Operation, path: str, handler: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> None:
        source = operation.source
        at = re.sub(r"/{2,}", "/", re.sub(r"[^\w.~/-]", "", path, flags=re.ASCII)).strip("/")
        self.hooks = _like(source.hooks, name_of(operation.handler))
        self.hooks.add(source.provider, path=at or None)
        self.hooks.on(*operation.classes, deadline=source.deadline, default=source.default)(operation.handler)
        self.hooks.check(injects=True)
        self._path = f"/{source.provider.path}"
        self._application = _Whole(handler).app

    async def receive(self, request: Request) -> Response:
        """Take a request to the vendor's answer."""
        scope = request.scope
        raw = request_of(scope, self._path)
        injector = Injector(self._application_for, scope, request.receive, raw, self.hooks.runtime)
        response = Response(background=BackgroundTask(injector.answered))

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            answer = await self.hooks.receive(raw, Connection(self.hooks, raw.headers, receive, injector))
            response.status_code, response.body = answer.status, answer.body
            response.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]

        await unlimited(limited, scope)(scope, request.receive, nowhere)
        return response

    def _application_for(self, function: Function, scope: Scope) -> ASGIApplication:
        return self._application


class _Whole(APIRoute):
    """Gives a route handler of FastAPI's, which is a function of the request, what it needs around it."""

    def __init__(self, handler: Callable[[Request], Coroutine[Any, Any, Response]]) -> None:
        self._handler = handler
        super().__init__("/", _nothing)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self._handler


def _nothing() -> None: ...


class _ObserversOf(Handlers):
    """The observers of a dispatcher, those that it gets later too, without its handlers."""

    def __init__(self, hooks: Dispatcher) -> None:
        super().__init__()
        self._hooks = hooks
        hooks._included_by.add(self)

    def _all_handlers(self) -> Iterator[Handler]:
        return iter(())

    def _all_observers(self) -> Iterator[Function]:
        return self._hooks._all_observers()


def _like(hooks: Dispatcher, name: str) -> Dispatcher:
    """Return a dispatcher of its own that works with the store, the threads and the observers of another.

    The name keeps its deliveries apart: the path does not, without the prefix of ``include_router``.
    """
    own = Dispatcher(
        idempotency=hooks.store,
        namespace=f"{hooks.namespace}/{name}",
        lease=hooks.lease,
        handler_timeout=hooks.handler_timeout,
        trusted_proxies=hooks.trusted_proxies,
        require_https=hooks.require_https,
    )
    own.runtime, own.heartbeat = hooks.runtime, hooks.heartbeat
    own.include(_ObserversOf(hooks))
    return own
