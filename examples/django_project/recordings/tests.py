"""Tests as every Django project has them: ``python manage.py test``."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from project.webhooks import hooks
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.testing import WebhookClient, sample

from .models import Recording


class Recordings(TestCase):
    def setUp(self) -> None:
        self.vendor = WebhookClient(self.client, hooks=hooks)

    def test_a_recording_is_kept_once(self) -> None:
        completed = sample(MeetingCompleted, data__bot_id="b-1")
        with self.captureOnCommitCallbacks(execute=True):
            answers = [self.vendor.deliver(completed) for _ in range(3)]
        self.assertEqual([200, 200, 200], [answer.status for answer in answers])
        self.assertEqual([("b-1", True)], [*Recording.objects.values_list("bot_id", "announced")])

    def test_another_meeting_is_another_recording(self) -> None:
        for bot_id in ("b-1", "b-2"):
            self.vendor.deliver(sample(MeetingCompleted, data__bot_id=bot_id))
        self.assertEqual(2, Recording.objects.count())

    def test_nobody_else_can_send_one(self) -> None:
        answer = self.vendor.deliver(MeetingCompleted, secret="a guess of somebody else's")
        self.assertEqual(401, answer.status)
        self.assertFalse(Recording.objects.exists())

    def test_deliveries_are_listed_in_the_admin(self) -> None:
        self.vendor.deliver(MeetingCompleted)
        self.client.force_login(User.objects.create(username="amira", is_staff=True, is_superuser=True))
        page = self.client.get(reverse("admin:webhook_kit_storeddelivery_changelist"))
        self.assertContains(page, "1 delivery")
