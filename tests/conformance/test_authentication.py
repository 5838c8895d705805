"""Whether a request is the vendor's: headers and parameters as they came, doubled ones included."""

from __future__ import annotations

import pytest

from webhook_kit import Dispatcher, Outcome

from .conftest import Seen, Serve
from .deliveries import APP, COMPLETED, NOW, SIGNATURE, URL_TOKEN, chat, join, meeting, room, room_query, signature
from .expected import MeetingBaaS, Tencent, VCaaS
from .wire import Sent


def test_a_request_without_a_signature_is_unauthenticated(serve: Serve, hooks: Dispatcher, seen: Seen) -> None:
    assert serve(hooks).post(Sent("/meeting-baas", COMPLETED)) == MeetingBaaS.UNAUTHENTICATED
    assert seen.outcomes == [Outcome.UNAUTHENTICATED]


@pytest.mark.parametrize(
    "value",
    [b"0" * 64, b"\xff\xfe", b"\xc3\xa9" * 32, b"sha256=00", b"x" * 10_000, b"a, b"],
    ids=["digest", "bytes", "utf-8", "prefix", "long", "list"],
)
def test_a_wrong_signature_is_forged(serve: Serve, hooks: Dispatcher, seen: Seen, value: bytes) -> None:
    sent = Sent("/meeting-baas", COMPLETED, headers=((SIGNATURE, value),))
    assert serve(hooks).post(sent) == MeetingBaaS.FORGED
    assert seen.outcomes == [Outcome.FORGED]


def test_a_signature_over_another_body_is_forged(serve: Serve, hooks: Dispatcher) -> None:
    assert serve(hooks).post(meeting().but(body=COMPLETED + b" ")) == MeetingBaaS.FORGED


def test_a_signature_by_another_secret_is_forged(serve: Serve, hooks: Dispatcher) -> None:
    assert serve(hooks).post(meeting(secret="another secret of the same length")) == MeetingBaaS.FORGED


def test_a_signature_header_given_twice_is_forged(serve: Serve, hooks: Dispatcher, seen: Seen) -> None:
    """Also where both are right: whoever sends two wants two parties to see different ones."""
    assert serve(hooks).post(meeting().with_headers(signature(COMPLETED))) == MeetingBaaS.FORGED
    assert seen.outcomes == [Outcome.FORGED]


@pytest.mark.parametrize("name", [b"x-meetingbaas-signature", b"X-MEETINGBAAS-SIGNATURE", b"x-MeetingBaaS-sigNATURE"])
def test_the_case_of_a_headers_name_does_not_matter(serve: Serve, hooks: Dispatcher, name: bytes) -> None:
    sent = Sent("/meeting-baas", COMPLETED, headers=((name, signature(COMPLETED)[1]),))
    assert serve(hooks).post(sent) == MeetingBaaS.SUCCESS


def test_a_repeated_header_that_decides_nothing_does_no_harm(serve: Serve, hooks: Dispatcher) -> None:
    sent = meeting().with_headers((b"X-Trace", b"a"), (b"x-trace", b"b"))
    assert serve(hooks).post(sent) == MeetingBaaS.SUCCESS


@pytest.mark.parametrize("seconds", [-61, 61])
def test_a_timestamp_outside_the_tolerance_is_stale_either_way(
    serve: Serve, hooks: Dispatcher, seen: Seen, seconds: int
) -> None:
    assert serve(hooks).post(chat(NOW + seconds)) == Tencent.STALE
    assert seen.outcomes == [Outcome.STALE]


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_timestamp_inside_the_tolerance_is_accepted(serve: Serve, hooks: Dispatcher, seconds: int) -> None:
    assert serve(hooks).post(chat(NOW + seconds)) == Tencent.SUCCESS


OURS = f"SdkAppid={APP}".encode()
LOWER = f"sdkappid={APP}".encode()
UPPER = f"SDKAPPID={APP}".encode()
ENCODED = f"%53dkAppid={APP}".encode()
OTHER = b"SdkAppid=1400000001"


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"SdkAppid=",
        OTHER,
        b"SdkAppid=%F0%9F%92%A9",
        b"SdkAppid=%EF%BC%91400000000",
        OURS + b"&" + OURS,
        OURS + b"&" + OTHER,
        OTHER + b"&" + OURS,
        OURS + b"&" + LOWER,
        LOWER + b"&" + UPPER,
        OURS + b"&" + ENCODED,
        ENCODED + b"&" + LOWER,
        OURS + b"&sdk%41ppid=" + str(APP).encode(),
    ],
)
def test_an_app_id_that_is_missing_or_doubled_or_not_ours_is_wrong(
    serve: Serve, hooks: Dispatcher, seen: Seen, query: bytes
) -> None:
    assert serve(hooks).post(room(room_query(query))) == Tencent.WRONG_APP
    assert seen.outcomes == [Outcome.WRONG_APP]


@pytest.mark.parametrize("query", [OURS, LOWER, UPPER, ENCODED])
def test_an_app_id_of_ours_is_accepted_in_any_spelling(serve: Serve, hooks: Dispatcher, query: bytes) -> None:
    assert serve(hooks).post(room(room_query(query))) == Tencent.SUCCESS


def test_a_token_in_the_address_is_compared(serve: Serve, hooks: Dispatcher) -> None:
    host = serve(hooks)
    token = f"token={URL_TOKEN}".encode()
    assert host.post(join(query=token)) == VCaaS.SUCCESS
    assert host.post(join(query=b"token=another-token-of-somebody")) == VCaaS.FORGED
    assert host.post(join(query=token + b"&" + token)) == VCaaS.FORGED
    assert host.post(join(query=token + b"&TOKEN=x")) == VCaaS.FORGED
    assert host.post(join(query=b"")) == VCaaS.UNAUTHENTICATED
    assert host.post(join(query=b"token=%FF%FE")) == VCaaS.FORGED
