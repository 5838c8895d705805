"""What ``manage.py check`` says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path
from django.utils.deprecation import MiddlewareMixin

from tests.conformance import django_site
from tests.core.plain import SECRET, Knocked, Plain
from webhook_kit import Dispatcher
from webhook_kit.adapters.django import DjangoStore, urls
from webhook_kit.adapters.django.models import StoredDelivery
from webhook_kit.adapters.django.mounts import mounts, project_database
from webhook_kit.errors import WeakSecretWarning
from webhook_kit.idempotency import MemoryStore
from webhook_kit.providers.base import Provider

from .shop import webhooks as shop
from .sites import DjangoSite, params

hooks = Dispatcher()
made = [hooks]


def serve(*providers: Provider, **options: Any) -> None:
    """Let the project have another dispatcher, with these providers or a plain one."""
    global hooks
    hooks = Dispatcher(**{"idempotency": None, **options})
    for provider in providers or (Plain(secret=SECRET),):
        hooks.add(provider)
    made.append(hooks)


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A project with nothing to complain about."""
    for name in ("WEB_CONCURRENCY", "GUNICORN_CMD_ARGS"):
        monkeypatch.delenv(name, raising=False)
    serve()
    with override_settings(WEBHOOK_KIT={"HOOKS": f"{__name__}.hooks"}):
        yield
    while made:
        made.pop().close()


def found(*, mounted: bool = True, deploy: bool = False, **options: Any) -> list[CheckMessage]:
    """Return what our checks find in the project, served by a URLconf."""
    patterns = [path("webhooks/", urls(hooks))] if mounted else []
    with django_site.site(*patterns, DATA_UPLOAD_MAX_MEMORY_SIZE=None, **options.pop("settings", {})):
        messages = run_checks(include_deployment_checks=deploy, **options)
    return [each for each in messages if each.id is not None and each.id.startswith("webhook_kit.")]


def ids(messages: list[CheckMessage]) -> list[str]:
    return [str(each.id).removeprefix("webhook_kit.") for each in messages]


def test_a_project_in_order_has_nothing_to_hear() -> None:
    assert found() == []
    assert found(deploy=True) == []


def test_every_warning_says_what_to_write() -> None:
    serve(Plain(unverified=True))
    [message] = found()
    assert str(message) == (
        "The endpoint 'plain': (webhook_kit.W001) No check is configured: anybody can send it events.\n"
        "\tHINT: Give secret= instead of unverified=True."
    )


class TestSecrets:
    def test_a_short_one_can_be_guessed(self) -> None:
        with pytest.warns(WeakSecretWarning):
            serve(Plain(secret="short"))
        [message] = found()
        assert message.id == "webhook_kit.W002"
        assert message.msg == "secret is short enough to be guessed."
        assert message.hint == "Give one of 16 random characters or more."
        assert "short'" not in str(message)

    @pytest.mark.parametrize("answer", ["", None, ["a secret of enough characters", " "]])
    def test_a_callable_that_returns_none_is_found_in_production(self, answer: Any) -> None:
        serve(Plain(secret=lambda: answer))
        assert ids(found()) == []
        [message] = found(deploy=True)
        assert message.id == "webhook_kit.W002"
        assert message.msg.startswith("The callable for secret returns no secret, and deliveries are refused: secret")

    def test_so_is_one_that_fails_without_its_text(self) -> None:
        def fail() -> str:
            raise ValueError("postgresql://user:password@host")

        serve(Plain(secret=fail))
        [message] = found(deploy=True)
        assert message.msg.endswith("refused: ValueError")

    def test_one_that_needs_a_request_or_an_event_loop_is_not_asked(self) -> None:
        async def awaited() -> str:
            raise AssertionError

        serve(Plain(secret=lambda request: ""))
        assert found(deploy=True) == []
        serve(Plain(secret=awaited))
        assert found(deploy=True) == []

    def test_one_that_answers_is_fine(self) -> None:
        serve(Plain(secret=lambda: SECRET))
        assert found(deploy=True) == []


