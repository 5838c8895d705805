"""One log line and one record for every delivery, without a secret or a payload in either."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final

from .answers import ACCEPTED
from .delivery import Outcome, Record

logger = logging.getLogger("webhook_kit")

LONGEST_TYPE: Final = 200


def _spellings(name: str) -> str:
    """Return a pattern for a parameter's name in any case, each letter percent-encoded or not."""
    return "".join(f"(?:{letter}|%{ord(letter):02x}|%{ord(letter.upper()):02x})" for letter in name)


_CREDENTIALS = re.compile(rf'(?i)(?<![\w-])({_spellings("token")}|{_spellings("sign")})=[^&\s"]*')
# A decision of one handler is sent also when another one raised.
_BY_HANDLERS = (Outcome.HANDLER_FAILED, Outcome.DECIDED_BY_DEFAULT, Outcome.PROCESSED)
_OURS = ("webhook_kit", "asyncio", "concurrent", "asgiref", "threading")


def log(record: Record, type: str | None) -> None:
    """Write one line: INFO for what was accepted, WARNING for what was refused, ERROR for a handler that raised."""
    error = record.error
    raised = error is not None and record.outcome in _BY_HANDLERS
    level = logging.ERROR if raised else logging.INFO if record.outcome in ACCEPTED else logging.WARNING
    if not logger.isEnabledFor(level):
        return
    logger.log(
        level,
        "%s endpoint=%s type=%s delivery=%s attempt=%s %.1f ms%s",
        record.outcome.value,
        record.endpoint or "-",
        escaped(type) if type else "-",
        record.delivery_id,
        record.attempt or "-",
        record.duration * 1000,
        # The text of an error of a store or a secret's source may hold an address with its password.
        f" ({error.__class__.__name__})" if error is not None and not raised else "",
        exc_info=error if raised else None,
    )


def escaped(text: str) -> str:
    """Return text that a sender chose as one harmless word of at most 200 characters."""
    return text[:LONGEST_TYPE].encode("unicode_escape").decode("ascii").replace(" ", "\\x20")[:LONGEST_TYPE]


def own(error: BaseException) -> BaseException:
    """Return a user's error without the frames that lead to the user's function.

    Error trackers show the variables of each frame, and those of ours hold the request.
    """
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in _OURS:
            return error.with_traceback(traceback)
        traceback = traceback.tb_next
    return error.with_traceback(None)


class RedactQuery(logging.Filter):
    """Mask credentials in the query strings that servers write to their access logs (``token=``, ``Sign=``).

    ``logging.getLogger("uvicorn.access").addFilter(RedactQuery())``
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask in the message and in its arguments; never drop a record."""
        if isinstance(record.args, tuple):
            record.args = tuple(masked(each) if isinstance(each, str) else each for each in record.args)
        elif isinstance(record.args, MutableMapping):
            # A copy, because servers hand over a mapping of their own kind, which formats missing keys.
            arguments: Any = copy.copy(record.args)
            for key, value in record.args.items():
                if isinstance(value, str):
                    arguments[key] = masked(value)
            record.args = arguments
        try:
            message = record.getMessage()
        except Exception:  # logging itself says so, where the record is formatted
            return True
        if (harmless := masked(message)) != message:
            record.msg, record.args = harmless, ()
        return True


def masked(text: str) -> str:
    """Return the text with the values of credential parameters masked."""
    return _CREDENTIALS.sub(r"\1=***", text)
