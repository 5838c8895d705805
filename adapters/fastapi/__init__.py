"""Receive webhooks in a FastAPI application."""

from .event import WebhookEvent, current_delivery
from .mounting import mount
from .operations import WebhookRoute

__all__ = ["WebhookEvent", "WebhookRoute", "current_delivery", "mount"]
