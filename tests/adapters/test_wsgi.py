"""WSGI: environs as servers write them, and what passes through."""

from __future__ import annotations

import io
from typing import Any
from wsgiref.types import WSGIEnvironment

import pytest

from tests.conformance.deliveries import COMPLETED, meeting_baas, signature
from webhook_kit import Outcome, RawResponse
from webhook_kit.adapters import wsgi

from .conftest import Closing


def environ_of(stream: io.BytesIO | None = None, **changes: Any) -> WSGIEnvironment:
    """Return an environ with what the protocol requires; None as a value takes one away."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/meeting-baas",
        "CONTENT_LENGTH": str(len(COMPLETED)),
        "HTTP_X_MEETINGBAAS_SIGNATURE": signature(COMPLETED)[1].decode(),
        "wsgi.input": io.BytesIO(COMPLETED) if stream is None else stream,
    }
    environ.update(changes)
    return {name: value for name, value in environ.items() if value is not None}


def call(hooks: Closing, environ: WSGIEnvironment) -> tuple[str, bytes]:
    started: list[str] = []

    def start_response(status: str, *rest: Any) -> Any:
        started.append(status)

    body = b"".join(wsgi.application(hooks)(environ, start_response))
    return started[0], body


def outcomes(hooks: Closing) -> list[Outcome]:
    return [record.outcome for record in hooks.records]


def test_an_environ_with_everything_optional_left_out_is_answered(hooks: Closing) -> None:
    assert call(hooks, environ_of()) == ("200 OK", b'{"status":"success"}')
    [delivery] = hooks.deliveries
    assert (delivery.request.client, delivery.request.scheme, delivery.request.query_string) == (None, "http", b"")


def test_an_environ_without_a_path_is_not_found(hooks: Closing) -> None:
    assert call(hooks, environ_of(PATH_INFO=None))[0] == "404 Not Found"
    assert call(hooks, environ_of(PATH_INFO=""))[0] == "404 Not Found"


def test_an_empty_address_of_a_client_is_none(hooks: Closing) -> None:
    """Servers on a Unix socket know no address."""
    call(hooks, environ_of(REMOTE_ADDR=""))
    assert hooks.deliveries[0].request.client is None


def test_header_names_are_read_back_from_the_environ(hooks: Closing) -> None:
    call(hooks, environ_of(CONTENT_TYPE="application/json", HTTP_X_TWO_WORDS="caf\xe9"))
    headers = hooks.deliveries[0].request.headers
    assert headers.getlist("X-Two-Words") == ["caf\xe9"]
    assert headers.getlist("Content-Type") == ["application/json"]
    assert headers.getlist("Content-Length") == [str(len(COMPLETED))]
    assert headers.getlist("X_Two_Words") == [], "the name of another header, of which an environ keeps none"
    assert headers.pairs() == [
        ("X-MEETINGBAAS-SIGNATURE", signature(COMPLETED)[1].decode()),
        ("X-TWO-WORDS", "caf\xe9"),
        ("CONTENT-TYPE", "application/json"),
        ("CONTENT-LENGTH", str(len(COMPLETED))),
    ]


def test_a_length_that_a_server_writes_down_twice_is_found_twice(hooks: Closing) -> None:
    call(hooks, environ_of(HTTP_CONTENT_LENGTH="7"))
    assert hooks.deliveries[0].request.headers.getlist("content-length") == ["7", str(len(COMPLETED))]


@pytest.mark.parametrize("length", ["", None, "abc", "-1", "+5", "7_0", "１２"])
def test_without_a_length_nothing_is_read_from_a_stream_that_has_no_end(hooks: Closing, length: str | None) -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("a server's stream may block for ever here")

    assert call(hooks, environ_of(Endless(), CONTENT_LENGTH=length))[0] == "401 Unauthorized"
    assert outcomes(hooks) == [Outcome.FORGED]


def test_a_chunked_body_that_the_server_does_not_decode_is_told_to_the_operator(
    hooks: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    assert call(hooks, environ_of(CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked"))[0] == "401 Unauthorized"
    assert "a chunked body is lost: this server does not decode it" in caplog.text


def test_without_a_length_a_stream_that_ends_is_read(hooks: Closing) -> None:
    environ = environ_of(CONTENT_LENGTH=None) | {"wsgi.input_terminated": True}
    assert call(hooks, environ)[0] == "200 OK"


def test_a_length_counts_also_where_the_stream_ends_by_itself(hooks: Closing) -> None:
    environ = environ_of(io.BytesIO(COMPLETED + b"next")) | {"wsgi.input_terminated": True}
    assert call(hooks, environ)[0] == "200 OK"


def test_a_broken_connection_is_recorded_as_cancelled(hooks: Closing) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    call(hooks, environ_of(Broken()))
    assert outcomes(hooks) == [Outcome.CANCELLED]


def test_characters_that_no_server_writes_into_a_path_or_query_are_harmless(hooks: Closing) -> None:
    environ = environ_of(PATH_INFO="/meeting-baas\u20ac", QUERY_STRING="a=\u20ac")
    assert call(hooks, environ)[0] == "404 Not Found"


def test_a_status_without_a_name_has_an_empty_reason(hooks: Closing) -> None:
    own = Closing()
    own.add(meeting_baas(), answers={Outcome.UNAUTHENTICATED: RawResponse(499)})
    assert call(own, environ_of(HTTP_X_MEETINGBAAS_SIGNATURE=None))[0] == "499 "


@pytest.mark.parametrize("path", ["/", "", "/webhooksX", "/web", "/below/webhooks", "/WEBHOOKS/meeting-baas", None])
def test_what_is_not_ours_passes_as_the_very_same_objects(hooks: Closing, path: str | None) -> None:
    passed: list[Any] = []
    result = [b"a page"]

    def inner(*given: Any) -> list[bytes]:
        passed.extend(given)
        return result

    def start_response(*given: Any) -> Any:
        raise AssertionError("the application did not call it")

    environ = environ_of(PATH_INFO=path)
    before = dict(environ)
    assert wsgi.wrap(inner, hooks)(environ, start_response) is result
    assert passed[0] is environ
    assert passed[1] is start_response
    assert environ == before
    assert hooks.records == []


def test_the_headers_of_an_answer_can_be_changed_by_middleware_without_changing_the_next_one(hooks: Closing) -> None:
    seen: list[list[tuple[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        seen.append(list(headers))
        headers.clear()

    app = wsgi.application(hooks)
    for _ in range(2):
        app(environ_of(HTTP_X_MEETINGBAAS_SIGNATURE=None), start_response)
    assert seen[0] == seen[1] != []
