"""Rows about what an authenticated request says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from webhook_kit import Outcome

from .inputs import NO_OBJECTS, ODD_FIELDS
from .rows import Make, Row, commanding, doubling, everybody, known, posting, signing
from .senders import PAYLOAD, Place


def commands() -> Iterator[Row]:
    for name, make, _ in doubling(lambda sender: sender.command):
        yield Row(f"with its command {name}", make, Outcome.MALFORMED, commanding)
    beside = posting(
        lambda sent, sender: sent.beside(Place("query", b"WebhookCommand"), sent.value(known(sender.command)))
    )
    yield Row("with its command under two names", beside, Outcome.MALFORMED, commanding)
    for name, command in {
        "another command": b"Group.CallbackAfterMemberExit",
        "a command that nobody knows": b"Group.CallbackUnheardOf",
        "a command in capitals": b"ROOM.CALLBACKAFTERCREATEROOM",
        "a command with a line break": b"Room.Callback%0d%0aFORGED%20LINE",
        "a command of 5,000 letters": b"x" * 5000,
    }.items():
        make = posting(lambda sent, sender, command=command: sent.replaced(known(sender.command), command))
        yield Row(f"with {name} than its body has", make, Outcome.MALFORMED, commanding)
        yield Row(f"with {name}, and none in its body", _commanded(command, b'{"a":1}'), Outcome.PROCESSED, commanding)
    without = posting(lambda sent, sender: sent.without(known(sender.command)))
    yield Row("without a command in its address", without, Outcome.PROCESSED, commanding)
    nowhere = signing(b"{}", lambda sent, sender: sent.without(known(sender.command)))
    yield Row("without a command anywhere", nowhere, Outcome.PROCESSED, commanding)
    odd = signing(b'{"CallbackCommand":[{}]}')
    yield Row("whose body has a list for its command", odd, Outcome.MALFORMED, commanding)
    for name, entries in {"no entries": b"[]", "a text for entries": b'"x"', "a list for an entry": b"[[]]"}.items():
        body = b'{"Events":%s}' % entries
        yield Row(f"of a batch with {name}", _commanded(b"Push.OfflinePush", body), Outcome.PROCESSED, commanding)
    foreign = _commanded(b"Push.OfflinePush", b'{"Events":[{"CallbackCommand":"C2C.CallbackAfterSendMsg"}]}')
    yield Row("of a batch of somebody else's entries", foreign, Outcome.MALFORMED, commanding)
    many = _commanded(b"Push.OfflinePush", b'{"Events":[%s0]}' % (b"0," * 1000))
    yield Row("of a batch of 1,001 entries", many, Outcome.PROCESSED, commanding)


def bodies() -> Iterator[Row]:
    for name, body in NO_OBJECTS.items():
        yield Row(f"whose body, well signed, is {name}", signing(body), Outcome.MALFORMED, everybody)
    pieces = signing(NO_OBJECTS["UTF-16"], lambda sent, _: sent.but(chunked=True))
    yield Row("whose body, well signed, is UTF-16 in chunks", pieces, Outcome.MALFORMED, everybody)
    for name, fields in ODD_FIELDS.items():
        yield Row(f"whose body holds {name}", _with_fields(fields), Outcome.PROCESSED, everybody)
    yield Row("whose body is an empty object", signing(b"{}"), Outcome.PROCESSED, everybody)
    for value in (None, True, -1, 10**40, "", "\0", [], {}, [[{}]]):
        yield Row(f"whose body has {value!r} for every field", _every_field(value), Outcome.PROCESSED, everybody)


def _with_fields(fields: str) -> Make:
    """Put fields after those of a valid body: of doubled names the last one counts."""
    return lambda sender: sender.signed(b"%s,%s}" % (json.dumps(sender.fields()).encode()[:-1], fields.encode()))


def _every_field(value: Any) -> Make:
    kept = ("CallbackCommand",)
    return lambda sender: sender.signed(
        {name: known if name in kept else value for name, known in sender.fields().items()} | {"unheard-of": PAYLOAD}
    )


def _commanded(command: bytes, fields: bytes) -> Make:
    return lambda sender: sender.signed(fields).replaced(known(sender.command), command)
