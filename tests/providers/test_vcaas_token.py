"""HiLink VCaaS: who may send a push. The vendor sends no credential but the one that stands in the URL."""

from __future__ import annotations

import json
import logging
from urllib.parse import quote

import pytest

from webhook_kit import ConfigurationError, Dispatcher, Event, Outcome, RawRequest, RawResponse, Record
from webhook_kit.providers.vcaas import UserJoinLeave, VCaaS
from webhook_kit.providers.vcaas.samples import SAMPLES

TOKEN = "the-url-token-of-these-tests"
OTHER = "another-token-of-these-tests"
BODY = json.dumps(SAMPLES[UserJoinLeave]).encode()
PATHS = [
    "/vcaas",
    "/vcaas/user-join-leave",
    "/vcaas/meeting-start-end",
    "/vcaas/recording-start-end",
    "/vcaas/end-class-for-all",
]


class Site:
    """A dispatcher that serves one provider and keeps what its handler and its observer saw."""

    def __init__(self, provider: VCaaS) -> None:
        self.hooks = Dispatcher(idempotency=None)
        self.hooks.add(provider)
        self.events: list[Event] = []
        self.records: list[Record] = []
        self.hooks.on(Event)(self.events.append)
        self.hooks.observe(self.records.append)

    def post(self, query: str | bytes, path: str = "/vcaas") -> RawResponse:
        return self.hooks.dispatch(RawRequest("POST", path, query_string=query, body=BODY))


def sees(query: str | bytes, *, path: str = "/vcaas", token: str = TOKEN) -> tuple[int, bytes, Outcome, int]:
    """Return the answer to a query, its outcome, and how many events a handler saw."""
    site = Site(VCaaS(url_token=token))
    answer = site.post(query, path)
    (record,) = site.records
    return answer.status, answer.body, record.outcome, len(site.events)


MISSING = (401, b"Missing signature", Outcome.UNAUTHENTICATED, 0)
WRONG = (401, b"Invalid signature", Outcome.FORGED, 0)
RIGHT = (200, b"success", Outcome.PROCESSED, 1)


@pytest.mark.parametrize("path", PATHS)
def test_the_token_admits_on_every_route(path: str) -> None:
    assert RIGHT == sees(f"token={TOKEN}", path=path)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["", "meeting=1", "toke=x", f"tokens={TOKEN}", f"={TOKEN}", TOKEN])
def test_a_missing_token_is_unauthenticated(path: str, query: str) -> None:
    assert MISSING == sees(query, path=path)


@pytest.mark.parametrize("query", ["token=", "token", "token=&meeting=1"])
def test_an_empty_token_is_unauthenticated(query: str) -> None:
    assert MISSING == sees(query)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "given",
    [OTHER, TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f"%20{TOKEN}", f"{TOKEN}%00", f"{TOKEN}%0A", "x" * 100_000],
    ids=["other", "shorter", "longer", "upper case", "space before", "nul after", "newline after", "huge"],
)
def test_a_wrong_token_is_forged(path: str, given: str) -> None:
    assert WRONG == sees(f"token={given}", path=path)


@pytest.mark.parametrize("name", ["token", "Token", "TOKEN", "%74oken", "t%6Fken", "%54OKEN"])
@pytest.mark.parametrize("second", [TOKEN, OTHER, ""])
def test_a_doubled_token_is_forged(name: str, second: str) -> None:
    """Also in another case or percent-encoded, and whichever of the two is right."""
    assert WRONG == sees(f"token={TOKEN}&{name}={second}")
    assert WRONG == sees(f"{name}={second}&token={TOKEN}")


@pytest.mark.parametrize(
    "query",
    ["token=%E2%98%83", "token=%FF%FE", b"token=\xff\xfe", "token=☃", "token=%ED%A0%80", "token=%", "token=%zz"],
)
def test_a_token_of_other_characters_than_ascii_is_forged(query: str | bytes) -> None:
    assert WRONG == sees(query)


def test_a_token_of_full_width_letters_is_not_the_plain_one() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN)
    assert WRONG == sees(f"token={quote(wide)}")


def test_a_token_of_any_characters_admits_as_setup_writes_it() -> None:
    provider = VCaaS(url_token="schöner + geheimer & langer Schlüssel ☃")
    query = provider.setup("https://example.com")["callbackUrl"].partition("?")[2]
    assert 200 == Site(provider).post(query).status


def test_a_token_in_a_header_is_no_token() -> None:
    site = Site(VCaaS(url_token=TOKEN))
    answer = site.hooks.dispatch(RawRequest("POST", "/vcaas", headers=[("token", TOKEN)], body=BODY))
    assert (401, b"Missing signature") == (answer.status, answer.body)


def test_any_of_several_tokens_admits_and_the_record_says_which() -> None:
    site = Site(VCaaS(url_token=[TOKEN, OTHER]))
    statuses = [site.post(f"token={token}").status for token in (TOKEN, OTHER, "neither-of-the-two-tokens")]
    assert ([200, 200, 401], [0, 1, None]) == (statuses, [record.secret_index for record in site.records])


def test_a_token_can_be_asked_for_at_each_request() -> None:
    def token_of(request: RawRequest) -> str:
        return OTHER if request.query.get("school") == "other" else TOKEN

    site = Site(VCaaS(url_token=token_of))
    queries = [f"token={TOKEN}", f"token={OTHER}&school=other", f"token={TOKEN}&school=other"]
    assert [200, 200, 401] == [site.post(query).status for query in queries]


def test_a_refused_push_is_refused_before_its_body_is_read() -> None:
    hooks = Dispatcher()
    hooks.add(VCaaS(url_token=TOKEN))
    read: list[int] = []

    def reader(limit: int) -> bytes:
        read.append(limit)
        return BODY

    statuses = [
        hooks.dispatch(RawRequest("POST", "/vcaas", query_string=f"token={token}"), read=reader).status
        for token in (OTHER, TOKEN)
    ]
    assert ([401, 200], [8 * 1024 * 1024]) == (statuses, read)


def test_no_log_line_holds_the_token_or_the_payload(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "webhook_kit"):
        for query in (f"token={TOKEN}", f"token={OTHER}", ""):
            sees(query)
    assert 3 == len(caplog.messages)
    for secret in (TOKEN, OTHER, "algebra-7b"):
        assert secret not in caplog.text


def test_a_provider_without_any_check_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"give url_token= .not None., or write unverified=True"):
        VCaaS()


@pytest.mark.parametrize("token", ["", "   ", [], ["", TOKEN]])
def test_an_empty_token_is_refused_at_construction(token: str | list[str]) -> None:
    with pytest.raises(ConfigurationError, match="url_token"):
        VCaaS(url_token=token)


def test_an_unknown_keyword_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'url_token'"):
        VCaaS(token=TOKEN)  # type: ignore[call-arg]  # what this test is about


def test_unverified_receives_whatever_comes() -> None:
    site = Site(VCaaS(unverified=True))
    assert [200, 200] == [site.post(query).status for query in ("", f"token={OTHER}")]


def test_neither_a_repr_shows_the_token() -> None:
    provider = VCaaS(url_token=TOKEN)
    assert TOKEN not in repr(provider) + repr(provider.secret) + repr(vars(provider))
