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
_LEVELS: Final = {outcome: logging.INFO if outcome in ACCEPTED else logging.WARNING for outcome in Outcome}
_OURS = ("webhook_kit", "asyncio", "concurrent", "asgiref", "threading", "fastapi", "starlette", "anyio", "contextlib")


def is_logged(outcome: Outcome, error: BaseException | None) -> bool:
    """Whether anybody listens to the line about such a delivery."""
    return logger.isEnabledFor(_LEVELS[outcome] if error is None else _level(outcome, error))


def log(record: Record, type: str | None) -> None:
    """Write one line: INFO for what was accepted, WARNING for what was refused, ERROR for a handler that raised."""
    error = record.error
    level = _level(record.outcome, error)
    if not logger.isEnabledFor(level):
        return
    raised = level == logging.ERROR
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


def _level(outcome: Outcome, error: BaseException | None) -> int:
    if error is not None and outcome in _BY_HANDLERS:
        return logging.ERROR
    return _LEVELS[outcome]


def escaped(text: str) -> str:
    """Return text that a sender chose as one harmless word of at most 200 characters."""
    return text[:LONGEST_TYPE].encode("unicode_escape").decode("ascii").replace(" ", "\\x20")[:LONGEST_TYPE]


def own(error: BaseException) -> BaseException:
    """Return a user's error without the frames that lead to the user's function, in what it came from neither.

    Error trackers show the variables of each frame, and those of ours hold the request and the secrets.
    """
    pending, seen = [error], {id(error)}
    while pending:
        each = pending.pop()
        each.__traceback__ = _own_frames(each.__traceback__)
        inner = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        for other in (each.__cause__, each.__context__, *inner):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                pending.append(other)
    return error


def _own_frames(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in _OURS:
            return traceback
        traceback = traceback.tb_next
    return None


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
