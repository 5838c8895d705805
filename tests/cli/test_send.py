"""``webhook-kit send``: what goes over the wire, what is said about the answer, and the exit code."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from webhook_kit.cli import vendors
from webhook_kit.cli.command import cli
from webhook_kit.cli.exits import Exit
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.vcaas import UserJoinLeave
from webhook_kit.testing import sample_body, sign

from .conftest import Invoke
from .servers import Got, Reply, Server, self_signed, serving

SECRET = "a secret of more than sixteen characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
OK = Reply()


def vcaas(server: Server) -> tuple[str, ...]:
    return "send", "vcaas", "UserJoinLeave", "--to", f"{server.url}/hooks/vcaas"


def test_a_delivery_is_signed_and_its_answer_explained(invoke: Invoke) -> None:
    with serving(lambda got: Reply(200, b"success")) as server:
        result = invoke(*vcaas(server), "--secret", SECRET)
    assert result.exit_code == Exit.OK
    assert "userJoinLeave to" in result.stdout
    assert "200  success" in result.stdout
    assert "Delivered: the vendor takes this answer for success." in result.stdout
    [got] = server.got
    assert got.path == "/hooks/vcaas/user-join-leave?token=a+secret+of+more+than+sixteen+characters"
    assert json.loads(got.body) == sample_body(UserJoinLeave)


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_a_secret_is_never_shown(columns: str, invoke: Invoke) -> None:
    """Also not where the server repeats what it was sent."""
    secret = 'a <secret> & "more" of sixteen'

    def repeat(got: Got) -> Reply:
        return Reply(404, f"{got.path} {secret} {json.dumps(secret)} &lt;secret&gt;".encode())

    with serving(repeat) as server:
        for arguments in ((*vcaas(server), "--secret", secret), (*vcaas(server), "--secret", secret, "--json")):
            result = invoke(*arguments, COLUMNS=columns)
            assert result.exit_code == Exit.FAILED
            assert "more" not in result.output, result.output
            assert "***" in result.output


def test_a_token_in_the_address_is_not_shown(invoke: Invoke) -> None:
    with serving(lambda got: Reply(200, got.path.encode())) as server:
        result = invoke(
            "send", "vcaas", "MeetingData", "--to", f"{server.url}/vcaas?token=tell-nobody", "--secret", SECRET
        )
    assert server.got[0].path == "/vcaas?token=tell-nobody"
    assert "tell-nobody" not in result.output


def test_what_a_server_says_does_nothing_to_a_screen(invoke: Invoke) -> None:
    """Neither the marks of the kit's own screen, nor those of a terminal."""
    body = b"\x1b]0;owned\x07 \xc2\x9b2J [/nope] [red]x :smile:"
    with serving(lambda got: Reply(302, body, {"location": "http://h/[/nope]/[red]x"})) as server:
        screen, machine = (
            invoke(*vcaas(server), "--secret", SECRET),
            invoke(*vcaas(server), "--secret", SECRET, "--json"),
        )
    assert screen.exit_code == machine.exit_code == Exit.REDIRECTED
    assert "  302  \\x1b]0;owned\\x07 \\x9b2J [/nope] [red]x :smile:  " in screen.stdout
    assert "It redirects to http://h/[/nope]/[red]x: enter" in screen.stdout
    assert not {"\x1b", "\x07", "\x9b"} & {*screen.stdout, *machine.stdout}
    assert json.loads(machine.stdout)["body"] == body.decode()


@pytest.mark.parametrize("command", [("send", "meeting-baas"), ("simulate", "meeting-baas", "--event")])
def test_a_secret_that_no_header_can_hold_is_told_without_it(command: tuple[str, ...], invoke: Invoke) -> None:
    """As it is where a file was read without .strip()."""
    with serving(lambda got: OK) as server:
        result = invoke(
            *(*command, "BotCompleted", "--to", server.url, "--scheme", "callback_secret"),
            WEBHOOK_KIT_SECRET=f"{SECRET}\n",
            COLUMNS="300",
        )
    assert result.exit_code == Exit.USAGE, result.output
    assert "cannot hold a line's end: take it off the secret" in result.stderr
    assert SECRET not in result.output


