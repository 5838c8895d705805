"""The recipes for frameworks without an adapter: each takes what a vendor sends, and closes the store once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

from tests.adapters.conftest import Closing, hooks
from tests.adapters.test_starlette import kinds, live
from tests.conformance.deliveries import COMPLETED, SECRET, meeting
from tests.conformance.expected import NO_ENDPOINT, MeetingBaaS
from tests.conformance.wire import Answer, Sent, answer, call_asgi

from .blocks import DOCS, blocks

__all__ = ["hooks"]

PAGE = DOCS / "frameworks" / "recipes.md"
RECIPES = {"Litestar": "litestar", "Quart": "quart", "aiohttp": "aiohttp"}
CODE = {block.file: block for block in blocks(PAGE) if block.language == "python"}
INDEX = b"a page of the application"


def test_every_block_is_tried() -> None:
    assert [(name, block.heading) for name, block in CODE.items()] == [
        ("hooks.py", "Litestar, Quart, aiohttp"),
        *((f"{package}_app.py", heading) for heading, package in RECIPES.items()),
    ]


def test_what_they_share_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEETING_BAAS_SECRET", SECRET)
    hooks = run("hooks.py", monkeypatch)["hooks"]
    assert [endpoint.path for endpoint in hooks.endpoints] == ["meeting-baas"]
    hooks.check()


def run(file: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run a block of the page as a module, and return its names."""
    module = ModuleType(file.removesuffix(".py"))
    module.__file__ = str(PAGE.with_name(file))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(CODE[file].code, file, "exec"), vars(module))
    return vars(module)


class Recipe:
    """A recipe with a dispatcher that writes down what happens to it."""

    def __init__(self, name: str, hooks: Closing, names: dict[str, Any]) -> None:
        self.name = name
        self.hooks = hooks
        self.names = names

    def post(self, sent: Sent) -> Answer | None:
        if self.name == "aiohttp":
            return asyncio.run(self._to_aiohttp(sent))
        return asyncio.run(call_asgi(self.names["app"], sent))

    def live(self) -> list[str]:
        if self.name != "aiohttp":
            return kinds(live(self.names["app"]))
        asyncio.run(self._to_aiohttp(Sent("/", method="GET")))
        return ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    async def _to_aiohttp(self, sent: Sent) -> Answer | None:
        """Send a request to a real server of aiohttp's, which lives for this one.

        Its server for tests would cancel handlers whose client leaves, and others do not.
        """
        from aiohttp import web

        server = web.AppRunner(self.names["make_app"]())
        await server.setup()
        await web.TCPSite(server, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*server.addresses[0])
        try:
            async with asyncio.timeout(10):
                answer = await _exchange(reader, writer, sent)
                # The server hears of a client that has left in its own time.
                while answer is None and not self.hooks.records:
                    await asyncio.sleep(0.01)
            return answer
        finally:
            writer.close()
            await server.cleanup()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: Sent) -> Answer | None:
    query = b"?" + sent.query if sent.query else b""
    lines = [b"%s %s%s HTTP/1.1" % (sent.method.encode(), sent.path.encode(), query)]
    lines += [name + b": " + value for name, value in (*sent.all_headers(), (b"connection", b"close"))]
    writer.write(b"\r\n".join([*lines, b"", b""]))
    if sent.chunked:
        for start in range(0, len(sent.body), 100):
            piece = sent.body[start : start + 100]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        writer.write(b"0\r\n\r\n")
    else:
        writer.write(sent.arriving())
    if sent.cut is not None:
        await writer.drain()
        # So that it is in the middle of the body, and not before the request was taken.
        await asyncio.sleep(0.1)
        writer.close()
        return None
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    status, *headers = head.decode("latin-1").split("\r\n")
    pairs = [(name.lower(), value) for name, _, value in (header.partition(": ") for header in headers)]
    kept = [pair for pair in pairs if pair[0] not in ("date", "server", "connection")]
    return answer(int(status.split()[1]), kept, body)


@pytest.fixture(params=RECIPES)
def recipe(request: pytest.FixtureRequest, hooks: Closing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    if find_spec(RECIPES[request.param]) is None:
        pytest.skip(f"{request.param} is not installed")
    module = ModuleType("hooks")
    module.__dict__["hooks"] = hooks
    monkeypatch.setitem(sys.modules, "hooks", module)
    yield Recipe(request.param, hooks, run(f"{RECIPES[request.param]}_app.py", monkeypatch))
    hooks.close()


def below(sent: Sent, **changes: Any) -> Sent:
    return sent.but(path=f"/webhooks{sent.path}", **changes)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_delivery_is_handled(recipe: Recipe, chunked: bool) -> None:
    """And arrives as it was sent: the raw body, the raw query, the client."""
    assert recipe.post(below(meeting(), chunked=chunked, query=b"a=%41&a=%2f")) == MeetingBaaS.SUCCESS
    [delivery] = recipe.hooks.deliveries
    assert delivery.request.body == COMPLETED
    assert delivery.request.query_string == b"a=%41&a=%2f"
    assert delivery.request.client in ("192.0.2.1", "127.0.0.1")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (below(meeting(secret=SECRET[:-1])), MeetingBaaS.FORGED),
        (below(meeting(), headers=()), MeetingBaaS.UNAUTHENTICATED),
        (below(meeting(b" " * 17_000_000)), MeetingBaaS.TOO_LARGE),
        (below(meeting(), method="GET"), MeetingBaaS.METHOD),
        (Sent("/webhooks"), NO_ENDPOINT),
        (Sent("/webhooks/nobody"), NO_ENDPOINT),
    ],
    ids=["forged", "unauthenticated", "too large", "method", "mount", "nobody"],
)
def test_what_is_refused_is_answered_in_the_vendors_words(recipe: Recipe, sent: Sent, expected: Answer) -> None:
    assert recipe.post(sent) == expected
    assert recipe.hooks.deliveries == []


def test_the_applications_own_pages_are_served(recipe: Recipe) -> None:
    answer = recipe.post(Sent("/", method="GET"))
    assert answer is not None
    assert (answer.status, answer.body) == (200, INDEX)
    missing = recipe.post(Sent("/webhooks-elsewhere", method="GET"))
    assert missing is not None
    assert missing.status == 404
    assert recipe.hooks.records == []


def test_a_client_that_leaves_before_its_body_has_arrived_is_recorded(recipe: Recipe) -> None:
    assert recipe.post(below(meeting(), cut=10)) is None
    assert [record.outcome for record in recipe.hooks.records] == ["cancelled"]


def test_the_store_is_closed_once(recipe: Recipe) -> None:
    assert recipe.live() == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert recipe.hooks.story == ["closed"]
