"""The project for ASGI servers: beside ``manage.py``, ``SERVED_BY_ASGI=1 uvicorn project.asgi:application``."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = get_asgi_application()
