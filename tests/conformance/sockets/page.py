"""The published table. What it says follows from the cases and the reasons, and each run holds them to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tests.reliability.server import ROOT

from .cases import CASES, GROUPS, Case
from .cell import Cell, cells
from .reasons import REASONS, reason_for
from .servers import SERVERS, Server

PAGE: Final = ROOT / "docs" / "conformance.md"

PASSES: Final = "✓"
DOES_NOT_APPLY: Final = "–"

_NUMBERS: Final = {id(reason): number for number, reason in enumerate(REASONS, 1)}

HOSTS: Final = {
    "asgi-application": "raw ASGI",
    "asgi-middleware": "ASGI middleware",
    "starlette": "Starlette",
    "fastapi": "FastAPI",
    "django-asgi": "Django",
    "wsgi-application": "raw WSGI",
    "wsgi-middleware": "WSGI middleware",
    "flask": "Flask",
    "django-wsgi": "Django",
}


def page(versions: Mapping[str, str]) -> str:
    """Return the page; ``versions`` says which ones of each server were tried."""
    return "\n".join([*_introduction(versions), *_reasons(), *_overview(), *_tables()]) + "\n"


def versions() -> dict[str, str]:
    """Return what is installed here."""
    return {server.name: server.versions for server in SERVERS.values()}


def _introduction(versions: Mapping[str, str]) -> Iterator[str]:
    places = [
        cell for server in SERVERS.values() for host in server.hosts for cell in cells(server, host, CASES.values())
    ]
    reasoned = sum(reason_for(cell) is not None for cell in places)
    yield from (
        "# Conformance",
        "",
        "The same requests, byte for byte, to the same handlers, in every kind of application, on every server. This",
        "page is written by `make conformance`, which starts all of them, tries every cell anew, and fails where one",
        "is not as it says here: also where a server has become better than its reason.",
        "",
        f"{len(CASES)} cases, {len(SERVERS)} servers, {len(places):,} cells: {len(places) - reasoned:,} pass "
        f"({PASSES}), {reasoned} carry a number, which is that of the reason below.",
        f"{DOES_NOT_APPLY} stands where a case has no meaning. `make test` runs the same battery in process.",
        "",
        "| server | with | started as |",
        "| --- | --- | --- |",
        *(f"| {server.name} | {versions[server.name]} | `{server.shown}` |" for server in SERVERS.values()),
        "",
    )


def _reasons() -> Iterator[str]:
    yield from ("## Reasons", "", "| | on | cases | instead | why |", "| --- | --- | --- | --- | --- |")
    for number, reason in enumerate(REASONS, 1):
        servers = ", ".join(reason.servers)
        cases = ", ".join(f"[{name}](#{name})" for name in reason.cases)
        yield f'| <a id="reason-{number}"></a>{number} | {servers} | {cases} | {reason.seen} | {reason.why} |'
    yield ""


def _overview() -> Iterator[str]:
    yield from ("## Cases and servers", "", "A number with a star is that of some hosts only.", "")
    for group in GROUPS:
        yield from (f"### {group.name}", "", _row(["case", "", *SERVERS]), _line(len(SERVERS) + 2))
        for case in group.cases:
            told = (_in_all(case, server) for server in SERVERS.values())
            yield _row([f'<a id="{case.name}"></a>{case.name}', case.title, *told])
        yield ""


def _tables() -> Iterator[str]:
    yield from ("## Cases and hosts, for each server", "")
    for server in SERVERS.values():
        yield from (f"### {server.name}", "", _row(["case", *(HOSTS[host] for host in server.hosts)]))
        yield _line(len(server.hosts) + 1)
        for case in CASES.values():
            yield _row([case.name, *(_cell(case, server, host) for host in server.hosts)])
        yield ""


def _in_all(case: Case, server: Server) -> str:
    told = [_cell(case, server, host) for host in server.hosts if case.applies(host, server)]
    if not told:
        return DOES_NOT_APPLY
    [first, *others] = sorted(set(told), key=lambda each: each == PASSES)
    return f"{first}*" if others else first


def _cell(case: Case, server: Server, host: str) -> str:
    if not case.applies(host, server):
        return DOES_NOT_APPLY
    reason = reason_for(Cell(server.name, host, case.name))
    return PASSES if reason is None else f"[{_NUMBERS[id(reason)]}](#reason-{_NUMBERS[id(reason)]})"


def _row(columns: Iterable[str]) -> str:
    return f"| {' | '.join(columns)} |"


def _line(columns: int) -> str:
    return _row(["---"] * columns)
