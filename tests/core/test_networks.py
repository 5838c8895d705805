"""Where a request really came from, and whether that is allowed."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webhook_kit import ConfigurationError, RawRequest
from webhook_kit.networks import allowed, client_of, fixed_networks, parse_address, parse_networks, scheme_of


class TestNetworks:
    """CIDR texts and single addresses."""

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("203.0.113.0/24", ["203.0.113.0/24"]),
            ("203.0.113.7", ["203.0.113.7/32"]),
            ("203.0.113.7/24", ["203.0.113.0/24"]),
            (" 203.0.113.0/24\n", ["203.0.113.0/24"]),
            ("2001:db8::/32", ["2001:db8::/32"]),
            (["203.0.113.0/24", "2001:db8::1"], ["203.0.113.0/24", "2001:db8::1/128"]),
            (("203.0.113.0/255.255.255.0",), ["203.0.113.0/24"]),
            ([ip_network("203.0.113.0/24")], ["203.0.113.0/24"]),
        ],
    )
    def test_they_are_read(self, given: Any, expected: list[str]) -> None:
        assert [str(network) for network in parse_networks(given)] == expected
        assert fixed_networks(given) == parse_networks(given)

    @pytest.mark.parametrize(
        "given",
        ["", "example.com", "203.0.113.0/33", "203.0.113", [], [""], ["203.0.113.0/24", "x"], None, 5, b"::/0", [None]],
    )
    def test_nothing_else_is_taken(self, given: Any) -> None:
        with pytest.raises(ConfigurationError, match=r'allowed_networks holds CIDR texts such as "203\.0\.113\.0/24"'):
            fixed_networks(given)


class TestAddresses:
    """The address in a peer's host or a forwarded entry."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:44321", "203.0.113.7"),
            (" 203.0.113.7 ", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:44321", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
        ],
    )
    def test_it_is_found(self, text: str, expected: str) -> None:
        assert parse_address(text) == ip_address(expected)

    @pytest.mark.parametrize(
        "text",
        [
            *(None, "", " ", "unknown", "testclient", "unix:", "/run/app.sock", "_hidden", "["),
            *("203.0.113", "203.0.113.256", "٢٠٣.0.113.7"),
        ],
    )
    def test_there_is_none(self, text: str | None) -> None:
        assert parse_address(text) is None

    @given(some.text(max_size=40))
    def test_no_text_is_an_error(self, text: str) -> None:
        assert allowed(text, parse_networks(["0.0.0.0/0", "::/0"])) is (parse_address(text) is not None)


class TestAllowed:
    """Only who is known, and inside."""

    @pytest.mark.parametrize(
        ("client", "expected"),
        [
            ("203.0.113.7", True),
            ("203.0.113.255", True),
            ("203.0.114.0", False),
            ("::ffff:203.0.113.7", True),
            ("2001:db8::1", True),
            ("2001:db9::1", False),
            ("testclient", False),
            (None, False),
        ],
    )
    def test_it_is_so(self, client: str | None, expected: bool) -> None:
        assert allowed(client, parse_networks(["203.0.113.0/24", "2001:db8::/32"])) is expected

    def test_no_network_allows_nobody(self) -> None:
        assert not allowed("203.0.113.7", [])


def forwarded(*values: str, name: str = "X-Forwarded-For", scheme: str = "http") -> RawRequest:
    return RawRequest("POST", "/", headers=[(name, value) for value in values], client="10.0.0.1", scheme=scheme)


class TestClient:
    """Who talked to the outermost proxy that is ours."""

    @pytest.mark.parametrize(
        ("request_", "proxies", "expected"),
        [
            (forwarded(), 0, "10.0.0.1"),
            (forwarded("6.6.6.6"), 0, "10.0.0.1"),
            (forwarded("203.0.113.7"), 1, "203.0.113.7"),
            (forwarded("6.6.6.6, 203.0.113.7"), 1, "203.0.113.7"),
            (forwarded("6.6.6.6,203.0.113.7 ,10.0.0.2"), 2, "203.0.113.7"),
            (forwarded("6.6.6.6", "203.0.113.7", "10.0.0.2"), 2, "203.0.113.7"),
            (forwarded("6.6.6.6, 203.0.113.7", "10.0.0.2"), 2, "203.0.113.7"),
            (forwarded("203.0.113.7", name="x-forwarded-for"), 1, "203.0.113.7"),
            (forwarded(), 1, None),
            (forwarded("203.0.113.7"), 2, None),
        ],
    )
    def test_it_is_the_nth_from_the_right(self, request_: RawRequest, proxies: int, expected: str | None) -> None:
        assert client_of(request_, proxies) == expected

    def test_an_empty_entry_is_nobody(self) -> None:
        assert not allowed(client_of(forwarded("203.0.113.7,"), 1), parse_networks("203.0.113.0/24"))


class TestScheme:
    """Which scheme the client spoke with the outermost proxy that is ours."""

    @pytest.mark.parametrize(
        ("request_", "proxies", "expected"),
        [
            (forwarded("https", name="X-Forwarded-Proto"), 0, "http"),
            (forwarded("https", name="X-Forwarded-Proto"), 1, "https"),
            (forwarded("HTTPS", name="X-Forwarded-Proto"), 1, "https"),
            (forwarded("https, http", name="X-Forwarded-Proto"), 1, "http"),
            (forwarded("https, http", name="X-Forwarded-Proto"), 2, "https"),
            (forwarded("https", name="X-Forwarded-Proto"), 2, "https"),
            (forwarded("http", name="X-Forwarded-Proto", scheme="https"), 1, "http"),
            (forwarded(scheme="https"), 1, "https"),
            (forwarded(scheme="http"), 1, "http"),
        ],
    )
    def test_it_is_so(self, request_: RawRequest, proxies: int, expected: str) -> None:
        """Proxies usually write one value for all of them, where addresses are appended."""
        assert scheme_of(request_, proxies) == expected
