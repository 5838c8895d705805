"""One log line for every delivery, and no secret in any of them."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.core.conftest import Send
from tests.core.plain import SECRET, SIGNATURE, Knocked, Opened, Plain, body, request
from webhook_kit import Delivery, Dispatcher, Event, Outcome, RawRequest, Record, RedactQuery, reporting
from webhook_kit.idempotency import Claim, MemoryStore
from webhook_kit.reporting import escaped, log, masked, own

PAYLOAD = "a payload that nobody should see"
PASSWORD = "postgresql://kit:hunter2@db/webhooks"
SIGNED = dict(SIGNATURE.sign(SECRET, body(), now=0).headers)["X-Plain-Signature"]

ACCEPTED = ["processed", "unhandled", "unknown_event", "duplicate", "decided_by_default"]


def record(outcome: Outcome | str, **changes: Any) -> Record:
    values: dict[str, Any] = {
        "outcome": Outcome(outcome),
        "status": 200,
        "duration": 0.01234,
        "delivery_id": "0a1b2c",
        "endpoint": "plain",
        "provider": "plain",
        "event_type": "door.opened",
        "attempt": 2,
    }
    return Record(**values | changes)


class TestLine:
    """Outcome, endpoint, type, delivery id, attempt, milliseconds."""

    def test_it_is_this(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, "webhook_kit"):
            log(record("processed"), "door.opened")
        assert caplog.messages == ["processed endpoint=plain type=door.opened delivery=0a1b2c attempt=2 12.3 ms"]
        assert caplog.records[0].name == "webhook_kit"

    def test_what_is_not_there_is_a_dash(self, caplog: pytest.LogCaptureFixture) -> None:
        log(record("not_found", endpoint=None, attempt=None, duration=0.0), None)
        assert caplog.messages == ["not_found endpoint=- type=- delivery=0a1b2c attempt=- 0.0 ms"]

    @pytest.mark.parametrize("outcome", list(Outcome))
    def test_accepted_is_info_and_refused_is_a_warning(
        self, outcome: Outcome, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG, "webhook_kit"):
            log(record(outcome), "door.opened")
        [line] = caplog.records
        assert line.levelno == (logging.INFO if outcome in ACCEPTED else logging.WARNING)
        assert not line.exc_info

    @pytest.mark.parametrize("outcome", ["handler_failed", "decided_by_default", "processed"])
    def test_a_handler_that_raised_is_an_error_with_its_traceback(
        self, outcome: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Also where the decision of another handler was sent."""
        error = ValueError("the handler's own text")
        log(record(outcome, error=error), "door.opened")
        [line] = caplog.records
        assert line.levelno == logging.ERROR
        assert line.exc_info
        assert line.exc_info[:2] == (ValueError, error)

    @pytest.mark.parametrize("outcome", ["store_unavailable", "secret_unavailable", "cancelled"])
    def test_another_error_is_named_by_its_class_alone(self, outcome: str, caplog: pytest.LogCaptureFixture) -> None:
        log(record(outcome, error=OSError(PASSWORD)), "door.opened")
        [line] = caplog.records
        assert (line.levelno, line.exc_info) == (logging.WARNING, None)
        assert line.getMessage().endswith(" ms (OSError)")
        assert "hunter2" not in caplog.text

    def test_what_is_not_logged_costs_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(text: str) -> str:
            raise AssertionError("escaped for nobody")

        monkeypatch.setattr(reporting, "escaped", never)
        logger = logging.getLogger("webhook_kit")
        monkeypatch.setattr(logger, "level", logging.ERROR)
        logger.manager._clear_cache()  # type: ignore[attr-defined]  # levels are remembered
        try:
            log(record("processed"), "door.opened")
        finally:
            monkeypatch.undo()
            logger.manager._clear_cache()  # type: ignore[attr-defined]


