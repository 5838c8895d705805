"""What becomes of a request, step by step, under both drivers."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from tests.core.conftest import Send
from tests.core.plain import SECRET, Clock, Closed, Opened, Plain, body, request
from webhook_kit import Delivery, Dispatcher, Event, Outcome, RawRequest, RawResponse, Record, UnknownEvent
from webhook_kit.idempotency import Busy, Claim, Done, MemoryStore, New, Store


class Untouched(Store):
    """A store that no refused request may reach."""

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        raise AssertionError("a refused request reached the store")

    def complete(self, key: str, token: str, response: RawResponse, retention: float) -> bool:
        raise AssertionError

    def release(self, key: str, token: str, done: tuple[str, ...] = ()) -> bool:
        raise AssertionError

    def extend(self, key: str, token: str, lease: float) -> bool:
        raise AssertionError


def dispatcher(provider: Plain | None = None, **options: Any) -> tuple[Dispatcher, list[Any]]:
    """Return a dispatcher with one endpoint, and the list of what its handler and observer saw."""
    hooks = Dispatcher(**options)
    hooks.add(provider or Plain(secret=SECRET))
    seen: list[Any] = []
    hooks.on(Event)(lambda event, delivery: seen.append(event))
    hooks.observe(thread=False)(seen.append)
    return hooks, seen


REFUSED = {
    "an unknown path": (request(path="/elsewhere", sign=True), 404, "not_found"),
    "the mount itself": (request(path="/", sign=True), 404, "not_found"),
    "a path with two slashes at its end": (request(path="/plain//", sign=True), 404, "not_found"),
    "GET": (request(method="GET", sign=True), 405, "method_not_allowed"),
    "PUT": (request(method="PUT", sign=True), 405, "method_not_allowed"),
    "a lower-case method": (request(method="post", sign=True), 405, "method_not_allowed"),
    "a compressed body": (request(headers=[("Content-Encoding", "gzip")], sign=True), 415, "unsupported_encoding"),
    "a body that is too long": (request(b"x" * 101, sign=True), 413, "too_large"),
    "no signature": (request(), 401, "unauthenticated"),
    "an empty signature": (request(headers=[("X-Plain-Signature", "")]), 401, "unauthenticated"),
    "a wrong signature": (request(headers=[("X-Plain-Signature", "0" * 64)]), 401, "forged"),
    "a signature twice": (request(headers=[("X-Plain-Signature", "0" * 64)], sign=True), 401, "forged"),
    "a signature that is no ASCII": (request(headers=[("X-Plain-Signature", "\xe9" * 64)]), 401, "forged"),
    "a signature of 5,000 characters": (request(headers=[("X-Plain-Signature", "0" * 5000)]), 401, "forged"),
    "an empty body": (request(b"", sign=True), 400, "malformed"),
    "a list": (request(b"[]", sign=True), 400, "malformed"),
    "text": (request(b'"text"', sign=True), 400, "malformed"),
    "broken JSON": (request(b'{"kind":', sign=True), 400, "malformed"),
    "UTF-16": (request('{"kind":"a"}'.encode("utf-16"), sign=True), 400, "malformed"),
    "a byte order mark": (request(b"\xef\xbb\xbf{}", sign=True), 400, "malformed"),
}


@pytest.mark.parametrize(("refused", "status", "outcome"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_reaches_neither_handler_nor_store(
    send: Send, refused: RawRequest, status: int, outcome: str
) -> None:
    hooks, seen = dispatcher(Plain(secret=SECRET, max_body=100), idempotency=Untouched())
    answer = send(hooks, refused)
    assert answer.status == status
    [record] = seen
    assert (record.outcome, record.status, record.event_type, record.attempt) == (outcome, status, "unknown", None)


@pytest.mark.parametrize("path", ["/plain", "/plain/"])
def test_a_signed_delivery_is_processed(send: Send, path: str) -> None:
    hooks, seen = dispatcher()
    answer = send(hooks, request(path=path, sign=True))
    assert (answer.status, answer.body) == (200, b'{"status":"success"}')
    event, record = seen
    assert isinstance(event, Opened)
    assert (event.type, event.provider, event.door, dict(event.drift)) == ("door.opened", "plain", "front", {})
    assert record.outcome is Outcome.PROCESSED
    assert (record.endpoint, record.provider, record.event_type) == ("plain", "plain", "door.opened")
    assert (record.attempt, record.error, record.secret_index) == (1, None, 0)
    assert record.duration > 0


def test_a_route_says_what_arrives_there(send: Send) -> None:
    hooks, seen = dispatcher(Plain(unverified=True))
    assert send(hooks, request(b'{"door":"x","kind":null}', path="/plain/opened")).status == 200
    assert seen[0].type == "unknown"
    assert send(hooks, request(b'{"door":"x"}', path="/plain/opened/")).status == 200
    assert seen[2].type == "door.opened"


def test_the_body_that_was_read_is_the_bodies_bytes(send: Send) -> None:
    hooks, _ = dispatcher(Plain(unverified=True))
    bodies: list[bytes] = []
    hooks.on(Opened)(lambda event, delivery: bodies.append(delivery.request.body))
    content = b'  {"kind": "door.opened",\t"door": "\\u00e9"}\n'
    send(hooks, request(content))
    assert bodies == [content]


def test_an_allow_header_names_the_methods(send: Send) -> None:
    hooks, _ = dispatcher()
    assert ("allow", "POST") in send(hooks, request(method="GET")).headers


@pytest.mark.parametrize("encoding", ["identity", "", " Identity "])
def test_a_body_that_is_not_encoded_may_say_so(send: Send, encoding: str) -> None:
    hooks, _ = dispatcher()
    assert send(hooks, request(headers=[("content-encoding", encoding)], sign=True)).status == 200


def test_the_body_may_be_as_long_as_the_limit(send: Send) -> None:
    content = body()
    hooks, _ = dispatcher(Plain(secret=SECRET, max_body=len(content)))
    assert send(hooks, request(content, sign=True)).status == 200


def test_an_unknown_event_is_a_success_without_a_claim(send: Send) -> None:
    hooks = Dispatcher(idempotency=Untouched())
    hooks.add(Plain(secret=SECRET))
    records: list[Record] = []
    hooks.observe(records.append)
    assert send(hooks, request(b'{"kind":"door.painted"}', sign=True)).status == 200
    assert [(each.outcome, each.event_type) for each in records] == [("unknown_event", "unknown")]


def test_an_unhandled_event_is_a_success_without_a_claim(send: Send) -> None:
    hooks = Dispatcher(idempotency=Untouched())
    hooks.add(Plain(secret=SECRET))
    hooks.on(Closed)(lambda event: None)
    records: list[Record] = []
    hooks.observe(records.append)
    assert send(hooks, request(sign=True)).status == 200
    assert [(each.outcome, each.event_type) for each in records] == [("unhandled", "door.opened")]


def test_an_unknown_event_that_somebody_handles_is_processed(send: Send) -> None:
    hooks, seen = dispatcher()
    send(hooks, request(b'{"kind":"door.painted"}', sign=True))
    assert isinstance(seen[0], UnknownEvent)
    assert seen[0].payload == {"kind": "door.painted"}
    assert (seen[1].outcome, seen[1].event_type) == ("processed", "unknown")


def test_drift_is_told_to_handlers_and_observers(send: Send) -> None:
    hooks, seen = dispatcher()
    send(hooks, request(body(times=["no", "number"]), sign=True))
    assert (seen[0].times, seen[0].drift) == (None, {"times": ["no", "number"]})
    assert seen[1].drift == {"times": ["no", "number"]}


def test_a_refusal_that_nobody_listens_to_is_answered_all_the_same(send: Send) -> None:
    hooks = Dispatcher()
    hooks.add(Plain(secret=SECRET))
    logger = logging.getLogger("webhook_kit")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        assert send(hooks, request()).status == 401
    finally:
        logger.setLevel(level)


class TestSecrets:
    """Secrets that are asked for at each request."""

    @staticmethod
    def fixed() -> str:
        return SECRET

    @staticmethod
    async def awaited() -> list[str]:
        await asyncio.sleep(0)
        return ["an older secret of the account", SECRET]

    @staticmethod
    def by_request(incoming: RawRequest) -> str:
        assert incoming.path == "/plain"
        return SECRET

    @staticmethod
    def promised(incoming: RawRequest) -> Any:
        return TestSecrets.awaited()

    @pytest.mark.parametrize(
        ("source", "index"),
        [("fixed", 0), ("awaited", 1), ("by_request", 0), ("promised", 1)],
    )
    def test_a_callable_of_any_colour_is_asked(self, send: Send, source: str, index: int) -> None:
        hooks, seen = dispatcher(Plain(secret=getattr(self, source)))
        assert send(hooks, request(sign=True)).status == 200
        assert seen[-1].secret_index == index
        assert send(hooks, request(headers=[("X-Plain-Signature", "0" * 64)])).status == 401

    @pytest.mark.parametrize("answer", [None, "", "  ", [], [""], 5, b"bytes that are no text", [None]])
    def test_a_callable_without_a_usable_answer_is_no_reason_to_accept(self, send: Send, answer: Any) -> None:
        hooks, seen = dispatcher(Plain(secret=lambda: answer))
        assert send(hooks, request(sign=True)).status == 503
        assert [record.outcome for record in seen] == ["secret_unavailable"]

    def test_a_callable_that_fails_is_reported(self, send: Send) -> None:
        def broken() -> str:
            raise LookupError("vault sealed")

        hooks, seen = dispatcher(Plain(secret=broken))
        assert send(hooks, request(sign=True)).status == 503
        [record] = seen
        assert record.outcome is Outcome.SECRET_UNAVAILABLE
        assert isinstance(record.error, LookupError)

    def test_a_callable_is_not_asked_for_a_request_without_a_signature(self, send: Send) -> None:
        def never() -> str:
            raise AssertionError("asked for nothing")

        hooks, _ = dispatcher(Plain(secret=never))
        assert send(hooks, request()).status == 401


class TestNetworks:
    """Where a request may come from."""

    def test_a_client_outside_is_refused(self, send: Send) -> None:
        hooks, seen = dispatcher(Plain(secret=SECRET, allowed_networks=["198.51.100.0/24"]))
        assert send(hooks, request(sign=True)).status == 403
        assert send(hooks, request(sign=True, client=None)).status == 403
        assert [record.outcome for record in seen] == ["wrong_network"] * 2

    def test_a_client_inside_is_not(self, send: Send) -> None:
        hooks, _ = dispatcher(Plain(secret=SECRET, allowed_networks="192.0.2.1"))
        assert send(hooks, request(sign=True)).status == 200

    def test_a_callable_returns_the_networks_of_the_day(self, send: Send) -> None:
        networks = ["192.0.2.0/24"]
        hooks, _ = dispatcher(Plain(secret=SECRET, allowed_networks=lambda: networks))
        assert send(hooks, request(sign=True)).status == 200
        networks[:] = ["198.51.100.0/24"]
        assert send(hooks, request(sign=True)).status == 403

    def test_a_callable_that_fails_asks_the_vendor_to_come_again(self, send: Send) -> None:
        hooks, seen = dispatcher(Plain(secret=SECRET, allowed_networks=lambda: ["nonsense"]))
        assert send(hooks, request(sign=True)).status == 503
        assert isinstance(seen[0].error, ValueError)

    def test_the_entry_that_the_outermost_trusted_proxy_wrote_counts(self, send: Send) -> None:
        hooks, _ = dispatcher(Plain(secret=SECRET, allowed_networks="198.51.100.0/24"), trusted_proxies=2)
        good = [("X-Forwarded-For", "10.9.9.9, 198.51.100.7"), ("X-Forwarded-For", "10.0.0.1")]
        assert send(hooks, request(sign=True, headers=good)).status == 200
        forged = [("X-Forwarded-For", "198.51.100.7, 203.0.113.9, 10.0.0.1")]
        assert send(hooks, request(sign=True, headers=forged)).status == 403
        assert send(hooks, request(sign=True, headers=[("X-Forwarded-For", "198.51.100.7")])).status == 403

    def test_plain_http_is_refused_where_https_is_required(self, send: Send) -> None:
        hooks, seen = dispatcher(require_https=True)
        assert send(hooks, request(sign=True, scheme="http")).status == 403
        assert send(hooks, request(sign=True, scheme="http", headers=[("X-Forwarded-Proto", "https")])).status == 403
        assert [record.outcome for record in seen] == ["insecure"] * 2
        assert send(hooks, request(sign=True, scheme="https")).status == 200

    def test_a_trusted_proxy_says_which_scheme_its_client_used(self, send: Send) -> None:
        hooks, _ = dispatcher(require_https=True, trusted_proxies=1)
        secure = [("X-Forwarded-Proto", "https")]
        assert send(hooks, request(sign=True, scheme="http", headers=secure)).status == 200
        insecure = [("X-Forwarded-Proto", "https, http")]
        assert send(hooks, request(sign=True, scheme="https", headers=insecure)).status == 403
        assert send(hooks, request(body(door="b"), sign=True, scheme="https")).status == 200


class TestAnswers:
    """Answers of the user's own."""

    def test_they_replace_the_providers(self, send: Send) -> None:
        hooks = Dispatcher()
        own = RawResponse(202, [("x-own", "yes")], b"thanks")
        hooks.add(Plain(secret=SECRET), answers={Outcome.PROCESSED: own, Outcome.FORGED: RawResponse(400)})
        hooks.on(Opened)(lambda event: None)
        assert send(hooks, request(sign=True)) == own
        assert send(hooks, request(sign=True)) == own, "a duplicate is answered as it was"
        assert send(hooks, request(headers=[("X-Plain-Signature", "0" * 64)])).status == 400


