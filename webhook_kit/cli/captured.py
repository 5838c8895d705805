"""A request that was captured in a file: as it goes over the wire, or as JSON."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Any, Final
from urllib.parse import urlsplit

from webhook_kit.http import RawRequest

HELP: Final = (
    "a captured request is what goes over the wire (POST /path?query HTTP/1.1, headers, an empty line, the body), or "
    'JSON: {"method": "POST", "url": "/path?query", "headers": {...}, "body": "..."}'
)
_START = re.compile(rb"([A-Z]+) (\S+)(?: HTTP/[0-9.]+)?\s*", re.ASCII)


class Unreadable(ValueError):
    """Say that a file holds no request."""


def read_request(content: bytes) -> RawRequest:
    """Return the request in a file; raise :class:`Unreadable` where there is none. Its path is as it was sent."""
    if content.lstrip().startswith(b"{"):
        return _of_json(content)
    start, _, rest = content.lstrip(b"\r\n").partition(b"\n")
    match = _START.fullmatch(start.rstrip(b"\r"))
    if match is None:
        raise Unreadable(HELP)
    # The first empty line ends the headers; what follows is the body, byte for byte.
    end = re.search(rb"(?:^|\n)\r?\n", rest)
    head, body = (rest, b"") if end is None else (rest[: end.start()], rest[end.end() :])
    headers = []
    for number, line in enumerate(head.splitlines(), 2):
        name, colon, value = line.partition(b":")
        if not colon or not name.strip():
            # It is not shown: it may be the secret.
            raise Unreadable(f"line {number} is no header: {HELP}")
        headers.append((name.strip().decode("latin-1"), value.strip().decode("latin-1")))
    return _request(match[1].decode(), match[2].decode("latin-1"), headers, body)


def _of_json(content: bytes) -> RawRequest:
    try:
        given = json.loads(content)
        headers = given.get("headers", {})
        pairs = list(headers.items()) if isinstance(headers, dict) else [tuple(pair) for pair in headers]
        if not all(isinstance(text, str) for pair in pairs for text in pair) or any(len(pair) != 2 for pair in pairs):
            raise TypeError
        url = given.get("url", given.get("path", "/"))
        query, method = given.get("query"), given.get("method", "POST")
        if not isinstance(method, str):
            raise TypeError
        return _request(method, url if query is None else f"{url}?{query}", pairs, _body(given))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Unreadable(HELP) from None


def _body(given: dict[str, Any]) -> bytes:
    encoded, text = given.get("body_base64"), given.get("body", "")
    if encoded is not None:
        return b64decode(encoded, validate=True)
    return json.dumps(text).encode() if not isinstance(text, str) else text.encode()


def _request(method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> RawRequest:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Unreadable(HELP) from None
    return RawRequest(method, parts.path or "/", query_string=parts.query, headers=headers, body=body)
