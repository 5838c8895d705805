"""Standard Webhooks: the published vectors, two header families, lists of signatures, keys of two kinds."""

from __future__ import annotations

import builtins
import hmac
import json
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.providers.posting import (
    DUPLICATE,
    INVALID,
    MALFORMED,
    MISSING,
    NOW,
    PROCESSED,
    STALE,
    UNAVAILABLE,
    Desk,
    Driver,
    Payload,
    body_of,
    both_drivers,
)
from webhook_kit import ConfigurationError, Dispatcher, Event, Outcome, RawRequest, UnknownEvent, WeakSecretWarning
from webhook_kit.fields import Instant
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.standard_signatures import StandardSignatures


class UserCreated(Event):
    """A model of the user's own."""

    user_id: str
    created: Instant | None = None
    plan: str | None = None

    @property
    def occurred_at(self) -> datetime | None:
        return self.created


class UserDeleted(Event):
    """Another one."""

    user_id: str


EVENTS: dict[str, type[Event]] = {"user.created": UserCreated, "user.deleted": UserDeleted}
CREATED = {"type": "user.created", "user_id": "u1", "created": "2026-09-21T14:00:00Z"}
SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + b64encode(bytes(range(32, 64))).decode()
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
WHSK = "whsk_" + b64encode(PRIVATE.private_bytes_raw()).decode()
WHPK = "whpk_" + b64encode(PRIVATE.public_key().public_bytes_raw()).decode()
WEBHOOK = StandardSignatures("webhook")
SVIX = StandardSignatures("svix")
# Every v1 signature in this form is well formed, and none of them is right.
WRONG = "v1," + b64encode(bytes(32)).decode()


def provider(secret: Any = SECRET, **options: Any) -> StandardWebhooks:
    """Return a provider whose clock stands still."""
    keywords: dict[str, Any] = {"secret": secret, "events": EVENTS, "name": "acme", "clock": lambda: NOW, **options}
    return StandardWebhooks(**keywords)


def desk(secret: Any = SECRET, *, driver: Driver = "dispatch", **options: Any) -> Desk:
    """Return a desk for a sender of these tests."""
    return Desk(provider(secret, **options), driver=driver)


def signed(
    payload: Payload,
    secret: str = SECRET,
    *,
    family: Literal["webhook", "svix"] = "webhook",
    now: float = NOW,
    id: str = "msg_1",
) -> list[tuple[str, str]]:
    """Return the headers of a message."""
    return list(StandardSignatures(family).sign(secret, body_of(payload), now=now, id=id).headers)


def with_signature(headers: list[tuple[str, str]], value: str) -> list[tuple[str, str]]:
    """Return the headers with another list of signatures."""
    return [*headers[:-1], (headers[-1][0], value)]


# Published vectors.

KEYPAIR = "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
VECTORS = [
    pytest.param(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        id="the reference libraries",
    ),
    pytest.param(
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1649367553,
        b'{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        id="the Rust library",
    ),
    pytest.param(
        "whsec_plJ3nmyCDGBKInavdOK15jsl",
        "whsec_plJ3nmyCDGBKInavdOK15jsl",
        "msg_loFOjxBNrRLzqYUf",
        1731705121,
        b'{"event_type":"ping","data":{"success":true}}',
        "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        id="Svix's documentation",
        marks=pytest.mark.filterwarnings("ignore:secret has a key of 18 bytes"),
    ),
    pytest.param(
        "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
        f"whsk_{KEYPAIR}",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        id="the specification's v1a",
    ),
]


@pytest.mark.parametrize(("key", "signing_key", "id", "timestamp", "body", "signature"), VECTORS)
@both_drivers
def test_a_published_vector_is_accepted(
    key: str, signing_key: str, id: str, timestamp: int, body: bytes, signature: str, driver: Driver
) -> None:
    headers = [("webhook-id", id), ("webhook-timestamp", str(timestamp)), ("webhook-signature", signature)]
    receiver = desk(key, clock=lambda: timestamp, driver=driver)
    assert INVALID == receiver.sees(body + b" ", headers)
    assert INVALID == receiver.sees(body, [("webhook-id", id + "x"), *headers[1:]])
    assert PROCESSED == receiver.sees(body, headers)
    assert DUPLICATE == receiver.sees(body, headers)


