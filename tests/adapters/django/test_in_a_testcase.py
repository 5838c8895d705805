"""Tests as Django's users write them: all is in the test's transaction, whatever the colour of view and handler."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import OperationalError, connections, transaction
from django.test import AsyncClient, Client, TestCase
from django.urls import path

from tests.conformance import django_site
from tests.core.plain import SECRET, SIGNATURE, Opened, Plain, body
from webhook_kit import Delivery, Dispatcher, Record
from webhook_kit.adapters.django import DjangoStore, transitions, urls
from webhook_kit.adapters.django.models import StoredDelivery

from .shop.models import Effect


class InATestCase(TestCase):
    """The database is in memory, so that another connection would see nothing of it."""

    hooks: Dispatcher
    records: list[Record]

    @classmethod
    def setUpClass(cls) -> None:
        call_command("migrate", "webhook_kit", verbosity=0)
        with connections["default"].schema_editor() as editor:
            editor.create_model(Effect)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        with connections["default"].schema_editor() as editor:
            editor.delete_model(Effect)
        call_command("migrate", "webhook_kit", "zero", verbosity=0)

    def setUp(self) -> None:
        self.hooks = Dispatcher(idempotency=DjangoStore())
        self.hooks.add(Plain(secret=SECRET))
        self.records = []
        self.hooks.observe(self.records.append)
        self.addCleanup(self.hooks.close)
        self.told: list[str] = []

        @self.hooks.on(Opened)
        def first(event: Opened, delivery: Delivery) -> None:
            with delivery.transaction():
                Effect.objects.create(door=f"{event.door} sync")
                transaction.on_commit(lambda: self.told.append("sync"))

        @self.hooks.on(Opened)
        async def second(event: Opened, delivery: Delivery) -> None:
            async with delivery.transaction():
                await Effect.objects.acreate(door=f"{event.door} async")

        self.arguments: Any = {
            "path": "/webhooks/plain",
            "data": body(),
            "content_type": "application/json",
            "headers": dict(SIGNATURE.sign(SECRET, body(), now=0).headers),
        }

    def served(self, *, asynchronous: bool) -> Any:
        return django_site.site(path("webhooks/", urls(self.hooks, asynchronous=asynchronous)))

    def check(self, statuses: list[int]) -> None:
        assert [200, 200] == statuses
        assert ["processed", "duplicate"] == [record.outcome.value for record in self.records]
        assert ["front async", "front sync"] == sorted(Effect.objects.values_list("door", flat=True))
        assert ["plain"] == [*StoredDelivery.objects.values_list("endpoint", flat=True)]

    def test_the_client_and_the_sync_view(self) -> None:
        with self.served(asynchronous=False), self.captureOnCommitCallbacks(execute=True):
            self.check([Client().post(**self.arguments).status_code for _ in range(2)])
        assert ["sync"] == self.told

    def test_the_client_and_the_async_view(self) -> None:
        with self.served(asynchronous=True):
            self.check([Client().post(**self.arguments).status_code for _ in range(2)])

    async def test_the_async_client_and_the_sync_view(self) -> None:
        await self.checked(asynchronous=False)

    async def test_the_async_client_and_the_async_view(self) -> None:
        await self.checked(asynchronous=True)

    async def checked(self, *, asynchronous: bool) -> None:
        with self.served(asynchronous=asynchronous):
            statuses = [(await AsyncClient().post(**self.arguments)).status_code for _ in range(2)]
        await sync_to_async(self.check)(statuses)

    def test_an_error_is_raised_as_it_is(self) -> None:
        """Nothing more can be asked of the database then."""
        with patch.object(transitions, "claim", side_effect=OperationalError), pytest.raises(OperationalError):
            DjangoStore().claim("key", "", 30)

    def test_one_test_leaves_nothing_for_the_next(self) -> None:
        assert not StoredDelivery.objects.exists()
