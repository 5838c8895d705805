"""The answers of design section 5, written once for all hosts."""

from __future__ import annotations

from .wire import Answer, answer

SAFE = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")]


def json(status: int, body: bytes) -> Answer:
    return answer(status, [("content-type", "application/json"), ("content-length", str(len(body))), *SAFE], body)


def text(status: int, body: bytes) -> Answer:
    kind = "text/plain; charset=utf-8"
    return answer(status, [("content-type", kind), ("content-length", str(len(body))), *SAFE], body)


NO_ENDPOINT = json(404, b'{"error":"Not found"}')


class MeetingBaaS:
    SUCCESS = json(200, b'{"status":"success"}')
    METHOD = json(405, b'{"error":"Method not allowed"}').with_header("allow", "POST")
    TOO_LARGE = json(413, b'{"error":"Body too large"}')
    ENCODING = json(415, b'{"error":"Unsupported content encoding"}')
    UNAUTHENTICATED = json(401, b'{"error":"Missing signature"}')
    FORGED = json(401, b'{"error":"Invalid signature"}')
    MALFORMED = json(400, b'{"error":"Malformed body"}')
    IN_FLIGHT = json(503, b'{"error":"In progress"}')
    FAILED = json(500, b'{"error":"Internal error"}')


class Tencent:
    SUCCESS = json(200, b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}')
    STALE = json(401, b'{"ActionStatus":"FAIL","ErrorInfo":"Invalid signature","ErrorCode":401}')
    WRONG_APP = json(403, b'{"ActionStatus":"FAIL","ErrorInfo":"Wrong application","ErrorCode":403}')
    MALFORMED = json(400, b'{"ActionStatus":"FAIL","ErrorInfo":"Malformed body","ErrorCode":400}')
    METHOD = json(405, b'{"ActionStatus":"FAIL","ErrorInfo":"Method not allowed","ErrorCode":405}').with_header(
        "allow", "POST"
    )
    FAILED = json(500, b'{"ActionStatus":"FAIL","ErrorInfo":"Internal error","ErrorCode":500}')


class VCaaS:
    SUCCESS = text(200, b"success")
    FORGED = text(401, b"Invalid signature")
    UNAUTHENTICATED = text(401, b"Missing signature")
    METHOD = text(405, b"Method not allowed").with_header("allow", "POST")
    FAILED = text(500, b"Internal error")
