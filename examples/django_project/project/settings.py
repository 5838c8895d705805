"""Settings of a small project; what webhooks need is marked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "demo-key-of-the-django-project")
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    # Webhooks: the table of deliveries with its admin page, system checks, and manage.py webhooks.
    "webhook_kit.adapters.django",
    "recordings",
]

# Webhooks: the dispatcher, and how it is set up in this deployment.
WEBHOOK_KIT = {
    "HOOKS": "project.webhooks.hooks",
    "NAMESPACE": os.environ.get("DJANGO_DEPLOYMENT", "development"),
}

# All of it may stay: the views of the webhooks say for themselves that they need no login and no CSRF token.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DJANGO_DATABASE", BASE_DIR / "db.sqlite3"),
        # With these SQLite reads and writes at the same time, and writers wait for each other.
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL;", "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "static/"

# Webhooks: whether handlers are awaited in the server's own event loop.
SERVED_BY_ASGI = "SERVED_BY_ASGI" in os.environ

# Webhooks: addresses hold tokens, which do not belong into an access log, whichever server writes it.
ACCESS_LOGS = ["django.server", "gunicorn.access", "uvicorn.access"]
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact_query": {"()": "webhook_kit.RedactQuery"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        name: {"handlers": ["console"], "filters": ["redact_query"], "propagate": False} for name in ACCESS_LOGS
    },
}
