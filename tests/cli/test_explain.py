"""``webhook-kit explain``: what happened to a request that was refused, without a word of its secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from webhook_kit import Event, RawRequest
from webhook_kit.cli.captured import Unreadable, read_request
from webhook_kit.cli.command import cli
from webhook_kit.cli.exits import Exit
from webhook_kit.providers.base import Provider
from webhook_kit.providers.meeting_baas import BotCompleted, MeetingBaaS, MeetingCompleted
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import (
    GroupAfterSendMsg,
    RoomAfterCreateRoom,
    RTCEvent,
    TencentChat,
    TencentRoom,
    TencentRTC,
)
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS
from webhook_kit.testing.client import message_of

from .conftest import Invoke

NOW = 1_790_000_000
SECRET = "a secret of more than sixteen characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
ODD_TOKEN = "odd+token/with=signs&more of them"

Request = tuple[str, str, list[tuple[str, str]], bytes]
Change = Callable[[RawRequest], RawRequest]


def sent(provider: Provider, event: type[Event], **options: Any) -> RawRequest:
    """Return the vendor's request, at the path of an application."""
    request = provider.vendor.request(message_of(provider, event, None), **{"now": NOW, **options})
    request.path = f"/webhooks{request.path}"
    return request


def written(request: RawRequest, end: str = "\r\n") -> bytes:
    query = request.query_string.decode()
    target = f"{request.path}?{query}" if query else request.path
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.pairs())]
    return end.join([*lines, "", ""]).encode() + request.body


def but(request: RawRequest, **changes: Any) -> RawRequest:
    """Return a request of which something is otherwise."""
    parts: dict[str, Any] = {
        "query_string": request.query_string,
        "headers": request.headers.pairs(),
        "body": request.body,
        **changes,
    }
    return RawRequest(parts.pop("method", request.method), parts.pop("path", request.path), **parts)


class Case:
    """A provider of the command line, what its vendor sends, and the secret."""

    def __init__(self, provider: Provider, event: type[Event], secret: str, *arguments: str) -> None:
        self.arguments = ("--provider", provider.name, "--at", str(NOW + 1), *arguments)
        self.secret = secret
        self.request = sent(provider, event)


def second() -> Case:
    return Case(MeetingBaaS(signing_secret=SIGNING_SECRET), BotCompleted, SIGNING_SECRET)


def first() -> Case:
    return Case(MeetingBaaS(secret=SECRET), MeetingCompleted, SECRET)


def vcaas() -> Case:
    return Case(VCaaS(url_token=ODD_TOKEN), UserJoinLeave, ODD_TOKEN)


def chat() -> Case:
    provider = TencentChat(sdk_app_id=14, token=SECRET)
    return Case(provider, GroupAfterSendMsg, SECRET, "--option", "sdk_app_id=14")


@pytest.fixture
def explain(tmp_path: Path, invoke: Invoke) -> Callable[..., dict[str, Any]]:
    """Explain a request, and return the JSON; the screen is asked as well, and neither tells the secret."""

    def explain(case: Case, request: RawRequest | bytes | None = None, secret: str | None = None) -> dict[str, Any]:
        request = case.request if request is None else request
        file = tmp_path / "request"
        file.write_bytes(request if isinstance(request, bytes) else written(request))
        secret = case.secret if secret is None else secret
        arguments = ("explain", *case.arguments, "--secret", secret, "--request", str(file))
        screen, machine = invoke(*arguments, COLUMNS="80"), invoke(*arguments, "--json")
        assert machine.exit_code in (Exit.OK, Exit.FAILED), machine.output
        assert screen.exit_code == machine.exit_code
        assert not [line for line in screen.stdout.splitlines() if line != line.rstrip()]
        for output in (screen.output, machine.output):
            assert secret.strip() not in output
            assert case.secret not in output
        report: dict[str, Any] = json.loads(machine.stdout)
        assert report["accepted"] == (machine.exit_code == Exit.OK)
        return report

    return explain


Explain = Callable[..., dict[str, Any]]


def kinds(report: dict[str, Any]) -> list[str]:
    return [reason["kind"] for reason in report["reasons"]]


def texts(report: dict[str, Any]) -> str:
    return "\n".join(reason["text"] for reason in report["reasons"])


@pytest.mark.parametrize("make", [second, first, vcaas, chat])
def test_a_request_that_is_right_is_accepted(make: Callable[[], Case], explain: Explain) -> None:
    report = explain(make())
    assert (report["accepted"], report["outcome"], report["reasons"]) == (True, "unhandled", [])


