"""The mount: rules for everything below its path, and the view behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Never
from wsgiref.types import WSGIEnvironment

import flask
from flask.sansio.app import App
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.datastructures import Headers
from werkzeug.routing import BaseConverter

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.drivers import Blocking, drive
from webhook_kit.errors import ConfigurationError, refuse_unknown

from .. import wsgi
from ..arguments import checked_hooks, kind_of, mount_path
from .commands import COMMAND
from .commands import webhooks as commands
from .mounts import mounts_of

CONVERTER: Final = "webhook_path"


def mount(
    app: flask.Flask | flask.Blueprint, hooks: Dispatcher, path: str = "/webhooks", **others: Never
) -> flask.Blueprint:
    """Serve the endpoints of ``hooks`` under ``path``, and return the blueprint that does so.

    Below a blueprint, its own prefix comes before the path. Handlers run in the application context. Flask-WTF's CSRF
    protection lets the mount pass. ``flask webhooks`` has commands for it. ``hooks`` is closed when the process ends.
    """
    refuse_unknown("mount()", others, ("path",))
    if not isinstance(app, flask.Flask | flask.Blueprint):
        raise ConfigurationError(
            f"mount() takes a blueprint or the Flask application and the Dispatcher, not {kind_of(app)}"
        )
    checked_hooks(hooks)
    mounted_at = mount_path(path)
    if isinstance(app, flask.Flask):
        _refuse_taken(app, mounted_at)
    blueprint = flask.Blueprint(f"webhook_kit{mounted_at.replace('/', ':').replace('.', '-')}", __name__)

    exempting: set[Callable[..., None]] = set()
    # Each look at a proxy costs, and one is enough for a request.
    current: Any = flask.request

    def receive(below: str, **parameters: Any) -> flask.Response:
        request: flask.Request = current._get_current_object()
        host = Blocking(hooks.runtime, _body_of(request))
        answer = drive(hooks.receive(wsgi.request_of(request.environ, below or "/"), host))
        headers = Headers()
        headers[:] = answer.headers
        return _Answer([answer.body], answer.status, headers)

    def add(state: BlueprintSetupState) -> None:
        whole = f"{(state.url_prefix or '').rstrip('/')}{mounted_at}"
        _refuse_taken(state.app, whole)
        mounts_of(state.app)[whole] = hooks
        state.app.url_map.converters[CONVERTER] = _Below
        endpoint = f"{state.name_prefix}.{state.name}.receive".lstrip(".")
        # What asks for an upgrade to WebSockets matches no other rule, and would be answered by Flask.
        for websocket in (False, True):
            # Flask's own add_url_rule() knows no rule for every method, and would answer OPTIONS by itself.
            rule = state.app.url_rule_class(
                f"{whole}<{CONVERTER}:below>",
                endpoint=endpoint,
                subdomain=state.subdomain,
                methods=None,
                merge_slashes=False,
                websocket=websocket,
            )
            state.app.url_map.add(rule)
        state.app.view_functions[endpoint] = receive
        # Somebody's own commands by that name stay.
        state.app.cli.commands.setdefault(COMMAND, commands)

        def exempt(started: flask.Flask, **others: Any) -> None:
            """Ask for no CSRF token, when the set-up is over: whichever of the two was set up first."""
            protection: Any = started.extensions.get("csrf")
            if type(protection).__module__.partition(".")[0] == "flask_wtf":
                protection.exempt(blueprint)
            # While anybody listens, every request of every application pays for it.
            flask.request_started.disconnect(exempt)
            exempting.discard(exempt)

        # The signal holds it weakly, so that it goes with an application that never has a request.
        exempting.add(exempt)
        flask.request_started.connect(exempt, state.app)

    blueprint.record(add)
    app.register_blueprint(blueprint)
    return blueprint


def _refuse_taken(app: App, path: str) -> None:
    if path in mounts_of(app):
        raise ConfigurationError(f"{path!r} is taken by another mount; give path= another value")


class _Below(BaseConverter):
    """The mount itself, or anything below it; no redirect is left for werkzeug to add."""

    part_isolating = False
    regex = r"(?:/[\s\S]*)?"


class _Answer(flask.Response):
    """A response that is sent as it is: what werkzeug does on its way out costs more than a delivery takes."""

    default_mimetype = None
    has_closers = False

    def call_on_close(self, func: Callable[[], Any]) -> Callable[[], Any]:
        self.has_closers = True
        return super().call_on_close(func)

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        return self.headers

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        # Werkzeug's iterator closes what is behind the body, and there is nothing behind a list.
        nothing_behind = type(self.response) is list and not self.has_closers
        if nothing_behind and self.status_code == 200 and environ["REQUEST_METHOD"] != "HEAD":
            return self.iter_encoded()
        return super().get_app_iter(environ)


_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


def _body_of(request: flask.Request) -> Callable[[int], bytes | None]:
    # What a before_request function read is kept here, and in no public place that does not read by itself.
    read_before: bytes | None = getattr(request, "_cached_data", None)
    if read_before is None:
        if "form" in vars(request) and request.mimetype in _FORMS:

            def gone(limit: int) -> bytes | None:
                raise RuntimeError("a before_request function read the form; call request.get_data() there first")

            return gone
        return wsgi.body_of(request.environ)

    def given(limit: int) -> bytes | None:
        return read_before if len(read_before) <= limit else None

    return given