class TestMemory:
    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("WEB_CONCURRENCY", "4", ["W003"]),
            ("WEB_CONCURRENCY", "1", []),
            ("WEB_CONCURRENCY", "many", []),
            ("GUNICORN_CMD_ARGS", "--bind=0.0.0.0 --workers=3", ["W003"]),
            ("GUNICORN_CMD_ARGS", "-w 2", ["W003"]),
            ("GUNICORN_CMD_ARGS", "-w 1 --threads 8", []),
        ],
    )
    def test_it_does_not_go_with_several_workers(
        self, name: str, value: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        serve(idempotency=MemoryStore())
        monkeypatch.setenv(name, value)
        assert ids(found()) == expected

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_in_production_it_is_told_once_in_any_case(self, workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
        serve(idempotency=MemoryStore())
        monkeypatch.setenv("WEB_CONCURRENCY", workers)
        [message] = found(deploy=True)
        assert message.id == "webhook_kit.W003"
        assert message.hint is not None
        assert "Dispatcher(idempotency=DjangoStore())" in message.hint


class Reading(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> None:
        assert request.body is not None


class Answering(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response


def reading(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request) if request.POST else HttpResponse()

    return middleware


class TestBodies:
    @pytest.mark.parametrize("name", ["Reading", "reading"])
    def test_a_middleware_that_reads_them_is_under_djangos_limit(self, name: str) -> None:
        serve(Plain(secret=SECRET, max_body=5_000_000))
        settings = {"MIDDLEWARE": [*django_site.MIDDLEWARE, f"{__name__}.{name}"]}
        [message] = limited(settings, 2_500_000)
        assert message.id == "webhook_kit.W004"
        assert message.msg == (
            f"{__name__}.{name} may read the body first, and then Django refuses what is longer than "
            "DATA_UPLOAD_MAX_MEMORY_SIZE = 2500000; Plain takes 5000000 bytes."
        )
        assert limited(settings, 5_000_000) == []

    def test_where_nothing_reads_them_first_the_limit_does_not_matter(self) -> None:
        serve(Plain(secret=SECRET, max_body=5_000_000))
        assert limited({"MIDDLEWARE": [*django_site.MIDDLEWARE, f"{__name__}.Answering"]}, 2_500_000) == []

    def test_nor_where_there_are_no_endpoints(self) -> None:
        hooks._endpoints.clear()
        assert limited({"MIDDLEWARE": [f"{__name__}.Reading"]}, 2_500_000) == []


def limited(settings: dict[str, Any], limit: int) -> list[CheckMessage]:
    with django_site.site(path("webhooks/", urls(hooks)), DATA_UPLOAD_MAX_MEMORY_SIZE=limit, **settings):
        return [each for each in run_checks() if str(each.id).startswith("webhook_kit.")]


class TestTable:
    @pytest.fixture
    def served(self, at: DjangoSite) -> DjangoSite:
        serve(idempotency=DjangoStore(using=at.alias))
        return at

    def test_one_that_is_there_is_fine(self, served: DjangoSite) -> None:
        assert found(databases=[served.alias]) == []

    def test_a_missing_one_is_found_where_databases_may_be_used(
        self, served: DjangoSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with connections[served.alias].schema_editor() as editor:
            editor.delete_model(StoredDelivery)
        assert found() == []
        assert found(databases=["default"]) == []
        [message] = found(databases=[served.alias])
        assert message.id == "webhook_kit.W005"
        assert message.hint == f"Run manage.py migrate webhook_kit --database {served.alias}."
        monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
        assert found(databases=[served.alias]) == []
        with connections[served.alias].schema_editor() as editor:
            editor.create_model(StoredDelivery)


class TestTimes:
    @pytest.mark.parametrize("at", params("sqlite"), indirect=True)
    @pytest.mark.parametrize(("lease", "expected"), [(30, ["W006"]), (31, []), (60, [])])
    def test_a_lease_outlives_the_wait_for_the_lock_of_sqlite(
        self, at: DjangoSite, lease: float, expected: list[str]
    ) -> None:
        """It waits for 20 seconds there."""
        serve(idempotency=DjangoStore(using=at.alias), lease=lease)
        assert ids(found()) == expected

    @pytest.mark.services
    @pytest.mark.parametrize("at", params("postgresql"), indirect=True)
    def test_elsewhere_there_is_no_such_wait(self, at: DjangoSite) -> None:
        serve(idempotency=DjangoStore(using=at.alias), lease=1)
        assert found() == []

    @pytest.mark.parametrize(("lease", "expected"), [(60, ["W007"]), (59, [])])
    def test_a_vendor_comes_back_after_the_lease(self, lease: float, expected: list[str]) -> None:
        plain = Plain(secret=SECRET)
        plain.retry_horizon = 60.0
        serve(plain, lease=lease, idempotency=MemoryStore())
        messages = found()
        assert ids(messages) == expected
        assert [each.hint for each in messages] == ["Write Dispatcher(lease=20) or less."] * len(expected)

    @pytest.mark.parametrize(("deadline", "expected"), [(1.6, ["W011"]), (1.5, []), (None, [])])
    def test_a_decision_comes_while_the_vendor_waits(
        self, deadline: float | None, expected: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Plain, "slow_decision", 1.5)

        @hooks.on(Knocked, deadline=deadline)
        def decide(event: Knocked) -> None: ...

        assert ids(found()) == expected


class TestProject:
    def test_a_handler_that_cannot_work_is_an_error(self) -> None:
        """One that was registered before the mount is an error there."""
        patterns = path("webhooks/", urls(hooks))
        hooks.on("door.opend")(print)
        with django_site.site(patterns):
            [message] = run_checks(tags=["webhooks"])
        assert message.id == "webhook_kit.E001"
        assert message.is_serious()
        assert "did you mean 'door.opened'" in message.msg

    def test_handlers_that_belong_to_nobody_are_found(self) -> None:
        with override_settings(WEBHOOK_KIT={}):
            [message] = found()
        assert message.id == "webhook_kit.W008"
        assert message.msg.startswith("tests.adapters.django.shop.webhooks.handlers is found, and belongs to no")

    def test_handlers_that_a_dispatcher_of_the_urls_includes_belong_to_it(self) -> None:
        serve(Plain(secret=SECRET))
        hooks.include(shop.handlers)
        with override_settings(WEBHOOK_KIT={}):
            assert found() == []

    @pytest.mark.parametrize("route", ["webhooks", "/webhooks/"])
    def test_a_mount_whose_addresses_nobody_would_guess_is_found(self, route: str) -> None:
        with django_site.site(path(route, urls(hooks)), path("webhooks/<slug:tenant>", urls(hooks))):
            [message] = run_checks(tags=["webhooks"])
        assert message.id == "webhook_kit.W013"
        assert message.msg.startswith(f"Deliveries have to arrive at /{route}<endpoint>,")

    def test_a_dispatcher_that_no_url_leads_to_is_found(self) -> None:
        assert ids(found(mounted=False)) == ["W009"]

    def test_without_urls_there_is_nothing_to_find(self) -> None:
        with override_settings(ROOT_URLCONF=None):
            assert mounts() == []
            assert run_checks(tags=["webhooks"]) == []

    def test_a_second_dispatcher_of_the_urls_is_looked_at_too(self) -> None:
        other = Dispatcher(idempotency=None)
        other.add(Plain(unverified=True))
        with django_site.site(path("a/", urls(hooks)), path("b/", urls(other)), path("c/", urls(other))):
            messages = run_checks(tags=["webhooks"])
        assert ids(messages) == ["W001"]

    @pytest.mark.parametrize(("lease", "expected"), [(60, []), (30, ["W012"])])
    def test_settings_that_reach_nobody_are_found(self, lease: float, expected: list[str]) -> None:
        with override_settings(WEBHOOK_KIT={"HOOKS": f"{__name__}.hooks", "LEASE": lease, "IDEMPOTENCY": None}):
            assert ids(found()) == expected


class TestProxies:
    @pytest.mark.parametrize(
        ("provider", "options", "expected"),
        [
            ({}, {"require_https": True}, ["W010"]),
            ({"allowed_networks": ["192.0.2.0/24"]}, {}, ["W010"]),
            ({"allowed_networks": lambda: ["192.0.2.0/24"]}, {}, ["W010"]),
            ({"allowed_networks": ["192.0.2.0/24"]}, {"trusted_proxies": 1}, []),
            ({}, {}, []),
        ],
    )
    def test_what_looks_at_the_client_has_to_know_of_them(
        self, provider: dict[str, Any], options: dict[str, Any], expected: list[str]
    ) -> None:
        serve(Plain(secret=SECRET, **provider), **options)
        assert ids(found(deploy=True, settings={"SECURE_PROXY_SSL_HEADER": ("X", "https")})) == expected
        assert found(deploy=True) == []


class TestMounts:
    def test_their_paths_are_those_of_the_urlconf(self) -> None:
        patterns = [
            path("one/", urls(hooks)),
            path("api/", include([path("v1/webhooks/", urls(hooks))])),
            path("<slug:tenant>/webhooks/", urls(hooks)),
            re_path("^old/", urls(hooks)),
        ]
        with django_site.site(*patterns):
            assert [mount.path for mount in mounts()] == ["/one/", "/api/v1/webhooks/", None, None]
            assert all(mount.hooks is hooks for mount in mounts())


def test_the_database_of_the_deliveries_is_that_of_the_projects_store(at: DjangoSite) -> None:
    assert project_database() == "default"
    serve(idempotency=DjangoStore(using=at.alias))
    assert project_database() == at.alias
