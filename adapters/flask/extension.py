"""The kit as an extension of Flask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Never, TypeAlias
from weakref import WeakKeyDictionary

import flask

from webhook_kit.delivery import Outcome
from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown
from webhook_kit.handlers import Handlers
from webhook_kit.http import RawResponse
from webhook_kit.providers.base import Provider

from ..arguments import a_dispatcher, kind_of
from .configuration import dispatcher_of, key, path_of, settings_of
from .views import mount

ProviderOf: TypeAlias = Callable[[flask.Config], Provider]
"""Make a provider from the configuration of an application."""


class Webhooks(Handlers):
    """Receive webhooks in every application that ``init_app`` is called with.

    With ``hooks`` all of them share that dispatcher. Without, each has one of its own, made of its ``WEBHOOK_KIT_*``
    configuration keys, of the providers of :meth:`add`, and of the handlers and observers that are registered here.
    """

    def __init__(
        self,
        hooks: Dispatcher | None = None,
        app: flask.Flask | None = None,
        *,
        path: str | None = None,
        **others: Never,
    ) -> None:
        refuse_unknown("Webhooks", others, ("hooks", "app", "path"))
        super().__init__()
        if isinstance(hooks, flask.Flask):
            raise ConfigurationError("Webhooks(hooks, app) takes the Dispatcher first; write Webhooks(app=app)")
        self._path = path
        self._given = hooks
        self._providers: list[tuple[Provider | ProviderOf, str | None, Mapping[Outcome, RawResponse] | None]] = []
        # Weak, so that a test may make an application for each case.
        self._by_app: WeakKeyDictionary[flask.Flask, Dispatcher] = WeakKeyDictionary()
        if hooks is not None:
            a_dispatcher(hooks).include(self)
        if app is not None:
            self.init_app(app)

    def add(
        self,
        provider: Provider | ProviderOf,
        *,
        path: str | None = None,
        answers: Mapping[Outcome, RawResponse] | None = None,
        **others: Never,
    ) -> None:
        """Serve a provider in every application, or what a callable makes of the application's configuration.

        ``path`` and ``answers`` are those of :meth:`Dispatcher.add`.
        """
        refuse_unknown("add()", others, ("path", "answers"))
        if self._given is not None:
            raise ConfigurationError("Webhooks(hooks) serves what its Dispatcher serves: write hooks.add(...)")
        if self._by_app:
            raise ConfigurationError("add() came after init_app(), which has mounted what was there; call it before")
        if isinstance(provider, type) or not (isinstance(provider, Provider) or callable(provider)):
            raise ConfigurationError(
                "add() takes a provider, such as MeetingBaaS(secret=...), or a callable that makes one of the "
                f"configuration, such as lambda config: MeetingBaaS(secret=config[...]), not {kind_of(provider)}"
            )
        self._providers.append((provider, path, answers))

    def init_app(self, app: flask.Flask) -> None:
        """Mount in an application that is configured.

        Raises :class:`ConfigurationError` for every mistake that can be seen by now.
        """
        if not isinstance(app, flask.Flask):
            raise ConfigurationError(f"init_app() takes the Flask application, not {kind_of(app)}")
        settings = settings_of(app.config)
        path = path_of(settings, self._path)
        if self._given is None:
            hooks = dispatcher_of(settings)
            for provider, below, answers in self._providers:
                hooks.add(_made(provider, app.config), path=below, answers=answers)
            hooks.include(self)
        else:
            hooks = self._given
            for name in sorted(settings.keys() - {"path"}):
                raise ConfigurationError(
                    f"app.config has {key(name)}, but Webhooks(hooks) was given a Dispatcher with a {name} of its own; "
                    f"write Dispatcher({name}=...), or Webhooks() without hooks"
                )
        mount(app, hooks, path)
        self._by_app[app] = hooks

    @property
    def hooks(self) -> Dispatcher:
        """The dispatcher of the current application."""
        proxy: Any = flask.current_app
        app: flask.Flask = proxy._get_current_object()
        try:
            return self._by_app[app]
        except KeyError:
            raise ConfigurationError(f"{app!r} has no webhooks of this extension: call init_app(app)") from None


def _made(provider: Provider | ProviderOf, config: flask.Config) -> Provider:
    if isinstance(provider, Provider):
        return provider
    try:
        return provider(config)
    except KeyError as error:
        raise ConfigurationError(f"a provider needs {error} in app.config, where it is not; set it there") from error
