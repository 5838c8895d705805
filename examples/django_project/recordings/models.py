"""What is kept of meetings."""

from __future__ import annotations

from django.db import models


class Recording(models.Model):
    """A meeting that a bot has recorded."""

    bot_id = models.CharField(max_length=100)
    speakers = models.PositiveIntegerField()
    announced = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.bot_id
