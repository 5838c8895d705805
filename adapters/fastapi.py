"""Receive webhooks in a FastAPI application."""

from __future__ import annotations

from typing import Never

from fastapi import APIRouter, FastAPI

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown

from . import starlette
from .arguments import kind_of, mount_path


def mount(app: FastAPI | APIRouter, hooks: Dispatcher, path: str = "/webhooks", **others: Never) -> None:
    """Serve the endpoints of ``hooks`` under ``path``, and close it with the application's lifespan.

    The route is a plain one: it has no entry in OpenAPI, and the ``dependencies=`` of an application or a router do not
    run for it. On a router, mount before ``include_router``, which copies the router's lifespan.
    """
    refuse_unknown("mount()", others, ("path",))
    if not isinstance(app, FastAPI | APIRouter):
        raise ConfigurationError(f"mount() takes the FastAPI application and the Dispatcher, not {kind_of(app)}")
    # include_router() adds its own prefix to plain routes, but not the router's.
    prefix = app.prefix if isinstance(app, APIRouter) else ""
    starlette.add(app, hooks, prefix + mount_path(path))
