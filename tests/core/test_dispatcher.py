"""The dispatcher's set-up and its end."""

from __future__ import annotations

import asyncio
import gc
import inspect
import subprocess
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.core.plain import SECRET, Opened, Plain, request
from tests.core.stores import Threaded
from webhook_kit import ConfigurationError, Dispatcher, Handlers, RawResponse, dispatcher
from webhook_kit.idempotency import MemoryStore


class TestMistakes:
    """What is wrong with a set-up, and what to write instead."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"idempotancy": None}, "did you mean 'idempotency'"),
            ({"idempotency": "sqlite://"}, "idempotency is a store"),
            ({"namespace": ""}, "namespace is a name"),
            ({"namespace": 5}, "namespace is a name"),
            ({"lease": 0}, "lease is 0; give seconds above 0"),
            ({"lease": float("inf")}, "lease is inf"),
            ({"lease": float("nan")}, "lease is nan"),
            ({"lease": True}, "lease is True"),
            ({"handler_timeout": -1}, "handler_timeout is -1"),
            ({"handler_timeout": "2"}, "handler_timeout is '2'"),
            ({"trusted_proxies": -1}, "trusted_proxies is the number"),
            ({"trusted_proxies": True}, "trusted_proxies is the number"),
            ({"trusted_proxies": "1"}, "trusted_proxies is the number"),
            ({"require_https": "false"}, "require_https is 'false'; write True or False"),
        ],
    )
    def test_in_the_constructor(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigurationError, match=message.replace("(", r"\(")):
            Dispatcher(**options)

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("", "path is ''"),
            ("/", "path is '/'"),
            ("a b", "path is 'a b'"),
            ("a//b", "path is 'a//b'"),
            ("räume", "path is 'räume'"),
            ("a?b", "path is"),
            (5, "path is 5"),
        ],
    )
    def test_in_a_path(self, path: Any, message: str) -> None:
        with pytest.raises(ConfigurationError, match=message.replace("?", r"\?")):
            Dispatcher().add(Plain(secret=SECRET), path=path)

    def test_a_path_twice(self) -> None:
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))
        with pytest.raises(ConfigurationError, match="'/plain' is taken"):
            hooks.add(Plain(secret=SECRET))
        with pytest.raises(ConfigurationError, match="'/plain' is taken"):
            hooks.add(Plain(secret=SECRET), path="/plain/")

    def test_a_path_that_is_a_route_of_another(self) -> None:
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))
        with pytest.raises(ConfigurationError, match="'/plain/opened' is taken"):
            hooks.add(Plain(secret=SECRET), path="plain/opened")
        assert [endpoint.path for endpoint in hooks.endpoints] == ["plain"]

    def test_one_provider_twice(self) -> None:
        hooks = Dispatcher()
        provider = hooks.add(Plain(secret=SECRET))
        with pytest.raises(ConfigurationError, match="was added already"):
            hooks.add(provider, path="again")

    @pytest.mark.parametrize(("given", "shown"), [(Plain, "Plain"), (None, "NoneType"), ("plain", "str")])
    def test_something_that_is_no_provider(self, given: Any, shown: str) -> None:
        with pytest.raises(ConfigurationError, match=f"not {shown}$"):
            Dispatcher().add(given)

    def test_an_unknown_keyword_of_add(self) -> None:
        with pytest.raises(ConfigurationError, match="did you mean 'path'"):
            Dispatcher().add(Plain(secret=SECRET), pth="x")  # type: ignore[arg-type]  # the mistake itself

    def test_answers_that_are_none(self) -> None:
        with pytest.raises(ConfigurationError, match="'procesed' is no outcome"):
            Dispatcher().add(Plain(secret=SECRET), answers={"procesed": RawResponse(200)})  # type: ignore[dict-item]
        with pytest.raises(ConfigurationError, match="for processed"):
            Dispatcher().add(Plain(secret=SECRET), answers={"processed": 200})  # type: ignore[dict-item]

    async def test_one_that_shows_only_at_start_is_raised_before_a_request_is_looked_at(self) -> None:
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))
        hooks.on("door.opend")(lambda event: None)
        for start in (hooks.check, lambda: hooks.dispatch(request())):
            with pytest.raises(ConfigurationError, match=r"did you mean 'door\.opened', 'door\.open'"):
                start()
        with pytest.raises(ConfigurationError):
            await hooks.adispatch(request())


class TestOptionsOfProviders:
    """Keywords that every provider takes."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({}, "has no check, so that anybody could send it events: give secret= "),
            ({"secret": None}, "or write unverified=True"),
            ({"secret": ""}, "secret is empty"),
            ({"secret": "  "}, "secret is empty"),
            ({"secret": []}, "empty sequence"),
            ({"secret": b"bytes that are no text"}, "secret is text"),
            ({"secret": [SECRET, None]}, "holds a NoneType"),
            ({"secret": SECRET, "max_bdy": 5}, "did you mean 'max_body'"),
            ({"secret": SECRET, "max_body": 0}, "max_body is 0"),
            ({"secret": SECRET, "max_body": "1 MB"}, "max_body is '1 MB'"),
            ({"secret": SECRET, "allowed_networks": "everywhere"}, "allowed_networks holds CIDR"),
            ({"secret": SECRET, "allowed_networks": []}, "allowed_networks holds CIDR"),
            ({"secret": SECRET, "allowed_networks": 5}, "allowed_networks holds CIDR"),
            ({"secret": SECRET, "allowed_networks": lambda a, b: []}, "takes no parameter, or one"),
            ({"secret": SECRET, "idempotency_key": "id"}, "idempotency_key is a callable"),
            ({"secret": SECRET, "clock": 5}, "clock is a callable"),
            ({"secret": lambda *, a: SECRET}, "takes no parameter, or one"),
            ({"allowed_networks": ["192.0.2.0/24"]}, "no check"),
        ],
    )
    def test_mistakes(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigurationError, match=message):
            Plain(**options)

    def test_receiving_without_a_check_has_to_be_written_down(self) -> None:
        hooks = Dispatcher()
        hooks.add(Plain(unverified=True))
        assert hooks.dispatch(request()).status == 200

    def test_the_address_for_the_vendor(self) -> None:
        hooks = Dispatcher()
        provider = hooks.add(Plain(secret=SECRET), path="doors")
        assert provider.setup("https://example.com/webhooks/") == {"url": "https://example.com/webhooks/doors"}
        assert provider.url("https://example.com", "opened", [("a", "b c")]) == "https://example.com/doors/opened?a=b+c"

    @pytest.mark.parametrize(
        "base", ["example.com", "", "ftp://example.com", "https://", "https://a/?b", "https://a/#b"]
    )
    def test_an_address_that_is_none(self, base: str) -> None:
        with pytest.raises(ConfigurationError, match="base_url is the public address"):
            Plain(secret=SECRET).setup(base)

    def test_an_event_without_a_decision_takes_no_reply(self) -> None:
        with pytest.raises(ValueError, match="asks for no decision"):
            super(Plain, Plain(secret=SECRET)).reply(Opened.model_validate({"kind": "x", "door": "y"}), Opened, "open")


