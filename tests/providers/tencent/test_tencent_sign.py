"""``Sign`` and ``RequestTime``: the SHA-256 of the token followed by unix seconds."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

import pytest

from webhook_kit import Outcome, RawRequest, WeakSecretWarning
from webhook_kit.providers.tencent import GroupOnMemberStateChange, TencentCall, TencentChat, TencentLive, TencentRoom
from webhook_kit.providers.tencent.provider import SIGN, TencentProvider
from webhook_kit.providers.tencent.samples import SAMPLES

from .sending import APP, TOKEN, Desk, Driver, failure, query_of

STATE = "Group.CallbackOnMemberStateChange"
OFFLINE = SAMPLES[GroupOnMemberStateChange]
NOW = 1_700_000_000


def sign(seconds: str | int = NOW, token: str = TOKEN) -> str:
    """Return the vendor's digest."""
    return sha256(f"{token}{seconds}".encode()).hexdigest()


def outcome_of(parameters: str, *, now: float = NOW, driver: Driver = "dispatch") -> Outcome:
    """Return what becomes of a request with these parameters beside the usual ones."""
    desk = Desk(TencentChat(sdk_app_id=APP, token=TOKEN, clock=lambda: now), driver=driver)
    response = desk.post(OFFLINE, query=f"{query_of(STATE)}&{parameters}")
    [outcome] = desk.outcomes
    assert (outcome is Outcome.PROCESSED) == (response.status == 200) == bool(desk.events)
    return outcome


def test_the_published_vector_is_accepted(driver: Driver) -> None:
    with pytest.warns(WeakSecretWarning, match="token"):
        provider = TencentChat(sdk_app_id=APP, token="xxxxyyyy", clock=lambda: 1669872112.0)
    desk = Desk(provider, driver=driver)
    digest = "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061"
    assert 200 == desk.post(OFFLINE, query=query_of(STATE, Sign=digest, RequestTime="1669872112")).status
    assert 0 == desk.records[0].secret_index


def test_a_signed_request_is_processed(driver: Driver) -> None:
    assert Outcome.PROCESSED == outcome_of(f"Sign={sign()}&RequestTime={NOW}", driver=driver)


def test_the_signer_makes_what_the_verifier_takes() -> None:
    query = "&".join(f"{name}={value}" for name, value in SIGN.sign(TOKEN, b"", now=NOW).query)
    assert Outcome.PROCESSED == outcome_of(query)


@pytest.mark.parametrize("age", [60, 59.9, 0, -59.9, -60])
def test_a_minute_is_fresh_both_ways(age: float) -> None:
    assert Outcome.PROCESSED == outcome_of(f"Sign={sign()}&RequestTime={NOW}", now=NOW + age)


@pytest.mark.parametrize("age", [60.1, 61, 3600, -60.1, -3600])
def test_more_than_a_minute_is_stale_both_ways(age: float) -> None:
    assert Outcome.STALE == outcome_of(f"Sign={sign()}&RequestTime={NOW}", now=NOW + age)


def test_names_and_digits_are_read_in_any_case() -> None:
    assert Outcome.PROCESSED == outcome_of(f"sign={sign().upper()}&REQUESTTIME={NOW}")


@pytest.mark.parametrize(
    "parameters",
    ["", f"Sign={sign()}", f"RequestTime={NOW}", f"Sign=&RequestTime={NOW}", f"Sign={sign()}&RequestTime="],
)
def test_without_either_of_the_two_it_is_unauthenticated(parameters: str, driver: Driver) -> None:
    assert Outcome.UNAUTHENTICATED == outcome_of(parameters, driver=driver)


@pytest.mark.parametrize(
    "seconds",
    [
        "1.7e9",
        "+1700000000",
        "-1700000000",
        " 1700000000",
        "1700000000 ",
        "1_700_000_000",
        "17000000000000",
        "0x6553f100",
        "１７００００００００",
        "1700000000\n",
        "1700000000.0",
        "now",
    ],
)
def test_a_time_that_is_not_plain_digits_is_forged(seconds: str) -> None:
    assert Outcome.FORGED == outcome_of(f"Sign={sign(seconds)}&RequestTime={quote(seconds)}")


