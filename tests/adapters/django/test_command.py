"""``manage.py webhooks``."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.test import override_settings
from django.urls import path
from django.utils.deprecation import MiddlewareMixin

from tests.conformance import django_site
from tests.conformance.deliveries import meeting_baas, vcaas
from webhook_kit import Dispatcher, Event
from webhook_kit.adapters.django import DjangoStore, urls
from webhook_kit.adapters.django.receiving import arriving
from webhook_kit.idempotency import MemoryStore, New
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.providers.vcaas import UserJoinLeave

from .sites import DjangoSite, params

pytestmark = pytest.mark.parametrize("at", params("sqlite"), indirect=True)

hooks = Dispatcher()
seen: list[Any] = []


@pytest.fixture(autouse=True)
def project(at: DjangoSite) -> Iterator[None]:
    global hooks
    hooks = Dispatcher(idempotency=DjangoStore(using=at.alias), namespace="production")
    hooks.add(meeting_baas())
    hooks.add(vcaas())
    seen.clear()

    @hooks.on(MeetingCompleted)
    def archive(event: MeetingCompleted) -> None:
        seen.append(event.data.bot_id)

    @hooks.on(UserJoinLeave, endpoint="vcaas")
    def attend(event: UserJoinLeave) -> None:
        seen.append(event.user_status)

    @hooks.on("failed", provider="meeting-baas")
    def fail(event: Event) -> None:
        raise RuntimeError

    with (
        override_settings(WEBHOOK_KIT={"HOOKS": f"{__name__}.hooks"}),
        django_site.site(path("api/webhooks/", urls(hooks)), ALLOWED_HOSTS=["*", ".shop.example"]),
    ):
        yield
    hooks.close()


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("webhooks", *arguments, stdout=output)
    return output.getvalue()


class TestList:
    def test_it_shows_what_is_served_by_whom_and_where_it_is_remembered(self) -> None:
        lines = run("list").splitlines()
        assert lines[0].split() == ["ADDRESS", "PROVIDER"]
        assert lines[1].split() == ["/api/webhooks/meeting-baas", "meeting-baas"]
        assert "/api/webhooks/vcaas/user-join-leave" in lines[3]
        assert [line.split("  ")[0] for line in lines if f"{__name__}." in line] == [
            "MeetingCompleted",
            "UserJoinLeave of vcaas",
            "failed of meeting-baas",
        ]
        assert lines[-2].split() == ["DjangoStore", "production"]

    def test_what_no_url_leads_to_is_shown_too(self) -> None:
        with django_site.site():
            assert "(not mounted) /meeting-baas" in run("list")

    def test_a_path_with_parameters_is_cut(self) -> None:
        with django_site.site(path("<slug:tenant>/", urls(hooks))):
            assert "…/meeting-baas" in run("list")


class TestDeliveries:
    def test_the_newest_are_shown(self, at: DjangoSite) -> None:
        store = DjangoStore(using=at.alias)
        for number in range(3):
            with arriving(hooks, "/vcaas"):
                claim = store.claim(f"{number}" * 64, "", 60)
            assert isinstance(claim, New)
            if number == 1:
                store.release("1" * 64, claim.token)
        lines = run("deliveries").splitlines()
        assert lines[0].split() == ["KEY", "STATE", "ENDPOINT", "ATTEMPT", "ARRIVED", "UNTIL"]
        assert [line.split()[0][0] for line in lines[1:-1]] == ["2", "1", "0"]
        assert lines[2].split()[:4] == ["1" * 16, "released", "vcaas", "1"]
        assert len(run("deliveries", "--state", "claimed").splitlines()) == 4
        assert len(run("deliveries", "--limit", "1").splitlines()) == 3
        assert len(run("deliveries", "--endpoint", "rooms").splitlines()) == 2


class TestPurge:
    def test_what_has_expired_is_forgotten(self, at: DjangoSite) -> None:
        store = DjangoStore(using=at.alias)
        store.claim("a1", "", 60)
        at.advance(store, 30 * 24 * 3600)
        assert run("purge") == "DjangoStore has forgotten 1 expired deliveries.\n"

    def test_other_stores_forget_by_themselves(self) -> None:
        hooks.store = MemoryStore()
        assert run("purge") == "MemoryStore forgets by itself.\n"
        hooks.store = None
        assert run("purge") == ""

    def test_a_missing_table_is_told_in_one_line(self, at: DjangoSite) -> None:
        call_command("migrate", "webhook_kit", "zero", database=at.alias, verbosity=0)
        with pytest.raises(CommandError, match=f"run manage.py migrate --database {at.alias}"):
            run("purge")
        with pytest.raises(CommandError, match="the database does not answer as it should: OperationalError"):
            run("deliveries")


class Strict(MiddlewareMixin):
    """Do as a project does that answers to its own host only."""

    def process_request(self, request: HttpRequest) -> None:
        assert request.get_host() == "shop.example"
        assert request.is_secure()


class TestSend:
    def test_it_takes_the_way_of_every_request(self) -> None:
        strict = [f"{__name__}.Strict", *django_site.MIDDLEWARE]
        with override_settings(MIDDLEWARE=strict, ALLOWED_HOSTS=[".shop.example"]):
            printed = run("send", "MeetingCompleted", "--set", "data.bot_id=b-7")
        assert printed == '200 {"status":"success"}: delivered: the vendor takes this answer for success\n'
        assert seen == ["b-7"]

    def test_each_is_a_delivery_of_its_own(self) -> None:
        for _ in range(2):
            run("send", "MeetingCompleted", "--set", "data.bot_id=b-7")
        assert seen == ["b-7", "b-7"]

    def test_a_name_on_the_wire_and_an_endpoint_do_too(self) -> None:
        assert "200 success" in run("send", "userJoinLeave", "--endpoint", "/vcaas/", "--set", 'userStatus="leave"')
        assert seen == ["leave"]

    def test_with_any_host_allowed_it_is_this_one(self) -> None:
        with override_settings(ALLOWED_HOSTS=["*"]):
            assert "delivered" in run("send", "MeetingCompleted")

    def test_what_the_vendor_would_send_again_is_an_error(self) -> None:
        with pytest.raises(CommandError, match=r"^500 "):
            run("send", "MeetingFailed")

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["MeetingComplete"], "receives no 'MeetingComplete'; did you mean 'MeetingCompleted'"),
            (["MeetingCompleted", "--endpoint", "nowhere"], "there is no endpoint 'nowhere'"),
            (["MeetingCompleted", "--set", "bot_id"], "'bot_id' is no FIELD=VALUE"),
            (["MeetingCompleted", "--set", "nothing=1"], "nothing"),
            (["MeetingCompleted", "--to", "nowhere"], "is no address"),
            (["MeetingCompleted", "--to", "http://127.0.0.1:1/webhooks"], "nobody listens at 127"),
        ],
    )
    def test_what_cannot_be_sent_is_told(self, arguments: list[str], told: str) -> None:
        with pytest.raises(CommandError, match=told):
            run("send", *arguments)

    def test_without_a_path_there_is_no_address(self) -> None:
        for patterns in ([], [path("<slug:tenant>/", urls(hooks))]):
            with django_site.site(*patterns), pytest.raises(CommandError, match="give --to, or add path"):
                run("send", "MeetingCompleted")
