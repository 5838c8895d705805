"""What is particular to the store in the project's database."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction
from django.db.models import QuerySet
from django.db.utils import NotSupportedError
from django.test import override_settings

from tests.conformance.deliveries import meeting_baas
from webhook_kit import ConfigurationError, Dispatcher, RawResponse
from webhook_kit.adapters.django import DjangoStore, urls
from webhook_kit.adapters.django import store as store_module
from webhook_kit.adapters.django.clock import Clock
from webhook_kit.adapters.django.models import State, StoredDelivery
from webhook_kit.adapters.django.receiving import arriving
from webhook_kit.idempotency import Busy, Done, New

from .sites import DjangoSite, params

sqlite = pytest.mark.parametrize("at", params("sqlite"), indirect=True)


def claimed(store: DjangoStore, key: str = "key", lease: float = 30.0) -> str:
    claim = store.claim(key, "", lease)
    assert isinstance(claim, New)
    return claim.token


class TestDatabase:
    def test_it_is_the_one_that_the_routers_choose(self) -> None:
        assert DjangoStore().using == "default"

    def test_the_settings_may_name_another(self, at: DjangoSite) -> None:
        with override_settings(WEBHOOK_KIT={"DATABASE": at.alias}):
            assert DjangoStore().using == at.alias
            assert DjangoStore(using="default").using == "default"

    def test_one_that_is_not_there_is_named(self) -> None:
        with pytest.raises(ConfigurationError, match="there is no 'defualt' in DATABASES; did you mean 'default'"):
            _ = DjangoStore(using="defualt").using

    @pytest.mark.parametrize("using", ["", 1])
    def test_what_is_no_name_is_refused(self, using: Any) -> None:
        with pytest.raises(ConfigurationError, match="the alias of a database"):
            DjangoStore(using=using)

    def test_a_keyword_that_nobody_knows_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="did you mean 'using'"):
            DjangoStore(alias="default")  # pyright: ignore[reportArgumentType]

    def test_it_shows_its_alias(self) -> None:
        assert [repr(DjangoStore()), repr(DjangoStore(using="other"))] == [
            "<DjangoStore: the default database>",
            "<DjangoStore: other>",
        ]


def test_it_is_imported_and_made_before_there_are_settings() -> None:
    code = "from webhook_kit import Dispatcher; from webhook_kit.adapters.django import DjangoStore; "
    code += "Dispatcher(idempotency=DjangoStore()); from django.conf import settings; assert not settings.configured"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.claim("key", "", 30),
        lambda store: urls(Dispatcher(idempotency=store)),
    ],
    ids=["a claim", "a mount"],
)
def test_without_its_app_it_says_what_to_add(use: Callable[[DjangoStore], object]) -> None:
    with (
        override_settings(INSTALLED_APPS=["django.contrib.contenttypes"]),
        pytest.raises(ConfigurationError, match=r"add .* to INSTALLED_APPS, and run manage\.py migrate$"),
    ):
        use(DjangoStore())


class TestTable:
    def test_one_that_is_there_is_fine(self, at: DjangoSite) -> None:
        DjangoStore(using=at.alias).check()

    async def test_also_for_an_application_that_awaits(self, at: DjangoSite) -> None:
        await DjangoStore(using=at.alias).acheck()

    def test_a_missing_one_is_told_once_in_full(self, at: DjangoSite, caplog: pytest.LogCaptureFixture) -> None:
        store = DjangoStore(using=at.alias)
        with connections[at.alias].schema_editor() as editor:
            editor.delete_model(StoredDelivery)
        told = (
            f"the database '{at.alias}' has no table webhook_kit_delivery: run manage.py migrate --database {at.alias}"
        )
        for act in (lambda: store.claim("key", "", 30), store.check, store.purge):
            with pytest.raises(ConfigurationError, match=told):
                act()
        assert [(record.levelname, record.message) for record in caplog.records] == [("ERROR", told)]
        with connections[at.alias].schema_editor() as editor:
            editor.create_model(StoredDelivery)


class TestWithinATransaction:
    """That of a project whose view is not ours, or whose middleware opens one."""

    def test_a_claim_is_seen_by_others_at_once_and_not_taken_back(self, at: DjangoSite) -> None:
        store = DjangoStore(using=at.alias)

        def view() -> None:
            with transaction.atomic(at.alias):
                token = claimed(store)
                with ThreadPoolExecutor(1) as elsewhere:
                    assert isinstance(elsewhere.submit(seen_elsewhere, store).result(), Busy)
                assert store.complete("key", token, RawResponse(200), 3600) is True
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            view()
        assert store.claim("key", "", 30) == Done(RawResponse(200))

    def test_its_own_connection_is_closed_again(self, at: DjangoSite) -> None:
        before = threading.active_count()
        with transaction.atomic(at.alias):
            claimed(DjangoStore(using=at.alias))
        assert threading.active_count() == before


def seen_elsewhere(store: DjangoStore) -> Any:
    try:
        return store.claim("key", "", 30)
    finally:
        connections.close_all()


class TestConnections:
    """Of threads that Django does not look after, such as the heartbeat's."""

    def test_one_that_was_opened_for_an_extension_is_closed(self, at: DjangoSite) -> None:
        store = DjangoStore(using=at.alias)
        token = claimed(store)

        def beat() -> tuple[bool, Any]:
            return store.extend("key", token, 30), connections[at.alias].connection

        with ThreadPoolExecutor(1) as heartbeat:
            assert heartbeat.submit(beat).result() == (True, None)

    def test_one_that_was_open_stays_so(self, at: DjangoSite) -> None:
        store = DjangoStore(using=at.alias)
        token = claimed(store)
        assert store.extend("key", token, 30) is True
        assert store.complete("key", token, RawResponse(200), 60) is True
        assert connections[at.alias].connection is not None

    @pytest.mark.services
    @pytest.mark.parametrize("at", params("postgresql"), indirect=True)
    def test_after_a_restart_of_the_server_the_next_operation_gets_another(self, at: DjangoSite) -> None:
        store = DjangoStore(using=at.alias)
        claimed(store, "first")
        connections[at.alias].connection.close()
        with pytest.raises(Exception, match="closed"):
            store.claim("second", "", 30)
        claimed(store, "third")

    def test_an_unreachable_database_is_the_databases_error(self, at: DjangoSite) -> None:
        with ThreadPoolExecutor(1) as elsewhere:
            assert elsewhere.submit(refused, at).result() == OperationalError