def test_a_signature_is_not_shown(invoke: Invoke) -> None:
    with serving(lambda got: Reply(200, json.dumps(got.headers).encode())) as server:
        to = f"{server.url}/mb"
        result = invoke("send", "meeting-baas", "complete", "--to", to, "--secret", SECRET, "--json")
    [got] = server.got
    assert sign(MeetingBaaS(secret=SECRET), got.body).headers[0][1] == got.headers["x-meetingbaas-signature"]
    assert got.headers["x-meetingbaas-signature"] not in result.output


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (200, b"ok", Exit.FAILED, "Not delivered: the vendor wants the body 'success'; the vendor comes again in 15 s"),
        (500, b"", Exit.FAILED, "Not delivered: the answer is 500; the vendor comes again in 15 s: try 2 of 5."),
        (401, b"no", Exit.FAILED, "Why a signature is refused: webhook-kit explain"),
    ],
)
def test_an_answer_that_the_vendor_does_not_take_is_a_failure(
    status: int, body: bytes, code: Exit, said: str, invoke: Invoke
) -> None:
    with serving(lambda got: Reply(status, body)) as server:
        result = invoke(*vcaas(server), "--secret", SECRET)
    assert result.exit_code == code
    assert said in result.stdout


def test_machines_get_json(invoke: Invoke) -> None:
    with serving(lambda got: Reply(200, b"success")) as server:
        result = invoke(*vcaas(server), "--secret", SECRET, "--json")
    report = json.loads(result.stdout)
    assert report.pop("milliseconds") > 0
    assert report == {
        "provider": "vcaas",
        "type": "userJoinLeave",
        "to": f"{server.url}/hooks/vcaas/user-join-leave",
        "status": 200,
        "body": "success",
        "trouble": None,
        "delivered": True,
        "again": None,
        "verdict": "delivered: the vendor takes this answer for success",
        "exit_code": 0,
    }


# What goes wrong on the way.


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_nobody_listens(invoke: Invoke) -> None:
    port = free_port()
    result = invoke("send", "vcaas", "UserJoinLeave", "--to", f"http://127.0.0.1:{port}", "--secret", SECRET)
    assert result.exit_code == Exit.UNREACHABLE
    assert (result.stdout, result.stderr) == ("", f"no answer: nobody listens at 127.0.0.1:{port}\n")


def test_a_host_that_nobody_knows(invoke: Invoke) -> None:
    result = invoke("send", "vcaas", "UserJoinLeave", "--to", "http://nobody.invalid/", "--secret", SECRET)
    assert result.exit_code == Exit.UNREACHABLE
    assert result.stderr == "no answer: the host 'nobody.invalid' is not known\n"


def test_a_server_that_hangs_up(invoke: Invoke) -> None:
    with serving(lambda got: None) as server:
        result = invoke(*vcaas(server), "--secret", SECRET)
    assert result.exit_code == Exit.UNREACHABLE
    assert result.stderr.endswith("hung up without an answer\n")


def test_a_server_that_does_not_answer(invoke: Invoke) -> None:
    def wait(got: Got) -> Reply:
        server.released.wait(30)
        return OK

    with serving(wait) as server:
        result = invoke(*vcaas(server), "--secret", SECRET, "--timeout", "0.1")
    assert result.exit_code == Exit.TIMED_OUT
    assert result.stderr.endswith("did not answer within 0.1 s\n")


@pytest.mark.parametrize(
    ("location", "said"),
    [
        (
            {"location": "https://user:word@example.com/new?token=of-another#more"},
            "It redirects to https://example.com/new: enter the last address at the vendor.",
        ),
        ({"location": "/new?token=of-another"}, "It redirects to /new: enter"),
        ({}, "comes again in 15 s: try 2 of 5.\n"),
    ],
)
def test_a_redirect(location: dict[str, str], said: str, invoke: Invoke) -> None:
    with serving(lambda got: Reply(308, b"", location)) as server:
        result = invoke(*vcaas(server), "--secret", SECRET)
    assert result.exit_code == Exit.REDIRECTED
    assert "redirects are not followed" in result.stdout
    assert said in result.stdout
    assert ("It redirects to" in result.stdout) == bool(location)
    assert "of-another" not in result.stdout
    assert len(server.got) == 1


def test_a_certificate_that_nobody_trusts(invoke: Invoke, tmp_path: Path) -> None:
    with serving(lambda got: Reply(200, b"success"), self_signed(tmp_path)) as server:
        refused = invoke(*vcaas(server), "--secret", SECRET)
        accepted = invoke(*vcaas(server), "--secret", SECRET, "--insecure")
    assert refused.exit_code == Exit.TLS
    assert "is not trusted: self-signed certificate; --insecure accepts any\n" in refused.stderr
    assert accepted.exit_code == Exit.OK


