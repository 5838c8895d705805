"""Secrets: fixed, several of them, or asked for."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.core.plain import Plain
from webhook_kit import ConfigurationError, Outcome, RawRequest, WeakSecretWarning
from webhook_kit.delivery import Refusal
from webhook_kit.secret import Secret

FIRST = "the first secret of them all"
SECOND = "the second secret of them all"


def secret(source: Any, prepare: Callable[[str], bytes] = str.encode, **options: Any) -> Secret:
    return Secret(source, name="token", prepare=prepare, **options)


class TestFixed:
    """Given as text."""

    def test_one_text(self) -> None:
        made = secret(FIRST)
        assert (made.prepared, made.text(), made.source) == ((FIRST.encode(),), FIRST, None)

    @pytest.mark.parametrize("several", [[FIRST, SECOND], (FIRST, SECOND), iter([FIRST, SECOND])])
    def test_several_texts_keep_their_order(self, several: Any) -> None:
        made = secret(several)
        assert (made.prepared, made.text()) == ((FIRST.encode(), SECOND.encode()), FIRST)

    def test_a_text_is_prepared_once(self) -> None:
        assert secret(FIRST, lambda text: text.upper().encode()).prepared == (FIRST.upper().encode(),)

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("", "token is empty; set it, or write unverified=True to receive without a check"),
            (" \t\n", "token is empty; set it"),
            ([FIRST, ""], "token is empty; set it"),
            ([], "token is an empty sequence; give at least one secret"),
            (None, "token is text, a sequence of texts, or a callable that returns either"),
            (5, "token is text, a sequence of texts"),
            (FIRST.encode(), "token is text, a sequence of texts"),
            (bytearray(16), "token is text, a sequence of texts"),
            ({"current": FIRST}, "token is text, a sequence of texts"),
            ([FIRST.encode()], r"token holds a bytes; give text, for bytes write \.decode\(\)"),
            ([FIRST, None], "token holds a NoneType; give text"),
            (FIRST + "\udcff", "token holds bytes that are no UTF-8 text; read it with its encoding"),
        ],
    )
    def test_what_is_no_secret_is_refused(self, source: Any, message: str) -> None:
        with pytest.raises(ConfigurationError, match=message) as refused:
            secret(source)
        assert FIRST not in str(refused.value)

    def test_what_cannot_be_prepared_is_refused(self) -> None:
        def prepare(text: str) -> bytes:
            raise ConfigurationError("copy it whole")

        with pytest.raises(ConfigurationError, match="copy it whole"):
            secret(FIRST, prepare)


class TestWarnings:
    """Accepted, but weak."""

    @pytest.mark.parametrize("length", [1, 15])
    def test_a_short_one(self, length: int) -> None:
        message = f"token has {length} characters; 16 random ones or more cannot be guessed"
        with pytest.warns(WeakSecretWarning, match=message):
            secret("x" * length)

    def test_sixteen_characters_are_enough(self) -> None:
        assert secret("x" * 16).prepared == (b"x" * 16,)
        assert Plain(secret="x" * 16).secret is not None
        with pytest.warns(WeakSecretWarning, match="secret has 15 characters"):
            Plain(secret="x" * 15)

    def test_a_key_that_is_shorter_than_its_text(self) -> None:
        message = "token has a key of 3 bytes; 24 random ones or more cannot be guessed"
        with pytest.warns(WeakSecretWarning, match=message):
            secret(FIRST, lambda text: b"key", shortest=24)

    @pytest.mark.parametrize("text", [FIRST + "\n", " " + FIRST, FIRST + " "])
    def test_white_space_around_it(self, text: str) -> None:
        with pytest.warns(WeakSecretWarning, match=r"token has white space around it; if it was read .* write \.strip"):
            assert secret(text).prepared == (text.encode(),)

    @pytest.mark.parametrize("text", ["short", FIRST + " "])
    def test_the_warning_points_at_the_users_line(self, text: str) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            Plain(secret=text)
        assert [warning.filename for warning in caught] == [__file__]

    def test_it_does_not_hold_the_secret(self) -> None:
        with pytest.warns(WeakSecretWarning) as caught:
            secret(["hunter2 ", FIRST])
        assert not [warning for warning in caught if "hunter2" in str(warning.message)]


class TestAsked:
    """Given as a callable."""

    def test_it_is_not_asked_at_construction(self) -> None:
        made = secret(lambda: pytest.fail("asked too early"))
        assert made.prepared is None

    @pytest.mark.parametrize("answer", [FIRST, [FIRST], (FIRST,)])
    def test_its_answer_is_prepared(self, answer: Any) -> None:
        assert secret(lambda: answer).asked(answer) == (FIRST.encode(),)

    def test_several_in_an_answer_keep_their_order(self) -> None:
        assert secret(lambda: FIRST).asked([SECOND, FIRST]) == (SECOND.encode(), FIRST.encode())

    def test_it_may_take_the_request(self) -> None:
        def of_tenant(request: RawRequest) -> str:
            return FIRST

        request = RawRequest("POST", "/")
        sources = [secret(of_tenant).source, secret(lambda: FIRST).source]
        assert [source and source.arguments(request) for source in sources] == [(request,), ()]

    def test_it_takes_nothing_else(self) -> None:
        with pytest.raises(
            ConfigurationError, match="the callable for token takes no parameter, or one: the RawRequest"
        ):
            secret(lambda request, tenant: FIRST)

    @pytest.mark.parametrize("answer", ["", " ", [], None, 5, b"bytes", [None], {"a": "b"}, "\udcff" * 20])
    def test_an_answer_that_is_no_secret_makes_it_unavailable(self, answer: Any) -> None:
        with pytest.raises(Refusal) as refused:
            secret(lambda: FIRST).asked(answer)
        assert refused.value.outcome is Outcome.SECRET_UNAVAILABLE
        assert isinstance(refused.value.__cause__, ConfigurationError)

    def test_an_answer_that_fails_while_it_is_read_makes_it_unavailable(self) -> None:
        def rows() -> Iterator[str]:
            yield FIRST
            raise OSError("connection lost")

        with pytest.raises(Refusal) as refused:
            secret(rows).asked(rows())
        assert refused.value.outcome is Outcome.SECRET_UNAVAILABLE
        assert isinstance(refused.value.__cause__, OSError)

    def test_an_answer_that_cannot_be_prepared_makes_it_unavailable(self) -> None:
        def prepare(text: str) -> bytes:
            raise ConfigurationError("copy it whole")

        with pytest.raises(Refusal) as refused:
            secret(lambda: FIRST, prepare).asked(FIRST)
        assert refused.value.outcome is Outcome.SECRET_UNAVAILABLE

    def test_it_has_no_text_for_the_vendors_console(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"token is a callable: call setup\(\) on a provider with the text"
        ):
            secret(lambda: FIRST).text()


class TestSilence:
    """Nothing shows a secret."""

    @pytest.mark.parametrize(
        ("source", "shown"),
        [
            (FIRST, "<Secret token: 1>"),
            ([FIRST, SECOND], "<Secret token: 2>"),
            (lambda: FIRST, "<Secret token: callable>"),
        ],
    )
    def test_the_repr_tells_how_many(self, source: Any, shown: str) -> None:
        made = secret(source)
        assert [repr(made), str(made), f"{made}"] == [shown] * 3

    @pytest.mark.parametrize("written", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_it_is_never_written_down(self, written: Callable[[object], object]) -> None:
        with pytest.raises(TypeError, match="secrets are not pickled"):
            written(secret(FIRST))

    @pytest.mark.parametrize("written", [pickle.dumps, copy.deepcopy])
    def test_nor_is_a_provider_that_holds_one(self, written: Callable[[object], object]) -> None:
        with pytest.raises(TypeError, match="secrets are not pickled"):
            written(Plain(secret=FIRST))

    def test_the_repr_of_a_provider_shows_none(self) -> None:
        assert repr(Plain(secret=FIRST)) == "<Plain at 'plain'>"