@pytest.mark.parametrize(("key", "signing_key", "id", "timestamp", "body", "signature"), VECTORS)
def test_the_signer_makes_the_published_signature(
    key: str, signing_key: str, id: str, timestamp: int, body: bytes, signature: str
) -> None:
    assert (
        ("webhook-id", id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", signature),
    ) == WEBHOOK.sign(signing_key, body, now=timestamp, id=id).headers


# Headers.


@pytest.mark.parametrize("family", ["webhook", "svix"])
@both_drivers
def test_either_family_is_read(family: Literal["webhook", "svix"], driver: Driver) -> None:
    receiver = desk(driver=driver)
    assert PROCESSED == receiver.sees(CREATED, signed(CREATED, family=family))
    (event,) = receiver.events
    assert ("user.created", "acme") == (event.type, event.provider)


def test_names_of_headers_may_have_any_case() -> None:
    assert PROCESSED == desk().sees(CREATED, [(name.title(), value) for name, value in signed(CREATED)])


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_all_three_headers_are_needed(missing: int) -> None:
    headers = signed(CREATED)
    rest = headers[:missing] + headers[missing + 1 :]
    assert MISSING == desk().sees(CREATED, rest)
    assert MISSING == desk().sees(CREATED, [*rest, (headers[missing][0], "")])


@pytest.mark.parametrize("other", [0, 1, 2])
def test_all_three_headers_are_of_one_family(other: int) -> None:
    headers = signed(CREATED)
    headers[other] = signed(CREATED, family="svix")[other]
    assert MISSING == desk().sees(CREATED, headers)


@pytest.mark.parametrize("doubled", [0, 1, 2])
def test_a_header_given_twice_is_forged(doubled: int) -> None:
    headers = signed(CREATED)
    assert INVALID == desk().sees(CREATED, [*headers, headers[doubled]])
    assert INVALID == desk().sees(CREATED, [*headers, (headers[doubled][0].upper(), "")])


def test_the_id_that_counts_is_of_the_family_that_was_signed() -> None:
    """Nobody makes a new delivery of an old one by adding an id that no signature covers."""
    receiver = desk()
    headers = signed(CREATED, family="svix")
    assert PROCESSED == receiver.sees(CREATED, headers)
    assert DUPLICATE == receiver.sees(CREATED, [("webhook-id", "msg_2"), *headers])
    assert DUPLICATE == receiver.sees(CREATED, [("webhook-id", "msg_2"), ("webhook-timestamp", "0"), *headers])


@pytest.mark.parametrize("age", [300, -300, 0])
def test_five_minutes_are_fresh_both_ways(age: int) -> None:
    assert PROCESSED == desk().sees(CREATED, signed(CREATED, now=NOW + age))


@pytest.mark.parametrize("age", [301, -301, 86400, -NOW])
def test_more_than_five_minutes_are_stale_both_ways(age: float) -> None:
    assert STALE == desk().sees(CREATED, signed(CREATED, now=NOW + age))


@pytest.mark.parametrize(
    "spelling",
    [
        "{}.0",
        "{}.9",
        " {}",
        "{} ",
        "+{}",
        "-{}",
        "0x{}",
        "{}e0",
        "1_790_000_000",
        "１７９００００００0",
        "soon",
        "1.79e9",
    ],
)
def test_a_timestamp_is_nothing_but_ascii_digits(spelling: str) -> None:
    """Even where the signature covers exactly this text."""
    body = body_of(CREATED)
    timestamp = spelling.format(int(NOW))
    bound = b"msg_1." + timestamp.encode() + b"."
    proof = b64encode(hmac.digest(bytes(range(32)), bound + body, "sha256")).decode()
    headers = [("webhook-id", "msg_1"), ("webhook-timestamp", timestamp), ("webhook-signature", f"v1,{proof}")]
    assert INVALID == desk().sees(body, headers)


# Lists of signatures.


@pytest.mark.parametrize(
    "listed",
    [
        "{}",
        f"{WRONG} {{}}",
        f"{{}} {WRONG}",
        f"v2,abcd {{}} {WRONG}",
        " {} ",
        "{}  ",
        "v1 {}",
        "v1, {}",
        ",, {}",
        "x , {}",
        "v1,= {}",
        "v1,a,b {}",
        "v1,% {}",
        "v1,é {}",
        "v1a,AAAA {}",
        f"v1,{'A' * 3000} {{}}",
        "x " * 31 + "{}",
    ],
)
@both_drivers
def test_one_right_signature_is_enough_whatever_else_is_listed(listed: str, driver: Driver) -> None:
    headers = signed(CREATED)
    right = headers[-1][1]
    assert PROCESSED == desk(driver=driver).sees(CREATED, with_signature(headers, listed.format(right)))


@pytest.mark.parametrize(
    "listed",
    [
        WRONG,
        f"{WRONG} {WRONG}",
        "v1",
        "v1,",
        ",",
        " ",
        "{base64}",
        ",{base64}",
        "v2,{base64}",
        "v1a,{base64}",
        "V1,{base64}",
        "v1:{base64}",
        "v1,,{base64}",
        "v1,{base64},",
        "v1,{base64}=",
        "v1,{base64}x",
        "v1,x{base64}",
        "v1,{bare}",
        "v1,{lower}",
        "v1,{upper}",
        "v1,{hexadecimal}",
        "v1,\t{base64}",
        "v1,{base64}\x00",
        "x " * 32 + "v1,{base64}",
        "{long} v1,{base64}",
    ],
)
def test_what_is_no_right_signature_is_forged(listed: str) -> None:
    headers = signed(CREATED)
    base64 = headers[-1][1].removeprefix("v1,")
    value = listed.format(
        base64=base64,
        bare=base64.rstrip("="),
        lower=base64.lower(),
        upper=base64.upper(),
        hexadecimal=b64decode(base64).hex(),
        long="x" * 4096,
    )
    assert INVALID == desk().sees(CREATED, with_signature(headers, value))


def test_no_second_spelling_of_a_signature_is_taken() -> None:
    """Base64 leaves bits unused at its end, which decoders pass over."""
    for key, secret in ((SECRET, SECRET), (WHPK, WHSK)):
        headers = signed(CREATED, secret)
        stem, last = headers[-1][1].rstrip("=")[:-1], headers[-1][1].rstrip("=")[-1]
        padding = "=" * headers[-1][1].count("=")
        neighbour = chr(ord(last) + 1)
        assert INVALID == desk(key).sees(CREATED, with_signature(headers, stem + neighbour + padding))
        assert PROCESSED == desk(key).sees(CREATED, headers)


# Secrets.


@both_drivers
def test_any_of_several_secrets_matches_and_the_record_says_which(driver: Driver) -> None:
    for index, secret in enumerate((OTHER, SECRET, WHSK)):
        receiver = desk([OTHER, SECRET, WHPK], driver=driver)
        assert PROCESSED == receiver.sees(CREATED, signed(CREATED, secret))
        assert index == receiver.records[0].secret_index


def test_the_first_secret_that_matches_is_recorded() -> None:
    receiver = desk([OTHER, SECRET, SECRET])
    receiver.send(CREATED, with_signature(signed(CREATED), f"{signed(CREATED)[-1][1]} {signed(CREATED, OTHER)[-1][1]}"))
    assert [0] == [record.secret_index for record in receiver.records]


def test_the_prefix_may_be_left_out() -> None:
    bare = SECRET.removeprefix("whsec_")
    assert PROCESSED == desk(bare).sees(CREATED, signed(CREATED))
    assert signed(CREATED, bare) == signed(CREATED)


def test_the_padding_of_a_whole_key_may_be_left_out() -> None:
    assert PROCESSED == desk(SECRET.rstrip("=")).sees(CREATED, signed(CREATED))


@pytest.mark.parametrize(
    "secret",
    [
        "my-webhook-secret!",
        "w",
        "whsec_",
        "whsec_%",
        "whsec_wronglength",
        "hwsec_abcd",
        "whsec_YWJj\n",
        "whsec_ÿ",
        "====",
    ],
)
def test_a_secret_that_is_no_base64_is_refused(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="whsec_ followed by base64"):
        provider(secret)
    with pytest.raises(ConfigurationError, match="whsec_ followed by base64"):
        WEBHOOK.sign(secret, b"{}", now=NOW)
    assert UNAVAILABLE == desk(lambda: secret).sees(CREATED, signed(CREATED))


@pytest.mark.parametrize("secret", ["", " ", [], [""]])
def test_an_empty_secret_is_refused(secret: Any) -> None:
    with pytest.raises(ConfigurationError, match="secret is"):
        provider(secret)


def test_a_key_of_less_than_24_bytes_is_warned_about() -> None:
    with pytest.warns(WeakSecretWarning, match="secret has a key of 23 bytes; 24 random ones or more"):
        provider("whsec_" + b64encode(bytes(range(23))).decode())
    provider("whsec_" + b64encode(bytes(range(24))).decode())


def test_a_short_key_that_is_asked_for_warns_at_no_request() -> None:
    short = "whsec_" + b64encode(b"short").decode()
    assert PROCESSED == desk(lambda: short).sees(CREATED, signed(CREATED, short))


def test_a_sender_s_key_does_not_belong_to_a_receiver() -> None:
    with pytest.raises(ConfigurationError, match="give its whpk_ counterpart") as refusal:
        provider(WHSK)
    assert WHSK not in str(refusal.value)
    with pytest.raises(ConfigurationError, match="give its whsk_ counterpart"):
        WEBHOOK.sign(WHPK, b"{}", now=NOW)


@pytest.mark.parametrize("key", ["whpk_", "whpk_%", "whpk_" + "A" * 40, f"whpk_{KEYPAIR}"])
def test_a_public_key_is_32_bytes(key: str) -> None:
    with pytest.raises(ConfigurationError, match=r"whpk_ key is 32 bytes in base64|followed by base64"):
        provider(key)


def test_a_signing_key_is_32_bytes_or_64() -> None:
    pair = "whsk_" + b64encode(PRIVATE.private_bytes_raw() + PRIVATE.public_key().public_bytes_raw()).decode()
    assert signed(CREATED, WHSK) == signed(CREATED, pair)
    with pytest.raises(ConfigurationError, match="32 bytes in base64, or 64"):
        signed(CREATED, "whsk_" + b64encode(bytes(33)).decode())


@both_drivers
def test_ed25519_signatures_are_verified(driver: Driver) -> None:
    receiver = desk(WHPK, driver=driver)
    headers = signed(CREATED, WHSK)
    right = headers[-1][1]
    signature = right.removeprefix("v1a,")
    for wrong in (
        f"v1,{signature}",
        signature,
        right[:-4],
        right + "=",
        f"v1a,{b64encode(bytes(64)).decode()}",
        "v1a,AAAA",
        "v1a,%",
        "v1a,é",
        "v1a,",
        signed(CREATED)[-1][1],
    ):
        assert INVALID == receiver.sees(CREATED, with_signature(headers, wrong))
    assert INVALID == receiver.sees({**CREATED, "plan": "free"}, headers)
    assert PROCESSED == receiver.sees(CREATED, with_signature(headers, f"{WRONG} v1a,% {right}"))


def test_without_the_extra_a_public_key_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_cryptography(name: str, *arguments: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "cryptography":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_cryptography)
    for secret in (WHPK, [SECRET, WHPK]):
        with pytest.raises(ConfigurationError, match=r"pip install 'webhook-kit\[ed25519\]'"):
            provider(secret)
    with pytest.raises(ConfigurationError, match=r"pip install 'webhook-kit\[ed25519\]'"):
        WEBHOOK.sign(WHSK, b"{}", now=NOW)
    assert PROCESSED == desk().sees(CREATED, signed(CREATED)), "shared secrets need no extra"


# Events.


@both_drivers
def test_a_body_becomes_the_model_of_its_type(driver: Driver) -> None:
    receiver = desk(driver=driver)
    deleted = {"type": "user.deleted", "user_id": 7}
    assert PROCESSED == receiver.sees(CREATED, signed(CREATED))
    assert PROCESSED == receiver.sees(deleted, signed(deleted, id="msg_2"))
    created, gone = receiver.events
    assert isinstance(created, UserCreated)
    assert isinstance(gone, UserDeleted)
    assert ("u1", "7") == (created.user_id, gone.user_id)
    assert created.created == created.occurred_at is not None
    assert ["user.created", "user.deleted"] == [record.event_type for record in receiver.records]


def test_a_field_of_another_type_is_drift() -> None:
    receiver = desk()
    odd = {**CREATED, "plan": ["free"]}
    receiver.send(odd, signed(odd))
    (event,) = receiver.events
    assert isinstance(event, UserCreated)
    assert (None, {"plan": ["free"]}) == (event.plan, event.drift)


@pytest.mark.parametrize(
    ("payload", "type"),
    [
        ({}, "unknown"),
        ({"type": None}, "unknown"),
        ({"type": ["user.created"]}, "unknown"),
        ({"type": "user.renamed", "user_id": "u1"}, "user.renamed"),
        ({"type": "user.created"}, "user.created"),
        ({"type": "user.created", "user_id": None}, "user.created"),
    ],
)
def test_what_cannot_be_identified_is_an_unknown_event(payload: dict[str, Any], type: str) -> None:
    receiver = desk()
    assert PROCESSED == receiver.sees(payload, signed(payload))
    (event,) = receiver.events
    assert isinstance(event, UnknownEvent)
    assert (type, payload) == (event.type, event.payload)


@pytest.mark.parametrize("body", [b"", b"[]", b"not JSON", b"\xff\xfe", b'"text"'])
def test_what_is_no_json_object_is_malformed_once_it_is_verified(body: bytes) -> None:
    assert MALFORMED == desk().sees(body, signed(body))
    assert INVALID == desk().sees(body, signed(CREATED))


def test_the_type_may_stand_in_another_field() -> None:
    payload = {"event_type": "user.created", "type": "user.deleted", "user_id": "u1"}
    receiver = desk(type_field="event_type")
    receiver.send(payload, signed(payload))
    assert [UserCreated] == [type(event) for event in receiver.events]


def test_two_senders_have_names_and_paths_of_their_own() -> None:
    hooks = Dispatcher()
    hooks.add(provider(name="acme"))
    hooks.add(provider(OTHER, name="umbrella"))
    seen: list[tuple[str, str]] = []
    hooks.on("user.*", provider="umbrella")(lambda event, delivery: seen.append((event.provider, delivery.endpoint)))
    for path, secret in (("acme", SECRET), ("umbrella", OTHER)):
        body = json.dumps(CREATED).encode()
        assert 200 == hooks.dispatch(RawRequest("POST", f"/{path}", headers=signed(CREATED, secret), body=body)).status
    assert [("umbrella", "umbrella")] == seen
    assert "https://example.com/hooks/acme" == hooks.endpoints[0].provider.setup("https://example.com/hooks")["url"]


# Deliveries.


@both_drivers
def test_the_id_is_what_makes_two_messages_one(driver: Driver) -> None:
    receiver = desk(driver=driver)
    changed = {**CREATED, "plan": "free"}
    assert PROCESSED == receiver.sees(CREATED, signed(CREATED, id="msg_1"))
    assert DUPLICATE == receiver.sees(CREATED, signed(CREATED, id="msg_1", now=NOW + 60))
    assert DUPLICATE == receiver.sees(changed, signed(changed, id="msg_1"))
    assert PROCESSED == receiver.sees(CREATED, signed(CREATED, id="msg_2"))


def test_an_unverified_id_identifies_nothing() -> None:
    receiver = Desk(StandardWebhooks(events=EVENTS, unverified=True))
    assert PROCESSED == receiver.sees(CREATED, signed(CREATED, id="msg_1"))
    assert DUPLICATE == receiver.sees(CREATED, signed(CREATED, id="msg_2"))
    assert "standard-webhooks" == receiver.provider.path


def test_a_retry_comes_while_the_delivery_is_remembered() -> None:
    receiver = provider()
    assert 8 * 24 * 3600.0 == receiver.retention(UserDeleted(user_id="u1")) >= 2 * receiver.retry_horizon


def test_a_body_may_have_one_mebibyte() -> None:
    for size, status in ((1024 * 1024, 200), (1024 * 1024 + 1, 413)):
        body = body_of(CREATED).ljust(size)
        assert status == desk().send(body, signed(body)).status


def test_the_signer_makes_a_new_id_for_each_message() -> None:
    ids = {WEBHOOK.sign(SECRET, b"{}", now=NOW).headers[0][1] for _ in range(3)}
    assert 3 == len(ids)
    assert all(each.startswith("msg_") for each in ids)
    assert "svix-id" == SVIX.sign(SECRET, b"{}", now=NOW).headers[0][0]


# Set-up.


def test_without_a_secret_a_provider_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="StandardWebhooks has no check"):
        StandardWebhooks(events=EVENTS)