# The body.


def rewritten(**options: Any) -> Change:
    def change(request: RawRequest) -> RawRequest:
        return but(request, body=json.dumps(json.loads(request.body), **options).encode())

    return change


@pytest.mark.parametrize("make", [second, first])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rewritten(), "the same JSON without spaces"),
        (rewritten(indent=2), "the same JSON without spaces"),
        (rewritten(sort_keys=True, separators=(",", ":")), None),
        (lambda request: but(request, body=request.body + b"\n"), "a line's end behind it"),
        (lambda request: but(request, body=request.body + b"\r\n"), "a line's end behind it"),
        (lambda request: but(request, body=b"\xef\xbb\xbf" + request.body), "a byte order mark before it"),
    ],
)
def test_a_body_that_was_changed_in_its_form(
    make: Callable[[], Case], change: Change, said: str | None, explain: Explain
) -> None:
    case = make()
    report = explain(case, change(case.request))
    assert report["outcome"] == "forged"
    # The order of keys is lost for good, once they were sorted.
    assert kinds(report) == (["unknown"] if said is None else ["body"])
    if said is not None:
        assert said in texts(report)


@pytest.mark.parametrize(
    ("original", "arrived", "said"),
    [
        (b'{"a": 1, "b": "\xc3\xa9"}', b'{"a":1,"b":"\xc3\xa9"}', "with a space behind each comma and colon"),
        (b'{"a": "\\u00e9"}', b'{"a":"\xc3\xa9"}', "with a space behind each comma and colon, with \\u escapes"),
        (b'{"a":1,"b":2}', b'{"b": 2, "a": 1}', "without spaces, with its keys sorted"),
        (b'{\n  "a": 1\n}', b'{"a": 1}', "indented by two spaces"),
        (b'{\n    "a": 1\n}', b'{"a": 1}', "indented by four spaces"),
        (b'{"a":\r\n1}', b'{"a":\n1}', "the line ends of the body were changed from CRLF"),
        (b'{"a":\n1}', b'{"a":\r\n1}', "the line ends of the body were changed to CRLF"),
        (b'{"a": 1}\n', b'{"a": 1}', "the body has lost the line's end behind it"),
    ],
)
def test_a_body_that_was_written_anew(original: bytes, arrived: bytes, said: str, explain: Explain) -> None:
    provider, case = MeetingBaaS(secret=SECRET), first()
    request = provider.vendor.request(provider.vendor.message("complete", original))
    assert said in texts(explain(case, but(request, body=arrived)))


def test_a_body_that_is_another_one(explain: Explain) -> None:
    case = first()
    report = explain(case, but(case.request, body=b'{"event":"failed"}'))
    assert kinds(report) == ["unknown"]
    assert "or the body was changed by more than its form" in texts(report)


def test_a_body_that_was_cut(explain: Explain) -> None:
    case = first()
    length = ("content-length", str(len(case.request.body)))
    cut = but(case.request, headers=[*case.request.headers.pairs(), length], body=case.request.body[:100])
    report = explain(case, cut)
    assert kinds(report) == ["unknown", "length"]
    assert f"content-length says {len(case.request.body)} bytes, and the body has 100" in texts(report)


# The secret.


def raw_key(text: str) -> str:
    return f"whsec_{base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("used", "given", "said"),
    [
        (SIGNING_SECRET, f"{SIGNING_SECRET}\n", "white space around it"),
        (SIGNING_SECRET, f" {SIGNING_SECRET}", "white space around it"),
        (SIGNING_SECRET, f'"{SIGNING_SECRET}"', "quotation marks around it"),
        (SIGNING_SECRET, SIGNING_SECRET.replace("=", "%3D"), "percent-encoded"),
        (
            raw_key("a plain password of thirty"),
            "a plain password of thirty",
            "the text of the secret, and not with what its base64 means",
        ),
        (
            raw_key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "the text behind whsec_, and not with what its base64 means",
        ),
    ],
)
def test_a_secret_of_standard_webhooks_that_is_not_quite_right(
    used: str, given: str, said: str, explain: Explain
) -> None:
    case = Case(MeetingBaaS(signing_secret=used), BotCompleted, used, "--scheme", "signing_secret")
    report = explain(case, secret=given)
    assert kinds(report) == ["secret"]
    assert said in texts(report)


