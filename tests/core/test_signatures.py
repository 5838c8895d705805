"""Verifiers, against their signers and against arbitrary bytes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from webhook_kit import Outcome, RawRequest, signatures
from webhook_kit.delivery import Refusal
from webhook_kit.signatures import (
    LONGEST_CREDENTIAL,
    Credential,
    HeaderHmac,
    HeaderSecret,
    QuerySecret,
    QueryTokenDigest,
    Signed,
    Verifier,
    fresh,
    hmac_sha256,
    only,
)

NOW = 1_700_000_000.0
SECRETS = ["the current secret, which is long", "the former secret, which is long", "пароль, который длинный"]
BODY = b'{"event":"x"}'

HMAC = HeaderHmac("X-Signature")
HEADER = HeaderSecret("X-Key")
QUERY = QuerySecret("token")
DIGEST = QueryTokenDigest(digest="Sign", timestamp="RequestTime", tolerance=60)
ALL = [HMAC, HEADER, QUERY, DIGEST]
NAMES = ["hmac", "header", "query", "digest"]

every_verifier = pytest.mark.parametrize("verifier", ALL, ids=NAMES)


def sent(signed: Signed, body: bytes = BODY) -> RawRequest:
    """Return the request that a client sends: header text goes out as latin-1."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in signed.headers]
    return RawRequest("POST", "/", headers=headers, query_string=urlencode(signed.query).encode(), body=body)


def verify(verifier: Verifier, request: RawRequest, secrets: Sequence[str] = SECRETS, now: float = NOW) -> int:
    credential = verifier.present(request, now)
    return verifier.match(credential, request.body, [verifier.prepare(secret) for secret in secrets])


def outcome(
    verifier: Verifier, request: RawRequest, secrets: Sequence[str] = SECRETS, now: float = NOW
) -> Outcome | int:
    try:
        return verify(verifier, request, secrets, now)
    except Refusal as refusal:
        return refusal.outcome


class TestSignerAndVerifier:
    """They are two sides of one thing."""

    @every_verifier
    @pytest.mark.parametrize("index", range(len(SECRETS)))
    def test_any_of_several_secrets_matches_and_is_told(self, verifier: Verifier, index: int) -> None:
        assert verify(verifier, sent(verifier.sign(SECRETS[index], BODY, now=NOW))) == index

    @every_verifier
    def test_of_equal_secrets_the_first_is_told(self, verifier: Verifier) -> None:
        request = sent(verifier.sign(SECRETS[0], BODY, now=NOW))
        assert verify(verifier, request, [SECRETS[1], SECRETS[0], SECRETS[0]]) == 1

    @every_verifier
    def test_another_secret_is_forged(self, verifier: Verifier) -> None:
        request = sent(verifier.sign("somebody else's secret", BODY, now=NOW))
        assert outcome(verifier, request) is Outcome.FORGED

    @every_verifier
    def test_no_secret_matches_nothing(self, verifier: Verifier) -> None:
        assert outcome(verifier, sent(verifier.sign(SECRETS[0], BODY, now=NOW)), []) is Outcome.FORGED

    @every_verifier
    def test_a_body_counts_exactly_where_the_verifier_says_so(self, verifier: Verifier) -> None:
        request = sent(verifier.sign(SECRETS[0], BODY, now=NOW), BODY + b" ")
        assert outcome(verifier, request) == (Outcome.FORGED if verifier.covers_body else 0)
        assert verifier.covers_body is (verifier is HMAC)

    @every_verifier
    @given(secret=some.text(min_size=1, max_size=40), body=some.binary(max_size=60))
    def test_what_the_signer_made_is_accepted(self, verifier: Verifier, secret: str, body: bytes) -> None:
        assume(secret.strip() == secret)
        assert verify(verifier, sent(verifier.sign(secret, body, now=NOW), body), [secret]) == 0

    def test_the_signatures_are_these(self) -> None:
        """Fixed: a change here breaks every deployment."""
        proof = "515aae133b435d4000956731f68ae5cf5eb85d4f0dc6a546d2bfcd3595ec1ae1"
        assert HMAC.sign("key", b"body", now=NOW) == Signed(headers=(("X-Signature", proof),))
        digest = "d4bb75503265f61164c4ccdf707c368edb4f892bc4397bab84508b6d33ff7194"
        assert DIGEST.sign("key", b"body", now=NOW + 0.9) == Signed(
            query=(("Sign", digest), ("RequestTime", "1700000000"))
        )
        assert HEADER.sign("key", b"body", now=NOW) == Signed(headers=(("X-Key", "key"),))
        assert QUERY.sign("key", b"body", now=NOW) == Signed(query=(("token", "key"),))


