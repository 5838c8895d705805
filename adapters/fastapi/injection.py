"""Functions with what FastAPI gives: dependencies, parts of the request, background tasks.

Each function has an internal route, which is never served: called as an ASGI application, it resolves the function's
parameters, calls it, and closes what it opened. The call and its result travel through the scope.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Annotated, Any, Final, get_args, get_origin
from weakref import WeakKeyDictionary, ref

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import FastAPIError, RequestValidationError
from fastapi.routing import APIRoute
from starlette.background import BackgroundTask

from webhook_kit.errors import ConfigurationError
from webhook_kit.functions import Function, name_of
from webhook_kit.http import RawRequest
from webhook_kit.parameters import injected_parameters, is_marker
from webhook_kit.processing import together
from webhook_kit.reporting import escaped, own
from webhook_kit.runtime import Runtime

from ..asgi import ASGIApplication, Message, Receive, Scope

logger = logging.getLogger("webhook_kit")

RUN: Final = "webhook_kit.run"
_REQUEST: Final = "webhook_kit_request"


class Run:
    """One call of a function, on its way through FastAPI."""

    __slots__ = ("_call", "_called", "_error", "_traceback", "_value", "arguments", "background")

    def __init__(self, arguments: tuple[Any, ...], call: Callable[..., Awaitable[Any]]) -> None:
        self.arguments = arguments
        self._call = call
        self._called = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._traceback: TracebackType | None = None
        self.background: BackgroundTask | None = None

    async def __call__(self, values: dict[str, Any]) -> Response:
        """Call the function, between the opening and the closing of its dependencies."""
        self._called = True
        try:
            self._value = await self._call(**values)
        except BaseException as error:
            self._error, self._traceback = error, error.__traceback__
            raise
        return _Unsent(self)

    async def through(self, application: ASGIApplication, scope: Scope, receive: Receive) -> Any:
        """Return what the function returns, called by the application of its route."""
        # Without what the frameworks keep there for themselves, such as the application's handlers of exceptions.
        inner = {key: value for key, value in scope.items() if not key.startswith("starlette.")}
        inner[RUN] = self
        try:
            await application(inner, receive, nowhere)
        except RequestValidationError as error:
            raise _without_values(error) from None
        except FastAPIError:
            # Also raised where a dependency has swallowed what the function raised, which comes first.
            if self._error is None:
                raise
        except BaseException as error:
            if error is not self._error:
                raise
        if self._error is not None:
            # As it was raised: trackers of errors show the variables of every frame, and FastAPI's hold the request.
            raise self._error.with_traceback(self._traceback)
        if not self._called:
            raise RuntimeError("a dependency has swallowed another one's error, so that the function was not called")
        return self._value


class _Unsent(Response):
    """What FastAPI believes to be the answer. The vendor gets another one, and background tasks wait for that."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Any) -> None:
        self._run.background = self.background


async def nowhere(message: Message) -> None:
    """Send nothing."""


def resolved(function: Callable[..., Any], parameters: Iterable[inspect.Parameter]) -> Callable[..., Any]:
    """Return an endpoint with these parameters, which calls what travels in the scope with their values."""
    by_name = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    # FastAPI gives the request to one parameter only.
    theirs = next((each.name for each in reversed(by_name) if _is_request(each)), None)
    if theirs is None:
        by_name.append(inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request))

    async def endpoint(**values: Any) -> Response:
        request = values.pop(_REQUEST) if theirs is None else values[theirs]
        run: Run = request.scope[RUN]
        return await run(values)

    endpoint.__dict__["__signature__"] = inspect.Signature(by_name)
    endpoint.__module__, _, endpoint.__name__ = name_of(function).rpartition(".")
    endpoint.__qualname__ = endpoint.__name__
    endpoint.__doc__ = function.__doc__
    return endpoint


def _is_request(parameter: inspect.Parameter) -> bool:
    hint = parameter.annotation
    markers: Iterable[Any] = (parameter.default,)
    if get_origin(hint) is Annotated:
        hint, *metadata = get_args(hint)
        markers = (parameter.default, *metadata)
    return isinstance(hint, type) and issubclass(hint, Request) and not any(map(is_marker, markers))


