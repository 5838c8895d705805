"""Signed deliveries of Meeting BaaS, each of another event, as a server would hand them to an application."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from hmac import digest
from io import BytesIO
from itertools import count
from typing import Any, Final, NamedTuple, TypeAlias

from webhook_kit.http import RawRequest

SECRET: Final = "benchmark-secret-of-32-characters"
HEADER: Final = b"x-meetingbaas-signature"
PATH: Final = "/webhooks/meeting-baas"

ASGIScope: TypeAlias = dict[str, Any]
ASGIReceive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]


class Signed(NamedTuple):
    """A body and the hexadecimal proof of it."""

    body: bytes
    proof: str


_numbers = count()


def small() -> Signed:
    """Return a body of 190 bytes."""
    return _signed({"mp4": "https://storage.example.com/recordings/meeting.mp4"})


def sized(size: int) -> Signed:
    """Return the same with a longer address, in so many bytes."""
    address = "https://storage.example.com/recordings/.mp4"
    missing = size - len(_signed({"mp4": address}).body)
    return _signed({"mp4": address.replace(".mp4", f"{'m' * missing}.mp4")})


def transcript() -> Signed:
    """Return a body of 3 kB: a recording with what was said."""
    return _signed({"transcript": TRANSCRIPT, "speakers": ["Amira", "Bo"]})


def padded(size: int) -> Signed:
    """Return a body of about so many bytes, most of them what was said."""
    utterance = json.dumps(TRANSCRIPT[0], separators=(",", ":"))
    return _signed({"transcript": [TRANSCRIPT[0]] * max(1, size // (len(utterance) + 1))})


def asgi(deliveries: Iterator[Signed], number: int, path: str = PATH) -> list[tuple[ASGIScope, ASGIReceive]]:
    """Return so many requests as scopes and what receives their bodies."""
    return [
        (scope(path, headers_of(each)), receive(each.body)) for each, _ in zip(deliveries, range(number), strict=False)
    ]


def wsgi(deliveries: Iterator[Signed], number: int, path: str = PATH) -> list[dict[str, Any]]:
    """Return so many requests as environs."""
    return [_environ(each, path) for each, _ in zip(deliveries, range(number), strict=False)]


def raw(deliveries: Iterator[Signed], number: int, path: str = "/meeting-baas") -> list[RawRequest]:
    """Return so many requests as the dispatcher takes them."""
    return [
        RawRequest("POST", path, headers=headers_of(each), body=each.body)
        for each, _ in zip(deliveries, range(number), strict=False)
    ]


def headers_of(delivery: Signed) -> list[tuple[str | bytes, str | bytes]]:
    """Return the headers of a delivery, with those of a proxy in front of the application."""
    return [*unsigned_headers(delivery.body), (HEADER, delivery.proof.encode())]


def unsigned_headers(body: bytes) -> list[tuple[str | bytes, str | bytes]]:
    """Return what a sender and a proxy usually send, whoever signs."""
    return [
        (b"host", b"hooks.example.com"),
        (b"user-agent", b"axios/1.7.9"),
        (b"accept", b"application/json, text/plain, */*"),
        (b"accept-encoding", b"gzip, compress, deflate, br"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-forwarded-for", b"203.0.113.7"),
        (b"x-forwarded-proto", b"https"),
    ]


def _signed(data: Mapping[str, Any]) -> Signed:
    number = next(_numbers)
    event = {
        "event": "complete",
        "data": {
            "bot_id": f"5f0c1d4e-7a31-4c55-9d0e-{number:012x}",
            "event_uuid": sha256(b"%d" % number).hexdigest()[:36],
            **data,
        },
    }
    body = json.dumps(event, separators=(",", ":")).encode()
    return Signed(body, digest(SECRET.encode(), body, "sha256").hex())


def scope(path: str, headers: Sequence[tuple[str | bytes, str | bytes]]) -> ASGIScope:
    """Return what an ASGI server tells of a request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "POST",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "state": {},
    }


def receive(body: bytes) -> ASGIReceive:
    """Return what hands over a body that has arrived."""

    async def receive_all() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_all


def _environ(delivery: Signed, path: str) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(delivery.body),
        "wsgi.errors": None,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in headers_of(delivery):
        variable = bytes(name).decode().upper().replace("-", "_") if isinstance(name, bytes) else name
        prefix = "" if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_"
        environ[prefix + variable] = value.decode() if isinstance(value, bytes) else value
    return environ


TRANSCRIPT: Final = [
    {
        "speaker": speaker,
        "offset": float(minute),
        "start_time": float(minute),
        "end_time": minute + 9.5,
        "words": [
            {"start": minute + number / 2, "end": minute + number / 2 + 0.4, "word": word}
            for number, word in enumerate(["so", "that", "is", "what", "we", "agreed", "on", "last", "week"])
        ],
    }
    for minute, speaker in enumerate(["Amira", "Bo", "Amira", "Bo", "Amira", "Bo", "Amira"])
]
