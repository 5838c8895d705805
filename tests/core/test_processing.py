"""One event: claimed, handled, completed or released."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from tests.core.conftest import Send
from tests.core.plain import SECRET, Clock, Closed, Knocked, Opened, Plain, body, request
from webhook_kit import ConfigurationError, Delivery, Dispatcher, Event, RawRequest, RawResponse, Record, UnknownEvent
from webhook_kit.events import stamp
from webhook_kit.idempotency import MemoryStore, Store
from webhook_kit.runtime import MOST_THREADS


def dispatcher(store: Store | None, provider: Plain | None = None, **options: Any) -> tuple[Dispatcher, list[Record]]:
    hooks = Dispatcher(idempotency=store, **options)
    hooks.add(provider or Plain(secret=SECRET))
    records: list[Record] = []
    hooks.observe(thread=False)(records.append)
    return hooks, records


def outcomes(records: list[Record]) -> list[tuple[str, int | None]]:
    return [(record.outcome.value, record.attempt) for record in records]


class TestDuplicates:
    """A delivery that comes again."""

    def test_a_completed_one_is_answered_as_before_and_runs_no_handler(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())
        runs: list[Event] = []
        hooks.on(Opened)(runs.append)
        first, second = send(hooks, request(sign=True)), send(hooks, request(sign=True))
        assert first == second
        assert len(runs) == 1
        assert outcomes(records) == [("processed", 1), ("duplicate", None)]

    def test_it_is_remembered_for_eight_days(self, send: Send) -> None:
        clock = Clock()
        hooks, _ = dispatcher(MemoryStore(clock=clock))
        runs: list[Event] = []
        hooks.on(Opened)(runs.append)
        send(hooks, request(sign=True))
        clock.advance(8 * 24 * 3600 - 1)
        send(hooks, request(sign=True))
        assert len(runs) == 1
        clock.advance(1)
        send(hooks, request(sign=True))
        assert len(runs) == 2

    @pytest.mark.parametrize(
        ("event", "type", "seconds"),
        [
            (Opened, "door.opened", 5.0),
            (Opened, "door.forced", 5.0),
            (UnknownEvent, "door.opened", 5.0),
            (Opened, "door.closed", 8 * 24 * 3600.0),
            (UnknownEvent, "door.forced", 8 * 24 * 3600.0),
        ],
    )
    def test_how_long_is_what_its_type_says_or_its_class_where_the_type_is_in_no_catalog(
        self, event: type[Event], type: str, seconds: float
    ) -> None:
        class Quick(Plain):
            retentions = MappingProxyType({Opened: 5.0})

        found = event.model_construct()
        stamp(found, type, "plain")
        assert Quick(secret=SECRET).retention(found) == seconds

    def test_other_bytes_are_another_delivery(self, send: Send) -> None:
        hooks, _ = dispatcher(MemoryStore())
        runs: list[Event] = []
        hooks.on(Opened)(runs.append)
        send(hooks, request(sign=True))
        send(hooks, request(body() + b" ", sign=True))
        assert len(runs) == 2

    def test_two_endpoints_and_two_namespaces_share_nothing(self, send: Send) -> None:
        store = MemoryStore()
        runs: list[str] = []
        for namespace in ("staging", "production"):
            hooks = Dispatcher(idempotency=store, namespace=namespace)
            hooks.add(Plain(secret=SECRET))
            hooks.add(Plain(secret=SECRET), path="other")
            hooks.on(Opened)(lambda event, delivery, namespace=namespace: runs.append(delivery.endpoint + namespace))
            send(hooks, request(sign=True))
            send(hooks, request(path="/other", sign=True))
        assert runs == ["plainstaging", "otherstaging", "plainproduction", "otherproduction"]

    def test_the_vendors_delivery_id_counts_where_there_is_one(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())
        hooks.on(Opened)(lambda event: None)
        send(hooks, request(body(times=1), sign=True, headers=[("X-Plain-Id", "1")]))
        send(hooks, request(body(times=2), sign=True, headers=[("X-Plain-Id", "1")]))
        send(hooks, request(body(times=1), sign=True, headers=[("X-Plain-Id", "2")]))
        assert outcomes(records) == [("processed", 1), ("duplicate", None), ("processed", 1)]

    def test_an_id_is_not_a_body(self, send: Send) -> None:
        """Nobody can suppress a delivery by sending its body as an id."""
        hooks, records = dispatcher(MemoryStore())
        hooks.on(Opened)(lambda event: None)
        send(hooks, request(body(door="x"), sign=True, headers=[("X-Plain-Id", body().decode())]))
        send(hooks, request(body(), sign=True))
        assert outcomes(records) == [("processed", 1), ("processed", 1)]

    def test_nothing_is_deduplicated_where_it_is_switched_off(self, send: Send) -> None:
        hooks, records = dispatcher(None)
        keys: list[str | None] = []
        hooks.on(Opened)(lambda event, delivery: keys.append(delivery.idempotency_key))
        send(hooks, request(sign=True))
        send(hooks, request(sign=True))
        assert outcomes(records) == [("processed", 1), ("processed", 1)]
        assert keys == [None, None]


class TestOwnKeys:
    """A key of the user's own."""

    def test_it_replaces_the_default(self, send: Send) -> None:
        provider = Plain(secret=SECRET, idempotency_key=lambda event, incoming: event.door)
        hooks, records = dispatcher(MemoryStore(), provider)
        hooks.on(Opened)(lambda event: None)
        for content in (body(times=1), body(times=2), body(door="back")):
            send(hooks, request(content, sign=True))
        assert outcomes(records) == [("processed", 1), ("duplicate", None), ("processed", 1)]

    def test_none_deduplicates_nothing(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore(), Plain(secret=SECRET, idempotency_key=lambda event, incoming: None))
        hooks.on(Opened)(lambda event: None)
        send(hooks, request(sign=True))
        send(hooks, request(sign=True))
        assert outcomes(records) == [("processed", 1), ("processed", 1)]

    @pytest.mark.parametrize("key", [5, "", b"bytes"])
    def test_anything_else_is_a_failure(self, send: Send, key: Any) -> None:
        hooks, records = dispatcher(MemoryStore(), Plain(secret=SECRET, idempotency_key=lambda event, incoming: key))
        hooks.on(Opened)(lambda event: None)
        assert send(hooks, request(sign=True)).status == 500
        assert isinstance(records[0].error, TypeError)


