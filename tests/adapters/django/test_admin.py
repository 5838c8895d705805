"""The deliveries in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connections
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from tests.conformance import django_site
from tests.conformance.deliveries import meeting_baas
from webhook_kit import Dispatcher, RawResponse
from webhook_kit.adapters.django import DjangoStore
from webhook_kit.adapters.django.admin import StoredDeliveryAdmin
from webhook_kit.adapters.django.models import StoredDelivery
from webhook_kit.adapters.django.receiving import arriving
from webhook_kit.idempotency import New

hooks = Dispatcher(idempotency=DjangoStore())
hooks.add(meeting_baas())
hooks.add(meeting_baas(), path="second")

ADDRESS = "/admin/webhook_kit/storeddelivery/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


@pytest.fixture(scope="module", autouse=True)
def tables() -> Iterator[None]:
    call_command("migrate", verbosity=0)
    yield
    for app in ("webhook_kit", "admin", "sessions", "auth", "contenttypes"):
        call_command("migrate", app, "zero", verbosity=0)


@pytest.fixture
def deliveries() -> Iterator[None]:
    """One that runs, one that failed, one that was answered."""
    store = DjangoStore()
    for key, endpoint in (("a1" * 32, "meeting-baas"), ("b2" * 32, "second"), ("c3" * 32, "second")):
        with arriving(hooks, f"/{endpoint}"):
            claim = store.claim(key, "", 60)
        assert isinstance(claim, New)
        if key.startswith("b"):
            store.release(key, claim.token, ("shop.archive",))
        if key.startswith("c"):
            store.complete(key, claim.token, RawResponse(200, [], b"the body of an answer"), 3600)
    yield
    store.deliveries().delete()


@pytest.fixture
def client(deliveries: None) -> Iterator[Client]:
    """A member of the staff who may look at deliveries."""
    user = User.objects.create_user("amira", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_storeddelivery"))
    client = Client()
    with (
        django_site.site(path("admin/", admin.site.urls), MIDDLEWARE=MIDDLEWARE, TEMPLATES=TEMPLATES, STATIC_URL="/s/"),
        override_settings(WEBHOOK_KIT={"HOOKS": f"{__name__}.hooks"}),
    ):
        client.force_login(user)
        yield client
    user.delete()


def keys(client: Client, **query: str) -> list[str]:
    response: Any = client.get(ADDRESS, query)
    assert response.status_code == 200
    return [each.key[:2] for each in response.context_data["cl"].queryset]


def test_the_newest_come_first(client: Client) -> None:
    assert keys(client) == ["c3", "b2", "a1"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "claimed"}, ["a1"]),
        ({"state": "released"}, ["b2"]),
        ({"state": "completed"}, ["c3"]),
        ({"state": "abandoned"}, []),
        ({"endpoint": "second"}, ["c3", "b2"]),
        ({"namespace": "default"}, ["c3", "b2", "a1"]),
        ({"q": "b2b2b2"}, ["b2"]),
    ],
)
def test_they_are_found(client: Client, query: dict[str, str], expected: list[str]) -> None:
    assert keys(client, **query) == expected


def test_the_list_says_what_became_of_each(client: Client) -> None:
    page = client.get(ADDRESS).content.decode()
    assert "completed: a retry gets the same answer" in page
    assert "released: waits for the vendor&#x27;s next try" in page
    assert "shop.archive" in page
    assert "the body of an answer" not in page


def test_one_of_them_can_be_looked_at(client: Client) -> None:
    response = client.get(f"{ADDRESS}{'c3' * 32}/change/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "c3" * 32 in page
    assert "the body of an answer" not in page
    assert StoredDelivery.objects.get(key="c3" * 32).token is None


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", f"{ADDRESS}add/"),
        ("post", f"{ADDRESS}add/"),
        ("post", f"{ADDRESS}{'c3' * 32}/change/"),
        ("post", f"{ADDRESS}{'c3' * 32}/delete/"),
    ],
)
def test_nothing_can_be_changed(client: Client, method: str, address: str) -> None:
    """Not even by who may do everything else."""
    User.objects.update(is_superuser=True)
    assert getattr(client, method)(address).status_code == 403
    assert StoredDelivery.objects.count() == 3


def test_who_may_not_look_sees_nothing(client: Client) -> None:
    User.objects.get().user_permissions.clear()
    assert client.get(ADDRESS).status_code == 403


def test_the_deliveries_are_those_of_the_projects_database(client: Client) -> None:
    request = RequestFactory().get("/")
    with override_settings(WEBHOOK_KIT={"DATABASE": "elsewhere"}):
        connections.settings["elsewhere"] = connections.settings["default"]
        found = StoredDeliveryAdmin(StoredDelivery, admin.site).get_queryset(request)
        del connections.settings["elsewhere"]
    assert found.db == "elsewhere"
