"""A Django project inside the test process: strict about CSRF, logins and transactions, as real ones are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import URLPattern, URLResolver, path
from django.utils.deprecation import MiddlewareMixin


class Anonymous(MiddlewareMixin):
    """Do as AuthenticationMiddleware does for a client that sends no cookie."""

    def process_request(self, request: HttpRequest) -> None:
        from django.contrib.auth.models import AnonymousUser

        request.user = AnonymousUser()


MIDDLEWARE = [
    f"{__name__}.Anonymous",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]


def configure() -> None:
    """Configure Django once for the process; everything particular to a test is an override."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="a key for tests and nothing else",
            INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            USE_TZ=True,
        )
        django.setup()


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
