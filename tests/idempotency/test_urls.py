"""Which store an address is for."""

from __future__ import annotations

from typing import Any

import pytest

from webhook_kit import ConfigurationError
from webhook_kit.idempotency.urls import store_at


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite://", "<SQLStore: sqlite>"),
        ("sqlite:///webhooks.db", "<SQLStore: sqlite>"),
        ("postgresql://user:hunter2@host/database", "<SQLStore: postgresql>"),
        ("postgresql+psycopg://host/database", "<SQLStore: postgresql>"),
        ("postgres://host/database", "<SQLStore: postgresql>"),
        ("redis://:hunter2@host/0", "<RedisStore: webhook_kit:*>"),
        ("rediss://host", "<RedisStore: webhook_kit:*>"),
        ("unix:///run/redis.sock", "<RedisStore: webhook_kit:*>"),
    ],
)
def test_the_scheme_says_which(url: str, expected: str) -> None:
    assert repr(store_at(url)) == expected


@pytest.mark.parametrize("url", ["", "webhooks.db", "mysql://user:hunter2@host", "sqlit:///x", None, 5])
def test_another_is_refused_without_being_shown(url: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        store_at(url)
    assert str(caught.value) == (
        "the URL of a store begins with sqlite:///, postgresql:// or redis://, such as sqlite:///webhooks.db"
    )