class TestLater:
    """What is added after the first request."""

    def test_handlers_and_endpoints_take_part_from_then_on(self) -> None:
        hooks = Dispatcher(idempotency=None)
        hooks.add(Plain(secret=SECRET))
        module = Handlers()
        hooks.include(module)
        seen: list[str] = []
        assert hooks.dispatch(request(sign=True)).status == 200
        module.on(Opened)(lambda event, delivery: seen.append(delivery.endpoint))
        hooks.dispatch(request(sign=True))
        hooks.add(Plain(secret=SECRET), path="late")
        hooks.dispatch(request(path="/late", sign=True))
        assert seen == ["plain", "late"]


class Checked(MemoryStore):
    """A store that writes down what happens to it; ``trouble`` is what a check finds."""

    def __init__(self) -> None:
        super().__init__()
        self.story: list[str] = []
        self.trouble: Exception | None = None

    def check(self) -> None:
        self.story.append("checked")
        if self.trouble is not None:
            raise self.trouble

    def close(self) -> None:
        self.story.append("closed")


class Half:
    """One half of a dispatcher's life, called the same way."""

    def __init__(self, hooks: Dispatcher, asynchronous: bool) -> None:
        self.hooks = hooks
        self.asynchronous = asynchronous

    async def open(self) -> None:
        if self.asynchronous:
            await self.hooks.aopen()
        else:
            self.hooks.open()

    async def close(self) -> None:
        if self.asynchronous:
            await self.hooks.aclose()
        else:
            self.hooks.close()

    async def block(self, inside: Callable[[], Awaitable[None]]) -> None:
        if self.asynchronous:
            async with self.hooks as hooks:
                assert hooks is self.hooks
                await inside()
        else:
            with self.hooks as hooks:
                assert hooks is self.hooks
                await inside()


