"""Standard Webhooks: whatever a body holds, and whatever stands in the headers."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.posting import INVALID, MALFORMED, MISSING, NOW, PROCESSED, STALE, Desk
from tests.providers.test_standard_webhooks import CREATED, EVENTS, OTHER, SECRET, WHPK, WHSK, signed
from webhook_kit import Outcome, standard_signatures
from webhook_kit.providers.standard_webhooks import StandardWebhooks

DESK = Desk(
    StandardWebhooks(
        secret=[SECRET, WHPK],
        events=EVENTS,
        name="acme",
        clock=lambda: NOW,
        idempotency_key=lambda event, request: None,
    )
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(list(EVENTS)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
entries = (
    st.sampled_from(["", ",,", "v1,", "v1a,", "v2,", signed(CREATED, OTHER)[-1][1]])
    | st.text(max_size=30)
    | st.binary(max_size=64).map(lambda value: f"v1,{b64encode(value).decode()}")
    | st.binary(min_size=64, max_size=64).map(lambda value: f"v1a,{b64encode(value).decode()}")
).map(lambda entry: entry.replace(" ", ""))
# Which would be a doubled header that a server has joined.
entries = entries.filter(
    lambda entry: ",v" not in entry and not re.search("^,$|^v[0-9]+a?,,$|^(?!v[0-9]+a?,$).*[^,],$", entry)
)


def sees(body: bytes, headers: Any) -> tuple[int, bytes, Outcome]:
    """Send one example."""
    DESK.events.clear()
    DESK.records.clear()
    return DESK.sees(body, headers)


@settings(deadline=None)
@given(
    payload=st.dictionaries(st.sampled_from(["type", "user_id", "created", "plan"]) | texts, values, max_size=5),
    key=st.sampled_from([SECRET, WHSK]),
    family=st.sampled_from(["webhook", "svix"]),
)
def test_any_object_that_is_well_signed_is_an_event(payload: dict[str, Any], key: str, family: Any) -> None:
    body = json.dumps(payload).encode()
    assert PROCESSED == sees(body, signed(body, key, family=family))


@settings(deadline=None)
@given(body=st.binary(max_size=100), key=st.sampled_from([SECRET, WHSK]))
def test_any_bytes_that_are_well_signed_are_an_event_or_malformed(body: bytes, key: str) -> None:
    assert sees(body, signed(body, key)) in (PROCESSED, MALFORMED)


@settings(deadline=None)
@given(before=st.lists(entries, max_size=5), after=st.lists(entries, max_size=5), key=st.sampled_from([SECRET, WHSK]))
def test_a_right_signature_is_found_in_any_list_and_only_a_right_one(
    before: list[str], after: list[str], key: str
) -> None:
    body = json.dumps(CREATED).encode()
    *others, (name, right) = signed(body, key)
    assert PROCESSED == sees(body, [*others, (name, " ".join([*before, right, *after]))])
    assert sees(body, [*others, (name, " ".join([*before, *after]))]) in (INVALID, MISSING)


@settings(deadline=None)
@given(data=st.data())
def test_headers_of_any_bytes_are_refused(data: st.DataObject) -> None:
    body = json.dumps(CREATED).encode()
    headers: list[tuple[str, str | bytes]] = list(signed(body))
    place = data.draw(st.integers(0, 2))
    name, right = headers[place]
    value = data.draw(st.binary(max_size=60) | st.text(max_size=60) | st.integers().map(str))
    headers[place] = (name, value)
    expected = (PROCESSED,) if value in (right, str(right).encode()) else (INVALID, MISSING, STALE)
    assert sees(body, headers) in expected


@given(value=st.text(st.sampled_from(" ,v1a2=x"), max_size=20))
def test_what_finds_joined_headers_quickly_finds_all_of_them(value: str) -> None:
    assert standard_signatures._joined(value) == bool(standard_signatures._JOINED.search(value))
