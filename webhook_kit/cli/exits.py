"""The exit codes of all commands, and how a command ends with one."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NoReturn

import typer

from webhook_kit.testing.wire import Trouble, Unanswered


class Exit(IntEnum):
    """What a script can tell from the exit code; the last four end ``send`` and ``simulate`` only."""

    OK = 0
    FAILED = 1
    """The answer to the question is no: not delivered, lost, not as promised, weak."""
    USAGE = 2
    """The command line itself is wrong."""
    UNREACHABLE = 3
    TIMED_OUT = 4
    TLS = 5
    REDIRECTED = 6


OF_TROUBLE: Final = {
    Trouble.UNREACHABLE: Exit.UNREACHABLE,
    Trouble.TIME_OUT: Exit.TIMED_OUT,
    Trouble.TLS: Exit.TLS,
}


def end(message: str, code: Exit) -> NoReturn:
    """Say in one line of the error stream why there is no result, and end."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def end_unanswered(error: Unanswered) -> NoReturn:
    """End where a server did not answer."""
    hint = "; --insecure accepts any" if "certificate" in str(error) else ""
    end(f"no answer: {error}{hint}", OF_TROUBLE[error.trouble])
