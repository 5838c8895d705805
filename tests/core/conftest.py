"""Both drivers as one fixture: a test that takes ``send`` runs under each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from webhook_kit import Dispatcher, RawRequest, RawResponse

Send = Callable[[Dispatcher, RawRequest], RawResponse]


def blocking(hooks: Dispatcher, request: RawRequest) -> RawResponse:
    return hooks.dispatch(request)


def awaiting(hooks: Dispatcher, request: RawRequest) -> RawResponse:
    return asyncio.run(hooks.adispatch(request))


@pytest.fixture(params=[blocking, awaiting], ids=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    """Dispatch a request under the driver of this run."""
    return request.param
