"""The table of recordings."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="Recording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bot_id", models.CharField(max_length=100)),
                ("speakers", models.PositiveIntegerField()),
                ("announced", models.BooleanField(default=False)),
            ],
        ),
    ]
