"""Bodies: kept to the byte, bounded, whole."""

from __future__ import annotations

import gzip
import json

import pytest

from webhook_kit import Dispatcher, Outcome
from webhook_kit.providers.meeting_baas import MeetingBaaS as Provider

from .conftest import Seen, Serve
from .deliveries import COMPLETED, SECRET, meeting, room
from .expected import MeetingBaaS, Tencent

ODD = '{ "data" : {"bot_id":"b\\u006ft", "n": 1.0, "n": 1e2, "x":"é\\u00e9"},\r\n\t"event": "complete" }\n'.encode()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_the_signature_is_checked_over_the_very_bytes(
    serve: Serve, handled: Dispatcher, seen: Seen, chunked: bool
) -> None:
    assert serve(handled).post(meeting(ODD).but(chunked=chunked)) == MeetingBaaS.SUCCESS
    assert [delivery.request.body for delivery in seen.deliveries] == [ODD]


@pytest.mark.parametrize("body", [b"\xff\xfe{\x00}\x00", b'{"event":"\xe9"}', b"\x00", b"", b"[]", b"null", b"{"])
def test_a_signed_body_that_is_no_object_in_utf_8_is_malformed(
    serve: Serve, hooks: Dispatcher, seen: Seen, body: bytes
) -> None:
    assert serve(hooks).post(meeting(body)) == MeetingBaaS.MALFORMED
    assert seen.outcomes == [Outcome.MALFORMED]


def test_a_chunked_body_without_a_length_is_read(serve: Serve, handled: Dispatcher, seen: Seen) -> None:
    assert serve(handled).post(meeting().but(chunked=True)) == MeetingBaaS.SUCCESS
    assert seen.deliveries[0].request.headers.get("content-length") is None


def test_a_large_body_arrives_whole(serve: Serve, handled: Dispatcher, seen: Seen) -> None:
    body = json.dumps({"event": "complete", "data": {"bot_id": "b", "text": "é" * 200_000}}).encode()
    assert serve(handled).post(meeting(body)) == MeetingBaaS.SUCCESS
    assert seen.deliveries[0].request.body == body


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("over", [0, 1, 100])
def test_a_body_up_to_the_limit_is_read_and_no_more(serve: Serve, seen: Seen, chunked: bool, over: int) -> None:
    hooks = Dispatcher()
    hooks.add(Provider(secret=SECRET, max_body=len(COMPLETED) - over))
    hooks.observe(seen.records.append)
    expected = MeetingBaaS.TOO_LARGE if over else MeetingBaaS.SUCCESS
    assert serve(hooks).post(meeting().but(chunked=chunked)) == expected
    assert seen.outcomes == [Outcome.TOO_LARGE if over else Outcome.UNHANDLED]


def test_a_compressed_body_is_refused(serve: Serve, hooks: Dispatcher, seen: Seen) -> None:
    sent = meeting(gzip.compress(COMPLETED)).with_headers((b"Content-Encoding", b"gzip"))
    assert serve(hooks).post(sent) == MeetingBaaS.ENCODING
    assert seen.outcomes == [Outcome.UNSUPPORTED_ENCODING]


def test_an_encoding_that_changes_nothing_is_accepted(serve: Serve, hooks: Dispatcher) -> None:
    sent = meeting().with_headers((b"Content-Encoding", b"identity"))
    assert serve(hooks).post(sent) == MeetingBaaS.SUCCESS


@pytest.mark.parametrize("encodings", [(b"identity", b"identity"), (b"identity", b"gzip")], ids=["harmless", "gzip"])
def test_a_repeated_encoding_is_read_as_a_list(serve: Serve, hooks: Dispatcher, encodings: tuple[bytes, bytes]) -> None:
    sent = meeting().with_headers(*((b"Content-Encoding", value) for value in encodings))
    expected = MeetingBaaS.ENCODING if b"gzip" in encodings else MeetingBaaS.SUCCESS
    assert serve(hooks).post(sent) == expected


def test_a_body_that_says_it_is_over_the_limit_is_not_read(serve: Serve, seen: Seen) -> None:
    """Nothing of it ever arrives, and it is answered all the same."""
    hooks = Dispatcher()
    hooks.add(Provider(secret=SECRET, max_body=len(COMPLETED) - 1))
    host = serve(hooks)
    assert host.post(meeting().but(cut=0)) == (None if host.receives_first else MeetingBaaS.TOO_LARGE)


def test_a_request_that_its_parameters_rule_out_is_refused_without_its_body(serve: Serve, hooks: Dispatcher) -> None:
    host = serve(hooks)
    assert host.post(room(b"SdkAppid=1").but(cut=0)) == (None if host.receives_first else Tencent.WRONG_APP)


@pytest.mark.parametrize("cut", [0, 10])
def test_a_client_that_goes_away_before_its_body_has_arrived_reaches_no_handler(
    serve: Serve, handled: Dispatcher, seen: Seen, cut: int
) -> None:
    host = serve(handled)
    answered = host.post(meeting().but(cut=cut))
    assert (answered is not None) == host.answers_nobody
    assert (seen.events, seen.outcomes) == ([], [] if host.receives_first else [Outcome.CANCELLED])
    assert host.post(meeting()) == MeetingBaaS.SUCCESS
    assert (seen.events, seen.outcomes[-1]) == (["complete"], Outcome.PROCESSED)


@pytest.mark.parametrize(
    "kind", [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"text/plain"]
)
def test_a_body_is_read_whatever_its_type_says(serve: Serve, hooks: Dispatcher, kind: bytes) -> None:
    assert serve(hooks).post(meeting().but(kind=kind)) == MeetingBaaS.SUCCESS
