"""The kit mounted into frameworks, against the handler that people write by hand in each of them."""

from __future__ import annotations

from functools import cache, partial
from typing import Final

import django
import flask
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import path as url
from fastapi import FastAPI

from webhook_kit.adapters import asgi, wsgi
from webhook_kit.adapters import django as django_adapter
from webhook_kit.adapters import fastapi as fastapi_adapter
from webhook_kit.adapters import flask as flask_adapter

from . import deliveries, handwritten
from .bars import Bar
from .deliveries import PATH
from .flow import UNIT, dispatcher, through_asgi, through_wsgi
from .rounds import Contender, measured
from .subject import Comparison, Effort, Subject

CALLS: Final = 500
"""Deliveries in one measurement."""

BY_HAND: Final = "written by hand"
MOUNTED: Final = "this kit, mounted"
BEHIND: Final = "this kit, as middleware"


def fastapi(effort: Effort) -> Comparison:
    """Compare path operations of FastAPI."""
    app = FastAPI()
    fastapi_adapter.mount(app, dispatcher(asynchronous=True))
    receive = partial(through_asgi, make=deliveries.small, calls=effort.calls(CALLS))
    by_hand = handwritten.fastapi_app()
    return _compared(
        "FastAPI",
        receive(by_hand),
        receive(app),
        receive(asgi.wrap(by_hand, dispatcher(asynchronous=True))),
        effort,
        at_least=2.5,
    )


def flask_view(effort: Effort) -> Comparison:
    """Compare views of Flask."""
    app = flask.Flask(__name__)
    flask_adapter.mount(app, dispatcher(asynchronous=False))
    receive = partial(through_wsgi, make=deliveries.small, calls=effort.calls(CALLS))
    by_hand = handwritten.flask_app()
    return _compared(
        "Flask",
        receive(by_hand),
        receive(app),
        receive(wsgi.wrap(by_hand.wsgi_app, dispatcher(asynchronous=False))),
        effort,
        at_least=1.0,
    )


def django_view(effort: Effort) -> Comparison:
    """Compare views of Django, without any middleware around them."""
    app = _django()
    receive = partial(through_wsgi, make=deliveries.small, calls=effort.calls(CALLS))
    return _compared(
        "Django",
        receive(app, path=f"/by-hand{PATH}"),
        receive(app, path=PATH),
        receive(wsgi.wrap(app, dispatcher(asynchronous=False))),
        effort,
        at_least=1.0,
    )


@cache
def _django() -> WSGIHandler:
    """Return the application of the one project that a process can have."""
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        SECRET_KEY="a key for benchmarks and nothing else",
        USE_TZ=True,
    )
    django.setup()
    settings.ROOT_URLCONF = (
        url("webhooks/", django_adapter.urls(dispatcher(asynchronous=False))),
        url(f"by-hand{PATH}", handwritten.django_view),
    )
    return WSGIHandler()


def _compared(
    framework: str, by_hand: Contender, mounted: Contender, behind: Contender, effort: Effort, at_least: float
) -> Comparison:
    figures = measured({BY_HAND: by_hand, MOUNTED: mounted, BEHIND: behind}, effort.rounds)
    return Comparison(
        framework,
        UNIT,
        figures,
        (
            Bar(
                f"{framework}, mounted, faster than by hand", figures[BY_HAND] / figures[MOUNTED], "at least", at_least
            ),
            Bar(
                f"{framework}, as middleware, faster than by hand", figures[BY_HAND] / figures[BEHIND], "at least", 4.0
            ),
        ),
    )


SUBJECT: Final = Subject(
    "mounted",
    "a delivery through each framework, with our handler and with one written by hand",
    (fastapi, flask_view, django_view),
)
