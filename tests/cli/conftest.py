"""The command line, run in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from webhook_kit.cli.command import cli
from webhook_kit.cli.demo import Row, run
from webhook_kit.cli.demo_application import DemoApplication
from webhook_kit.cli.demo_deliveries import deliveries
from webhook_kit.cli.demo_server import Server

Invoke = Callable[..., Result]
Publish = Callable[..., None]


def invoke_cli(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), env=environment)


@pytest.fixture
def invoke() -> Invoke:
    """Run ``webhook-kit`` with these arguments, and these variables in its environment."""
    return invoke_cli


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Make a module ``shop`` with these names."""

    def publish(**names: Any) -> None:
        module = ModuleType("shop")
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, "shop", module)

    return publish


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    """Return a row for each delivery of the demo."""
    application = DemoApplication()
    with Server(application.asgi) as server:
        return list(run(application, server.url, deliveries)[1])


@pytest.fixture(scope="session")
def report() -> dict[str, Any]:
    """Return what ``webhook-kit demo --json`` prints."""
    result = invoke_cli("demo", "--json")
    assert result.exit_code == 0, result.stdout
    read: dict[str, Any] = json.loads(result.stdout)
    return read