async def nothing() -> None:
    return


@pytest.fixture
def store() -> Checked:
    return Checked()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def half(request: pytest.FixtureRequest, store: Checked) -> Half:
    return Half(Dispatcher(idempotency=store), request.param)


class TestTheStart:
    """Opening."""

    async def test_the_store_is_checked_once_until_it_is_closed(self, half: Half, store: Checked) -> None:
        for _ in range(2):
            await half.open()
            await half.open()
            await half.close()
        assert store.story == ["checked", "closed", "checked", "closed"]

    async def test_a_forked_child_checks_for_itself(
        self, half: Half, store: Checked, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dispatcher, "_dispatchers", weakref.WeakSet({half.hooks}))
        await half.open()
        dispatcher._after_fork()
        await half.open()
        assert store.story == ["checked", "checked"]

    async def test_a_mistake_in_the_set_up_comes_first(self, half: Half, store: Checked) -> None:
        half.hooks.on("door.opened", provider="plain")(lambda event: None)
        with pytest.raises(ConfigurationError, match="provider='plain', which was not added"):
            await half.open()
        assert store.story == []

    async def test_what_the_store_lacks_is_told_until_it_is_there(self, half: Half, store: Checked) -> None:
        store.trouble = ConfigurationError("run store.create()")
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=r"run store\.create\(\)"):
                await half.open()
        store.trouble = None
        await half.open()
        assert store.story == ["checked"] * 3

    async def test_a_store_that_is_away_is_worth_one_warning(
        self, half: Half, store: Checked, caplog: pytest.LogCaptureFixture
    ) -> None:
        store.trouble = TimeoutError("no answer of redis://:hunter2@host")
        await half.open()
        await half.open()
        assert [(record.levelname, record.getMessage().rpartition(": ")[2]) for record in caplog.records] == [
            ("WARNING", "TimeoutError")
        ]
        assert "hunter2" not in caplog.text

    async def test_the_last_block_to_end_closes(self, half: Half, store: Checked) -> None:
        async def inner() -> None:
            await half.block(nothing)
            store.story.append("inside")

        await half.block(inner)
        await half.block(nothing)
        assert store.story == ["checked", "inside", "closed", "checked", "closed"]

    async def test_a_block_that_cannot_begin_leaves_nothing_open(self, half: Half, store: Checked) -> None:
        store.trouble = ConfigurationError("run store.create()")
        with pytest.raises(ConfigurationError):
            await half.block(nothing)
        assert store.story == ["checked", "closed"]

    @pytest.mark.parametrize("idempotency", [MemoryStore(), None])
    async def test_there_may_be_nothing_to_check(self, idempotency: MemoryStore | None) -> None:
        hooks = Dispatcher(idempotency=idempotency)
        hooks.open()
        await hooks.aopen()

    async def test_a_store_without_a_check_of_its_own_is_as_it_should_be(self) -> None:
        await Dispatcher(idempotency=Threaded()).aopen()


