"""The ``webhook-kit`` command."""

from __future__ import annotations

import sys
from io import TextIOWrapper

EXTRA = frozenset({"httpx2", "rich", "typer", "uvicorn"})


def main() -> None:
    """Run the command line, or say in one line what it needs."""
    try:
        from .command import cli
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        print("the command line needs `pip install 'webhook-kit[cli]'`", file=sys.stderr)
        raise SystemExit(1) from None
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that has no sign for a line or an ellipsis shows a question mark.
            stream.reconfigure(errors="replace")
    cli(prog_name="webhook-kit")
