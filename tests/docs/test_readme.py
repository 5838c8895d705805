"""The README's code runs, and its tables agree with the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from webhook_kit.answers import ANSWERS

README = Path(__file__).parents[2] / "README.md"

SECRETS = {
    "ACME_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "MEETING_BAAS_SECRET": "a signing secret of the demo",
    "TENCENT_TOKEN": "a callback token of the demo",
    "VCAAS_TOKEN": "a token for addresses of the demo",
}

# Posts one signed delivery of Meeting BaaS below /webhooks (or the root) and prints what came back.
ASGI = """
import asyncio, json
from webhook_kit.providers.meeting_baas.samples import SAMPLES
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.signatures import HeaderHmac

body = json.dumps(SAMPLES[MeetingCompleted]).encode()
[(name, value)] = HeaderHmac("X-MeetingBaas-Signature").sign(os.environ["MEETING_BAAS_SECRET"], body, now=0).headers

async def post(path):
    sent = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "client": ("192.0.2.1", 1),
        "server": ("localhost", 443), "headers": [(name.lower().encode(), value.encode())],
    }
    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}
    async def send(message):
        sent.append(message)
    await app(scope, receive, send)
    print(sent[0]["status"], sent[1]["body"].decode())

asyncio.run(post(PATH))
"""

WSGI = """
import json
from werkzeug.test import Client
from webhook_kit.providers.meeting_baas.samples import SAMPLES
from webhook_kit.providers.meeting_baas import MeetingCompleted
from webhook_kit.signatures import HeaderHmac

body = json.dumps(SAMPLES[MeetingCompleted]).encode()
[(name, value)] = HeaderHmac("X-MeetingBaas-Signature").sign(os.environ["MEETING_BAAS_SECRET"], body, now=0).headers
answer = Client(app).post(PATH, data=body, headers={name: value})
print(answer.status_code, answer.get_data(as_text=True))
"""

DJANGO = """
from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.configure(ROOT_URLCONF="sample", ALLOWED_HOSTS=["*"], SECRET_KEY="a key of the demo")
app = get_wsgi_application()
"""

APP = "from sample import app"

MOUNTED, WHOLE = "/webhooks/meeting-baas", "/meeting-baas"
SAMPLES = {
    "Flask": (APP, WSGI, MOUNTED),
    "Django": (DJANGO, WSGI, MOUNTED),
    "FastAPI": (APP, ASGI, MOUNTED),
    "Starlette": (APP, ASGI, MOUNTED),
    "Any ASGI application": (APP, ASGI, WHOLE),
    "Any WSGI application": (APP, WSGI, WHOLE),
}


# What is added to the application, and what its delivery is answered with.
ADDED = {
    "Callbacks that ask": """
from webhook_kit import RawRequest
from webhook_kit.signatures import QueryTokenDigest
import json, os, time
from urllib.parse import urlencode

body = json.dumps({"CallbackCommand": "C2C.CallbackBeforeSendMsg", "From_Account": "a", "To_Account": "b",
    "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "see https://example.com"}}]}).encode()
sign = QueryTokenDigest(digest="Sign", timestamp="RequestTime", tolerance=60)
signed = sign.sign(os.environ["TENCENT_TOKEN"], body, now=time.time())
query = urlencode([("SdkAppid", "1400000000"), ("CallbackCommand", "C2C.CallbackBeforeSendMsg"), *signed.query])
print(hooks.dispatch(RawRequest("POST", "/tencent-chat", query_string=query.encode(), body=body)).body.decode())
""",
    "Everybody who follows Standard Webhooks": """
from webhook_kit import RawRequest
from webhook_kit.standard_signatures import StandardSignatures
import json, os, time

body = json.dumps({"type": "user.created", "user_id": "u-1"}).encode()
signed = StandardSignatures("webhook").sign(os.environ["ACME_SECRET"], body, now=time.time())
print(hooks.dispatch(RawRequest("POST", "/acme", headers=signed.headers, body=body)).body.decode())
""",
}
ANSWERED = {
    "Callbacks that ask": '{"ActionStatus":"OK","ErrorInfo":"No links here","ErrorCode":120001}',
    "Everybody who follows Standard Webhooks": '{"status":"success"}',
}


def code() -> dict[str, str]:
    """Return the Python of the README by its heading."""
    found: dict[str, str] = {}
    for section in re.split(r"^##+ ", README.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
        if blocks:
            found[section.partition("\n")[0].strip()] = "\n".join(blocks)
    return found


def test_every_sample_is_tried() -> None:
    assert set(code()) == {"Quick start", *SAMPLES, *ADDED}


@pytest.mark.parametrize("framework", SAMPLES)
def test_a_sample_receives_a_signed_delivery(framework: str, tmp_path: Path) -> None:
    start, post, path = SAMPLES[framework]
    (tmp_path / "sample.py").write_text(code()[framework], encoding="utf-8")
    lines = run(f"import os\nPATH = {path!r}\n{start}\n{post}", tmp_path)
    assert lines[-1] == '200 {"status":"success"}'
    assert lines[-2].startswith("processed complete")


@pytest.mark.parametrize("heading", ADDED)
def test_what_is_added_receives_its_delivery(heading: str, tmp_path: Path) -> None:
    assert run(code()[heading] + ADDED[heading], tmp_path)[-1] == ANSWERED[heading]


def run(program: str, folder: Path) -> list[str]:
    """Run a program beside the quick start's module, and return the lines that it prints."""
    (folder / "hooks.py").write_text(code()["Quick start"], encoding="utf-8")
    (folder / "application.py").write_text(program, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-W", "error", "application.py"],
        cwd=folder,
        env={**os.environ, **SECRETS, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.stderr, ended.returncode) == ("", 0)
    return ended.stdout.splitlines()


def test_the_table_of_answers_has_every_outcome_with_its_status() -> None:
    section = README.read_text(encoding="utf-8").partition("## What it answers")[2].partition("\n## ")[0]
    told: dict[str, str] = {}
    for row in re.findall(r"^\| (`.*?) \| .*? \| (.*?) \|$", section, flags=re.MULTILINE):
        names = re.findall(r"`(\w+)`", row[0])
        statuses = re.findall(r"\d{3}", row[1]) or ["200"]
        told.update(zip(names, statuses * len(names) if len(statuses) == 1 else statuses, strict=True))
    expected = {outcome.value: str(answer.status) for outcome, answer in ANSWERS.items() if outcome != "cancelled"}
    assert told == expected