def test_a_server_without_tls(invoke: Invoke) -> None:
    with serving(lambda got: OK) as server:
        url = server.url.replace("http:", "https:")
        result = invoke("send", "vcaas", "UserJoinLeave", "--to", url, "--secret", SECRET)
    assert result.exit_code == Exit.TLS
    assert "no answer: no TLS with 127.0.0.1" in result.stderr


def test_trouble_is_told_to_machines(invoke: Invoke) -> None:
    port = free_port()
    result = invoke("send", "vcaas", "UserJoinLeave", "--to", f"http://127.0.0.1:{port}", "--secret", SECRET, "--json")
    assert result.exit_code == Exit.UNREACHABLE
    report = json.loads(result.stdout)
    assert report["trouble"] == {"kind": "unreachable", "message": f"nobody listens at 127.0.0.1:{port}"}
    assert (report["delivered"], report["again"], report["exit_code"]) == (False, 15.0, 3)


# What is sent.


def sent(invoke: Invoke, *arguments: str, body: bytes = b'{"status":"success"}', **environment: str) -> Got:
    """Send, and return what arrived."""
    with serving(lambda got: Reply(200, body)) as server:
        result = invoke("send", *arguments, "--to", f"{server.url}/hooks", **environment)
    assert result.exit_code == Exit.OK, result.output
    return server.got[0]


def test_a_sample_is_changed(invoke: Invoke) -> None:
    got = sent(
        invoke,
        *("meeting-baas", "MeetingCompleted", "--secret", SECRET),
        *("--set", "data.bot_id=7", "--set", "data.extra.retries=3", "--set", "data__speakers=null"),
    )
    body = json.loads(got.body)
    assert (body["data"]["bot_id"], body["data"]["extra"]["retries"], body["data"]["speakers"]) == ("7", 3, None)