@pytest.mark.parametrize(
    ("used", "given", "said"),
    [
        (SECRET, f"{SECRET}\r\n", "white space around it"),
        (SECRET, f"'{SECRET}'", "quotation marks around it"),
        (SECRET, SECRET.encode().hex(), "which is hexadecimal"),
    ],
)
def test_a_secret_text_that_is_not_quite_right(used: str, given: str, said: str, explain: Explain) -> None:
    case = Case(MeetingBaaS(secret=used), MeetingCompleted, used, "--scheme", "secret")
    report = explain(case, secret=given)
    assert kinds(report) == ["secret"]
    assert said in texts(report)


def test_a_secret_that_is_another_one(explain: Explain) -> None:
    case = vcaas()
    report = explain(case, secret="another secret altogether")
    assert kinds(report) == ["unknown"]
    assert texts(report).endswith("it is the secret of another endpoint or account")


def test_a_text_that_cannot_be_a_secret(explain: Explain) -> None:
    case = second()
    case.arguments += ("--scheme", "signing_secret")
    report = explain(case, secret="whsec_?")
    assert report["outcome"] is None
    assert "this text cannot be the secret" in texts(report)


def test_two_things_at_once(explain: Explain) -> None:
    case = second()
    report = explain(case, rewritten(indent=1)(case.request), secret=f"{SIGNING_SECRET}\n")
    assert kinds(report) == ["secret", "body"]


# Clocks.


@pytest.mark.parametrize(("seconds", "when"), [(-512, "512 s (8.53 min) before"), (400, "400 s (6.67 min) after")])
def test_a_clock_that_is_wrong(seconds: int, when: str, explain: Explain) -> None:
    provider = MeetingBaaS(signing_secret=SIGNING_SECRET)
    case = second()
    case.arguments = ("--provider", "meeting-baas", "--at", str(NOW))
    report = explain(case, sent(provider, BotCompleted, now=NOW + seconds))
    assert (report["outcome"], kinds(report)) == ("stale", ["clock"])
    assert f"{when} it was received" in texts(report)


def test_a_clock_and_a_body(explain: Explain) -> None:
    provider = MeetingBaaS(signing_secret=SIGNING_SECRET)
    case = second()
    old = sent(provider, BotCompleted, now=NOW - 3600)
    assert kinds(explain(case, but(old, body=old.body + b"\n"))) == ["body", "clock"]


@pytest.mark.parametrize("at", ["2026-09-21T14:13:20Z", "2026-09-21T14:13:20", "2026-09-21T16:13:20+02:00"])
def test_the_time_is_given_as_people_do(at: str, explain: Explain) -> None:
    case = second()
    case.arguments = ("--provider", "meeting-baas", "--at", at)
    assert explain(case)["accepted"]


# Headers.


@pytest.mark.parametrize(
    ("sender", "event", "case", "said"),
    [
        (
            MeetingBaaS(callback_secret=SECRET),
            BotCompleted,
            first,
            "there is no X-MeetingBaas-Signature in it\nwhat it has instead is read by "
            "MeetingBaaS(callback_secret=...)",
        ),
        (
            StandardWebhooks(secret=SIGNING_SECRET, events={"a": Event}),
            Event,
            second,
            "there is no svix-id, no svix-timestamp, no svix-signature in it\nwhat it has instead is read by "
            "StandardWebhooks(secret=...)",
        ),
    ],
)
def test_a_request_of_another_sender(
    sender: Provider, event: type[Event], case: Callable[[], Case], said: str, explain: Explain
) -> None:
    report = explain(case(), sent(sender, event))
    assert report["outcome"] == "unauthenticated"
    assert texts(report) == said


def test_a_signature_that_was_lost_on_its_way(explain: Explain) -> None:
    case = first()
    report = explain(case, but(case.request, headers=[]))
    assert texts(report) == "there is no X-MeetingBaas-Signature in it"


def test_a_signature_that_is_there_twice(explain: Explain) -> None:
    case = first()
    report = explain(case, but(case.request, headers=case.request.headers.pairs() * 2))
    assert "there is more than one X-MeetingBaas-Signature" in texts(report)


# The query.


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda query: query.replace("%", "%25"), "percent-encoded twice"),
        (lambda query: query.replace("%2B", "+"), "a + in the query was written for %2B"),
        (lambda query: query.replace("%2B", "%20"), "a + in the query became a space"),
        (lambda query: f"{query}&{query}", "parameters of the query are doubled"),
        (lambda query: f"{query}&token=of-the-url", "there twice with different values"),
    ],
)
def test_a_query_that_a_proxy_has_rewritten(change: Callable[[str], str], said: str, explain: Explain) -> None:
    case = Case(VCaaS(url_token="odd+token/with=signs"), UserJoinLeave, "odd+token/with=signs")
    report = explain(case, but(case.request, query_string=change(case.request.query_string.decode())))
    assert kinds(report) == ["query"]
    assert said in texts(report)