def test_each_event_of_a_body_has_its_own_record_and_the_worst_answer_is_sent(send: Send) -> None:
    hooks = Dispatcher(idempotency=None)
    hooks.add(Plain(secret=SECRET))
    records: list[Record] = []
    hooks.observe(records.append)

    @hooks.on(Closed)
    def fail(event: Closed) -> None:
        raise RuntimeError("jammed")

    hooks.on(Opened)(lambda event: None)
    content = b'{"all":[{"kind":"door.opened","door":"a"},{"kind":"door.closed","door":"b"},{"kind":"?"}]}'
    assert send(hooks, request(content, sign=True)).status == 500
    assert [each.outcome for each in records] == ["processed", "handler_failed", "unknown_event"]
    assert len({each.delivery_id for each in records}) == 1


class TestObservers:
    """Functions that see every record."""

    def test_they_may_have_any_colour(self, send: Send) -> None:
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))
        seen: list[str] = []

        @hooks.observe
        async def awaited(record: Record) -> None:
            await asyncio.sleep(0)
            seen.append("async")

        @hooks.observe
        def plain(record: Record) -> None:
            seen.append("sync")

        send(hooks, request(sign=True))
        assert seen == ["async", "sync"]

    def test_what_they_raise_is_logged_and_changes_nothing(self, send: Send, caplog: pytest.LogCaptureFixture) -> None:
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))
        seen: list[Record] = []

        @hooks.observe
        def broken(record: Record) -> None:
            raise OSError("metrics are down")

        hooks.observe(seen.append)
        assert send(hooks, request(sign=True)).status == 200
        assert len(seen) == 1
        [line] = [each for each in caplog.records if "observer" in each.message]
        assert line.levelno == logging.ERROR
        assert line.exc_info is not None


