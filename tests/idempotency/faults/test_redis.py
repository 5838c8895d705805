"""What a Redis server refuses to do for a while, and what a failover loses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.idempotency.faults.application import PASSWORD, heavy, refused, running
from tests.idempotency.faults.proxy import Proxy
from tests.idempotency.own_redis import OwnRedis
from tests.idempotency.sites import PATIENCE
from webhook_kit import ConfigurationError, Outcome, RawResponse
from webhook_kit.idempotency import Busy, Done, New, RedisStore
from webhook_kit.idempotency.redis.server import NotReplicated

pytestmark = pytest.mark.services

TIMEOUT = 0.8 * PATIENCE
ANSWER = RawResponse(200, [("content-type", "text/plain")], b"success")
QUICKLY = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"]
Own = Callable[..., OwnRedis]


@pytest.fixture
def own() -> Iterator[Own]:
    """Start servers of the test's own."""
    started: list[OwnRedis] = []

    def start(*arguments: str) -> OwnRedis:
        server = OwnRedis(*arguments)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


class Trouble:
    """Something that a server can have, and get over."""

    def __init__(self, server: OwnRedis, folder: Path) -> None:
        self.server = server
        self.client: Any = server.client()
        self.folder = folder

    def begin(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError


class NoMemory(Trouble):
    def begin(self) -> None:
        self.server.configure("maxmemory", "1")

    def end(self) -> None:
        self.server.configure("maxmemory", "0")


class NotThePrimary(Trouble):
    """It follows another one, and takes no writes."""

    def begin(self) -> None:
        self.client.replicaof("127.0.0.1", "1")

    def end(self) -> None:
        self.server.lead()


class TooFewReplicas(Trouble):
    def begin(self) -> None:
        self.server.configure("min-replicas-to-write", "1")

    def end(self) -> None:
        self.server.configure("min-replicas-to-write", "0")


class AnotherPassword(Trouble):
    def begin(self) -> None:
        self.client.acl_setuser("shop", enabled=True, reset_passwords=True, passwords=["+another"])
        self.client.client_kill_filter(user="shop")

    def end(self) -> None:
        self.client.acl_setuser("shop", enabled=True, reset_passwords=True, passwords=[f"+{PASSWORD}"])


class ForbiddenCommands(Trouble):
    def begin(self) -> None:
        self.client.acl_setuser("shop", enabled=True, commands=["-evalsha", "-eval"])

    def end(self) -> None:
        self.client.acl_setuser("shop", enabled=True, commands=["+evalsha", "+eval"])


class NoMoreClients(Trouble):
    def begin(self) -> None:
        self.others = [redis.Redis(port=self.server.port) for _ in range(2)]
        self.client.client_kill_filter(user="shop")
        for other in self.others:
            other.ping()
        self.server.configure("maxclients", str(len(self.others) + 1))

    def end(self) -> None:
        self.server.configure("maxclients", "100")
        for other in self.others:
            other.close()


class NoDisk(Trouble):
    """It cannot save, and stops to take writes."""

    def begin(self) -> None:
        folder = self.folder / "gone"
        folder.mkdir()
        self.server.configure("dir", str(folder))
        self.server.configure("save", "3600 1")
        folder.rmdir()
        self.client.set("something", "to save")
        self.client.bgsave()
        while self.client.info("persistence")["rdb_last_bgsave_status"] == "ok":
            continue

    def end(self) -> None:
        self.server.configure("stop-writes-on-bgsave-error", "no")


class ABusyScript(Trouble):
    def begin(self) -> None:
        self.server.configure("busy-reply-threshold", "1")
        self.running = threading.Thread(target=self.run)
        self.running.start()
        while True:
            try:
                self.client.ping()
            except redis.ResponseError:
                break

    def run(self) -> None:
        with redis.Redis(port=self.server.port) as client, pytest.raises(redis.ResponseError, match="killed"):
            client.eval("while true do end", 0)

    def end(self) -> None:
        self.client.script_kill()
        self.running.join()


TROUBLES = [
    NoMemory,
    NotThePrimary,
    TooFewReplicas,
    AnotherPassword,
    ForbiddenCommands,
    NoMoreClients,
    NoDisk,
    ABusyScript,
]


@pytest.mark.parametrize("kind", TROUBLES)
def test_trouble_is_a_503_within_bounded_time_until_it_is_over(
    own: Own, driver: str, kind: type[Trouble], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trouble = kind(own("--enable-protected-configs", "yes"), tmp_path)
    trouble.client.acl_setuser("shop", enabled=True, passwords=[f"+{PASSWORD}"], keys=["*"], commands=["+@all"])
    url = trouble.server.url.replace("redis://", f"redis://shop:{PASSWORD}@")
    with running(RedisStore(url, timeout=TIMEOUT), driver) as application:
        assert application.statuses("before") == [200]
        trouble.begin()
        refused(application.deliver("front", "back"), TIMEOUT)
        refused(application.deliver("front", "back"), TIMEOUT)
        trouble.end()
        assert application.statuses("front", "back") == [200, 200]
        assert sorted(application.opened) == ["back", "before", "front"]
    assert PASSWORD not in caplog.text


@heavy
def test_a_server_that_still_loads_is_a_503_until_it_has(own: Own, driver: str, tmp_path: Path) -> None:
    kept = ["--dir", str(tmp_path), "--dbfilename", "kept.rdb"]
    slow = [*kept, "--key-load-delay", "100", "--loading-process-events-interval-bytes", "1024"]
    server = own(*slow)
    with running(RedisStore(server.url, timeout=TIMEOUT), driver) as application:
        assert application.statuses("before") == [200]
        with server.client().pipeline() as pipeline:
            for number in range(6000):
                pipeline.set(f"filling {number}", "x" * 100)
            pipeline.execute()
        server.client().save()
        server.stop()
        server.start()
        refused(application.deliver("front"), TIMEOUT)
        while server.client().info("persistence")["loading"]:
            continue
        assert application.statuses("before", "front") == [200, 200]
        assert application.opened == ["before", "front"]


class TestAFailover:
    def test_leads_to_the_new_primary_once_the_old_one_refuses(self, own: Own, driver: str) -> None:
        """Where the address is switched and the old primary lives on as a replica, whose connections stay open."""
        old, new = own(*QUICKLY), own(*QUICKLY)
        proxy = Proxy("127.0.0.1", old.port)
        store = RedisStore(f"redis://127.0.0.1:{proxy.port}", timeout=TIMEOUT)
        with running(store, driver) as application:
            assert application.statuses("before") == [200]
            new.follow(old)
            new.lead()
            old.follow(new)
            proxy.redirect(new.port)
            refused(application.deliver("front"), TIMEOUT)
            assert application.statuses("front", "before") == [200, 200]
            assert application.opened == ["before", "front"]
        proxy.close()

    def test_to_a_server_that_evicts_is_noticed(self, own: Own) -> None:
        old, new = own(), own("--maxmemory-policy", "allkeys-lru")
        proxy = Proxy("127.0.0.1", old.port)
        store = RedisStore(f"redis://127.0.0.1:{proxy.port}", timeout=TIMEOUT)
        assert isinstance(store.claim("key", "", 30), New)
        proxy.refuse()
        proxy.cut()
        with pytest.raises(redis.ConnectionError):
            store.claim("key", "", 30)
        proxy.redirect(new.port)
        proxy.resume()
        with pytest.raises(ConfigurationError, match="allkeys-lru"):
            store.claim("key", "", 30)
        store.close()
        proxy.close()


class Pair:
    """A primary, and a replica that hears of it through a proxy."""

    def __init__(self, own: Own) -> None:
        self.primary, self.replica = own(*QUICKLY), own(*QUICKLY)
        self.proxy = Proxy("127.0.0.1", self.primary.port)
        self.replica.follow(self.primary, self.proxy.port)
        self.stores: list[RedisStore] = []

    def store(self, replicas: int) -> RedisStore:
        store = RedisStore(self.primary.url, timeout=TIMEOUT, replicas=replicas)
        self.stores.append(store)
        return store

    def resume(self) -> None:
        self.proxy.resume()
        self.primary.wait_for_replica()

    def promoted(self) -> RedisStore:
        """Let the primary die, and return a store in the replica."""
        self.primary.stop()
        self.replica.lead()
        store = RedisStore(self.replica.url, timeout=TIMEOUT)
        self.stores.append(store)
        return store

    def close(self) -> None:
        for store in self.stores:
            store.close()
        self.proxy.close()


@pytest.fixture
def pair(own: Own) -> Iterator[Pair]:
    made = Pair(own)
    yield made
    made.close()


class TestReplicas:
    def test_what_was_answered_outlives_the_primary(self, pair: Pair) -> None:
        store = pair.store(replicas=1)
        claim = store.claim("done", "", 30)
        assert isinstance(claim, New)
        assert store.complete("done", claim.token, ANSWER, 60)
        assert isinstance(store.claim("running", "", 30), New)
        successor = pair.promoted()
        assert successor.claim("done", "", 30) == Done(ANSWER)
        assert isinstance(successor.claim("running", "", 30), Busy)

    def test_without_them_a_failover_forgets_what_had_not_arrived(self, pair: Pair) -> None:
        """Which is why the guarantee of a Redis without ``replicas`` ends with its primary."""
        store = pair.store(replicas=0)
        pair.proxy.stall()
        claim = store.claim("done", "", 30)
        assert isinstance(claim, New)
        assert store.complete("done", claim.token, ANSWER, 60)
        again = pair.promoted().claim("done", "", 30)
        assert isinstance(again, New)
        assert again.attempt == 1

    def test_a_claim_that_did_not_arrive_is_refused_and_released(self, pair: Pair) -> None:
        store = pair.store(replicas=1)
        pair.proxy.stall()
        with pytest.raises(NotReplicated, match="has not reached 1 replicas in time"):
            store.claim("key", "", 30)
        pair.resume()
        claim = store.claim("key", "", 30)
        assert isinstance(claim, New), "not busy until the lease is over"
        assert claim.attempt == 2

    def test_a_completion_that_did_not_arrive_is_refused_and_known_to_the_retry(self, pair: Pair) -> None:
        store = pair.store(replicas=1)
        claim = store.claim("key", "", 30)
        assert isinstance(claim, New)
        pair.proxy.stall()
        with pytest.raises(NotReplicated):
            store.complete("key", claim.token, ANSWER, 60)
        with pytest.raises(NotReplicated):
            store.claim("key", "", 30)
        assert isinstance(pair.store(replicas=0).claim("key", "", 30), Done)
        pair.resume()
        assert store.claim("key", "", 30) == Done(ANSWER)

    def test_what_no_answer_rests_on_does_not_have_to_arrive(self, pair: Pair) -> None:
        store = pair.store(replicas=1)
        claim = store.claim("key", "", 30)
        assert isinstance(claim, New)
        pair.proxy.stall()
        assert isinstance(store.claim("key", "", 30), Busy)
        assert store.extend("key", claim.token, 30)
        assert store.complete("key", "nobody's", ANSWER, 60) is False
        assert store.release("key", claim.token)

    def test_a_server_that_lost_the_scripts_is_waited_for_too(self, pair: Pair) -> None:
        store = pair.store(replicas=1)
        assert isinstance(store.claim("key", "", 30), New)
        pair.primary.client().script_flush()
        assert isinstance(store.claim("other", "", 30), New)
        pair.primary.client().script_flush()
        pair.proxy.stall()
        with pytest.raises(NotReplicated):
            store.claim("third", "", 30)

    def test_a_delivery_is_a_503_until_they_are_back(self, pair: Pair, driver: str) -> None:
        with running(pair.store(replicas=1), driver) as application:
            assert application.statuses("before") == [200]
            pair.proxy.stall()
            refused(application.deliver("front", "back"), TIMEOUT)
            assert set(application.outcomes[1:]) == {Outcome.STORE_UNAVAILABLE}
            pair.resume()
            assert application.statuses("front", "back") == [200, 200]
            assert sorted(application.opened) == ["back", "before", "front"]

    def test_a_server_that_may_not_be_asked_to_wait_is_refused(self, pair: Pair) -> None:
        pair.primary.client().acl_setuser("shop", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-wait"])
        url = pair.primary.url.replace("redis://", "redis://shop:any@")
        store = RedisStore(url, timeout=TIMEOUT, replicas=1)
        with pytest.raises(NotReplicated):
            store.claim("key", "", 30)
        store.close()

    @pytest.mark.parametrize("replicas", [-1, True, 1.5, "1"])
    def test_they_are_a_number(self, replicas: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"replicas is .*; give how many must have what was answered"):
            RedisStore("redis://localhost", replicas=replicas)
