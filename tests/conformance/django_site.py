"""A Django project inside the test process: strict about CSRF, logins and transactions, as real ones are."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import URLPattern, URLResolver, path
from django.utils.deprecation import MiddlewareMixin

from webhook_kit import ConfigurationError
from webhook_kit.idempotency import Store


class Anonymous(MiddlewareMixin):
    """Do as AuthenticationMiddleware does for a client that sends no cookie."""

    def process_request(self, request: HttpRequest) -> None:
        from django.contrib.auth.models import AnonymousUser

        request.user = AnonymousUser()


MIDDLEWARE = [
    f"{__name__}.Anonymous",
    "django.middleware.csrf.CsrfViewMiddleware",
]
if django.VERSION >= (5, 1):
    MIDDLEWARE.append("django.contrib.auth.middleware.LoginRequiredMiddleware")


def configure() -> None:
    """Configure Django once for the process; everything particular to a test is an override."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="a key for tests and nothing else",
            INSTALLED_APPS=[
                "django.contrib.contenttypes",
                "django.contrib.auth",
                "django.contrib.sessions",
                "django.contrib.messages",
                "django.contrib.admin",
                "webhook_kit.adapters.django",
                "tests.adapters.django.shop",
            ],
            DATABASES={
                "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
                "stored": {"ENGINE": "django.db.backends.sqlite3", "NAME": _folder() / "stored.sqlite3"},
            },
            USE_TZ=True,
        )
        django.setup()


def empty_store() -> Store:
    """Return a store in a database that several threads may use, without what an earlier test left."""
    from webhook_kit.adapters.django import DjangoStore

    configure()
    store = DjangoStore(using="stored")
    try:
        store.check()
    except ConfigurationError:
        call_command("migrate", "webhook_kit", database="stored", verbosity=0)
    store.deliveries().delete()
    return store


def _folder() -> Path:
    folder = Path(mkdtemp())
    # A server's forked workers end one after the other.
    atexit.register(rmtree, folder, ignore_errors=True)
    return folder


def own_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page of the application", content_type="text/plain")


setattr(own_page, "login_required", False)  # noqa: B010  # functions declare no attributes


@contextmanager
def site(*patterns: URLPattern | URLResolver, **overrides: Any) -> Iterator[None]:
    """Serve these patterns and the application's own page."""
    options: dict[str, Any] = {
        "ALLOWED_HOSTS": ["*"],
        "MIDDLEWARE": MIDDLEWARE,
        "ROOT_URLCONF": (*patterns, path("own", own_page)),
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 16,
    }
    with override_settings(**(options | overrides)):
        yield