def test_a_file_is_sent_byte_for_byte(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(b'{"event" : "complete",\r\n "data": {"bot_id": "\xc3\xa9"}}\n')
    got = sent(invoke, "meeting-baas", "complete", "--secret", SECRET, "--file", str(file))
    assert got.body == file.read_bytes()


def test_a_file_is_changed(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text('{"event": "complete", "data": {"bot_id": "b"}}')
    got = sent(invoke, "meeting-baas", "complete", "--secret", SECRET, "--file", str(file), "--set", "data.bot_id=c")
    assert json.loads(got.body) == {"event": "complete", "data": {"bot_id": "c"}}


def test_a_body_comes_from_the_input() -> None:
    with serving(lambda got: OK) as server:
        arguments = ["send", "meeting-baas", "complete", "--to", server.url, "--secret", SECRET, "--file", "-"]
        result = CliRunner().invoke(cli, arguments, input=b'{"event":"complete"}')
    assert result.exit_code == Exit.OK
    assert server.got[0].body == b'{"event":"complete"}'


def test_a_tencent_callback_names_its_application(invoke: Invoke) -> None:
    body = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
    got = sent(invoke, "tencent-room", "RoomAfterCreateRoom", "-o", "sdk_app_id=1400000123", body=body)
    assert "SdkAppid=1400000123&CallbackCommand=Room.CallbackAfterCreateRoom" in got.path
    assert "Sign=" not in got.path
    assert (
        "Sign="
        in sent(invoke, "tencent-room", "RoomAfterCreateRoom", "-o", "sdk-app-id=1", "--secret", SECRET, body=body).path
    )


def test_a_standard_webhook_has_any_type(invoke: Invoke) -> None:
    got = sent(invoke, "standard-webhooks", "user.created", "--secret", SIGNING_SECRET, "--set", "user.id=7")
    assert json.loads(got.body) == {"type": "user.created", "user": {"id": 7}}
    assert got.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize(
    ("event", "secret", "scheme", "header"),
    [
        ("MeetingCompleted", SECRET, None, "x-meetingbaas-signature"),
        ("MeetingCompleted", SECRET, "api_key", "x-meeting-baas-api-key"),
        ("MeetingCompleted", SECRET, "api-key", "x-meeting-baas-api-key"),
        ("BotCompleted", SIGNING_SECRET, None, "svix-signature"),
        ("BotCompleted", SECRET, None, "x-mb-secret"),
        ("AlertTriggered", SECRET, None, "x-mb-alert-secret"),
    ],
)
def test_the_secret_and_the_event_say_which_sender_it_is(
    event: str, secret: str, scheme: str | None, header: str, invoke: Invoke
) -> None:
    arguments = () if scheme is None else ("--scheme", scheme)
    assert header in sent(invoke, "meeting-baas", event, "--secret", secret, *arguments).headers


# Where the secret comes from.


def test_the_secret_comes_from_the_environment(invoke: Invoke) -> None:
    got = sent(invoke, "vcaas", "MeetingData", WEBHOOK_KIT_SECRET="from-the-environment")
    assert got.path.endswith("token=from-the-environment")


def test_the_flag_comes_before_the_environment(invoke: Invoke) -> None:
    got = sent(invoke, "vcaas", "MeetingData", "--secret", "from-the-flag", WEBHOOK_KIT_SECRET="not-this")
    assert got.path.endswith("token=from-the-flag")


def test_the_secret_comes_from_the_input() -> None:
    with serving(lambda got: OK) as server:
        arguments = ["send", "vcaas", "MeetingData", "--to", server.url, "--secret", "-"]
        CliRunner().invoke(cli, arguments, input="from-the-input\n")
    assert server.got[0].path.endswith("token=from-the-input")


def test_a_terminal_is_asked_for_the_secret(monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    asked: list[str] = []

    def prompt(text: str, *, hide_input: bool, err: bool) -> str:
        assert hide_input
        asked.append(text)
        return "from-the-keyboard"

    monkeypatch.setattr(vendors, "asks", lambda: True)
    monkeypatch.setattr("typer.prompt", prompt)
    assert sent(invoke, "vcaas", "MeetingData").path.endswith("token=from-the-keyboard")
    assert asked == ["The secret of vcaas"]


# Mistakes.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("vcas", "UserJoinLeave"), "there is no provider 'vcas'; did you mean 'vcaas'?"),
        (("vcaas", "UserJoin"), "vcaas sends no 'UserJoin'; did you mean 'userJoinLeave'"),
        (("vcaas", "UserJoinLeave", "--secret", ""), "url_token is empty"),
        (("vcaas", "UserJoinLeave", "--set", "user=7"), "UserJoinLeave has no 'user'; did you mean 'user_role'"),
        (("vcaas", "UserJoinLeave", "--set", "userRole"), "'userRole' has no value: write data.bot_id=b-1"),
        (("vcaas", "UserJoinLeave", "--file", "/nowhere/at.all"), "/nowhere/at.all cannot be read: No such file"),
        (("vcaas", "UserJoinLeave", "-o", "tokens"), "'tokens' is no keyword with a value"),
        (("vcaas", "UserJoinLeave", "-o", "tokens=7"), "VCaaS takes no keyword 'tokens'; did you mean 'url_token'"),
        (("vcaas", "UserJoinLeave", "--to", "localhost"), "'localhost' is no address: write http://host:port/path"),
        (("vcaas", "UserJoinLeave", "--to", "http://h:99999999/"), "is no address: write http://host:port/path"),
        (("meeting-baas", "complete", "--scheme", "apikey"), "takes no secret as 'apikey'; did you mean 'api_key'"),
        (("meeting-baas", "complete", "--scheme", "secret", "--secret", SIGNING_SECRET), "signing_secret="),
        (("tencent-room", "RoomAfterCreateRoom"), "give sdk_app_id="),
        (("tencent-room", "RoomAfterCreateRoom", "--secret", SECRET), "--option KEYWORD=VALUE"),
    ],
)
def test_a_mistake_says_what_to_write(arguments: tuple[str, ...], said: str, invoke: Invoke) -> None:
    to = () if "--to" in arguments else ("--to", "http://127.0.0.1:9/")
    secret = {"WEBHOOK_KIT_SECRET": SECRET} if "tencent-room" not in arguments else {}
    result = invoke("send", *arguments, *to, COLUMNS="500", **secret)
    assert result.exit_code == Exit.USAGE, result.output
    assert said in result.stderr
    assert SECRET not in result.output


def test_what_set_changes_has_to_be_an_object(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    for content in ("[]", "{"):
        file.write_text(content)
        result = invoke(
            *("send", "vcaas", "UserJoinLeave", "--to", "http://h/", "--secret", SECRET),
            *("--file", str(file), "--set", "userRole=1"),
            COLUMNS="500",
        )
        assert result.exit_code == Exit.USAGE
        assert "what --set changes is a JSON object, and the file holds none" in result.stderr


def test_without_a_terminal_nobody_is_asked(invoke: Invoke) -> None:
    result = invoke("send", "vcaas", "UserJoinLeave", "--to", "http://127.0.0.1:9/", COLUMNS="500")
    assert result.exit_code == Exit.USAGE
    assert "vcaas needs a secret: set WEBHOOK_KIT_SECRET, or write --secret" in result.stderr