class TestFailures:
    """Handlers that raise."""

    def test_the_claim_is_released_and_the_retry_runs_only_what_failed(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())
        runs: list[str] = []

        @hooks.on(Opened)
        def first(event: Opened) -> None:
            runs.append("first")

        @hooks.on("door.*")
        def second(event: Event, delivery: Delivery) -> None:
            runs.append(f"second, attempt {delivery.attempt}")
            if delivery.attempt == 1:
                raise RuntimeError("jammed")

        @hooks.on(Event)
        async def third(event: Event) -> None:
            runs.append("third")

        statuses = [send(hooks, request(sign=True)).status for _ in range(3)]
        assert statuses == [500, 200, 200]
        assert runs == ["first", "second, attempt 1", "third", "second, attempt 2"]
        assert outcomes(records) == [("handler_failed", 1), ("processed", 2), ("duplicate", None)]

    def test_one_error_is_reported_as_it_is(self, send: Send, caplog: pytest.LogCaptureFixture) -> None:
        hooks, records = dispatcher(MemoryStore())
        error = RuntimeError("jammed")

        @hooks.on(Opened)
        def fail(event: Opened) -> None:
            raise error

        answer = send(hooks, request(sign=True))
        assert (answer.status, answer.body) == (500, b'{"error":"Internal error"}')
        assert records[0].error is error
        [line] = caplog.records
        assert line.levelno == logging.ERROR
        assert line.exc_info is not None
        assert line.exc_info[1] is error
        assert error.__traceback__ is not None
        assert error.__traceback__.tb_frame.f_code.co_name == "fail", (
            "no frame of ours, whose variables hold the request"
        )

    def test_several_errors_are_reported_together(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())

        @hooks.on(Opened)
        def one(event: Opened) -> None:
            raise RuntimeError("one")

        @hooks.on(Opened)
        async def two(event: Opened) -> None:
            raise LookupError("two")

        send(hooks, request(sign=True))
        group = records[0].error
        assert isinstance(group, ExceptionGroup)
        assert [error.args for error in group.exceptions] == [("one",), ("two",)]

    @pytest.mark.parametrize("error", [StopIteration("odd"), TimeoutError("late"), asyncio.InvalidStateError()])
    def test_an_error_of_any_kind_is_the_handlers(self, send: Send, error: Exception) -> None:
        """A coroutine cannot raise StopIteration as it is; Python wraps it."""
        hooks, records = dispatcher(MemoryStore())

        @hooks.on(Opened)
        def fail(event: Opened) -> None:
            raise error

        assert send(hooks, request(sign=True)).status == 500
        reported = records[0].error
        assert error in (reported, getattr(reported, "__cause__", None))

    def test_a_sync_one_that_raises_a_cancellation_failed_too(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())

        @hooks.on(Opened, thread=False)
        def give_up(event: Opened) -> None:
            raise asyncio.CancelledError

        assert send(hooks, request(sign=True)).status == 500
        assert records[0].outcome == "handler_failed"

    def test_a_handler_that_cancels_itself_failed(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())

        @hooks.on(Opened)
        async def give_up(event: Opened) -> None:
            raise asyncio.CancelledError

        assert send(hooks, request(sign=True)).status == 500
        assert records[0].outcome == "handler_failed"
        assert send(hooks, request(sign=True)).status == 500, "the claim was released"

    def test_an_interpreter_that_stops_releases_the_claim(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())
        stop = True

        @hooks.on(Opened, thread=False)
        def interrupted(event: Opened) -> None:
            if stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            send(hooks, request(sign=True))
        stop = False
        assert send(hooks, request(sign=True)).status == 200
        assert outcomes(records) == [("cancelled", 1), ("processed", 2)]