@pytest.mark.parametrize(
    "digest",
    [
        sign(token="another token of ours"),
        sign(NOW + 1),
        sign()[:-1],
        sign() + "0",
        sign()[:-1] + "%EF%BC%90",
        "%FF%FE",
        "%00",
        "\u00e9" * 64,
        "0" * 100_000,
    ],
)
def test_a_sign_that_does_not_match_is_forged(digest: str, driver: Driver) -> None:
    assert Outcome.FORGED == outcome_of(f"Sign={digest}&RequestTime={NOW}", driver=driver)


@pytest.mark.parametrize(
    "parameters",
    [
        f"Sign={sign()}&Sign={sign()}&RequestTime={NOW}",
        f"Sign={sign()}&sign={sign()}&RequestTime={NOW}",
        f"Sign={sign()}&%53ign={sign()}&RequestTime={NOW}",
        f"Sign={sign()}&RequestTime={NOW}&RequestTime={NOW}",
        f"Sign={sign()}&RequestTime={NOW}&requesttime={NOW}",
    ],
)
def test_a_doubled_parameter_is_forged(parameters: str) -> None:
    assert Outcome.FORGED == outcome_of(parameters)


def test_refusals_do_not_say_what_was_wrong() -> None:
    desk = Desk(TencentChat(sdk_app_id=APP, token=TOKEN, clock=lambda: NOW))
    forged = desk.post(OFFLINE, query=query_of(STATE, Sign="0" * 64, RequestTime=str(NOW)))
    stale = desk.post(OFFLINE, query=query_of(STATE, Sign=sign(1), RequestTime="1"))
    missing = desk.post(OFFLINE, query=query_of(STATE))
    assert (401, failure(401, "Invalid signature")) == (forged.status, forged.body) == (stale.status, stale.body)
    assert (401, failure(401, "Missing signature")) == (missing.status, missing.body)


@pytest.mark.parametrize("token", [TOKEN, "the token that comes next"])
def test_while_the_token_is_changed_both_are_taken(token: str) -> None:
    provider = TencentChat(sdk_app_id=APP, token=(TOKEN, "the token that comes next"), clock=lambda: NOW)
    desk = Desk(provider)
    query = query_of(STATE, Sign=sign(token=token), RequestTime=str(NOW))
    assert 200 == desk.post(OFFLINE, query=query).status
    assert (token != TOKEN) == desk.records[0].secret_index


def test_the_wrong_app_is_told_before_the_sign_is_looked_at() -> None:
    desk = Desk(TencentChat(sdk_app_id=APP, token=TOKEN, clock=lambda: NOW))
    assert 403 == desk.post(OFFLINE, query=query_of(STATE, SdkAppid="1")).status


def test_a_request_that_is_not_signed_is_refused_before_its_body_is_read() -> None:
    desk = Desk(TencentChat(sdk_app_id=APP, token=TOKEN, clock=lambda: NOW))

    def read(limit: int) -> bytes | None:
        raise AssertionError("the body was read")

    assert (
        401 == desk.hooks.dispatch(RawRequest("POST", "/tencent-chat", query_string=query_of(STATE)), read=read).status
    )


@pytest.mark.parametrize("product", [TencentRoom, TencentLive, TencentCall])
def test_the_other_products_check_it_where_a_token_is_given(product: type[TencentProvider]) -> None:
    desk = Desk(product(sdk_app_id=APP, token=TOKEN, clock=lambda: NOW))
    assert 401 == desk.post(OFFLINE, STATE).status
    assert 200 == desk.post(OFFLINE, query=query_of(STATE, Sign=sign(), RequestTime=str(NOW))).status