def refused(at: DjangoSite) -> Any:
    settings = connections[at.alias].settings_dict
    broken = {"NAME": "/nowhere/at/all.sqlite3", "HOST": "127.0.0.1", "PORT": "1"}
    kept = {name: settings[name] for name in broken}
    settings.update(broken)
    try:
        DjangoStore(using=at.alias).claim("key", "", 30)
    except Exception as error:
        return type(error)
    finally:
        connections.close_all()
        settings.update(kept)


class TestForgetting:
    def test_what_has_expired_is_purged_in_batches(self, at: DjangoSite, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("webhook_kit.adapters.django.models.AT_ONCE", 2)
        store = DjangoStore(using=at.alias)
        for number in range(5):
            store.complete(f"key{number}", claimed(store, f"key{number}"), RawResponse(200), 60)
        claimed(store, "kept")
        at.advance(store, 61)
        assert store.expired() == 5
        told: list[int] = []
        assert store.purge(told.append) == 5
        assert told == [2, 4, 5]
        assert store.purge() == store.expired() == 0
        assert store.deliveries().count() == 1

    def test_it_does_so_by_itself_once_a_minute(self, at: DjangoSite, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 1000.0
        monkeypatch.setattr(store_module.time, "monotonic", lambda: now)
        store = DjangoStore(using=at.alias)
        store.complete("old", claimed(store, "old"), RawResponse(200), 60)
        at.advance(store, 61)
        store.complete("second", claimed(store, "second"), RawResponse(200), 60)
        assert store.deliveries().count() == 2
        now += 60
        store.complete("third", claimed(store, "third"), RawResponse(200), 60)
        assert store.deliveries().count() == 2, "without the old one"

    def test_where_there_is_more_the_next_batch_follows_soon(
        self, at: DjangoSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 1000.0
        monkeypatch.setattr(store_module.time, "monotonic", lambda: now)
        monkeypatch.setattr("webhook_kit.adapters.django.models.AT_ONCE", 1)
        store = DjangoStore(using=at.alias)
        for key in ("one", "two"):
            store.complete(key, claimed(store, key), RawResponse(200), 60)
        at.advance(store, 61)
        now += 60
        for key, left in (("three", 2), ("four", 2), ("five", 3), ("six", 4)):
            store.complete(key, claimed(store, key), RawResponse(200), 60)
            assert store.deliveries().count() == left

    def test_a_purge_that_fails_does_not_concern_the_delivery(
        self, at: DjangoSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 1000.0
        monkeypatch.setattr(store_module.time, "monotonic", lambda: now)

        def locked(self: object) -> int:
            raise OperationalError("database is locked")

        monkeypatch.setattr("webhook_kit.adapters.django.models.StoredDeliveries.purge_some", locked)
        store = DjangoStore(using=at.alias)
        token = claimed(store)
        now += 60
        assert store.complete("key", token, RawResponse(200), 60) is True


class TestWhatIsKept:
    def test_a_key_that_databases_could_confuse_is_kept_as_its_digest(self, at: DjangoSite) -> None:
        store = DjangoStore(using=at.alias)
        for key in ("0a" * 32, "Mixed Case "):
            claimed(store, key)
        kept = sorted(store.deliveries().values_list("key", flat=True))
        assert kept[0] == "0a" * 32
        assert kept[1][0] == "~"
        assert len(kept[1]) == 65

    def test_where_it_arrived_is_known_under_our_views(self, at: DjangoSite) -> None:
        hooks = Dispatcher(namespace="production")
        hooks.add(meeting_baas(), path="meetings")
        store = DjangoStore(using=at.alias)
        for key, path in (("a1", "/meetings/"), ("a2", "/nowhere")):
            with arriving(hooks, path):
                claimed(store, key)
        claimed(store, "a3")
        found = store.deliveries().order_by("key").values_list("namespace", "endpoint")
        assert [*found] == [("production", "meetings"), ("production", ""), ("", "")]

    def test_one_that_expired_arrives_anew(self, at: DjangoSite) -> None:
        store = DjangoStore(using=at.alias)
        store.complete("a1", claimed(store, "a1"), RawResponse(200), 60)
        before = store.deliveries().get().arrived_at
        at.advance(store, 61)
        claimed(store, "a1")
        delivery = store.deliveries().get()
        assert delivery.arrived_at > before
        assert (delivery.status, delivery.body, delivery.attempt) == (None, None, 1)


def test_each_delivery_is_in_a_state(at: DjangoSite) -> None:
    store = DjangoStore(using=at.alias)
    store.complete("a1", claimed(store, "a1"), RawResponse(200), 60)
    claimed(store, "a2", lease=60)
    store.complete("a3", claimed(store, "a3"), RawResponse(200), 3600)
    store.release("a4", claimed(store, "a4"))
    at.advance(store, 61)
    claimed(store, "a5")
    found = store.deliveries().with_state().order_by("key").values_list("state", flat=True)
    assert [State(each) for each in found] == [
        State.EXPIRED,
        State.ABANDONED,
        State.COMPLETED,
        State.RELEASED,
        State.CLAIMED,
    ]
    assert str(store.deliveries().get(key="a1")) == "delivery a1"


def test_a_claim_that_is_always_too_late_is_busy(at: DjangoSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else inserts, and is gone again, each time."""
    monkeypatch.setattr("webhook_kit.adapters.django.transitions._insert", lambda *arguments: False)
    assert DjangoStore(using=at.alias).claim("key", "", 30.0) == Busy(30.0)


@sqlite
def test_a_key_that_was_inserted_meanwhile_is_looked_at_again(at: DjangoSite, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DjangoStore(using=at.alias)
    claimed(store, "a1")
    looks, real = [None], QuerySet.first
    monkeypatch.setattr(QuerySet, "first", lambda rows: looks.pop() if looks else real(rows))
    assert isinstance(store.claim("a1", "", 30), Busy)


def test_in_mysql_the_time_zone_of_the_session_does_not_matter() -> None:
    statement, parameters = Clock().as_mysql(None, None)
    assert "UTC_TIMESTAMP(6)" in statement
    assert parameters == ()


def test_a_database_without_a_known_clock_is_refused() -> None:
    class Connection:
        vendor = "oracle"

    with pytest.raises(NotSupportedError, match="and not of oracle"):
        Clock().as_sql(None, Connection())
