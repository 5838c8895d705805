"""``webhook-kit simulate``: its screen, its report and its exit codes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

from webhook_kit import Dispatcher, Event, Outcome, Record
from webhook_kit.adapters import asgi
from webhook_kit.cli import simulate as command
from webhook_kit.cli.demo_server import Server as ASGIServer
from webhook_kit.cli.exits import Exit
from webhook_kit.cli.simulate_screen import histogram
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.vcaas import VCaaS

from .conftest import Invoke
from .servers import Got, Reply, serving
from .test_send import free_port

SECRET = "a-secret-of-more-than-sixteen-characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
QUICK = ("--rate", "500", "--speed", "10000", "--seed", "7")


@pytest.fixture
def records() -> list[Record]:
    return []


@pytest.fixture
def url(records: list[Record]) -> Iterator[str]:
    """Serve an application that is as it should be."""
    hooks = Dispatcher()
    hooks.add(VCaaS(url_token=SECRET))
    hooks.add(MeetingBaaS(signing_secret=SIGNING_SECRET))
    hooks.on(Event)(lambda event: None)
    hooks.observe(records.append)
    with ASGIServer(asgi.application(hooks)) as server:
        yield server.url


def refuses(got: Got) -> Reply:
    return Reply(401, b"no")


def test_a_vendor_sends_for_a_while(url: str, records: list[Record], invoke: Invoke) -> None:
    result = invoke("simulate", "vcaas", "--to", f"{url}/vcaas", "--secret", SECRET, "--count", "20", *QUICK)
    assert result.exit_code == Exit.OK, result.output
    assert f"vcaas to {url}/vcaas\nseed 7, 10000 times as fast\n" in result.stdout
    assert re.search(r"^all +20 +20 +20 +0 ", result.stdout, re.MULTILINE)
    assert "answers took" in result.stdout
    assert "20 events in 20 tries, 0 lost, " in result.stdout
    assert "Your handlers should have seen 20 events, each once." in result.stdout
    assert [record.outcome for record in records] == [Outcome.PROCESSED] * 20


@pytest.mark.parametrize("columns", ["80", "120"])
def test_everything_happens_and_nothing_is_lost(columns: str, url: str, records: list[Record], invoke: Invoke) -> None:
    to = f"{url}/meeting-baas"
    result = invoke(
        *("simulate", "meeting-baas", "--to", to, "--secret", SIGNING_SECRET, "--count", "40", "--chaos", *QUICK),
        *("--event", "BotCompleted"),
        COLUMNS=columns,
    )
    assert result.exit_code == Exit.OK, result.output
    for line in (
        "duplicates  sent twice at the same time             6  6 delivered",
        "stale       signed long ago                         6  6 refused",
    ):
        assert re.search(re.sub(r" +", " +", line), result.stdout), result.stdout
    assert max(map(len, result.stdout.splitlines())) <= int(columns)
    assert not [line for line in result.stdout.splitlines() if line != line.rstrip()]
    outcomes = [record.outcome for record in records]
    assert outcomes.count(Outcome.PROCESSED) == 40 + 6
    assert outcomes.count(Outcome.STALE) == outcomes.count(Outcome.FORGED) == 6


def test_what_is_left_out_does_not_happen(url: str, invoke: Invoke) -> None:
    result = invoke(
        *(
            "simulate",
            "vcaas",
            "--to",
            f"{url}/vcaas",
            "--secret",
            SECRET,
            "--count",
            "10",
            "--chaos",
            *QUICK,
            "--json",
        ),
        *("--without", "chunked", "--without", "cut"),
    )
    assert json.loads(result.stdout)["chaos"] == [
        "drift",
        "duplicates",
        "forged",
        "reordering",
        "rotation",
        "skew",
        "stale",
        "unknown",
    ]


def test_an_event_that_is_lost_is_a_failure(invoke: Invoke) -> None:
    with serving(refuses) as server:
        result = invoke("simulate", "vcaas", "--to", server.url, "--secret", SECRET, "--count", "12", *QUICK)
    assert result.exit_code == Exit.FAILED
    assert "12 events in 60 tries, 12 lost," in result.stdout
    why = "not delivered: the answer is 401; this was the last of 5 tries: the event is lost"
    assert f"✗ lost, 3 times: meetingData: try 5: {why}\n" in result.stdout
    assert "Your handlers" not in result.stdout
    assert SECRET not in result.output


def test_of_many_troubles_some_are_told(invoke: Invoke) -> None:
    with serving(refuses) as server:
        arguments = ("--secret", SECRET, "--option", "sdk_app_id=14", "--count", "81", *QUICK)
        result = invoke("simulate", "tencent-chat", "--to", server.url, *arguments, COLUMNS="80")
    assert result.exit_code == Exit.FAILED
    assert re.search(r"^all 81 types +81 +81 +0 +81 ", result.stdout, re.MULTILINE)
    assert result.stdout.count("✗ lost: ") == 10
    assert "✗ and 71 more; --report has all of them" in result.stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_long_names_give_way_to_numbers(columns: int, invoke: Invoke) -> None:
    name = "OfficialAccount.CallbackAfterOfficialAccountInfoChanged"
    with serving(lambda got: Reply(200, b'{"ActionStatus":"OK"}')) as server:
        arguments = ("--secret", SECRET, "--option", "sdk_app_id=14", "--event", name, "--count", "3", *QUICK)
        result = invoke("simulate", "tencent-chat", "--to", server.url, *arguments, COLUMNS=str(columns))
    [row] = [line for line in result.stdout.splitlines() if line.startswith("OfficialAccount")]
    assert (name in row) == (columns == 120)
    assert re.search(r" 3 +3 +3 +0 +[0-9.]+ ms +[0-9.]+ ms +[0-9.]+ ms$", row), row
    assert len(row) <= columns


def test_what_nobody_may_accept_is_a_failure(invoke: Invoke) -> None:
    with serving(lambda got: Reply()) as server:
        result = invoke(
            *("simulate", "meeting-baas", "--to", server.url, "--secret", SIGNING_SECRET, "--count", "5", *QUICK),
            "--chaos",
        )
    assert result.exit_code == Exit.FAILED
    assert re.search(
        r"✗ let in: \S+ \(forged\): the answer is 200, and nobody may accept what is forged", result.stdout
    )


def test_a_report_is_written(url: str, invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    arguments = ("simulate", "vcaas", "--to", f"{url}/vcaas?token={SECRET}", "--secret", SECRET, "--count", "5", *QUICK)
    result = invoke(*arguments, "--report", str(file), "--json")
    assert result.exit_code == Exit.OK
    report: dict[str, Any] = json.loads(file.read_text())
    assert report == json.loads(result.stdout)
    assert (report["provider"], report["to"], report["seed"]) == ("vcaas", f"{url}/vcaas", 7)
    assert (report["events"], report["delivered"], report["lost"], report["all_well"]) == (5, 5, 0, True)
    assert SECRET not in file.read_text()


def test_a_report_that_cannot_be_written_is_told(url: str, invoke: Invoke) -> None:
    arguments = ("simulate", "vcaas", "--to", f"{url}/vcaas", "--secret", SECRET, "--count", "1", *QUICK)
    result = invoke(*arguments, "--report", "/nowhere/report.json")
    assert result.exit_code == Exit.FAILED
    assert result.stderr == "the report cannot be written to /nowhere/report.json: No such file or directory\n"
    assert "1 event in 1 try, 0 lost" in result.stdout, "what came of it is shown all the same"


def test_a_server_that_only_redirects_is_told_by_the_exit_code(invoke: Invoke) -> None:
    with serving(lambda got: Reply(308, b"", {"location": "/elsewhere"})) as server:
        arguments = ("simulate", "vcaas", "--to", server.url, "--secret", SECRET, "--event", "MeetingData", *QUICK)
        result = invoke(*arguments, "--count", "2")
    assert result.exit_code == Exit.REDIRECTED
    assert "✗ lost, 2 times: meetingData: try 5: not delivered: the answer is 308, and redirects" in result.stdout


def test_the_secret_is_rotated_in_the_middle(invoke: Invoke) -> None:
    with serving(lambda got: Reply(200, b"success")) as server:
        arguments = ("simulate", "vcaas", "--to", server.url, "--secret", "the-old-secret", "--count", "4", *QUICK)
        invoke(*arguments, "--next-secret", "the-new-secret")
        invoke(*arguments, WEBHOOK_KIT_NEXT_SECRET="the-new-secret")
    tokens = sorted(got.path.partition("token=")[2] for got in server.got)
    assert tokens == ["the-new-secret"] * 4 + ["the-old-secret"] * 4


def test_a_sender_of_ones_own_events_has_to_name_them(invoke: Invoke) -> None:
    with serving(lambda got: Reply()) as server:
        arguments = ("simulate", "standard-webhooks", "--to", server.url, "--secret", SIGNING_SECRET, *QUICK)
        assert invoke(*arguments, "--count", "3", "--event", "user.created").exit_code == Exit.OK
        refused = invoke(*arguments, COLUMNS="300")
    assert json.loads(server.got[0].body)["type"] == "user.created"
    assert refused.exit_code == Exit.USAGE
    assert "standard-webhooks has no events of its own: name some with --event" in refused.stderr


def test_nobody_listens(invoke: Invoke) -> None:
    port = free_port()
    result = invoke("simulate", "vcaas", "--to", f"http://127.0.0.1:{port}", "--secret", SECRET)
    assert result.exit_code == Exit.UNREACHABLE
    assert result.stderr == f"no answer: nobody listens at 127.0.0.1:{port}\n"


def test_a_server_that_stops_to_answer_is_told(invoke: Invoke) -> None:
    with serving(lambda got: None) as server:
        result = invoke("simulate", "vcaas", "--to", server.url, "--secret", SECRET, "--count", "1", *QUICK, "--json")
    assert result.exit_code == Exit.FAILED
    report = json.loads(result.stdout)
    assert report["troubles"] == {f"{server.url.removeprefix('http://')} hung up without an answer": 5}
    assert report["milliseconds"]["median"] == 0


def test_an_interrupted_simulation_shows_what_became_of_it_so_far(
    monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    tries = threading.Semaphore(3)

    def interrupted(running: Iterator[Any], report: Any) -> Iterator[Any]:
        for each in running:
            if not tries.acquire(blocking=False):
                raise KeyboardInterrupt
            yield each

    monkeypatch.setattr(command, "_with_progress", interrupted)
    with serving(lambda got: Reply(200, b"success")) as server:
        arguments = ("simulate", "vcaas", "--to", server.url, "--secret", SECRET, "--count", "50", "--workers", "1")
        result = invoke(*arguments, *QUICK)
    assert result.exit_code == Exit.FAILED
    assert re.search(r"50 events in \d+ tries, 0 lost, \d+ left open", result.stdout)
    assert "✗ open, " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--event", "UserJoin"), "vcaas sends no 'UserJoin'; did you mean 'userJoinLeave'"),
        (("--without", "duplicate"), "duplicates"),
        (("--without", "duplicates"), "write --chaos, too"),
        (("--count", "0"), "--count"),
        (("--to", "nowhere"), "'nowhere' is no address"),
    ],
)
def test_a_mistake_says_what_to_write(arguments: tuple[str, ...], said: str, invoke: Invoke) -> None:
    to = () if "--to" in arguments else ("--to", "http://127.0.0.1:9/")
    result = invoke("simulate", "vcaas", *arguments, *to, "--secret", SECRET, COLUMNS="300")
    assert result.exit_code == Exit.USAGE
    assert said in result.stderr


def plain(lines: Iterator[Text]) -> list[str]:
    return [line.plain for line in lines]


def test_a_histogram_shows_what_occurred() -> None:
    assert plain(histogram([0.0005, 0.0015, 0.0016, 0.009, 7.0])) == [
        "     up to 1 ms  ████████████████████ 1",
        "     up to 2 ms  ████████████████████████████████████████ 2",
        "     up to 5 ms  ",
        "    up to 10 ms  ████████████████████ 1",
        "    up to 20 ms  ",
        "    up to 50 ms  ",
        "   up to 100 ms  ",
        "   up to 200 ms  ",
        "   up to 500 ms  ",
        "      up to 1 s  ",
        "      up to 2 s  ",
        "      up to 5 s  ",
        "       over 5 s  ████████████████████ 1",
    ]


def test_a_rare_duration_is_a_thin_bar() -> None:
    assert plain(histogram([0.0005] * 1000 + [0.0015]))[1] == "     up to 2 ms  ▏ 1"
