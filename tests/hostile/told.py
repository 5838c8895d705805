"""Everything that is logged, as an error tracker would keep it: with the variables of every frame."""

from __future__ import annotations

import logging
from traceback import TracebackException
from typing import Self

from .senders import Sender


class Told(logging.Handler):
    """Keep what all loggers write, of whatever level, while this is entered."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            self.lines.append(in_full(record.exc_info[1]))

    def of(self, sender: Sender) -> list[str]:
        """Return the lines that tell a secret, a proof or a payload of this sender."""
        return [line for line in self.lines if any(each in line for each in sender.unspeakable)]

    def __enter__(self) -> Self:
        # A level of its own for the kit's logger, because other libraries write a lot below a warning.
        self._level = logging.getLogger("webhook_kit").level
        logging.getLogger("webhook_kit").setLevel(logging.DEBUG)
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger("webhook_kit").setLevel(self._level)


def in_full(error: BaseException) -> str:
    """Return an error with its causes, the errors inside it, and the variables of all their frames."""
    return "".join(TracebackException.from_exception(error, capture_locals=True).format())