class TestStoreTrouble:
    """A store that fails, or finds that another worker took over."""

    class Broken(MemoryStore):
        def __init__(self, *operations: str) -> None:
            super().__init__()
            self.operations = operations

        def __getattribute__(self, name: str) -> Any:
            if name in ("claim", "complete", "release", "extend") and name in object.__getattribute__(
                self, "operations"
            ):
                return self._broken
            return super().__getattribute__(name)

        def _broken(self, *arguments: object) -> Any:
            raise ConnectionError("password=hunter2 host=db")

    @pytest.mark.parametrize("operation", ["claim", "complete"])
    def test_the_vendor_is_asked_to_come_again(
        self, send: Send, operation: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        hooks, records = dispatcher(self.Broken(operation))
        hooks.on(Opened)(lambda event: None)
        answer = send(hooks, request(sign=True))
        assert (answer.status, answer.body) == (503, b'{"error":"Temporarily unavailable"}')
        assert records[0].outcome == "store_unavailable"
        assert isinstance(records[0].error, ConnectionError)
        assert "ConnectionError" in caplog.text
        assert "hunter2" not in caplog.text

    def test_a_failed_release_leaves_the_handlers_error_alone(
        self, send: Send, caplog: pytest.LogCaptureFixture
    ) -> None:
        hooks, records = dispatcher(self.Broken("release"))

        @hooks.on(Opened)
        def fail(event: Opened) -> None:
            raise RuntimeError("jammed")

        assert send(hooks, request(sign=True)).status == 500
        assert records[0].outcome == "handler_failed"
        assert "hunter2" not in caplog.text

    def test_a_worker_whose_lease_was_taken_over_is_fenced(self, send: Send) -> None:
        clock = Clock()
        store = MemoryStore(clock=clock)
        hooks, records = dispatcher(store, lease=30)
        taken: list[RawResponse] = []

        @hooks.on(Opened)
        def slow(event: Opened, delivery: Delivery) -> None:
            if delivery.attempt == 1:
                clock.advance(31)
                taken.append(hooks.dispatch(request(sign=True)))

        answer = send(hooks, request(sign=True))
        assert taken[0].status == 200
        assert answer.status == 503
        assert outcomes(records) == [("processed", 2), ("fenced", 1)]

    def test_a_full_store_refuses_when_told_so(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore(1, when_full="refuse"))
        hooks.on(Opened)(lambda event: None)
        assert send(hooks, request(sign=True)).status == 200
        assert send(hooks, request(body(door="back"), sign=True)).status == 503
        assert records[1].outcome == "store_unavailable"


def test_a_twin_is_asked_to_come_again_while_the_first_runs(send: Send) -> None:
    hooks, records = dispatcher(MemoryStore())
    twin: list[RawResponse] = []
    hooks.on(Opened)(lambda event: twin.append(hooks.dispatch(request(sign=True))))
    assert send(hooks, request(sign=True)).status == 200
    assert twin[0].status == 503
    assert dict(twin[0].headers)["retry-after"] == "60"
    assert send(hooks, request(sign=True)).status == 200
    assert outcomes(records) == [("in_flight", None), ("processed", 1), ("duplicate", None)]


class TestTimeouts:
    """Handlers that go on after the answer."""

    @pytest.mark.parametrize("colour", ["sync", "async"])
    @pytest.mark.parametrize("succeeds", [True, False])
    async def test_the_claim_is_kept_until_the_handler_ends(
        self, colour: str, succeeds: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        go_on, ended = threading.Event(), threading.Event()
        hooks, records = dispatcher(MemoryStore(), handler_timeout=0.02)

        def finish(delivery: Delivery) -> None:
            if not succeeds and delivery.attempt == 1:
                raise RuntimeError("too late, and wrong")

        if colour == "sync":

            @hooks.on(Opened)
            def slow(event: Opened, delivery: Delivery) -> None:
                go_on.wait(10)
                finish(delivery)

        else:

            @hooks.on(Opened)
            async def aslow(event: Opened, delivery: Delivery) -> None:
                await asyncio.to_thread(go_on.wait, 10)
                finish(delivery)

        store = hooks.store
        assert isinstance(store, MemoryStore)
        settle = store.complete if succeeds else store.release

        def settled(*arguments: Any) -> bool:
            result: bool = settle(*arguments)
            ended.set()
            return result

        setattr(store, "complete" if succeeds else "release", settled)
        assert (await hooks.adispatch(request(sign=True))).status == 503
        assert (await hooks.adispatch(request(sign=True))).status == 503
        assert outcomes(records) == [("handler_timed_out", 1), ("in_flight", None)]
        go_on.set()
        assert await asyncio.to_thread(ended.wait, 10)
        assert (await hooks.adispatch(request(sign=True))).status == 200
        assert outcomes(records)[2:] == [("duplicate", None) if succeeds else ("processed", 2)]
        await hooks.aclose()
        assert ("after their time-out" in caplog.text) is not succeeds

    def test_the_same_without_an_event_loop(self) -> None:
        go_on = threading.Event()
        hooks, records = dispatcher(MemoryStore(), handler_timeout=0.02)
        hooks.on(Opened)(lambda event: go_on.wait(10))
        assert hooks.dispatch(request(sign=True)).status == 503
        assert hooks.dispatch(request(sign=True)).status == 503
        go_on.set()
        hooks.close()
        assert hooks.dispatch(request(sign=True)).status == 200
        assert outcomes(records) == [("handler_timed_out", 1), ("in_flight", None), ("duplicate", None)]

    def test_handlers_that_are_quick_are_not_touched(self, send: Send) -> None:
        hooks, _ = dispatcher(MemoryStore(), handler_timeout=10)
        hooks.on(Opened)(lambda event: None)
        assert send(hooks, request(sign=True)).status == 200

        @hooks.on(Closed)
        def fail(event: Closed) -> None:
            raise RuntimeError

        assert send(hooks, request(body("door.closed"), sign=True)).status == 500
        hooks.close()


def test_a_claim_is_kept_alive_while_its_work_waits_for_a_thread() -> None:
    """All threads are busy with late handlers; the lease of the delivery that waits is extended all the same."""
    clock = Clock()
    hooks, records = dispatcher(MemoryStore(clock=clock), handler_timeout=0.01, lease=30)
    go_on = threading.Event()
    runs: list[str] = []

    @hooks.on(Opened)
    def slow(event: Opened) -> None:
        runs.append(event.door)
        go_on.wait(10)

    for number in range(MOST_THREADS + 1):
        assert hooks.dispatch(request(body(door=str(number)), sign=True)).status == 503
    for _ in range(3):
        clock.advance(20)
        hooks.heartbeat.beat()
    last = request(body(door=str(MOST_THREADS)), sign=True)
    assert hooks.dispatch(last).status == 503
    assert records[-1].outcome == "in_flight"
    go_on.set()
    hooks.close()
    assert sorted(runs, key=int) == [str(number) for number in range(MOST_THREADS + 1)]


class TestHeartbeat:
    """Leases of handlers that take long."""

    def test_the_lease_is_extended_while_the_handler_runs(self, send: Send) -> None:
        clock = Clock()
        hooks, _ = dispatcher(MemoryStore(clock=clock), lease=30)
        twins: list[int] = []

        @hooks.on(Opened)
        def long(event: Opened) -> None:
            for _ in range(4):
                clock.advance(20)
                hooks.heartbeat.beat()
            twins.append(hooks.dispatch(request(sign=True)).status)

        assert send(hooks, request(sign=True)).status == 200
        assert twins == [503]
        hooks.close()

    def test_nothing_is_extended_afterwards(self, send: Send) -> None:
        extended: list[str] = []

        class Watched(MemoryStore):
            def extend(self, key: str, token: str, lease: float) -> bool:
                extended.append(key)
                return super().extend(key, token, lease)

        hooks, _ = dispatcher(Watched())
        hooks.on(Opened)(lambda event: hooks.heartbeat.beat())
        send(hooks, request(sign=True))
        hooks.heartbeat.beat()
        assert len(extended) == 1
        hooks.close()


class TestDecisions:
    """Events whose vendor waits for a decision."""

    knock = request(body("door.knocked"), sign=True)

    def decide(self, send: Send, *handlers: Callable[..., Any], **options: Any) -> tuple[bytes, Record]:
        class Untouched(MemoryStore):
            def claim(self, key: str, fingerprint: str, lease: float) -> Any:
                raise AssertionError("a decision reached the store")

        hooks, records = dispatcher(Untouched())
        for handler in handlers:
            hooks.on(Knocked, **options)(handler)
        answer = send(hooks, request(body("door.knocked"), sign=True))
        assert answer.status == 200
        hooks.close()
        return answer.body, records[0]

    def test_the_first_reply_is_sent(self, send: Send, caplog: pytest.LogCaptureFixture) -> None:
        answer, record = self.decide(send, lambda event: None, lambda event: "open", lambda event: "stay shut")
        assert answer == b'{"door": "open"}'
        assert record.outcome == "processed"
        assert "decided differently" in caplog.text

    def test_two_equal_replies_are_no_news(self, send: Send, caplog: pytest.LogCaptureFixture) -> None:
        self.decide(send, lambda event: "open", lambda event: "open")
        assert "decided differently" not in caplog.text

    @pytest.mark.parametrize("handlers", [(), (lambda event: None,)])
    def test_without_a_reply_it_is_allowed(self, send: Send, handlers: tuple[Callable[..., Any], ...]) -> None:
        answer, record = self.decide(send, *handlers)
        assert answer == b'{"status":"success"}'
        assert record.outcome == ("processed" if handlers else "unhandled")

    def test_a_reply_is_sent_also_when_another_handler_raised(self, send: Send) -> None:
        def fail(event: Event) -> None:
            raise RuntimeError("who is there?")

        answer, record = self.decide(send, fail, lambda event: "open")
        assert answer == b'{"door": "open"}'
        assert record.outcome == "processed"
        assert isinstance(record.error, RuntimeError)

    @pytest.mark.parametrize(
        ("options", "expected"), [({}, b'{"status":"success"}'), ({"default": "stay shut"}, b'{"door": "stay shut"}')]
    )
    def test_a_failure_is_answered_with_the_default(
        self, send: Send, options: dict[str, Any], expected: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def fail(event: Event) -> None:
            raise RuntimeError("who is there?")

        answer, record = self.decide(send, fail, **options)
        assert answer == expected
        assert record.outcome == "decided_by_default"
        assert caplog.records[0].levelno == logging.ERROR

    def test_a_reply_that_is_not_allowed_is_the_handlers_failure(self, send: Send) -> None:
        answer, record = self.decide(send, lambda event: "explode", default="stay shut")
        assert answer == b'{"door": "stay shut"}'
        assert isinstance(record.error, ValueError)

    @pytest.mark.parametrize("colour", ["sync", "async"])
    def test_a_late_handler_is_answered_with_the_default_and_may_finish(
        self, send: Send, colour: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        go_on, finished = threading.Event(), threading.Event()

        def late(event: Event) -> str:
            go_on.wait(10)
            finished.set()
            return "open"

        async def alate(event: Event) -> str:
            return await asyncio.to_thread(late, event)

        hooks, records = dispatcher(MemoryStore())
        hooks.on(Knocked, deadline=0.02, default="stay shut")(late if colour == "sync" else alate)
        hooks.observe(lambda record: go_on.set())
        answer = send(hooks, request(body("door.knocked"), sign=True))
        hooks.close()
        assert answer.body == b'{"door": "stay shut"}'
        assert (records[0].outcome, records[0].error) == ("decided_by_default", None)
        assert caplog.records == [], "accepted, which is told at INFO"
        if colour == "sync":
            assert finished.wait(10)

    def test_a_handler_in_time_decides(self, send: Send) -> None:
        answer, _ = self.decide(send, lambda event: "open", deadline=10)
        assert answer == b'{"door": "open"}'

    def test_a_question_that_cannot_be_read_is_answered_with_the_default(self, send: Send) -> None:
        """The handler that would have decided never sees it; an onlooker of everything does."""
        hooks, records = dispatcher(MemoryStore())
        seen: list[Event] = []
        hooks.on(Event)(seen.append)
        hooks.on(Knocked, default="stay shut")(lambda event: "open")
        unreadable = request(b'{"kind":"door.knocked"}', sign=True)
        assert [send(hooks, unreadable).body for _ in range(2)] == [b'{"door": "stay shut"}'] * 2
        assert [(each.outcome, each.event_type) for each in records] == [("decided_by_default", "door.knocked")] * 2
        assert [type(event).__name__ for event in seen] == ["UnknownEvent"] * 2

    def test_one_that_nobody_would_decide_is_allowed(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())
        hooks.on("door.*")(lambda event: None)
        assert send(hooks, request(b'{"kind":"door.knocked"}', sign=True)).body == b'{"status":"success"}'
        assert records[0].outcome == "processed"

    def test_two_equal_questions_are_two_questions(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())
        hooks.on(Knocked)(lambda event: "open")
        for _ in range(2):
            assert send(hooks, request(body("door.knocked"), sign=True)).body == b'{"door": "open"}'
        assert outcomes(records) == [("processed", 1), ("processed", 1)]


class TestTransactions:
    """Stores with transactions, and those without."""

    def test_a_store_without_them_says_so(self, send: Send) -> None:
        hooks, records = dispatcher(MemoryStore())
        hooks.on(Opened)(lambda event, delivery: delivery.transaction())
        assert send(hooks, request(sign=True)).status == 500
        assert isinstance(records[0].error, ConfigurationError)
        assert "MemoryStore keeps no transactions" in str(records[0].error)

    def test_so_does_a_delivery_that_is_not_deduplicated(self, send: Send) -> None:
        hooks, records = dispatcher(None)
        hooks.on(Opened)(lambda event, delivery: delivery.transaction())
        assert send(hooks, request(sign=True)).status == 500
        assert "needs a store" in str(records[0].error)

    def test_a_transaction_is_the_running_handlers(self, send: Send) -> None:
        opened: list[str] = []

        class Transactional(MemoryStore):
            def transaction(self, key: str, token: str, handler: str) -> Any:
                opened.append(handler)

        hooks, _ = dispatcher(Transactional())

        @hooks.on(Opened)
        def one(event: Opened, delivery: Delivery) -> None:
            delivery.transaction()

        @hooks.on(Opened)
        def two(event: Opened, delivery: Delivery) -> None:
            delivery.transaction()

        send(hooks, request(sign=True))
        assert [name.rpartition(".")[2] for name in opened] == ["one", "two"]


def test_a_broken_provider_is_answered_without_details(send: Send) -> None:
    class Broken(Plain):
        def parse(self, request: RawRequest, kind: str | None) -> Any:
            raise RuntimeError("secret internals")

    hooks, records = dispatcher(None, Broken(secret=SECRET))
    answer = send(hooks, request(sign=True))
    assert (answer.status, answer.body) == (500, b'{"error":"Internal error"}')
    assert records[0].outcome == "handler_failed"


def test_a_default_that_cannot_be_sent_is_a_failure(send: Send) -> None:
    hooks, records = dispatcher(None)

    @hooks.on(Knocked, default="explode")
    def fail(event: Knocked) -> None:
        raise RuntimeError("who is there?")

    assert send(hooks, request(body("door.knocked"), sign=True)).status == 500
    assert (records[0].outcome, type(records[0].error)) == ("handler_failed", ValueError)