class Routes:
    """The internal routes of handlers: one for each application, because each has dependency overrides of its own."""

    def __init__(self, hidden: str) -> None:
        self._hidden = hidden
        self._routes: WeakKeyDictionary[Any, dict[tuple[Function, tuple[str, ...]], APIRoute]] = WeakKeyDictionary()

    def prepare(self, function: Function, app: FastAPI | APIRouter) -> None:
        """Make a function's route; raise :class:`ConfigurationError` for parameters that FastAPI does not take."""
        try:
            if isinstance(app, FastAPI):
                self._route(function, app, ())
            else:  # a router, whose application is not known yet
                _new_route(function, app, ())
        except Exception as error:
            raise ConfigurationError(f"FastAPI does not take {name_of(function.call)}: {error}") from error

    def application_for(self, function: Function, scope: Scope) -> ASGIApplication:
        """Return what resolves this function's parameters in the application that the scope belongs to."""
        # Dependencies find parameters of the path by the route's own.
        names = tuple(name for name in scope["path_params"] if name != self._hidden)
        return self._route(function, scope["app"], names).app

    def _route(self, function: Function, app: Any, names: tuple[str, ...]) -> APIRoute:
        routes = self._routes.setdefault(app, {})
        route = routes.get((function, names))
        if route is None:
            route = routes[function, names] = _new_route(function, app, names)
        return route


def _new_route(function: Function, app: Any, names: tuple[str, ...]) -> APIRoute:
    endpoint = resolved(function.call, injected_parameters(function.call))
    path = "/" + "/".join(f"{{{name}}}" for name in names)
    return APIRoute(path, endpoint, include_in_schema=False, dependency_overrides_provider=_Overrides(app))


class _Overrides:
    """What an application overrides, without keeping the application: module's routers outlive those of tests."""

    def __init__(self, app: Any) -> None:
        self._app = ref(app)

    @property
    def dependency_overrides(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        return getattr(self._app(), "dependency_overrides", {})


class Injector:
    """Calls the handlers of one request, and keeps their background tasks until it is answered."""

    __slots__ = ("_answered", "_application_for", "_receive", "_request", "_runtime", "_scope", "_tasks")

    def __init__(
        self,
        application_for: Callable[[Function, Scope], ASGIApplication],
        scope: Scope,
        receive: Receive,
        request: RawRequest,
        runtime: Runtime,
    ) -> None:
        self._application_for = application_for
        self._scope = scope
        self._receive = receive
        self._request = request
        self._runtime = runtime
        self._tasks: list[BackgroundTask] = []
        self._answered = False

    async def __call__(
        self, function: Function, arguments: tuple[Any, ...], call: Callable[..., Awaitable[Any]]
    ) -> Any:
        run = Run(arguments, call)
        value = await run.through(self._application_for(function, self._scope), self._scope, self._body_again())
        if run.background is not None:
            if self._answered:  # without this handler, whose time was over
                self._runtime.keep(asyncio.ensure_future(_late(run.background)))
            else:
                self._tasks.append(run.background)
        return value

    async def answered(self) -> None:
        """Run the background tasks; those of one handler do not keep another's from running."""
        self._answered = True
        errors: list[BaseException] = []
        for task in self._tasks:
            try:
                await task()
            except Exception as error:
                errors.append(error)
        if errors:
            raise together(errors)

    def _body_again(self) -> Receive:
        """Return a ``receive`` for dependencies that read the body, which has been read before."""
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                return await self._receive()
            given = True
            return {"type": "http.request", "body": self._request.body, "more_body": False}

        return receive


async def _late(task: BackgroundTask) -> None:
    try:
        await task()
    except Exception as error:
        logger.error("a background task failed", exc_info=own(error))


def _without_values(error: RequestValidationError) -> Exception:
    """Return an error that says which parameters are wrong, and not what the sender has sent."""
    wrong = []
    for each in error.errors():
        place, *names = map(str, each["loc"])
        # What stands further down is the sender's choice, and in a body everything is.
        name = "" if place == "body" or not names else f".{escaped(names[0])}"
        wrong.append(f"{place}{name} ({each['type']})")
    return ValueError(f"the request does not have what the dependencies ask for: {', '.join(wrong)}")
