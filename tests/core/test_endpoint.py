"""An endpoint: its path, its own answers, and the keys of its deliveries."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.core.plain import SECRET, Plain
from webhook_kit import ConfigurationError, Outcome, RawResponse
from webhook_kit.endpoint import Endpoint, checked_path
from webhook_kit.providers.base import Identity

PROVIDER = Plain(secret=SECRET)


def key(
    account: tuple[str, ...] = (),
    delivery_id: str | None = None,
    *,
    body: bytes = b"{}",
    path: str = "plain",
    namespace: str = "default",
) -> str:
    return Endpoint(PROVIDER, path, None, namespace).key(Identity(account, delivery_id), sha256(body).hexdigest())


class TestKey:
    """The same for every try of one delivery, different for any other."""

    def test_it_is_the_same_for_every_try(self) -> None:
        assert key(("14",), "msg_1") == key(("14",), "msg_1")
        assert key(("14",), body=b"{}") == key(("14",), body=b"{}")

    def test_deliveries_are_kept_apart_and_put_together_again(self) -> None:
        endpoint = Endpoint(PROVIDER, "plain", None, "default")
        own = endpoint.key(Identity(), "0")
        endpoint.keep_apart("of one test")
        assert endpoint.key(Identity(), "0") == Endpoint(PROVIDER, "plain", None, "of one test").key(Identity(), "0")
        endpoint.keep_apart("default")
        assert endpoint.key(Identity(), "0") == own

    def test_it_is_the_same_in_every_process_and_version(self) -> None:
        """A store outlives us: a change here runs every handler once more."""
        parts = b"7:default,5:plain,1:1,2:14,"
        of_body, of_id = sha256(parts + b"body").hexdigest()[:32], sha256(parts + b"id").hexdigest()[:32]
        assert key(("14",), body=b"{}") == of_body + sha256(b"{}").hexdigest()
        assert key(("14",), "msg_1") == of_id + sha256(b"msg_1").hexdigest()

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (key(("a", "bc")), key(("ab", "c"))),
            (key(("a", "")), key(("a",))),
            (key(("", "a")), key(("a", ""))),
            (key(()), key(("",))),
            (key(("a",)), key(("b",))),
            (key(path="ab", namespace="c"), key(path="b", namespace="ca")),
            (key(path="a"), key(path="b")),
            (key(namespace="a"), key(namespace="b")),
            (key(body=b"a"), key(body=b"b")),
            (key(delivery_id="a"), key(delivery_id="b")),
            (key(delivery_id="a", body=b"a"), key(body=b"a")),
            (key(delivery_id=""), key(body=b"")),
            (key(("a",), "b"), key((), "ab")),
            (key(("a",), body=b"b"), key(body=b"ab")),
        ],
    )
    def test_other_parts_give_another_key(self, one: str, other: str) -> None:
        assert one != other

    def test_with_a_delivery_id_the_body_does_not_count(self) -> None:
        """The vendor signs the id, and may write the body anew for each try."""
        assert key((), "msg_1", body=b"a") == key((), "msg_1", body=b"b")

    def test_it_is_what_every_store_can_keep(self) -> None:
        made = key(("ключ", "\ud800"), "x" * 10_000)
        assert made.isascii()
        assert len(made) <= 128

    PARTS = some.tuples(
        some.lists(some.text(alphabet="ab:\x00", max_size=3), max_size=3).map(tuple),
        some.none() | some.text(alphabet="abidoy:\x00", max_size=8),
        some.text(alphabet="ab:\x00", max_size=8).map(str.encode),
        some.text(alphabet="ab", min_size=1, max_size=2),
        some.text(alphabet="ab:", min_size=1, max_size=2),
    )

    @given(some.tuples(PARTS, PARTS) | PARTS.map(lambda parts: (parts, parts)))
    def test_two_keys_are_equal_exactly_if_all_that_counts_is(
        self, two: tuple[tuple[Any, ...], tuple[Any, ...]]
    ) -> None:
        one, other = two

        def counting(account: object, delivery_id: object, body: object, path: object, namespace: object) -> object:
            return account, delivery_id, body if delivery_id is None else None, path, namespace

        def made(account: tuple[str, ...], delivery_id: str | None, body: bytes, path: str, namespace: str) -> str:
            return key(account, delivery_id, body=body, path=path, namespace=namespace)

        assert (made(*one) == made(*other)) == (counting(*one) == counting(*other))


class TestPath:
    """Letters, digits and a few signs, in segments."""

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("rooms", "rooms"),
            ("/rooms/", "rooms"),
            ("a/b/c", "a/b/c"),
            ("v1.0/_x~y-z", "v1.0/_x~y-z"),
            ("...", "..."),
            (".well-known/hooks", ".well-known/hooks"),
        ],
    )
    def test_it_has_no_slashes_around_it(self, path: str, expected: str) -> None:
        assert checked_path(path) == expected

    @pytest.mark.parametrize(
        "path",
        [
            *("", "/", "a//b", "a b", "a\n", "a?b", "a#b", "a%20b", "ключ", "{tenant}", "<int:a>", "*"),
            *(None, 5, b"a"),
            *(".", "..", "a/..", "../a", "a/./b"),
        ],
    )
    def test_what_no_client_would_ask_for_as_written_is_refused(self, path: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"^path is .*; give letters, digits and any of .*such as path="):
            checked_path(path)


class TestOwnAnswers:
    """What a user answers instead."""

    def test_they_replace_those_outcomes_only(self) -> None:
        gone = RawResponse(410, [("x-own", "1")], b"gone")
        usual = Endpoint(PROVIDER, "plain", None, "default").answers
        own = Endpoint(PROVIDER, "plain", {Outcome.FORGED: gone}, "default").answers
        assert own[Outcome.FORGED] is gone
        assert {outcome for outcome in Outcome if own[outcome] != usual[outcome]} == {Outcome.FORGED}

    def test_an_outcome_may_be_written_as_its_value(self) -> None:
        gone = RawResponse(410)
        answers: Any = {"forged": gone}
        assert Endpoint(PROVIDER, "plain", answers, "default").answers[Outcome.FORGED] is gone

    @pytest.mark.parametrize(
        ("answers", "message"),
        [
            ({"forge": RawResponse(410)}, "answers maps an Outcome to a RawResponse; 'forge' is no outcome"),
            ({200: RawResponse(410)}, "200 is no outcome"),
            ({Outcome.FORGED: 410}, "answers maps an Outcome to a RawResponse, but has 410 for forged"),
            ({Outcome.FORGED: None}, "but has None for forged"),
            ([(Outcome.FORGED, RawResponse(410))], "answers maps an Outcome to a RawResponse, and is no list"),
            (RawResponse(410), "and is no RawResponse"),
        ],
    )
    def test_nothing_else_is_taken(self, answers: Any, message: str) -> None:
        with pytest.raises(ConfigurationError, match=message):
            Endpoint(PROVIDER, "plain", answers, "default")


def test_the_repr_names_path_and_provider() -> None:
    assert repr(Endpoint(PROVIDER, "doors", None, "default")) == "<Endpoint 'doors': plain>"