class TestEscaping:
    """A type is what a sender says."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("door.opened", "door.opened"),
            ("Group.CallbackOnMemberStateChange", "Group.CallbackOnMemberStateChange"),
            ("a\nERROR forged line", "a\\nERROR\\x20forged\\x20line"),
            ("a\r\x1b[31mred\x00\x7f", "a\\r\\x1b[31mred\\x00\\x7f"),
            ("x delivery=1", "x\\x20delivery=1"),
            ("ключ\u2028\ud800", "\\u043a\\u043b\\u044e\\u0447\\u2028\\ud800"),
            ("back\\slash", "back\\\\slash"),
            ("x" * 201, "x" * 200),
            ("\n" * 201, "\\n" * 100),
        ],
    )
    def test_it_is_so(self, text: str, expected: str) -> None:
        assert escaped(text) == expected

    @given(some.text())
    def test_it_is_one_short_printable_word(self, text: str) -> None:
        shown = escaped(text)
        assert len(shown) <= 200
        assert shown.isascii()
        assert not shown or (shown.isprintable() and shown.split() == [shown])

    def test_it_is_so_in_the_line(self, caplog: pytest.LogCaptureFixture) -> None:
        hooks = Dispatcher(idempotency=None)
        hooks.add(Plain(unverified=True))
        with caplog.at_level(logging.INFO, "webhook_kit"):
            hooks.dispatch(request(body("x\ny " * 1000)))
        [line] = caplog.messages
        assert "\n" not in line
        assert len(line) < 400


def frames(error: BaseException) -> list[str]:
    return [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]


def within(module: str, function: Callable[[], object]) -> Callable[[], object]:
    """Return a function ``outer`` of this module that calls another one."""
    scope: dict[str, Any] = {"__name__": module, "function": function}
    exec("def outer():\n    function()", scope)
    outer: Callable[[], object] = scope["outer"]
    return outer


def fails() -> None:
    raise ValueError("of the user")


def caught(function: Callable[[], object]) -> BaseException:
    """Return what a function raises, with its frames from the function itself on."""
    try:
        function()
    except (ValueError, IndexError) as error:
        traceback = error.__traceback__
        return error.with_traceback(traceback and traceback.tb_next)
    raise AssertionError("it raises")


class TestFrames:
    """Error trackers show the variables of each frame, and those of ours hold the request."""

    @pytest.mark.parametrize(
        "module", ["webhook_kit.drivers", "webhook_kit", "asyncio.tasks", "concurrent.futures.thread"]
    )
    def test_those_that_lead_to_the_users_function_are_left_out(self, module: str) -> None:
        error = caught(within("webhook_kit.flow", within(module, fails)))
        assert frames(error) == ["outer", "outer", "fails"]
        assert frames(own(error)) == ["fails"]

    def test_those_beneath_it_stay(self) -> None:
        """They are what the user called."""
        error = caught(within("webhook_kit.flow", within("shop", within("asyncio.tasks", fails))))
        assert frames(own(error)) == ["outer", "outer", "fails"]

    def test_the_same_error_is_returned(self) -> None:
        error = caught(within("webhook_kit.drivers", fails))
        assert own(error) is error

    @pytest.mark.parametrize("module", ["webhook_kitten", "shop.webhook_kit", "__main__", ""])
    def test_a_module_of_the_user_is_known_by_its_whole_name(self, module: str) -> None:
        assert frames(own(caught(within(module, fails)))) == ["outer", "fails"]

    def test_an_error_that_never_reached_the_users_function_has_none(self) -> None:
        """Such as the call of a function that takes other arguments."""
        error = caught(within("webhook_kit.drivers", [].pop))
        assert (frames(error), frames(own(error))) == (["outer"], [])

    def test_nor_are_they_in_what_it_came_from(self) -> None:
        """A tracker shows those errors as well."""
        error = caught(within("webhook_kit.drivers", fails))
        error.__cause__ = caught(within("webhook_kit.flow", fails))
        error.__cause__.__context__ = caught(within("webhook_kit.flow", [].pop))
        error.__cause__.__context__.__context__ = error
        group = ExceptionGroup("of the user", [ValueError(), error]) if isinstance(error, Exception) else error
        assert own(group) is group
        chain = [error, error.__cause__, error.__cause__.__context__]
        assert [frames(each) for each in chain] == [["fails"], ["fails"], []]

    def test_an_observer_does_not_run_while_a_refusal_is_handled(self, send: Send) -> None:
        """What it raises, or looks up, would lead to the frames that hold the secret."""
        hooks = Dispatcher()
        hooks.add(Plain(secret=SECRET))
        handled: list[object] = []
        hooks.observe(thread=False)(lambda record: handled.append(sys.exc_info()[1]))
        send(hooks, request())
        hooks.close()
        assert handled == [None]

    @pytest.mark.parametrize("colour", ["sync", "async"])
    def test_none_of_ours_is_logged(self, colour: str, send: Send, caplog: pytest.LogCaptureFixture) -> None:
        hooks = Dispatcher(idempotency=None)
        hooks.add(Plain(secret=SECRET))

        def fails(event: Event) -> None:
            raise ValueError("of the user")

        async def afails(event: Event) -> None:
            raise ValueError("of the user")

        hooks.on(Event)(fails if colour == "sync" else afails)
        hooks.observe(lambda record: [].pop())
        send(hooks, request(sign=True))
        hooks.close()
        errors = [line.exc_info[1] for line in caplog.records if line.exc_info]
        assert [frames(error) for error in errors if error] == [
            ["fails" if colour == "sync" else "afails"],
            ["<lambda>"],
        ]


class Broken(MemoryStore):
    """A store whose error names its address."""

    def claim(self, key: str, fingerprint: str, lease: float) -> Claim:
        raise OSError(PASSWORD)


class TestSilence:
    """Nothing that we write holds a secret, a signature, a token or a payload."""

    def requests(self) -> Iterator[RawRequest]:
        content = body(note=PAYLOAD)
        token = f"token={SECRET}&Sign={SIGNED}".encode()
        yield request(content, sign=True)
        yield request(content, headers=[("X-Plain-Signature", SIGNED)])
        yield request(content, headers=[("X-Plain-Signature", SIGNED), ("X-Plain-Signature", SECRET)])
        yield request(body(kind="door.locked", note=PAYLOAD), sign=True)
        yield request(body(times=PAYLOAD), sign=True)
        yield request(PAYLOAD.encode(), sign=True)
        yield request(content, path="/nowhere")
        yield request(content, method="GET")
        yield RawRequest("POST", "/plain", query_string=token, headers=[("authorization", SECRET)], body=content)

    @pytest.mark.parametrize("idempotency", [MemoryStore(), Broken(), None], ids=["memory", "broken", "none"])
    @pytest.mark.parametrize("fails", [False, True])
    def test_neither_logs_nor_reprs_nor_answers(
        self, idempotency: MemoryStore | None, fails: bool, send: Send, caplog: pytest.LogCaptureFixture
    ) -> None:
        hooks = Dispatcher(idempotency=idempotency)
        provider = hooks.add(Plain(secret=[SECRET, SECRET + "!"]))
        shown: list[object] = [hooks, provider, provider.secret, *hooks.endpoints, idempotency]

        @hooks.on(Event)
        def handler(event: Event, delivery: Delivery) -> None:
            shown.extend((event, delivery, delivery.request, delivery.request.headers, delivery.request.query))
            if fails:
                raise ValueError("of the user")

        @hooks.observe
        def observer(record: Record) -> None:
            shown.append(record)

        with caplog.at_level(logging.DEBUG):
            for each in self.requests():
                answer = send(hooks, each)
                shown.extend((each, answer, answer.body, answer.headers))
        hooks.close()
        written = caplog.text + "".join(f"{each!r} {each}" for each in shown)
        assert len(caplog.records) >= 9
        for unspeakable in (SECRET, SIGNED, PAYLOAD, "hunter2"):
            assert unspeakable not in written


TOKEN = "dGhpcy1pcy1hLXRva2Vu"


def logged(message: object, *args: object) -> logging.LogRecord:
    """Return the record that a call of a logger makes, filtered."""
    line = logging.LogRecord("server.access", logging.INFO, __file__, 1, message, args, None)
    assert RedactQuery().filter(line) is True
    return line


class TestRedactQuery:
    """Credentials in the query strings that servers log."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("/vcaas?token=abc", "/vcaas?token=***"),
            ("/vcaas?token=abc&a=1", "/vcaas?token=***&a=1"),
            ("/vcaas?a=1&token=abc HTTP/1.1", "/vcaas?a=1&token=*** HTTP/1.1"),
            ("/chat?SdkAppid=1&Sign=abc&RequestTime=2", "/chat?SdkAppid=1&Sign=***&RequestTime=2"),
            ("/chat?sign=abc&TOKEN=d%20e%26f", "/chat?sign=***&TOKEN=***"),
            ("/?token=abc&token=def", "/?token=***&token=***"),
            ('"GET /?token=abc" 200', '"GET /?token=***" 200'),
            ("/?token=", "/?token=***"),
            ("/?design=abc&tokens=d&token2=e", "/?design=abc&tokens=d&token2=e"),
            ("/?a=token", "/?a=token"),
            ("nothing", "nothing"),
        ],
    )
    def test_they_are_masked(self, text: str, expected: str) -> None:
        assert masked(text) == expected
        assert masked(masked(text)) == expected
        assert logged(text).getMessage() == expected
        assert logged("%s", text).getMessage() == expected

    def test_uvicorns_records_keep_their_shape(self) -> None:
        access = pytest.importorskip("uvicorn.logging").AccessFormatter(
            "%(request_line)s %(status_code)s", use_colors=False
        )
        line = logged('%s - "%s %s HTTP/%s" %d', "192.0.2.1:5", "POST", f"/vcaas?token={TOKEN}&a=1", "1.1", 200)
        assert line.args == ("192.0.2.1:5", "POST", "/vcaas?token=***&a=1", "1.1", 200)
        assert access.format(line) == "POST /vcaas?token=***&a=1 HTTP/1.1 200 OK"

    def test_gunicorns_records_keep_their_shape(self) -> None:
        atoms = pytest.importorskip("gunicorn.glogging").SafeAtoms(
            {"r": f"POST /vcaas?token={TOKEN} HTTP/1.1", "q": f"Sign={TOKEN}&a=1", "s": "200", "B": None}
        )
        line = logged('%(r)s "%(q)s" %(s)s %(x)s', atoms)
        assert type(line.args) is type(atoms)
        assert line.getMessage() == 'POST /vcaas?token=*** HTTP/1.1 "Sign=***&a=1" 200 -'
        assert atoms["q"] == f"Sign={TOKEN}&a=1", "the server's own mapping is left alone"

    @pytest.mark.parametrize("kind", [dict, MappingProxyType])
    def test_any_mapping_is_masked(self, kind: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
        assert logged("%(url)s", kind({"url": f"/?token={TOKEN}"})).getMessage() == "/?token=***"

    @pytest.mark.parametrize(
        ("message", "args", "expected"),
        [
            ("GET /?token=%s HTTP/1.1", (TOKEN,), "GET /?token=*** HTTP/1.1"),
            ("GET /?a=%s&token=%s", ("1", TOKEN), "GET /?a=1&token=***"),
            ("%s?%s", ("/vcaas", f"token={TOKEN}"), "/vcaas?token=***"),
            ("%s=%s", ("token", TOKEN), "token=***"),
            (f"/?token={TOKEN}&a=100%25", (), "/?token=***&a=100%25"),
            ("%d%%", (5,), "5%"),
        ],
    )
    def test_a_credential_may_come_together_in_the_message_only(
        self, message: str, args: tuple[object, ...], expected: str
    ) -> None:
        assert logged(message, *args).getMessage() == expected

    def test_a_message_that_is_an_object_is_masked_as_its_text(self) -> None:
        class Url:
            def __str__(self) -> str:
                return f"/?token={TOKEN}"

        assert logged(Url()).getMessage() == "/?token=***"
        assert logged("%s", Url()).getMessage() == "/?token=***"

    def test_what_holds_no_credential_is_left_alone(self) -> None:
        message, argument = object(), object()
        line = logged(message)
        assert (line.msg, line.args) == (message, ())
        assert logged("%s %d", argument, 5).args == (argument, 5)

    def test_a_record_that_cannot_be_formatted_is_logging_s_to_report(self) -> None:
        line = logged("%d %d", f"/?token={TOKEN}")
        assert (line.msg, line.args) == ("%d %d", ("/?token=***",))

    def test_it_is_put_on_a_logger(self, caplog: pytest.LogCaptureFixture) -> None:
        access = logging.getLogger("uvicorn.access.test")
        redact = RedactQuery()
        access.addFilter(redact)
        try:
            access.warning("GET /?token=%s", TOKEN)
        finally:
            access.removeFilter(redact)
        assert caplog.messages == ["GET /?token=***"]


def test_a_decision_that_is_sent_although_another_handler_raised_is_an_error(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    hooks = Dispatcher()
    hooks.add(Plain(unverified=True))

    @hooks.on(Knocked)
    def fails(event: Knocked) -> None:
        raise ValueError("of the user")

    @hooks.on(Knocked)
    def decides(event: Knocked) -> str:
        return "open"

    assert send(hooks, request(body("door.knocked"))).body == b'{"door": "open"}'
    hooks.close()
    [line] = caplog.records
    assert (line.levelno, line.getMessage().split()[0]) == (logging.ERROR, "processed")


def test_drift_is_in_the_record_and_not_in_the_line(caplog: pytest.LogCaptureFixture) -> None:
    hooks = Dispatcher(idempotency=None)
    hooks.add(Plain(unverified=True))
    hooks.on(Opened)(lambda event: None)
    drifts: list[Mapping[str, Any]] = []
    hooks.observe(lambda record: drifts.append(record.drift))
    with caplog.at_level(logging.INFO, "webhook_kit"):
        hooks.dispatch(request(body(times=PAYLOAD)))
    assert [dict(drift) for drift in drifts] == [{"times": PAYLOAD}]
    assert PAYLOAD not in caplog.text


@pytest.mark.parametrize(
    ("line", "masked_line"),
    [
        ("POST /vcaas?%74oken=abc&a=1", "POST /vcaas?%74oken=***&a=1"),
        ("POST /vcaas?t%4Fk%65N=abc HTTP/1.1", "POST /vcaas?t%4Fk%65N=*** HTTP/1.1"),
        ("POST /vcaas?token=correct'horse&b=2", "POST /vcaas?token=***&b=2"),
        ('"POST /chat?Sign=abc"', '"POST /chat?Sign=***"'),
        ("/a?design=abc&my-token=abc", "/a?design=abc&my-token=abc"),
    ],
)
def test_a_credential_is_masked_in_every_spelling(line: str, masked_line: str) -> None:
    record = logging.LogRecord("access", logging.INFO, "", 0, line, None, None)
    assert RedactQuery().filter(record)
    assert record.getMessage() == masked_line