def test_a_query_that_stood_in_html(explain: Explain) -> None:
    case = chat()
    query = case.request.query_string.decode().replace("&", "&amp;")
    report = explain(case, but(case.request, query_string=query))
    assert texts(report) == "the query holds &amp; for &: somebody took the address out of HTML"


def test_a_query_without_its_token(explain: Explain) -> None:
    case = vcaas()
    report = explain(case, but(case.request, query_string=""))
    assert texts(report) == "there is no token in it"


# What is no matter of authentication.


@pytest.mark.parametrize(
    ("change", "outcome", "said"),
    [
        (lambda each: but(each, method="GET"), "method_not_allowed", "it is a GET, and the vendor sends POST"),
        (lambda each: but(each, query_string=b"SdkAppid=15"), "wrong_app", "it names the application 15"),
        (lambda each: but(each, query_string=b""), "wrong_app", "it names the application of nobody"),
        (
            lambda each: but(each, headers=[("content-encoding", "gzip")]),
            "unsupported_encoding",
            "its body is compressed (gzip)",
        ),
        (lambda each: but(each, body=b" " * 2_000_000), "too_large", "has 2000000 bytes, and max_body= is 1048576"),
        (lambda each: but(each, body=b""), "malformed", "the body is empty"),
        (lambda each: but(each, body=b'{"a": '), "malformed", "no JSON: it goes wrong at byte 6 of 6"),
        (lambda each: but(each, body=b"[1]"), "malformed", "JSON, but a list instead of an object"),
        (lambda each: but(each, body=b"[" * 200_000), "malformed", "JSON that is nested too deeply"),
        (lambda each: but(each, body=b"\xff\xfe"), "malformed", "the body is no UTF-8"),
        (lambda each: but(each, body=b'\xef\xbb\xbf{"a":1}'), "malformed", "begins with a byte order mark"),
        (
            lambda each: but(each, body=b'{"CallbackCommand": "State.StateChange"}'),
            "malformed",
            "contradicts what is beside it",
        ),
    ],
)
def test_another_reason_to_refuse(change: Change, outcome: str, said: str, explain: Explain) -> None:
    case = chat()
    report = explain(case, change(case.request))
    assert report["outcome"] == outcome
    assert said in texts(report)


def test_a_provider_without_a_secret_is_explained_too(explain: Explain, tmp_path: Path, invoke: Invoke) -> None:
    file = tmp_path / "request"
    request = sent(TencentRoom(sdk_app_id=14), RoomAfterCreateRoom)
    for application, code in ((14, Exit.OK), (15, Exit.FAILED)):
        file.write_bytes(written(request))
        arguments = ("--provider", "tencent-room", "--option", f"sdk_app_id={application}", "--request", str(file))
        result = invoke("explain", *arguments)
        assert result.exit_code == code, result.output
    assert "It names the application 14." in result.stdout


def test_what_a_request_holds_does_nothing_to_a_screen(tmp_path: Path, invoke: Invoke) -> None:
    """Neither the marks of the kit's own screen, nor those of a terminal."""
    file = tmp_path / "request"
    file.write_bytes(b"POST /\x1b]0;owned\x07?SdkAppid=[/nope]%1B[2J HTTP/1.1\r\nA: b\r\n\r\n1")
    arguments = ("--provider", "tencent-room", "--option", "sdk_app_id=14", "--request", str(file))
    result = invoke("explain", *arguments)
    assert result.exit_code == Exit.FAILED, result.output
    assert "POST /\\x1b]0;owned\\x07, 1 header, 1 byte of body\n" in result.stdout
    assert "It names the application [/nope]\\x1b[2J.\n" in result.stdout


def test_a_body_of_whatever_depth_is_tried(explain: Explain) -> None:
    case = first()
    assert kinds(explain(case, but(case.request, body=b"[" * 200_000))) == ["unknown"]


def test_an_application_is_named_in_a_header_too(explain: Explain) -> None:
    case = Case(TencentRTC(sdk_app_id=14, key=SECRET), RTCEvent, SECRET, "--option", "sdk_app_id=15")
    assert "it names the application 14" in texts(explain(case))


# Files.


