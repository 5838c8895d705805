"""Addresses of the project."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import path

from webhook_kit.adapters.django import urls

from .webhooks import hooks, outcomes


@login_not_required
def index(request: HttpRequest) -> JsonResponse:
    """Show what became of the deliveries so far."""
    return JsonResponse(dict(outcomes))


urlpatterns = [
    path("", index),
    path("admin/", admin.site.urls),
    path("webhooks/", urls(hooks, asynchronous=settings.SERVED_BY_ASGI)),
]
