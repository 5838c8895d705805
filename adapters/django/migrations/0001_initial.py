"""The table of DjangoStore."""

from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="StoredDelivery",
            fields=[
                (
                    "key",
                    models.CharField(max_length=128, primary_key=True, serialize=False, verbose_name="idempotency key"),
                ),
                ("namespace", models.CharField(default="", max_length=100)),
                ("endpoint", models.CharField(default="", max_length=200)),
                (
                    "arrived_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="first arrived"
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=1)),
                ("done", models.JSONField(default=list, verbose_name="finished handlers")),
                ("token", models.CharField(max_length=64, null=True)),
                ("leased_until", models.FloatField()),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status answered")),
                ("headers", models.JSONField(null=True)),
                ("body", models.BinaryField(null=True)),
                ("expires_at", models.FloatField(db_index=True)),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "db_table": "webhook_kit_delivery",
                "default_permissions": ("view",),
            },
        ),
    ]