@pytest.mark.parametrize("events", [{}, None, [UserCreated], {"": UserCreated}, {7: UserCreated}])
def test_events_map_types_to_models(events: Any) -> None:
    with pytest.raises(ConfigurationError, match="events"):
        provider(events=events)


@pytest.mark.parametrize("model", [dict, "UserCreated", UserCreated(user_id="u1")])
def test_a_model_is_a_subclass_of_event(model: Any) -> None:
    with pytest.raises(ConfigurationError, match="give a subclass of Event"):
        provider(events={"user.created": model})


@pytest.mark.parametrize("keyword", ["name", "type_field"])
@pytest.mark.parametrize("value", ["", None, 7])
def test_names_are_text(keyword: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=keyword):
        provider(**{keyword: value})


def test_a_pattern_is_checked_against_the_user_s_types() -> None:
    hooks = Dispatcher()
    hooks.add(provider())
    hooks.on("user.renamed")(lambda event: None)
    with pytest.raises(ConfigurationError, match=r"did you mean 'user\.created'"):
        hooks.check()


def test_nothing_shown_holds_a_key() -> None:
    receiver = desk([SECRET, WHPK])
    receiver.send(CREATED, with_signature(signed(CREATED), WRONG))
    assert [Outcome.FORGED] == [record.outcome for record in receiver.records]
    shown = repr((receiver.provider, receiver.provider.secret, receiver.records))
    assert not any(key.partition("_")[2] in shown for key in (SECRET, WHPK))