def of_headers(*pairs: tuple[str | bytes, str | bytes], query: bytes = b"") -> RawRequest:
    return RawRequest("POST", "/", headers=pairs, query_string=query, body=BODY)


def of_query(query: str | bytes) -> RawRequest:
    return RawRequest("POST", "/", query_string=query, body=BODY)


GOOD = hmac.new(SECRETS[0].encode(), BODY, "sha256").hexdigest()
SIGN = hashlib.sha256(SECRETS[0].encode() + b"1700000000").hexdigest()
TOKEN = urlencode({"token": SECRETS[0]})


class TestWhatIsMissing:
    """A credential that is not there is unauthenticated."""

    @pytest.mark.parametrize(
        ("verifier", "request_"),
        [
            (HMAC, of_headers()),
            (HMAC, of_headers(("X-Signature", ""))),
            (HMAC, of_headers(("X_Signature", GOOD))),
            (HMAC, of_query(f"X-Signature={GOOD}")),
            (HEADER, of_headers()),
            (HEADER, of_headers(("X-Key", b""))),
            (QUERY, of_query("")),
            (QUERY, of_query("token=")),
            (QUERY, of_query("token")),
            (QUERY, of_headers(("token", SECRETS[0]))),
            (DIGEST, of_query("")),
            (DIGEST, of_query(f"Sign={SIGN}")),
            (DIGEST, of_query(f"Sign={SIGN}&RequestTime=")),
            (DIGEST, of_query("RequestTime=1700000000")),
            (DIGEST, of_query("Sign=&RequestTime=1700000000")),
        ],
    )
    def test_it_is_unauthenticated(self, verifier: Verifier, request_: RawRequest) -> None:
        assert outcome(verifier, request_) is Outcome.UNAUTHENTICATED


