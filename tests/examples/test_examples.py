"""Every example on its usual server takes what the four vendors send, through everything that happens on the way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode

import pytest
from typer.testing import CliRunner

from webhook_kit.cli.command import cli
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.meeting_baas.samples import SAMPLES as MEETING_BAAS
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom, TencentChat
from webhook_kit.providers.tencent.samples import SAMPLES as TENCENT
from webhook_kit.providers.vcaas import UserJoinLeave
from webhook_kit.providers.vcaas.samples import SAMPLES as VCAAS
from webhook_kit.testing import sign

from .server import Server, run, serving

pytestmark = pytest.mark.slow

SECRETS = {
    "MEETING_BAAS_SECRET": "the-secret-of-this-test",
    "TENCENT_SDK_APP_ID": "1400001234",
    "TENCENT_TOKEN": "the-token-of-this-test",
    "VCAAS_URL_TOKEN": "the-url-token-of-this-test",
}
MEETINGS = MeetingBaaS(secret=SECRETS["MEETING_BAAS_SECRET"])
CHAT = TencentChat(sdk_app_id=SECRETS["TENCENT_SDK_APP_ID"], token=SECRETS["TENCENT_TOKEN"])
OK = (200, b'{"status":"success"}')
TENCENT_OK = (200, b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}')

# wsgiref, on which Django's development server is built, decodes no chunked body.
WITHOUT_CHUNKS = {"django-runserver"}
WITHOUT_ACCESS_LOG = {"wsgi"}

DJANGO = "examples/django_project"
UVICORN = ("uvicorn", "--host=127.0.0.1", "--port={port}")
SERVERS: dict[str, tuple[tuple[str, ...], str, dict[str, str]]] = {
    "flask": (("flask", "--app=examples.flask_app", "run", "--host=127.0.0.1", "--port={port}"), "", {}),
    "flask-gunicorn": (
        ("gunicorn", "--bind=127.0.0.1:{port}", "--access-logfile=-", "examples.flask_app:create_app()"),
        "",
        {},
    ),
    "fastapi": ((*UVICORN, "examples.fastapi_app:app"), "", {}),
    "starlette": ((*UVICORN, "examples.starlette_app:app"), "", {}),
    "asgi": ((*UVICORN, "examples.asgi_app:app"), "", {}),
    "wsgi": (("waitress", "--listen=127.0.0.1:{port}", "examples.wsgi_app:app"), "", {}),
    "django-wsgi": (
        ("gunicorn", "--bind=127.0.0.1:{port}", "--access-logfile=-", "project.wsgi"),
        DJANGO,
        {},
    ),
    "django-asgi": ((*UVICORN, "project.asgi:application"), DJANGO, {"SERVED_BY_ASGI": "1"}),
    "django-runserver": (("manage", "runserver", "--noreload", "127.0.0.1:{port}"), DJANGO, {}),
}


@pytest.fixture(scope="module", params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def server(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    tmp_path = tmp_path_factory.mktemp(name)
    command, folder, environment = SERVERS[name]
    if command[0] != "manage" and find_spec(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    databases = {
        "DJANGO_DATABASE": str(tmp_path / "db.sqlite3"),
        "FLASK_WEBHOOK_KIT_IDEMPOTENCY": f"sqlite:///{tmp_path}/flask.db",
        "DATABASE_URL": f"sqlite:///{tmp_path}/meetings.db",
        "STARLETTE_DATABASE": f"sqlite:///{tmp_path}/starlette.db",
        "WSGI_DATABASE": f"sqlite:///{tmp_path}/wsgi.db",
    }
    environment = {**SECRETS, **databases, **environment}
    if folder == DJANGO:
        run(("manage", "migrate", "--verbosity=0"), folder, environment)
    with serving(command, folder, tmp_path / "output", environment) as server:
        yield server


def tencent(command: str, *query: tuple[str, str]) -> str:
    return urlencode([("SdkAppid", SECRETS["TENCENT_SDK_APP_ID"]), ("CallbackCommand", command), *query])


def test_an_example_takes_what_the_vendors_send(name: str, server: Server) -> None:
    completed = json.dumps(MEETING_BAAS[MeetingCompleted]).encode()
    headers = [("Content-Type", "application/json"), *sign(MEETINGS, completed).headers]
    chunked = name not in WITHOUT_CHUNKS
    assert server.request("POST", "/webhooks/meeting-baas", completed, headers, chunked=chunked) == OK
    assert server.request("POST", "/webhooks/meeting-baas", completed, headers) == OK, "a duplicate"

    changed = json.dumps(TENCENT[GroupOnMemberStateChange]).encode()
    query_string = tencent("Group.CallbackOnMemberStateChange", *sign(CHAT, changed).query)
    assert server.request("POST", f"/webhooks/tencent-chat?{query_string}", changed) == TENCENT_OK

    created = json.dumps(TENCENT[RoomAfterCreateRoom]).encode()
    query_string = tencent("Room.CallbackAfterCreateRoom")
    assert server.request("POST", f"/webhooks/tencent-room?{query_string}", created) == TENCENT_OK

    joined = json.dumps(VCAAS[UserJoinLeave]).encode()
    address = f"/webhooks/vcaas/user-join-leave?token={SECRETS['VCAAS_URL_TOKEN']}"
    assert server.request("POST", address, joined) == (200, b"success")

    forged = [("X-MeetingBaas-Signature", "0" * 64)]
    assert server.request("POST", "/webhooks/meeting-baas", completed, forged) == (
        401,
        b'{"error":"Invalid signature"}',
    )
    assert server.request("POST", "/webhooks/meeting-baas", completed) == (401, b'{"error":"Missing signature"}')
    assert server.request("GET", "/webhooks/meeting-baas") == (405, b'{"error":"Method not allowed"}')
    assert server.request("HEAD", "/webhooks/meeting-baas") == (405, b"")
    assert server.request("POST", "/webhooks/nobody") == (404, b'{"error":"Not found"}')

    status, page = server.request("GET", "/")
    assert (status, json.loads(page)) == (
        200,
        {
            "meeting-baas processed": 1,
            "meeting-baas duplicate": 1,
            "tencent-chat processed": 1,
            "tencent-room processed": 1,
            "vcaas processed": 1,
            "meeting-baas forged": 1,
            "meeting-baas unauthenticated": 1,
            "meeting-baas method_not_allowed": 2,
            "None not_found": 1,
        },
    )
    output = server.output
    assert f"bot {MEETING_BAAS[MeetingCompleted]['data']['bot_id']} has a recording" in output
    assert "Group.CallbackOnMemberStateChange of application 1400001234" in output
    assert "Room.CallbackAfterCreateRoom of application 1400001234" in output
    assert f"{VCAAS[UserJoinLeave]['externalName']!r} is " in output
    assert ("token=***" in output) == (name not in WITHOUT_ACCESS_LOG)
    assert [secret for key, secret in SECRETS.items() if key != "TENCENT_SDK_APP_ID" and secret in output] == []


COUNT = 20
APP = ("--option", f"sdk_app_id={SECRETS['TENCENT_SDK_APP_ID']}")
SENDERS: dict[str, tuple[str, ...]] = {
    "meeting-baas": ("MeetingCompleted", "--secret", SECRETS["MEETING_BAAS_SECRET"]),
    "tencent-chat": ("GroupOnMemberStateChange", "--secret", SECRETS["TENCENT_TOKEN"], *APP),
    "tencent-room": ("RoomAfterCreateRoom", *APP),
    "vcaas": ("UserJoinLeave", "--secret", SECRETS["VCAAS_URL_TOKEN"]),
}


def simulate(server: Server, provider: str, *more: str) -> dict[str, Any]:
    """Send for a while as a vendor does, and return the report."""
    event, *arguments = SENDERS[provider]
    to = f"http://127.0.0.1:{server.port}/webhooks/{provider}"
    result = CliRunner().invoke(
        cli,
        [
            *("simulate", provider, "--to", to, "--event", event, *arguments, "--chaos", "--json"),
            *("--count", str(COUNT), "--rate", "100", "--speed", "1000", "--workers", "4", *more),
        ],
    )
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def outcomes(server: Server) -> Counter[str]:
    status, page = server.request("GET", "/")
    assert status == 200
    return Counter(json.loads(page))


def test_nothing_is_lost_and_nothing_doubled(name: str, server: Server) -> None:
    before = outcomes(server)
    more = ("--without", "chunked") if name in WITHOUT_CHUNKS else ()
    reports = {provider: simulate(server, provider, *more) for provider in SENDERS}
    became = outcomes(server) - before
    for provider, report in reports.items():
        happened = [each["chaos"] for each in report["sendings"]]
        assert (report["events"], report["delivered"], report["lost"]) == (COUNT, COUNT + 3, 0)
        assert became[f"{provider} processed"] == COUNT, "a handler runs once for each event"
        for outcome, kind in (("unknown_event", "unknown"), ("forged", "forged"), ("stale", "stale")):
            assert became[f"{provider} {outcome}"] == happened.count([kind])
