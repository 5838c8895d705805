"""``webhook-kit purge``: what it forgets, what it says, and what it never shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.cli.conftest import Invoke
from tests.idempotency.sites import POSTGRESQL, SQL, params, site
from webhook_kit import RawResponse
from webhook_kit.idempotency import New, SQLStore

SECRET = "hunter2"


@pytest.fixture(params=params("sqlite-file", "postgresql"))
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQL]:
    found = site(request.param, tmp_path)
    assert isinstance(found, SQL)
    yield found
    found.leave()


def fill(at: SQL, expired: int) -> None:
    """Leave so many deliveries that have expired, and one that has not."""
    with closing(at.store()) as store:
        for number in range(expired + 1):
            claim = store.claim(f"key {number}", "", 30)
            assert isinstance(claim, New)
            store.complete(f"key {number}", claim.token, RawResponse(200), 60 if number else 6000)
        at.advance(store, 61)


def arguments(at: SQL) -> list[str]:
    return [at.url, *(["--prefix", at.options["prefix"]] if at.options else [])]


def left(at: SQL) -> int:
    with closing(at.store()) as store:
        [number] = at.rows(store, f"SELECT count(*) FROM {store._backend.schema.deliveries}")
        assert isinstance(number, int)
        return number


def test_what_has_expired_is_forgotten(invoke: Invoke, at: SQL) -> None:
    fill(at, 3)
    result = invoke("purge", *arguments(at))
    assert result.exit_code == 0
    assert result.stdout.startswith("Forgot 3 expired deliveries in 0.")
    assert left(at) == 1


def test_a_dry_run_counts_and_forgets_nothing(invoke: Invoke, at: SQL) -> None:
    fill(at, 1)
    result = invoke("purge", *arguments(at), "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "Would forget 1 expired delivery.\n")
    assert left(at) == 2


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["real", "dry"])
def test_machines_get_numbers(invoke: Invoke, at: SQL, dry: list[str]) -> None:
    fill(at, 2)
    printed: dict[str, Any] = json.loads(invoke("purge", *arguments(at), "--json", *dry).stdout)
    assert printed.pop("seconds") >= 0
    kind = "postgresql" if "postgresql" in at.url else "sqlite"
    assert printed == {"store": kind, "dry_run": bool(dry), "deliveries": 2}


def test_the_url_may_be_in_the_environment(invoke: Invoke, at: SQL) -> None:
    fill(at, 2)
    _, *others = arguments(at)
    assert invoke("purge", *others, WEBHOOK_KIT_STORE=at.url).stdout.startswith("Forgot 2 ")


@pytest.mark.parametrize("url", ["redis://:hunter2@host/0", "rediss://host", "unix:///run/redis.sock"])
def test_redis_forgets_by_itself(invoke: Invoke, url: str) -> None:
    result = invoke("purge", url)
    assert (result.exit_code, result.stdout) == (
        0,
        "Redis forgets expired deliveries by itself: there is nothing to purge.\n",
    )
    assert json.loads(invoke("purge", url, "--json").stdout)["deliveries"] == 0


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "SQLStore takes a URL"),
        (f"mysql://user:{SECRET}@host/database", "SQLStore knows no mysql"),
        (f"postgresql://user:pass@{SECRET}@host/database", "the password in the URL holds an @: write it as %40"),
        (f"postgresql://user:{SECRET}@127.0.0.1:1/test", "Connection refused"),
        ("sqlite:///missing.db", "unable to open database file"),
        ("sqlite:///file:missing.db?uri=true", "unable to open database file"),
        ("sqlite:///other.db", "the file has no table webhook_kit_deliveries: no store with this prefix has used it"),
        ("sqlite:///text.db", "file is not a database"),
        ("sqlite://", "a database in memory is that of its process"),
        ("sqlite:///file:x?mode=memory&uri=true", "a database in memory is that of its process"),
    ],
)
def test_trouble_is_told_in_one_line(
    invoke: Invoke, url: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what the URL should keep to itself; nor is a file made that was not there."""
    monkeypatch.chdir(tmp_path)
    Path("text.db").write_text("no database" * 100)
    with closing(SQLStore("sqlite:///other.db", prefix="other_")) as store:
        store.check()
    result = invoke("purge", url)
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("cannot purge: ")
    assert message in line
    assert SECRET not in line
    assert sorted(path.name for path in Path().glob("*.db")) == ["other.db", "text.db"]


@pytest.mark.services
def test_a_server_without_tables_is_told_what_to_run(invoke: Invoke) -> None:
    result = invoke("purge", POSTGRESQL, "--prefix", "nobodys_")
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("cannot purge: the database has no table nobodys_deliveries: run SQLStore(url).create()")


@pytest.mark.services
def test_a_wrong_password_is_not_shown(invoke: Invoke) -> None:
    url = make_url(POSTGRESQL).set(username="wk_nobody", password=SECRET)
    result = invoke("purge", url.render_as_string(hide_password=False))
    assert result.exit_code == 1
    assert "wk_nobody" in result.stderr
    assert SECRET not in result.output


def test_a_missing_extra_is_named(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("webhook_kit.idempotency.sql"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(vars(sys.modules["webhook_kit.idempotency"]), "SQLStore", raising=False)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    result = invoke("purge", "sqlite:///webhooks.db")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == 'cannot purge: SQLStore needs sqlalchemy: pip install "webhook-kit[sql]"\n'


def test_the_help_says_what_it_is_for(invoke: Invoke) -> None:
    result = invoke("purge", "--help", COLUMNS="100")
    assert result.exit_code == 0
    for word in ("--dry-run", "--prefix", "WEBHOOK_KIT_STORE", "Redis forgets by itself"):
        assert word in result.stdout