class TestWhatIsWrong:
    """A credential that is there, and is not right, is forged."""

    @pytest.mark.parametrize(
        ("verifier", "request_"),
        [
            (HMAC, of_headers(("X-Signature", GOOD), ("X-Signature", GOOD))),
            (HMAC, of_headers(("X-Signature", GOOD), ("x-signature", "0" * 64))),
            (HMAC, of_headers(("X-Signature", GOOD), (b"X-SIGNATURE", b""))),
            (HMAC, of_headers(("X-Signature", f"{GOOD},{GOOD}"))),
            (HMAC, of_headers(("X-Signature", f"sha256={GOOD}"))),
            (HMAC, of_headers(("X-Signature", GOOD[:-1]))),
            (HMAC, of_headers(("X-Signature", GOOD + "0"))),
            (HMAC, of_headers(("X-Signature", " " + GOOD))),
            (HMAC, of_headers(("X-Signature", "\x00" + GOOD))),
            (HMAC, of_headers(("X-Signature", GOOD.replace("a", "а")))),
            (HMAC, of_headers(("X-Signature", b"\xff" * 64))),
            (HMAC, of_headers(("X-Signature", "\udcff"))),
            (HMAC, of_headers(("X-Signature", "0" * (LONGEST_CREDENTIAL + 1)))),
            (HEADER, of_headers(("X-Key", SECRETS[0]), ("x-key", SECRETS[0]))),
            (HEADER, of_headers(("X-Key", SECRETS[0].upper()))),
            (HEADER, of_headers(("X-Key", SECRETS[0][:-1]))),
            (HEADER, of_headers(("X-Key", b"\xff\xfe"))),
            (HEADER, of_headers(("X-Key", "ключ"))),
            (QUERY, of_query(f"{TOKEN}&{TOKEN}")),
            (QUERY, of_query(f"{TOKEN}&Token=x")),
            (QUERY, of_query(f"{TOKEN}&%74oken=x")),
            (QUERY, of_query(f"{TOKEN}x")),
            (QUERY, of_query(b"token=%ff%fe")),
            (QUERY, of_query(b"token=\xff\xfe")),
            (QUERY, of_query("token=%00")),
            (QUERY, of_query(f"token={'x' * (LONGEST_CREDENTIAL + 1)}")),
            (DIGEST, of_query(f"Sign={SIGN}&Sign={SIGN}&RequestTime=1700000000")),
            (DIGEST, of_query(f"Sign={SIGN}&sign={SIGN}&RequestTime=1700000000")),
            (DIGEST, of_query(f"Sign={SIGN}&RequestTime=1700000000&requesttime=1700000000")),
            (DIGEST, of_query(f"Sign={SIGN}&RequestTime=1700000001")),
            (DIGEST, of_query(f"Sign={SIGN[:-1]}&RequestTime=1700000000")),
            (DIGEST, of_query(f"Sign={'%ff' * 32}&RequestTime=1700000000")),
            (DIGEST, of_query(f"Sign={SIGN}&RequestTime=1.7e9")),
            (DIGEST, of_query(f"Sign={SIGN}&RequestTime=01700000000")),
        ],
    )
    def test_it_is_forged(self, verifier: Verifier, request_: RawRequest) -> None:
        assert outcome(verifier, request_) is Outcome.FORGED

    def test_a_credential_of_the_greatest_length_is_compared(self) -> None:
        secret = "x" * LONGEST_CREDENTIAL
        assert outcome(QUERY, of_query(f"token={secret}"), [secret]) == 0

    @pytest.mark.parametrize(
        ("verifier", "request_"),
        [
            (HMAC, of_headers(("x-signature", GOOD))),
            (HMAC, of_headers((b"X-SIGNATURE", GOOD.upper().encode()))),
            (QUERY, of_query(TOKEN.replace("token", "TOKEN"))),
            (QUERY, of_query(f"a=1&{TOKEN.replace('token', '%74%6fken')}&b=2")),
            (DIGEST, of_query(f"requesttime=1700000000&SIGN={SIGN.upper()}")),
        ],
    )
    def test_names_and_hexadecimal_digits_have_no_case(self, verifier: Verifier, request_: RawRequest) -> None:
        assert outcome(verifier, request_) == 0


class TestTimestamps:
    """Ten ASCII digits or so, near enough to now."""

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            (NOW - 60, 0),
            (NOW + 60, 0),
            (NOW + 59.999, 0),
            (NOW - 60.001, Outcome.STALE),
            (NOW + 60.001, Outcome.STALE),
            (NOW + 3600, Outcome.STALE),
            (0.0, Outcome.STALE),
        ],
    )
    def test_the_tolerance_counts_both_ways(self, now: float, expected: Outcome | int) -> None:
        request = sent(DIGEST.sign(SECRETS[0], BODY, now=NOW))
        assert outcome(DIGEST, request, now=now) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "1.7e9",
            "1700000000.0",
            "+1700000000",
            "-1700000000",
            " 1700000000",
            "1700000000\n",
            "1_700_000_000",
            "0x6553f100",
            "１７００００００００",
            "١٧٠٠٠٠٠٠٠٠",
            "1" * 13,
            "now",
            "\ud800",
        ],
    )
    def test_what_is_no_timestamp_is_forged(self, text: str) -> None:
        with pytest.raises(Refusal) as refused:
            fresh(text, now=NOW, tolerance=60)
        assert refused.value.outcome is Outcome.FORGED

    def test_the_text_is_kept_as_it_was_sent(self) -> None:
        assert fresh("01700000000", now=NOW, tolerance=60) == b"01700000000"

    def test_milliseconds_are_stale(self) -> None:
        with pytest.raises(Refusal) as refused:
            fresh("170000000000", now=NOW, tolerance=60)
        assert refused.value.outcome is Outcome.STALE


