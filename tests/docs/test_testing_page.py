"""The page about testing is right: its tests pass in a project of its own, where every warning is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook_kit.testing import __all__ as public

from .blocks import DOCS, blocks, run

PAGE = DOCS / "testing.md"
SECRETS = {
    "MEETING_BAAS_SECRET": "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA=",
    "VCAAS_TOKEN": "a-token-for-the-addresses-of-vcaas",
}
KNOCK = """
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server
from hooks import hooks
from staging import knock
from webhook_kit.adapters.wsgi import wrap

class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass

def test_a_server_is_delivered_to():
    server = make_server("127.0.0.1", 0, wrap(lambda environ, start_response: [], hooks), handler_class=Quiet)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    answer = knock(f"http://127.0.0.1:{server.server_port}")
    thread.join()
    server.server_close()
    assert str(answer) == "200 success: delivered: the vendor takes this answer for success"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write every block of the page into its file."""
    for block in blocks(PAGE):
        (tmp_path / block.file).write_text(block.code, encoding="utf-8")
    asyncio = "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function"
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nfilterwarnings = error\n{asyncio}\n")
    return tmp_path


@pytest.mark.slow
def test_the_tests_of_the_page_pass(project: Path) -> None:
    """And a server is delivered to."""
    (project / "test_knock.py").write_text(KNOCK, encoding="utf-8")
    printed = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", **SECRETS)
    assert "12 passed" in printed.splitlines()[-1], printed


def test_every_public_name_is_told_of() -> None:
    text = PAGE.read_text(encoding="utf-8")
    helpers = {"Message", "Signed", "Verdict"}
    assert [name for name in public if name not in text and name not in helpers] == []
