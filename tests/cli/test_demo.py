"""The demo: a real server, real deliveries, and promises written down by hand."""

from __future__ import annotations

import json
import logging
import re
import socket
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from webhook_kit import Event
from webhook_kit.cli import command, demo_application
from webhook_kit.cli.demo import Answer, Row, run
from webhook_kit.cli.demo_application import DemoApplication
from webhook_kit.cli.demo_deliveries import ANOTHER_SECRET, Step, deliveries
from webhook_kit.cli.demo_vendors import Planned, Promise, Request
from webhook_kit.providers.meeting_baas.samples import SAMPLES as MEETING_BAAS
from webhook_kit.providers.tencent.samples import SAMPLES as TENCENT
from webhook_kit.providers.vcaas.samples import SAMPLES as VCAAS

from .conftest import Invoke


def test_everything_comes_out_as_promised(report: dict[str, Any]) -> None:
    assert [row for row in report["deliveries"] if not row["as_promised"]] == []
    assert report["total"] == report["as_promised"] == len(report["deliveries"])


@pytest.mark.parametrize(
    ("vendor", "model"),
    [
        *(("Tencent", model) for model in TENCENT),
        *(("Meeting BaaS", model) for model in MEETING_BAAS),
        *(("HiLink VCaaS", model) for model in VCAAS),
    ],
)
def test_every_event_of_every_provider_is_handled(vendor: str, model: type[Event], report: dict[str, Any]) -> None:
    outcomes = {
        row["outcome"]
        for row in report["deliveries"]
        if row["provider"].startswith(vendor) and row["delivery"] == model.__name__
    }
    assert outcomes == {"processed"}


def test_every_kind_of_trouble_is_sent(report: dict[str, Any]) -> None:
    assert {row["outcome"] for row in report["deliveries"]} >= {
        "unauthenticated",
        "forged",
        "stale",
        "wrong_app",
        "duplicate",
        "in_flight",
        "unknown_event",
        "malformed",
        "too_large",
        "handler_failed",
    }


def test_a_twin_that_has_to_wait_is_told_when_to_come_again(report: dict[str, Any]) -> None:
    rows = {row["delivery"]: row for row in report["deliveries"] if row["provider"] == "Tencent Room"}
    told = rows["one twin: come again"]
    assert (told["status"], told["outcome"]) == (503, "in_flight")
    assert 0 < int(told["retry_after"]) <= 60
    assert rows["the first one again"]["body"] == rows["the other twin"]["body"]


def test_a_broken_promise_ends_with_exit_code_1(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever breaks an answer sees it: expecting 401 for an accepted delivery stands for that."""

    def wrong(application: DemoApplication, url: str, now: float) -> Iterator[Step]:
        for number, step in enumerate(deliveries(application, url, now)):
            if number == 0 and isinstance(step, Planned):
                yield replace(step, promise=Promise(401, b"no", "forged", ("nothing",), retry_after=True))
            elif number < 3:
                yield step

    monkeypatch.setattr(command, "script", wrong)
    result = invoke("demo")
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert re.fullmatch(r"3 deliveries, 2 as promised, \d+\.\d s", lines[-1])
    marked = next(line for line in lines if line.startswith("✗ "))
    assert marked.count("✗") == 4
    assert "  promised  401 no, Retry-After: some seconds" in lines
    assert "  promised  forged" in lines
    assert "  promised  nothing" in lines

    machines = invoke("demo", "--json")
    assert machines.exit_code == 1
    read = json.loads(machines.stdout)
    assert [row["as_promised"] for row in read["deliveries"]] == [False, True, True]
    assert (read["total"], read["as_promised"]) == (3, 2)


def test_a_server_that_does_not_answer_breaks_the_promise() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    planned = Planned("A vendor", "an event", Request(f"http://127.0.0.1:{port}/", (), b"{}"), Promise(200, b"", "x"))
    total, rows = run(DemoApplication(), "", lambda application, url, now: [planned])
    (row,) = rows
    assert total == 1
    assert row == Row(planned, Answer(None, b"no answer (ConnectError)"), (), ())
    assert not row.kept
    assert row.outcome == "none"


@pytest.mark.parametrize("arguments", [["demo"], ["demo", "--verbose"], ["demo", "--json"]])
def test_no_output_holds_a_secret(arguments: list[str], invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_application, "token_urlsafe", lambda length: "S3CRET" * 4)
    monkeypatch.setattr(demo_application, "token_bytes", lambda length: b"S3CRET" * 4)
    result = invoke(*arguments)
    assert result.exit_code == 0
    for secret in ("S3CRET", b64encode(b"S3CRET" * 4).decode(), ANOTHER_SECRET):
        assert secret not in result.output
    assert not re.search(r"(?i)\b(sign|token)=(?!\*\*\*)", result.output)


def test_verbose_shows_the_lines_of_the_kit_and_of_the_server(invoke: Invoke) -> None:
    result = invoke("demo", "--verbose")
    assert "INFO    uvicorn.error: Application startup complete." in result.stderr
    assert "WARNING webhook_kit: wrong_app endpoint=tencent-chat" in result.stderr
    assert re.search(r'INFO    uvicorn.access: .* "POST /vcaas\?token=\*\*\* HTTP/1.1" 200', result.stderr)
    assert "RuntimeError: the first attempt fails" in result.stderr
    assert "webhook_kit: " not in result.stdout


def test_without_verbose_nothing_is_logged_and_logging_is_left_as_it_was(
    invoke: Invoke, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("webhook_kit")
    before = (logger.level, logger.propagate, list(logger.handlers))
    result = invoke("demo")
    assert result.stderr == ""
    assert [record for record in caplog.records if record.name.startswith(("webhook_kit", "uvicorn"))] == []
    assert (logger.level, logger.propagate, list(logger.handlers)) == before


def test_a_terminal_shows_the_progress(invoke: Invoke) -> None:
    result = invoke("demo", FORCE_COLOR="1", COLUMNS="120")
    assert result.exit_code == 0
    assert "sending" in result.stderr
    assert "HiLink VCaaS" in result.stderr
