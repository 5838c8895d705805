"""The recordings in the admin."""

from __future__ import annotations

from django.contrib import admin

from .models import Recording

admin.site.register(Recording)
