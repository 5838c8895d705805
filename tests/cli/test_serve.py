"""``webhook-kit serve``: a dispatcher on a server, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import webhook_kit
from webhook_kit import Dispatcher
from webhook_kit.cli.exits import Exit
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS
from webhook_kit.testing import deliver

from .conftest import Invoke, Publish

SECRET = "a-secret-of-more-than-sixteen-characters"
PACKAGES = Path(webhook_kit.__file__).parents[1]
MODULE = f"""
from webhook_kit import Dispatcher
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS

hooks = Dispatcher()
hooks.add(VCaaS(url_token="{SECRET}"))

@hooks.on(UserJoinLeave)
def attend(event: UserJoinLeave) -> None:
    print("seen", event.external_name, flush=True)
"""


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Serve a module of its own, and stop as somebody at a keyboard does."""
    (folder / "shop.py").write_text(MODULE)
    paths = [str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "webhook_kit.cli", "serve", "shop:hooks", "--port", "0", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=30)


@pytest.mark.slow
def test_deliveries_are_received_and_told_without_their_tokens(tmp_path: Path) -> None:
    with serving(tmp_path, "--path", "/events", "--json") as process:
        assert process.stdout is not None
        announced: dict[str, Any] = _json(process.stdout)
        [endpoint] = announced["endpoints"]
        assert endpoint["handlers"] == 1
        assert endpoint["addresses"][:2] == [
            f"{announced['url']}/vcaas",
            f"{announced['url']}/vcaas/user-join-leave",
        ]
        assert announced["url"].endswith("/events")
        received(endpoint["addresses"][0])
        elsewhere = deliver(f"{announced['url']}/nobody", UserJoinLeave, provider=VCaaS(url_token=SECRET))
        assert elsewhere.status == 404
        told(*end(process))


@pytest.mark.slow
def test_the_addresses_are_shown(tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().rstrip() for _ in range(8)]
        assert lines[0].split() == ["address", "provider", "handlers"]
        address, *cells = lines[2].split()
        assert address.endswith("/vcaas")
        assert cells == ["vcaas", "1"]
        assert [line.rpartition("/")[2] for line in lines[3:7]] == [
            "user-join-leave",
            "meeting-start-end",
            "recording-start-end",
            "end-class-for-all",
        ]
        received(address)
        told(*end(process))


def received(address: str) -> None:
    assert deliver(address, UserJoinLeave, provider=VCaaS(url_token=SECRET)).delivered


def told(output: str, errors: str) -> None:
    assert output == "seen Bo\n"
    assert "processed endpoint=vcaas type=userJoinLeave" in errors
    assert "token=***" in errors
    assert SECRET not in errors


def _json(stream: Any) -> dict[str, Any]:
    """Read what was printed, which ends with the brace of its first line."""
    lines: list[str] = []
    while not lines or lines[-1] != "}\n":
        lines.append(stream.readline())
    read: dict[str, Any] = json.loads("".join(lines))
    return read


def test_a_port_that_is_taken_is_told_in_one_line(publish: Publish, invoke: Invoke) -> None:
    publish(hooks=Dispatcher())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = invoke("serve", "shop:hooks", "--port", str(port))
    assert result.exit_code == Exit.FAILED
    assert result.stderr == f"cannot listen at 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop:hook",), "shop has no 'hook'; did you mean 'hooks'"),
        (("shop:hooks", "--path", "a b"), "path is 'a b'"),
        (("shop:hooks", "--port", "99999"), "--port"),
    ],
)
def test_a_mistake_says_what_to_write(arguments: Sequence[str], said: str, publish: Publish, invoke: Invoke) -> None:
    publish(hooks=Dispatcher())
    result = invoke("serve", *arguments, COLUMNS="300")
    assert result.exit_code == Exit.USAGE
    assert said in result.stderr
