"""Try every case on every host on every server, over real sockets, and write docs/conformance.md."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final

from rich.console import Console

from tests.reliability.errors import Trouble
from tests.reliability.server import ROOT

from .sockets.cases import CASES
from .sockets.cell import Result, cells
from .sockets.page import HOSTS, PAGE, page, versions
from .sockets.run import run
from .sockets.screen import Screen
from .sockets.servers import SERVERS, Server
from .sockets.verdict import complaints

BUILD: Final = ROOT / "build" / "conformance"
JOBS: Final = 4
"""Servers at a time: most of what they do is to wait."""

QUICK: Final = ("uvicorn", "gunicorn")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the battery and return the exit code: 1 if a cell is not as the page says."""
    options = _parser().parse_args(arguments)
    servers = [SERVERS[name] for name in options.server or (QUICK if options.quick else SERVERS)]
    cases = [
        case for case in CASES.values() if case.name in (options.case or CASES) and (case.quick or not options.quick)
    ]
    pairs = [(server, host) for server in servers for host in server.hosts if host in (options.host or HOSTS)]
    screen = Screen(Console(highlight=False), [cell for server, host in pairs for cell in cells(server, host, cases)])
    troubles: list[str] = []
    stopped = Event()

    def told(result: Result) -> None:
        if stopped.is_set():
            raise Trouble("stopped")
        screen.told(result)

    def play(pair: tuple[Server, str]) -> None:
        server, host = pair
        try:
            run(server, host, cases, BUILD / server.name / host, told)
        except Trouble as trouble:
            troubles.append(f"{server.name}, {host}: {trouble}")

    with screen, ThreadPoolExecutor(JOBS) as pool:
        try:
            list(pool.map(play, pairs))
        except KeyboardInterrupt:
            # The servers are still to be ended.
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    wrong = troubles + complaints(screen.cells, screen.results)
    whole = len(servers) == len(SERVERS) and not (options.quick or options.case or options.host)
    screen.conclude(wrong, BUILD.relative_to(ROOT), _write() if whole and not wrong else "")
    return 1 if wrong else 0


def _write() -> str:
    """Write the page; return what became of it."""
    text = page(versions())
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(text, encoding="utf-8")
    return f"{PAGE.relative_to(ROOT)} {'says so already' if text == before else 'is written'}"


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one ASGI and one WSGI server, and few cases")
    parser.add_argument("--server", action="append", choices=SERVERS, help="only this server; may be repeated")
    parser.add_argument("--host", action="append", choices=HOSTS, help="only this host; may be repeated")
    parser.add_argument("--case", action="append", choices=CASES, help="only this case; may be repeated")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
