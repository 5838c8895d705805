"""What is particular to the Redis store."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from tests.idempotency.own_redis import OwnRedis
from tests.idempotency.sites import PATIENCE, REDIS, Redis
from webhook_kit import ConfigurationError, Dispatcher, RawResponse
from webhook_kit.idempotency import Busy, New, RedisStore

ANSWER = RawResponse(200, [("content-type", "text/plain")], b"success")
Opened = Callable[[RedisStore], RedisStore]


@pytest.fixture
def at() -> Iterator[Redis]:
    site = Redis()
    yield site
    site.leave()


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Close each of these stores after the test."""
    stores: list[RedisStore] = []

    def keep(store: RedisStore) -> RedisStore:
        stores.append(store)
        return store

    yield keep
    for store in stores:
        store.close()


@pytest.fixture
def own() -> Iterator[OwnRedis]:
    """A server of this test's own, which may be stopped."""
    server = OwnRedis()
    server.start()
    yield server
    server.stop()


def claimed(store: RedisStore, key: str) -> str:
    claim = store.claim(key, "", 30)
    assert isinstance(claim, New)
    return claim.token


class TestConstruction:
    @pytest.mark.parametrize(
        "url", ["localhost", "http://:hunter2@localhost", "", None, "redis://:hunter2@localhost?time_out=5"]
    )
    def test_what_is_no_url_is_refused_without_being_shown(self, url: Any) -> None:
        with pytest.raises(ConfigurationError, match="RedisStore takes a URL such as redis://") as caught:
            RedisStore(url)
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize("timeout", [0, -1, True, "5", float("inf")])
    def test_a_timeout_is_seconds(self, timeout: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"timeout is .*; give seconds above 0"):
            RedisStore("redis://localhost", timeout=timeout)

    def test_the_repr_shows_no_password(self) -> None:
        assert repr(RedisStore("redis://:hunter2@localhost", prefix="staging:")) == "<RedisStore: staging:*>"


@pytest.mark.services
class TestKeys:
    def test_they_begin_with_the_prefix_and_expire(self, at: Redis, opened: Opened) -> None:
        store = opened(at.store())
        store.complete("done", claimed(store, "done"), ANSWER, 60)
        claimed(store, "running")
        with redis.Redis.from_url(REDIS) as client:
            days = 8 * 24 * 3600
            assert 59 <= client.ttl(f"{at.prefix}done") <= 60
            assert days <= client.ttl(f"{at.prefix}running") <= days + 30

    def test_answers_are_bytes_whatever_the_url_says(self, at: Redis, opened: Opened) -> None:
        store = opened(RedisStore(f"{REDIS}?decode_responses=true", prefix=at.prefix))
        token = claimed(store, "key")
        store.complete("key", token, RawResponse(200, [], b"\xff"), 60)
        assert store.claim("key", "", 30).response.body == b"\xff"  # type: ignore[union-attr]


@pytest.mark.services
class TestTrouble:
    def test_an_unreachable_server_is_trouble_at_once(self, opened: Opened) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            store = opened(RedisStore(f"redis://127.0.0.1:{unused.getsockname()[1]}", timeout=1))
            started = time.monotonic()
            with pytest.raises(redis.ConnectionError):
                store.claim("key", "", 30)
            with pytest.raises(redis.ConnectionError):
                asyncio.run(store.aclaim("key", "", 30))
            assert time.monotonic() - started < 2 * PATIENCE

    def test_a_server_that_says_nothing_is_trouble_within_bounded_time(self, opened: Opened) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
            store = opened(RedisStore(url, timeout=0.2 * PATIENCE, allow_eviction=True))
            started = time.monotonic()
            with pytest.raises((redis.TimeoutError, TimeoutError)):
                store.claim("key", "", 30)
            assert time.monotonic() - started < 2 * PATIENCE

    def test_a_server_that_comes_back_is_used_again(self, own: OwnRedis, opened: Opened) -> None:
        store = opened(RedisStore(own.url, timeout=1))
        claimed(store, "before")
        own.stop()
        with pytest.raises(redis.ConnectionError):
            store.claim("meanwhile", "", 30)
        own.start()
        # It knows no script any more.
        claimed(store, "after")

        async def several() -> list[Any]:
            return await asyncio.gather(*(store.aclaim("after", "", 30) for _ in range(3)))

        assert [type(claim) for claim in asyncio.run(several())] == [Busy] * 3

    def test_a_server_that_is_full_is_trouble(self, own: OwnRedis, opened: Opened) -> None:
        store = opened(RedisStore(own.url, timeout=1))
        token = claimed(store, "key")
        own.configure("maxmemory", "1")
        with pytest.raises(redis.ResponseError, match="maxmemory"):
            store.claim("other", "", 30)
        own.client().script_flush()
        with pytest.raises(redis.ResponseError, match="maxmemory"):
            store.claim("other", "", 30)
        own.configure("maxmemory", "0")
        assert store.complete("key", token, ANSWER, 60)


@pytest.mark.services
class TestEviction:
    def test_a_server_that_evicts_is_refused(
        self, own: OwnRedis, opened: Opened, caplog: pytest.LogCaptureFixture
    ) -> None:
        own.configure("maxmemory-policy", "allkeys-lru")
        store = opened(RedisStore(own.url))
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=r"allkeys-lru.*allow_eviction=True"):
                store.claim("key", "", 30)
        with pytest.raises(ConfigurationError, match="allkeys-lru"):
            asyncio.run(store.aclaim("key", "", 30))
        assert len(caplog.records) == 1
        own.configure("maxmemory-policy", "noeviction")
        store.check()
        claimed(store, "key")

    def test_unless_told(self, own: OwnRedis, opened: Opened) -> None:
        own.configure("maxmemory-policy", "allkeys-lru")
        store = opened(RedisStore(own.url, allow_eviction=True))
        store.check()
        claimed(store, "key")

    def test_the_start_of_an_application_tells_it_once(
        self, own: OwnRedis, opened: Opened, caplog: pytest.LogCaptureFixture
    ) -> None:
        own.configure("maxmemory-policy", "allkeys-lru")
        hooks = Dispatcher(idempotency=opened(RedisStore(own.url)))
        with pytest.raises(ConfigurationError, match="Set it to noeviction"):
            hooks.open()
        assert caplog.records == []

    @pytest.mark.parametrize("allow_eviction", [False, True])
    def test_a_server_that_is_away_stops_no_start(
        self, opened: Opened, allow_eviction: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"redis://127.0.0.1:{taken.getsockname()[1]}"
        Dispatcher(idempotency=opened(RedisStore(url, allow_eviction=allow_eviction))).open()
        assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["ConnectionError"]

    def test_a_server_that_may_not_be_asked_is_refused_too(self, own: OwnRedis, opened: Opened) -> None:
        own.client().acl_setuser("limited", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-info"])
        url = own.url.replace("redis://", "redis://limited:any@")
        with pytest.raises(ConfigurationError, match="may not ask INFO"):
            opened(RedisStore(url)).claim("key", "", 30)
        claimed(opened(RedisStore(url, allow_eviction=True)), "key")


@pytest.mark.services
def test_a_forked_child_has_a_connection_of_its_own(at: Redis, opened: Opened) -> None:
    store = opened(at.store())
    claimed(store, "key")
    before: Any = store._server
    store.after_fork()
    assert isinstance(store.claim("key", "", 30), Busy)
    assert store._server is not before
    before.close()
