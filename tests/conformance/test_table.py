"""The published table, and what a run makes of what it sees. ``make conformance`` holds both to real servers."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .deliveries import meeting
from .sockets.cases import CASES, GROUPS
from .sockets.cell import Cell, Result, cells
from .sockets.connection import Connection, Silence, chunks, written
from .sockets.page import HOSTS, PAGE, page
from .sockets.reasons import REASONS, reasons_for
from .sockets.servers import SERVERS
from .sockets.verdict import complaints
from .wire import Answer

ALL = [cell for server in SERVERS.values() for host in server.hosts for cell in cells(server, host, CASES.values())]
FREE = next(cell for cell in ALL if not any(reasons_for(cell)))
REASONED = next(cell for cell in ALL if any(reasons_for(cell)))
[REASON] = reasons_for(REASONED)


def test_the_page_is_as_a_run_writes_it() -> None:
    """But for the versions, which are those of the run."""
    text = PAGE.read_text(encoding="utf-8")
    versions = {name: _versions(text, name) for name in SERVERS}
    assert page(versions) == text


def _versions(text: str, server: str) -> str:
    [found] = re.findall(rf"^\| {re.escape(server)} \| ([^|`]+) \| `", text, re.MULTILINE)
    return str(found)


def test_no_machine_is_on_the_page() -> None:
    assert re.findall(r"/(?:home|root|tmp|usr)/|\d{4}-\d\d-\d\d", PAGE.read_text(encoding="utf-8")) == []


def test_every_reason_is_one_for_cells_that_there_are() -> None:
    for reason in REASONS:
        held = [cell for cell in ALL if reason.holds_for(cell)]
        assert {cell.case for cell in held} == set(reason.cases)
        assert {cell.server for cell in held} == set(reason.servers)
        assert reason.hosts is None or {cell.host for cell in held} == set(reason.hosts)


def test_no_cell_has_two_reasons() -> None:
    assert [cell for cell in ALL if len(list(reasons_for(cell))) > 1] == []


def test_every_case_has_a_name_of_its_own() -> None:
    assert len(CASES) == sum(len(group.cases) for group in GROUPS)


def test_every_host_has_a_name_on_the_page() -> None:
    assert {host for server in SERVERS.values() for host in server.hosts} == set(HOSTS)


@pytest.mark.parametrize(
    ("cell", "seen", "expected"),
    [
        (FREE, "", ""),
        (FREE, "hung up", "hung up"),
        (REASONED, REASON.seen, ""),
        (REASONED, "", f'passes, though "{REASON.seen}" has a reason: take it out of reasons.py'),
        (REASONED, "a bang", f'a bang; the reason is one for "{REASON.seen}"'),
    ],
    ids=["passes", "fails", "as the reason says", "passes in spite of a reason", "fails in another way"],
)
def test_a_cell_is_as_the_page_says_or_wrong(cell: Cell, seen: str, expected: str) -> None:
    assert complaints([cell], [Result(cell, seen)]) == ([_complaint(cell, expected)] if expected else [])


def test_a_cell_that_was_not_tried_is_wrong() -> None:
    assert complaints([FREE], []) == [_complaint(FREE, "not tried")]


def test_hosts_that_agree_share_a_line() -> None:
    both = [FREE._replace(host=host) for host in ("starlette", "fastapi")]
    assert complaints(both, []) == [_complaint(FREE._replace(host="starlette, fastapi"), "not tried")]


def _complaint(cell: Cell, wrong: str) -> str:
    return f"{cell.server}, {cell.host}: {wrong}\n  instead of: {CASES[cell.case].title} ({cell.case})"


@contextmanager
def _answering(*pieces: bytes) -> Iterator[Connection]:
    """A connection to somebody who sends these pieces and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"".join(pieces))

        thread = threading.Thread(target=answer)
        thread.start()
        with Connection(listener.getsockname()[1]) as connection:
            yield connection
        thread.join()


@pytest.mark.parametrize(
    ("sent", "method", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: x\r\nX-A: b\r\n\r\nok", "POST", [("content-length", "2")]),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\n\r\nok", "POST", []),
        (b"HTTP/1.0 200 OK\r\nServer: x\r\nX-A: b\r\n\r\nok", "POST", []),
    ],
    ids=["length", "continue", "until the end"],
)
def test_an_answer_is_read_without_what_servers_add(sent: bytes, method: str, expected: list[tuple[str, str]]) -> None:
    with _answering(sent) as connection:
        assert connection.receive(method) == Answer(200, (*expected, ("x-a", "b")), b"ok")


def test_an_answer_in_chunks_is_told_from_one_with_a_length() -> None:
    with _answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks(b"a long one", 3)) as connection:
        assert connection.receive() == Answer(200, (("transfer-encoding", "chunked"),), b"a long one")


def test_a_server_that_hangs_up_has_not_answered() -> None:
    with _answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok") as connection:
        assert connection.receive() is None
    with _answering() as connection:
        assert connection.is_closed()


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Connection(listener.getsockname()[1]) as connection:
        with pytest.raises(Silence):
            connection.receive(patience=0.01)
        assert not connection.is_closed(0.01)
        assert not connection.is_asked(0.01)


def test_a_request_is_written_as_it_goes_over_the_wire() -> None:
    sent = meeting(b"0123456789").but(path="/a%20b", query=b"c=d", chunked=True, headers=((b"X-A", b"b"),))
    assert written(sent) == (
        b"POST /a%20b?c=d HTTP/1.1\r\nhost: hooks.example\r\ncontent-type: application/json\r\n"
        b"transfer-encoding: chunked\r\nX-A: b\r\n\r\n7\r\n0123456\r\n3\r\n789\r\n0\r\n\r\n"
    )
