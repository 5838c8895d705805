"""Meeting BaaS: whatever a body holds, and whoever sends it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.providers.meeting_baas_sending import KEYWORDS, bodies, provider, signed
from tests.providers.posting import INVALID, MALFORMED, MISSING, PROCESSED, STALE, Desk
from webhook_kit import Event, UnknownEvent
from webhook_kit.events import Part
from webhook_kit.providers.meeting_baas.samples import BOT

every_sender = pytest.mark.parametrize("keyword", KEYWORDS)

NAMES = ["event", "data", "bot_id", "calendar_id", "extra", "status", "transcript", "words", "alert_rule_id", "start"]
VALUES = ["complete", "bot.completed", "bot.status_change", "calendar.events_synced", BOT, "2026-09-21T14:00:00Z"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(VALUES)
keys = st.sampled_from(NAMES) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(keys, values, max_size=5)


class Open(Desk):
    """A desk that deduplicates nothing, so that an example may be repeated."""

    def __init__(self, keyword: str) -> None:
        super().__init__(provider(keyword, idempotency_key=lambda event, request: None))

    def event(self, keyword: str, payload: Any) -> Event:
        """Send a body as its sender would; it is processed, whatever it holds."""
        self.events.clear()
        self.records.clear()
        body = json.dumps(payload).encode()
        assert PROCESSED == self.sees(body, signed(keyword, body))
        (event,) = self.events
        return event


@cache
def receiver(keyword: str) -> Open:
    """Return one desk for all examples."""
    return Open(keyword)


@cache
def adapter(model: type[Part], name: str) -> TypeAdapter[Any]:
    """Return what checks a value against a field's annotation."""
    return TypeAdapter(model.model_fields[name].rebuild_annotation())


def check_annotations(part: Part) -> None:
    """Raise ValidationError where a value is not what its annotation says."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        checked = adapter(type(part), name).validate_python(value)
        assert checked is value or checked == value
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Part):
                check_annotations(each)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything inside a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield (*path, step)
        yield from places(each, (*path, step))


@every_sender
@settings(deadline=None)
@given(payload=objects)
def test_any_object_that_is_well_signed_is_an_event(keyword: str, payload: dict[str, Any]) -> None:
    event = receiver(keyword).event(keyword, payload)
    if not isinstance(event, UnknownEvent):
        check_annotations(event)


@every_sender
@settings(deadline=None)
@given(data=st.data())
def test_a_sample_with_odd_values_is_an_event_whose_annotations_hold(keyword: str, data: st.DataObject) -> None:
    _, _, sample = data.draw(st.sampled_from(list(bodies(keyword))))
    payload = copy.deepcopy(json.loads(json.dumps(sample)))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(payload)) or [("event",)]))
        part = payload
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = data.draw(values)
    event = receiver(keyword).event(keyword, payload)
    if isinstance(event, UnknownEvent):
        assert json.dumps(payload) == json.dumps(event.payload)
    else:
        check_annotations(event)
        assert keyword == "alert_secret" or payload["event"] == event.type


@every_sender
@settings(deadline=None)
@given(names=st.lists(st.sampled_from(NAMES)), depth=st.integers(1, 150))
def test_a_deep_body_is_an_event(keyword: str, names: list[str], depth: int) -> None:
    payload: Any = {"event": "complete"}
    for _ in range(depth):
        payload = {"data": payload, "transcript": [payload]} if depth < 8 else {"data": payload}
    receiver(keyword).event(keyword, dict.fromkeys(names, payload))


def header_values(right: str) -> st.SearchStrategy[str | bytes]:
    """Values near to the right one, and far from it."""
    cuts = st.integers(0, len(right)).map(lambda end: right[:end])
    return (
        st.just(right)
        | cuts
        | st.builds(lambda cut, more: cut + more, cuts, st.text(max_size=3))
        | st.text(max_size=200)
        | st.binary(max_size=200)
    )


@every_sender
@settings(deadline=None)
@given(data=st.data())
def test_only_what_the_sender_signed_is_processed(keyword: str, data: st.DataObject) -> None:
    _, _, sample = next(bodies(keyword))
    body = json.dumps(sample).encode()
    right = signed(keyword, body)
    headers = [(name, data.draw(header_values(value))) for name, value in right]
    doubled = data.draw(st.lists(st.sampled_from(right), max_size=1))
    extra = [(name, data.draw(header_values(value))) for name, value in doubled]
    sent = data.draw(st.just(body) | st.binary(max_size=200) | st.integers(0, len(body)).map(lambda end: body[:end]))
    desk = receiver(keyword)
    desk.events.clear()
    desk.records.clear()
    answer = desk.sees(sent, [*headers, *extra])
    covered = keyword in ("secret", "signing_secret")
    genuine = not extra and all(
        right_value == value or (keyword == "secret" and isinstance(value, str) and right_value == value.lower())
        for (_, right_value), (_, value) in zip(right, headers, strict=True)
    )
    if genuine and sent == body:
        assert PROCESSED == answer
    elif genuine and not covered:
        assert answer in (PROCESSED, MALFORMED)
    else:
        assert answer in (MISSING, INVALID, STALE)