def test_a_request_is_read_as_it_goes_over_the_wire() -> None:
    for end in ("\r\n", "\n"):
        request = read_request(written(second().request, end))
        assert (request.method, request.path) == ("POST", "/webhooks/meeting-baas")
        assert request.body == second().request.body
        assert request.headers.pairs() == second().request.headers.pairs()


def test_a_body_may_be_anything() -> None:
    request = read_request(b"PUT http://host/a/b?c=d\nA: b\n\n\xff\r\n\r\n\x00")
    assert (request.method, request.path, request.query_string) == ("PUT", "/a/b", b"c=d")
    assert request.body == b"\xff\r\n\r\n\x00"


def test_a_request_without_headers_or_body() -> None:
    assert read_request(b"POST /a HTTP/1.1\r\n\r\n").headers.pairs() == []
    assert read_request(b"POST /a HTTP/1.1\r\nA: b").body == b""


@pytest.mark.parametrize(
    "given",
    [
        {"method": "POST", "url": "https://example.com/a?b=c", "headers": {"X-A": "b"}, "body": '{"a":1}'},
        {"path": "/a", "query": "b=c", "headers": [["X-A", "b"]], "body": '{"a":1}'},
        {"path": "/a?b=c", "headers": {"X-A": "b"}, "body_base64": "eyJhIjoxfQ=="},
    ],
)
def test_a_request_is_read_from_json(given: dict[str, Any]) -> None:
    request = read_request(json.dumps(given).encode())
    assert (request.method, request.path, request.query_string) == ("POST", "/a", b"b=c")
    assert (request.headers.get("x-a"), request.body) == ("b", b'{"a":1}')


def test_a_body_that_is_no_text_in_json_was_parsed_before() -> None:
    assert read_request(b'{"path": "/a", "body": {"a": 1}}').body == b'{"a": 1}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing",
        b"{",
        b"{}[]",
        b'{"headers": 7}',
        b'{"headers": {"a": 1}}',
        b'{"headers": [["a"]]}',
        b'{"body_base64": "?"}',
        b'{"method": 7}',
        b'{"body": ' + b"[" * 200_000,
        b"POST http://[::1 HTTP/1.1\r\n\r\n",
        b"POST /a HTTP/1.1\r\nno header\r\n\r\n",
    ],
)
def test_a_file_that_holds_no_request_says_what_one_is(content: bytes) -> None:
    with pytest.raises(Unreadable, match="a captured request is what goes over the wire"):
        read_request(content)


def test_a_line_that_is_no_header_is_not_repeated() -> None:
    with pytest.raises(Unreadable, match="line 3 is no header") as caught:
        read_request(b"POST /a HTTP/1.1\r\nA: b\r\ntell-nobody\r\n\r\n")
    assert "tell-nobody" not in str(caught.value)


def test_a_request_comes_from_the_input() -> None:
    arguments = ["explain", "--provider", "meeting-baas", "--secret", SECRET, "--request", "-"]
    result = CliRunner().invoke(cli, arguments, input=written(first().request))
    assert result.exit_code == Exit.OK, result.output


# Mistakes.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--provider", "vcas"), "there is no provider 'vcas'; did you mean 'vcaas'?"),
        (("--provider", "vcaas", "--request", "/nowhere/at.all"), "/nowhere/at.all cannot be read: No such file"),
        (("--provider", "vcaas", "--at", "yesterday"), "'yesterday' is no time: write unix seconds"),
        (("--provider", "vcaas", "--at", "nan"), "'nan' is no time: write unix seconds"),
        (("--provider", "vcaas", "--at", "1e300"), "'1e300' is no time: write unix seconds"),
        (("--provider", "meeting-baas", "--scheme", "key"), "takes no secret as 'key'; did you mean 'api_key'"),
        (("--provider", "tencent-chat"), "TencentChat needs sdk_app_id="),
        (("--provider", "vcaas", "-o", "url=7"), "VCaaS takes no keyword 'url'; did you mean 'url_token'"),
    ],
)
def test_a_mistake_says_what_to_write(arguments: tuple[str, ...], said: str, tmp_path: Path, invoke: Invoke) -> None:
    file = tmp_path / "request"
    file.write_bytes(written(first().request))
    request = () if "--request" in arguments else ("--request", str(file))
    result = invoke("explain", *arguments, *request, "--secret", SECRET, COLUMNS="300")
    assert result.exit_code == Exit.USAGE, result.output
    assert said in result.stderr
    assert SECRET not in result.output