class TestDeliveries:
    """What a handler sees beside the event."""

    def test_the_delivery(self, send: Send) -> None:
        clock = Clock(1_700_000_000.25)
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET, clock=clock), path="doors")
        seen: list[Delivery] = []
        hooks.on(Opened)(lambda event, delivery: seen.append(delivery))
        incoming = request(path="/doors", sign=True)
        send(hooks, incoming)
        [delivery] = seen
        assert (delivery.endpoint, delivery.provider, delivery.attempt) == ("doors", "plain", 1)
        assert delivery.received_at.isoformat() == "2023-11-14T22:13:20.250000+00:00"
        assert delivery.request is incoming
        assert delivery.idempotency_key is not None
        assert delivery.context == {}

    def test_its_key_is_the_same_for_each_try_and_no_other(self, send: Send) -> None:
        hooks, _ = dispatcher()
        keys: list[str | None] = []

        @hooks.on(Opened)
        def fail(event: Opened, delivery: Delivery) -> None:
            keys.append(delivery.idempotency_key)
            raise RuntimeError("not yet")

        for content in (body(), body(), body(door="back")):
            assert send(hooks, request(content, sign=True)).status == 500
        assert keys[0] == keys[1] != keys[2]


def test_nothing_but_refusals_is_asked_of_a_busy_or_done_store(send: Send) -> None:
    """A store's answers decide: busy is 503 with a time, done is the stored answer."""

    class Scripted(MemoryStore):
        def __init__(self, claim: Claim) -> None:
            super().__init__()
            self.script = claim

        def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
            return self.script

    stored = RawResponse(200, [("x-stored", "1")], b"stored")
    for claim, status, header in (
        (Busy(12.2), 503, ("retry-after", "13")),
        (Busy(0.0), 503, ("retry-after", "1")),
        (Done(stored), 200, ("x-stored", "1")),
    ):
        hooks, seen = dispatcher(idempotency=Scripted(claim))
        answer = send(hooks, request(sign=True))
        assert answer.status == status
        assert header in answer.headers
        assert len(seen) == 1, "no handler ran"
    assert New("t") == New("t", 1, ())


def test_a_retry_after_of_the_users_own_is_the_only_one(send: Send) -> None:
    hooks = Dispatcher()
    own = RawResponse(503, [("Retry-After", "5")], b"busy")
    hooks.add(Plain(secret=SECRET), answers={Outcome.IN_FLIGHT: own})
    twins: list[RawResponse] = []
    hooks.on(Opened)(lambda event: twins.append(hooks.dispatch(request(sign=True))))
    send(hooks, request(sign=True))
    assert twins == [own]


def test_headers_may_be_a_mapping(send: Send) -> None:
    hooks, _ = dispatcher()
    signed = request(sign=True)
    headers = dict(signed.headers.pairs())
    assert send(hooks, RawRequest("POST", "/plain", headers=headers, body=signed.body)).status == 200


def test_an_answer_may_be_changed_without_changing_the_next(send: Send) -> None:
    hooks, _ = dispatcher()
    first = send(hooks, request(sign=True))
    first.headers.append(("x-mine", "1"))
    for content in (body(), body(door="back")):
        assert ("x-mine", "1") not in send(hooks, request(content, sign=True)).headers