class TestOnly:
    """A security header or parameter occurs once."""

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ([], Outcome.UNAUTHENTICATED),
            ([""], Outcome.UNAUTHENTICATED),
            (["a", "a"], Outcome.FORGED),
            (["", "a"], Outcome.FORGED),
            (["a" * (LONGEST_CREDENTIAL + 1)], Outcome.FORGED),
            (["a"], "a"),
        ],
    )
    def test_it_is_so(self, values: list[str], expected: Outcome | str) -> None:
        try:
            found: Outcome | str = only(values)
        except Refusal as refusal:
            found = refusal.outcome
        assert found == expected


class TestComparison:
    """In constant time, of bytes, for every key."""

    @every_verifier
    @pytest.mark.parametrize("index", range(len(SECRETS)))
    def test_every_key_is_compared_by_the_library(
        self, verifier: Verifier, index: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared: list[tuple[bytes, bytes]] = []

        def compare(expected: bytes, given: bytes) -> bool:
            compared.append((expected, given))
            return hmac.compare_digest(expected, given)

        monkeypatch.setattr(signatures, "compare_digest", compare)
        assert verify(verifier, sent(verifier.sign(SECRETS[index], BODY, now=NOW))) == index
        assert len(compared) == len(SECRETS)
        assert {type(each) for pair in compared for each in pair} == {bytes}

    @every_verifier
    @pytest.mark.parametrize(("says", "expected"), [(False, Outcome.FORGED), (True, 0)])
    def test_nothing_else_decides(
        self, verifier: Verifier, says: bool, expected: Outcome | int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signatures, "compare_digest", lambda expected, given: says)
        secret = SECRETS[0] if not says else "somebody else's secret"
        assert outcome(verifier, sent(verifier.sign(secret, BODY, now=NOW))) == expected


# Right credentials, nearly right ones and arbitrary bytes, often enough in combinations that are accepted.
RIGHT_HEADERS = [(b"X-Signature", GOOD), (b"x-signature", GOOD.upper()), (b"X-Key", SECRETS[0]), (b"X-KEY", SECRETS[2])]
RIGHT_QUERY = [
    (b"Sign", SIGN),
    (b"sign", SIGN.upper()),
    (b"RequestTime", "1700000000"),
    (b"requesttime", "1699999941"),
    (b"RequestTime", "1600000000"),
    (b"token", SECRETS[0]),
    (b"%74oken", SECRETS[2]),
]
HEX = some.text(alphabet="0123456789abcdef", min_size=64, max_size=64).map(str.encode)
VALUES = HEX | some.binary(max_size=80)


def pairs_of(right: list[tuple[bytes, str]]) -> some.SearchStrategy[list[tuple[bytes, bytes]]]:
    names = sorted({name for name, _ in right})
    one_right = some.sampled_from([(name, value.encode()) for name, value in right])
    return some.lists(one_right, max_size=3, unique=True) | some.lists(
        one_right | some.tuples(some.sampled_from(names), VALUES), max_size=3
    )


HEADERS = pairs_of(RIGHT_HEADERS)
QUERIES = some.binary(max_size=60) | pairs_of(RIGHT_QUERY).map(
    lambda pairs: b"&".join(name + b"=" + quote_plus(value).encode() for name, value in pairs)
)
BODIES = some.just(BODY) | some.binary(max_size=40)


def values_in_headers(request: RawRequest, name: str) -> list[bytes]:
    return [value.encode("latin-1") for key, value in request.headers.pairs() if key.lower() == name]


def values_in_query(request: RawRequest, name: str) -> list[bytes]:
    decoded = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    return [value.encode() for key, value in decoded if key.lower() == name]


def hmac_says(request: RawRequest, key: bytes) -> bool:
    [given] = values_in_headers(request, "x-signature")
    return given.lower() == hmac.new(key, request.body, "sha256").hexdigest().encode()


def header_says(request: RawRequest, key: bytes) -> bool:
    return values_in_headers(request, "x-key") == [key]


def query_says(request: RawRequest, key: bytes) -> bool:
    return values_in_query(request, "token") == [key]


def digest_says(request: RawRequest, key: bytes) -> bool:
    [sign] = values_in_query(request, "sign")
    [seconds] = values_in_query(request, "requesttime")
    return sign.lower() == hashlib.sha256(key + seconds).hexdigest().encode() and abs(NOW - int(seconds)) <= 60


@pytest.mark.parametrize(
    ("verifier", "says"),
    [(HMAC, hmac_says), (HEADER, header_says), (QUERY, query_says), (DIGEST, digest_says)],
    ids=NAMES,
)
@given(headers=HEADERS, query=QUERIES, body=BODIES)
def test_arbitrary_bytes_are_refused_or_are_what_the_signer_made(
    verifier: Verifier,
    says: Callable[[RawRequest, bytes], bool],
    headers: list[tuple[bytes, bytes]],
    query: bytes,
    body: bytes,
) -> None:
    request = RawRequest("POST", "/", headers=headers, query_string=query, body=body)
    found = outcome(verifier, request)
    if isinstance(found, Outcome):
        assert found in {Outcome.UNAUTHENTICATED, Outcome.FORGED, Outcome.STALE}
    else:
        assert says(request, SECRETS[found].encode())


class TestHmac:
    @given(key=some.binary(max_size=200), content=some.binary(max_size=300))
    def test_it_is_that_of_the_standard_library(self, key: bytes, content: bytes) -> None:
        assert hmac_sha256(key, content) == hmac.digest(key, content, "sha256")

    @pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 128, 1000])
    def test_keys_around_the_length_of_a_block(self, length: int) -> None:
        key = bytes(range(256)) * 4
        assert hmac_sha256(key[:length], BODY) == hmac.digest(key[:length], BODY, "sha256")

    def test_threads_that_share_a_key_do_not_disturb_each_other(self) -> None:
        contents = [b"%d" % number * 3000 for number in range(200)]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(partial(hmac_sha256, b"a key that was not used before"), contents))
        assert found == [hmac.digest(b"a key that was not used before", each, "sha256") for each in contents]


@given(position=some.integers(0, 63), digit=some.sampled_from("0123456789abcdef"))
def test_any_other_digit_is_forged(position: int, digit: str) -> None:
    changed = GOOD[:position] + digit + GOOD[position + 1 :]
    assert outcome(HMAC, of_headers(("X-Signature", changed))) == (0 if changed == GOOD else Outcome.FORGED)


def test_neither_credentials_nor_signatures_are_shown() -> None:
    for holder in (Credential(GOOD.encode(), b"1700000000"), HMAC.sign(SECRETS[0], BODY, now=NOW), HMAC):
        for shown in (repr(holder), str(holder)):
            assert not [each for each in (GOOD, SECRETS[0], "1700000000") if each in shown]


def test_a_refusal_holds_nothing_but_its_outcome() -> None:
    with pytest.raises(Refusal) as refused:
        verify(HMAC, of_headers(("X-Signature", "0" * 64)))
    assert (str(refused.value), refused.value.args) == ("forged", ("forged",))
