"""What usually happens to a secret, a body or a query, each undone."""

from __future__ import annotations

import base64
import html
import itertools
import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote


class Reason(NamedTuple):
    """Why, in one word for scripts and a sentence for people."""

    kind: str
    text: str


class Change(NamedTuple):
    """Something that may have happened to one of the parts, undone."""

    value: str | bytes
    reason: Reason


def secrets(secret: str) -> Iterator[Change]:
    """Yield what the secret may be instead."""

    def change(value: str, text: str) -> Change:
        return Change(value, Reason("secret", text))

    if secret != secret.strip():
        yield change(secret.strip(), "the secret has white space around it: read from a file, it needs .strip()")
    bare = secret.strip()
    if bare[:1] in "\"'" and bare[:1] == bare[-1:] and len(bare) > 1:
        yield change(bare[1:-1], "the secret has quotation marks around it, which belong to the file it came from")
    if unquote(bare) != bare:
        yield change(unquote(bare), "the secret is percent-encoded, as it stands in a URL")
    raw = bare.removeprefix("whsec_")
    if raw != bare:
        yield change(raw, "the sender signs with the text behind whsec_, without whsec_")
        yield change(_as_whsec(raw), "the sender signs with the text behind whsec_, and not with what its base64 means")
    yield change(_as_whsec(bare), "the sender signs with the text of the secret, and not with what its base64 means")
    decoded = _hexadecimal(bare)
    if decoded is not None:
        yield change(decoded, "the sender decodes the secret, which is hexadecimal")


def _as_whsec(text: str) -> str:
    """Return the secret of Standard Webhooks whose key is this text."""
    return f"whsec_{base64.b64encode(text.encode()).decode()}"


def _hexadecimal(text: str) -> str | None:
    """Return the text that these digits stand for; None where they are none, or stand for no text."""
    try:
        return bytes.fromhex(text).decode()
    except ValueError:
        return None


def bodies(body: bytes) -> Iterator[Change]:
    """Yield what the body may have been."""

    def change(value: bytes, text: str) -> Change:
        return Change(value, Reason("body", text))

    if body.rstrip(b"\r\n") != body:
        yield change(body.rstrip(b"\r\n"), "the body has got a line's end behind it, as editors and shells add")
    yield change(body + b"\n", "the body has lost the line's end behind it")
    if b"\r\n" in body:
        yield change(body.replace(b"\r\n", b"\n"), "the line ends of the body were changed to CRLF")
    elif b"\n" in body:
        yield change(body.replace(b"\n", b"\r\n"), "the line ends of the body were changed from CRLF")
    if body.startswith(b"\xef\xbb\xbf"):
        yield change(body[3:], "the body has got a byte order mark before it")
    try:
        anew = list(_written(json.loads(body)))
    except (ValueError, RecursionError):
        return
    seen = {body}
    for written, how in anew:
        if written not in seen:
            seen.add(written)
            yield change(
                written,
                f"the body was parsed and written anew: the signature is right for the same JSON {how}. "
                "Check the bytes as they arrive, before anything parses them",
            )


def _written(value: object) -> Iterator[tuple[bytes, str]]:
    """Yield the usual ways to write a JSON value."""
    for ascii, order in itertools.product((False, True), (False, True)):
        for separators, indent, how in (
            ((",", ":"), None, "without spaces"),
            ((", ", ": "), None, "with a space behind each comma and colon"),
            ((",", ": "), 2, "indented by two spaces"),
            ((",", ": "), 4, "indented by four spaces"),
        ):
            words = [how]
            if ascii:
                words.append("with \\u escapes")
            if order:
                words.append("with its keys sorted")
            text = json.dumps(value, ensure_ascii=ascii, sort_keys=order, separators=separators, indent=indent)
            yield text.encode("utf-8", "surrogatepass"), ", ".join(words)


def queries(query: str) -> Iterator[Change]:
    """Yield what the query may have been."""

    def change(value: str, text: str) -> Change:
        return Change(value, Reason("query", text))

    if not query:
        return
    if html.unescape(query) != query:
        yield change(html.unescape(query), "the query holds &amp; for &: somebody took the address out of HTML")
    if "%25" in query:
        yield change(query.replace("%25", "%"), "the query was percent-encoded twice, by a proxy or a redirect")
    if "+" in query:
        yield change(query.replace("+", "%2B"), "a + in the query was written for %2B, and is read as a space")
    if "%20" in query:
        yield change(query.replace("%20", "%2B"), "a + in the query became a space on its way")
    pairs = query.split("&")
    unique = list(dict.fromkeys(pairs))
    if unique != pairs:
        yield change("&".join(unique), "parameters of the query are doubled: a proxy or the configured URL adds them")
    names: dict[str, str] = {}
    for pair in pairs:
        names.setdefault(pair.partition("=")[0].lower(), pair)
    if len(names) != len(unique):
        yield change(
            "&".join(names.values()),
            "a parameter of the query is there twice with different values: the configured URL has one of its own",
        )
