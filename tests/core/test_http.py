"""Requests and responses as plain values."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webhook_kit import RawRequest, RawResponse
from webhook_kit.http import Headers, Query, response, wire_bytes

SECRET = "a secret of more than sixteen characters"


class TestHeaders:
    """Header pairs as they came."""

    def test_names_are_looked_up_without_regard_to_case(self) -> None:
        headers = Headers([("X-Signature", "abc")])
        assert [headers.get(name) for name in ("x-signature", "X-SIGNATURE", "X-Signature")] == ["abc"] * 3

    def test_names_and_values_may_be_bytes(self) -> None:
        headers = Headers([(b"X-Signature", b"abc"), ("x-signature", b"d"), (b"X-SIGNATURE", "e")])
        assert headers.getlist("X-signature") == ["abc", "d", "e"]

    def test_bytes_are_read_as_latin_1(self) -> None:
        """As every server hands them over, so that the bytes can be had back."""
        assert Headers([("name", b"\xc3\xa9")]).get("name") == "\xc3\xa9"

    def test_the_first_of_several_is_got(self) -> None:
        assert Headers([("a", "1"), ("A", "2")]).get("a") == "1"

    def test_an_absent_one_is_none_or_the_default(self) -> None:
        headers = Headers([("a", "1")])
        assert (headers.get("b"), headers.get("b", "x"), headers.getlist("b")) == (None, "x", [])

    def test_an_empty_value_is_not_absent(self) -> None:
        assert Headers([("a", "")]).get("a", "x") == ""

    def test_a_name_that_no_header_can_have_is_absent(self) -> None:
        assert Headers([(b"?", b"1")]).getlist("signature-ключ") == []

    def test_all_pairs_are_text_in_the_order_of_arrival(self) -> None:
        headers = Headers([(b"B", b"\xff"), ("A", "1"), ("b", "2")])
        assert headers.pairs() == [("B", "\xff"), ("A", "1"), ("b", "2")]

    def test_the_repr_shows_no_value(self) -> None:
        assert repr(Headers([("authorization", SECRET)])) == "<Headers: 1 pairs>"


class TestQuery:
    """The parameters of a query string."""

    def test_values_are_percent_decoded(self) -> None:
        query = Query(b"a=1%202&b=%C3%A9&c=x+y")
        assert query.pairs() == [("a", "1 2"), ("b", "é"), ("c", "x y")]

    def test_bytes_that_were_not_encoded_are_the_same_text(self) -> None:
        assert Query("token=é".encode()).get("token") == Query(b"token=%C3%A9").get("token") == "é"

    def test_names_keep_their_case(self) -> None:
        query = Query(b"Token=1&token=2")
        assert (query.get("token"), query.getlist("Token"), query.getlist("TOKEN")) == ("2", ["1"], [])

    def test_the_first_of_several_is_got(self) -> None:
        query = Query(b"a=1&a=2")
        assert (query.get("a"), query.getlist("a")) == ("1", ["1", "2"])

    def test_an_absent_one_is_none_or_the_default(self) -> None:
        query = Query(b"")
        assert (query.get("a"), query.get("a", "x"), query.getlist("a"), query.pairs()) == (None, "x", [], [])

    def test_a_blank_value_is_kept(self) -> None:
        assert Query(b"a=&b").pairs() == [("a", ""), ("b", "")]

    @pytest.mark.parametrize("text", [b"SdkAppid=1&sdkappid=2", b"SdkAppid=1&SDKAPPID=2", b"SdkAppid=1&%53dkAppid=2"])
    def test_two_spellings_of_a_name_are_two_values(self, text: bytes) -> None:
        assert Query(text).variants("SdkAppid") == ["1", "2"]

    def test_a_semicolon_separates_nothing(self) -> None:
        """Else a proxy and we could see different parameters."""
        assert Query(b"a=1;token=2").variants("token") == []

    def test_the_repr_shows_no_value(self) -> None:
        assert repr(Query(f"token={SECRET}".encode())) == "<Query: 1 parameters>"

    @given(some.lists(some.tuples(some.text(min_size=1, max_size=8), some.text(max_size=8)), max_size=4))
    def test_what_was_encoded_is_decoded(self, pairs: list[tuple[str, str]]) -> None:
        assert Query(urlencode(pairs).encode()).pairs() == pairs

    @given(some.binary(max_size=200))
    def test_no_bytes_are_an_error(self, text: bytes) -> None:
        query = Query(text)
        assert [query.variants(name)[0] for name, _ in query.pairs()[:1]] == [value for _, value in query.pairs()[:1]]


class TestRawRequest:
    """A request before anybody has believed a word of it."""

    def test_everything_but_method_and_path_has_a_default(self) -> None:
        request = RawRequest("POST", "/chat")
        assert (request.method, request.path, request.body) == ("POST", "/chat", b"")
        assert (request.query_string, request.query.pairs(), request.headers.pairs()) == (b"", [], [])
        assert (request.client, request.scheme) == (None, "https")

    def test_everything_but_method_and_path_is_given_by_name(self) -> None:
        with pytest.raises(TypeError):
            RawRequest("POST", "/chat", b"a=1")  # type: ignore[misc]  # which is the test

    def test_headers_are_any_iterable_of_pairs(self) -> None:
        request = RawRequest("POST", "/chat", headers=(pair for pair in [("a", "1"), (b"A", b"2")]))
        assert request.headers.getlist("a") == ["1", "2"]
        assert request.headers.getlist("a") == ["1", "2"], "an iterator is read once"

    def test_it_is_taken_apart_once(self) -> None:
        request = RawRequest("POST", "/chat", query_string=b"a=1")
        assert request.query is request.query
        assert request.headers is request.headers

    def test_a_query_string_may_be_text(self) -> None:
        request = RawRequest("POST", "/chat", query_string="a=é")
        assert (request.query_string, request.query.get("a")) == ("a=é".encode(), "é")

    def test_the_repr_shows_neither_header_nor_parameter_nor_body(self) -> None:
        request = RawRequest(
            "POST",
            "/chat",
            query_string=f"token={SECRET}".encode(),
            headers=[("x-api-key", SECRET)],
            body=SECRET.encode(),
            client="192.0.2.1",
        )
        assert repr(request) == str(request) == f"<RawRequest POST '/chat', {len(SECRET)} bytes>"

    def test_the_repr_is_one_line(self) -> None:
        assert (
            repr(RawRequest("POST", "/chat\nERROR forged line"))
            == "<RawRequest POST '/chat\\nERROR forged line', 0 bytes>"
        )


class TestRawResponse:
    """An answer."""

    def test_status_headers_and_body_are_plain(self) -> None:
        answer = RawResponse(200, [("content-type", "text/plain")], b"success")
        assert (answer.status, answer.headers, answer.body) == (200, [("content-type", "text/plain")], b"success")

    def test_headers_and_body_have_defaults(self) -> None:
        assert (RawResponse(204).headers, RawResponse(204).body) == ([], b"")

    def test_headers_become_a_list_of_its_own(self) -> None:
        given = [("a", "1")]
        answer = RawResponse(200, given)
        given.append(("b", "2"))
        assert answer.headers == [("a", "1")]

    def test_a_further_header_makes_a_copy(self) -> None:
        answer = RawResponse(503, [("a", "1")], b"later")
        assert answer.with_header("retry-after", "5") == RawResponse(503, [("a", "1"), ("retry-after", "5")], b"later")
        assert answer.headers == [("a", "1")]

    def test_headers_that_were_changed_are_encoded_anew(self) -> None:
        answer = RawResponse(200, [("X-Own", "\xe9")])
        assert answer.encoded_headers() == ((b"x-own", b"\xe9"),)
        answer.headers.append(("b", "2"))
        assert answer.encoded_headers() == ((b"x-own", b"\xe9"), (b"b", b"2"))
        answer.headers.clear()
        assert answer.encoded_headers() == ()

    def test_headers_that_were_replaced_by_another_kind_of_sequence_are_encoded(self) -> None:
        answer = RawResponse(200)
        setattr(answer, "headers", (("X-Own", "1"),))  # noqa: B010  # which type checkers would refuse
        assert answer.encoded_headers() == ((b"x-own", b"1"),)

    @pytest.mark.parametrize(("status", "phrase"), [(200, "OK"), (404, "Not Found"), (599, ""), (0, "")])
    def test_the_phrase_is_the_standard_one(self, status: int, phrase: str) -> None:
        assert RawResponse(status).phrase == phrase

    @pytest.mark.parametrize(
        "other",
        [RawResponse(201, [("a", "1")], b"x"), RawResponse(200, [], b"x"), RawResponse(200, [("a", "1")], b"y"), 200],
    )
    def test_answers_that_differ_are_not_equal(self, other: object) -> None:
        assert RawResponse(200, [("a", "1")], b"x") == RawResponse(200, [("a", "1")], b"x")
        assert RawResponse(200, [("a", "1")], b"x") != other
        assert (RawResponse(200, [("a", "1")], b"x") == other) is False

    def test_it_has_no_hash_because_it_can_change(self) -> None:
        with pytest.raises(TypeError, match="unhashable"):
            hash(RawResponse(200))

    def test_the_repr_shows_no_body(self) -> None:
        assert repr(RawResponse(200, [("a", "1")], b"success")) == "<RawResponse 200, 7 bytes>"


def test_our_answers_are_neither_stored_nor_sniffed() -> None:
    assert response(401, "application/json", b'{"error":"x"}', [("allow", "POST")]) == RawResponse(
        401,
        [
            ("content-type", "application/json"),
            ("content-length", "13"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("allow", "POST"),
        ],
        b'{"error":"x"}',
    )


@given(some.binary(max_size=50))
def test_the_bytes_of_a_header_can_be_had_back(value: bytes) -> None:
    assert wire_bytes(Headers([("name", value)]).getlist("name")[0]) == value


@pytest.mark.parametrize(("text", "expected"), [("ключ", "ключ".encode()), ("\ud800", b"\xed\xa0\x80")])
def test_text_that_no_server_decoded_is_utf_8(text: str, expected: bytes) -> None:
    assert wire_bytes(text) == expected
