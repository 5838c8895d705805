"""Every example, started on its usual server, takes what the four vendors send."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

import pytest

from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.providers.meeting_baas.samples import SAMPLES as MEETING_BAAS
from webhook_kit.providers.tencent import GroupOnMemberStateChange, RoomAfterCreateRoom
from webhook_kit.providers.tencent.samples import SAMPLES as TENCENT
from webhook_kit.providers.vcaas import UserJoinLeave
from webhook_kit.providers.vcaas.samples import SAMPLES as VCAAS
from webhook_kit.signatures import HeaderHmac, QueryTokenDigest

from .server import Server, serving

pytestmark = pytest.mark.slow

SECRETS = {
    "MEETING_BAAS_SECRET": "the-secret-of-this-test",
    "TENCENT_SDK_APP_ID": "1400001234",
    "TENCENT_TOKEN": "the-token-of-this-test",
    "VCAAS_URL_TOKEN": "the-url-token-of-this-test",
}
OK = (200, b'{"status":"success"}')
TENCENT_OK = (200, b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}')

# wsgiref, on which Django's development server is built, decodes no chunked body.
WITHOUT_CHUNKS = {"django-runserver"}
WITHOUT_ACCESS_LOG = {"wsgi"}

DJANGO = "examples/django_project"
UVICORN = ("uvicorn", "--host=127.0.0.1", "--port={port}")
SERVERS: dict[str, tuple[tuple[str, ...], str, dict[str, str]]] = {
    "flask": (("flask", "--app=examples.flask_app", "run", "--host=127.0.0.1", "--port={port}"), "", {}),
    "fastapi": ((*UVICORN, "examples.fastapi_app:app"), "", {}),
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


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def server(name: str, tmp_path: Path) -> Iterator[Server]:
    command, folder, environment = SERVERS[name]
    if command[0] != "manage" and find_spec(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    environment = {**SECRETS, "DJANGO_DATABASE": str(tmp_path / "db.sqlite3"), **environment}
    with serving(command, folder, tmp_path / "output", environment) as server:
        yield server


def signed(body: bytes) -> tuple[str, str]:
    signature = HeaderHmac("X-MeetingBaas-Signature").sign(SECRETS["MEETING_BAAS_SECRET"], body, now=0)
    return signature.headers[0]


def tencent(command: str, *query: tuple[str, str]) -> str:
    return urlencode([("SdkAppid", SECRETS["TENCENT_SDK_APP_ID"]), ("CallbackCommand", command), *query])


def test_an_example_takes_what_the_vendors_send(name: str, server: Server) -> None:
    completed = json.dumps(MEETING_BAAS[MeetingCompleted]).encode()
    headers = [("Content-Type", "application/json"), signed(completed)]
    chunked = name not in WITHOUT_CHUNKS
    assert server.request("POST", "/webhooks/meeting-baas", completed, headers, chunked=chunked) == OK
    assert server.request("POST", "/webhooks/meeting-baas", completed, headers) == OK, "a duplicate"

    changed = json.dumps(TENCENT[GroupOnMemberStateChange]).encode()
    verifier = QueryTokenDigest(digest="Sign", timestamp="RequestTime", tolerance=60)
    query = verifier.sign(SECRETS["TENCENT_TOKEN"], changed, now=time.time()).query
    query_string = tencent("Group.CallbackOnMemberStateChange", *query)
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
