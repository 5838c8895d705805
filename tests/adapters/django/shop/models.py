"""A table of a project's own, without a unique key, so that doubles show."""

from __future__ import annotations

from django.db import models


class Effect(models.Model):
    door: models.CharField[str, str] = models.CharField(max_length=50)

    class Meta:
        app_label = "shop"
