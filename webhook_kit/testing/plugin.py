"""The pytest plugin: fixtures for projects that receive webhooks. Switch it off with ``-p no:webhook_kit``.

Nothing but pytest is imported until a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..dispatcher import Dispatcher
    from .client import WebhookClient
    from .clock import FrozenClock
    from .delivered import Delivered


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what a project can say about itself."""
    parser.addini("webhook_kit_hooks", "The dispatcher: module:attribute. By default that of the application.")
    parser.addini("webhook_kit_app", "The application that deliveries go through: module:attribute.")
    parser.addini("webhook_kit_path", "Where the application serves the dispatcher, if that cannot be seen.")


@pytest.fixture
def webhook_hooks(request: pytest.FixtureRequest) -> Dispatcher | None:
    """Return the dispatcher under test: the one that the setting webhook_kit_hooks names. To be overridden."""
    from .fixtures import imported

    reference = request.config.getini("webhook_kit_hooks")
    hooks: Dispatcher | None = imported(reference) if reference else None
    return hooks


@pytest.fixture
def webhook_target(request: pytest.FixtureRequest) -> Any:
    """Return what deliveries of webhook_client go through. To be overridden.

    By default the application that the setting webhook_kit_app names; else the project's own fixture ``app``, if it is
    one of Flask, Starlette or FastAPI; else Django's test client in a project of Django's; else nothing, and the
    dispatcher itself receives.
    """
    from .fixtures import django_client, imported, is_application

    reference = request.config.getini("webhook_kit_app")
    if reference:
        return imported(reference)
    if "app" in request.fixturenames or _has_fixture(request, "app"):
        app = request.getfixturevalue("app")
        if is_application(app):
            return app
    return django_client()


@pytest.fixture
def webhook_client(
    request: pytest.FixtureRequest, webhook_target: Any, webhook_hooks: Dispatcher | None
) -> Iterator[WebhookClient]:
    """Deliver signed events to the application. Deliveries of earlier tests count for nothing."""
    from .fixtures import apart, client_for

    client = client_for(webhook_target, webhook_hooks, request.config.getini("webhook_kit_path"))
    # By now all dispatchers of the application are there.
    with apart(), client:
        yield client


@pytest.fixture
def delivered() -> Iterator[Delivered]:
    """See what the handlers saw, and what became of each delivery."""
    from .delivered import watching

    with watching() as seen:
        yield seen


@pytest.fixture
def frozen_clock() -> Iterator[FrozenClock]:
    """Stop the clock of every provider, and of every store that keeps deliveries in memory."""
    from .fixtures import frozen

    with frozen() as clock:
        yield clock


def _has_fixture(request: pytest.FixtureRequest, name: str) -> bool:
    manager: Any = request.session._fixturemanager
    return bool(manager.getfixturedefs(name, request.node))