class TestTheEnd:
    """Closing."""

    async def test_the_store_is_closed_and_opens_again(self) -> None:
        class Watched(MemoryStore):
            def __init__(self) -> None:
                super().__init__()
                self.closed = 0

            def close(self) -> None:
                self.closed += 1

        store = Watched()
        hooks = Dispatcher(idempotency=store)
        hooks.add(Plain(secret=SECRET))
        hooks.on(Opened)(lambda event: None)
        hooks.dispatch(request(sign=True))
        hooks.close()
        await hooks.aclose()
        assert store.closed == 2
        assert (await hooks.adispatch(request(sign=True))).status == 200
        await hooks.aclose()

    async def test_what_was_cancelled_gives_its_claim_back_before_that(self) -> None:
        """uvicorn cancels what takes too long, closes, and leaves the loop no other turn."""
        order: list[str] = []
        running = asyncio.Event()

        class Slow(MemoryStore):
            blocks = True

            async def arelease(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
                for _ in range(20):
                    await asyncio.to_thread(order.copy)
                order.append("released")
                return self.release(key, token, done)

            async def aclose(self) -> None:
                order.append("closed")

        hooks = Dispatcher(idempotency=Slow())
        hooks.add(Plain(secret=SECRET))

        @hooks.on(Opened)
        async def wait(event: Opened) -> None:
            running.set()
            await asyncio.Event().wait()

        delivery = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await running.wait()
        delivery.cancel()
        await hooks.aclose()
        assert order == ["released", "closed"]
        assert (await asyncio.gather(delivery, return_exceptions=True))[0].__class__ is asyncio.CancelledError

    async def test_handlers_that_do_not_end_are_not_waited_for_without_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dispatcher, "SETTLING", 0.02)
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))
        running, go_on = asyncio.Event(), asyncio.Event()

        @hooks.on(Opened)
        async def wait(event: Opened) -> None:
            running.set()
            await go_on.wait()

        delivery = asyncio.create_task(hooks.adispatch(request(sign=True)))
        await running.wait()
        await hooks.aclose()
        assert not delivery.done()
        go_on.set()
        assert (await delivery).status == 200
        await hooks.aclose()

    async def test_there_may_be_no_store(self) -> None:
        hooks = Dispatcher(idempotency=None)
        hooks.close()
        await hooks.aclose()

    def test_one_that_is_no_longer_used_is_forgotten_with_its_threads(self) -> None:
        before = set(threading.enumerate())
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))

        @hooks.on(Opened)
        async def handle(event: Opened) -> None: ...

        hooks.dispatch(request(sign=True))
        started = set(threading.enumerate()) - before
        assert len(started) == 2
        reference = weakref.ref(hooks)
        del hooks, handle
        gc.collect()
        assert reference() is None
        for thread in started:
            thread.join(10)
        assert not any(thread.is_alive() for thread in started)

    def test_the_interpreters_end_closes_what_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))
        hooks.on(Opened)(lambda event: None)
        without = Dispatcher(idempotency=None)
        monkeypatch.setattr(dispatcher, "_dispatchers", weakref.WeakSet({hooks, without}))
        hooks.dispatch(request(sign=True))
        store = hooks.store
        assert isinstance(store, MemoryStore)
        assert len(store) == 1
        dispatcher._after_fork()
        assert len(store) == 0, "a child remembers nothing of its parent"
        dispatcher._close_all()
        assert hooks.heartbeat._thread is None

    def test_a_process_ends_although_nobody_closed(self) -> None:
        program = (
            "from webhook_kit import Dispatcher, RawRequest\n"
            "from webhook_kit.providers.tencent import TencentChat\n"
            "hooks = Dispatcher()\n"
            "hooks.add(TencentChat(sdk_app_id=1))\n"
            "@hooks.on('*')\n"
            "async def handle(event): print(event.type)\n"
            "hooks.dispatch(RawRequest('POST', '/tencent-chat', query_string=b'SdkAppid=1', body=b'{}'))\n"
        )
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "unknown\n", "")


def test_the_default_store_shows_in_the_signature() -> None:
    assert "idempotency: 'Store | None' = MemoryStore()" in str(inspect.signature(Dispatcher))


def test_a_dispatcher_shows_its_endpoints() -> None:
    hooks = Dispatcher()
    assert repr(hooks) == "<Dispatcher: no endpoints>"
    hooks.add(Plain(secret=SECRET))
    assert (repr(hooks), repr(hooks.endpoints[0])) == ("<Dispatcher: plain>", "<Endpoint 'plain': plain>")
    assert SECRET not in repr(vars(hooks.endpoints[0].provider))
