"""Whatever JSON a callback holds, the vendor is answered with success and handlers see an event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webhook_kit import Event, UnknownEvent
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.providers.tencent import TencentChat
from webhook_kit.providers.tencent.samples import SAMPLES

from .sending import APP, Desk

MODELS = list(dict.fromkeys(TencentChat.catalog.values()))
HURRIED = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["", "0", "-1", "1e5", "true", "TIMTextElem", "1789990000123"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the way to every value inside a JSON value."""
    children: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [path, *(place for key, inner in children for place in places(inner, (*path, key)))]


def with_value(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """Return a JSON value with another one at this place."""
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_value(copy[path[0]], path[1:], new)
    return copy


def handled(model: type[Event], payload: Any) -> list[Event]:
    """Return the events that a handler sees; every one of them is the model's or unknown, and can be shown."""
    desk = Desk(TencentChat(sdk_app_id=APP), store=MemoryStore())
    response = desk.post(payload, model.wire_types[0])
    assert 200 == response.status, response.body
    assert 0 == json.loads(response.body)["ErrorCode"]
    assert desk.events
    for event in desk.events:
        assert type(event) in (model, UnknownEvent)
        assert repr(event)
        assert event.occurred_at is None or event.occurred_at.tzinfo is not None
    return desk.events


@pytest.mark.parametrize("model", MODELS)
@HURRIED
@given(data=st.data())
def test_any_value_at_any_place_of_a_sample(model: type[Event], data: st.DataObject) -> None:
    sample = json.loads(json.dumps(SAMPLES[model]))
    commands = [place for place in places(sample) if place and place[-1] != "CallbackCommand"]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(commands))
        if place in places(sample):
            sample = with_value(sample, place, data.draw(VALUES))
    handled(model, sample)


@pytest.mark.parametrize("model", MODELS)
@HURRIED
@given(fields=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), VALUES, max_size=5))
def test_any_object_at_all(model: type[Event], fields: dict[str, Any]) -> None:
    fields.pop("CallbackCommand", None)
    handled(model, fields)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("value", [None, 7, "text", [], {}, [7], [{}], [[]], {"": None}, 10**400, "9" * 5000])
def test_every_field_at_once_with_the_same_value(model: type[Event], value: Any) -> None:
    handled(model, {name: value for name in SAMPLES[model] if name != "CallbackCommand"})


@pytest.mark.parametrize("model", MODELS)
def test_a_missing_field_is_drift_at_most(model: type[Event]) -> None:
    sample = SAMPLES[model]
    for name in sample:
        handled(model, {other: value for other, value in sample.items() if other != name})


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "-0.0", "9" * 4000])
def test_numbers_that_json_does_not_have(number: str) -> None:
    """A handler sees an event, or the body is malformed; nothing is anybody's error."""
    for command, body in (
        ("Push.OfflinePush", '{"Events":[{"To_Account":"a","EventTime":%s,"New":%s}]}'),
        ("Group.CallbackAfterSendMsg", '{"GroupId":"g","EventTime":%s,"MsgBody":[{"MsgContent":%s}]}'),
    ):
        desk = Desk(TencentChat(sdk_app_id=APP), store=MemoryStore())
        assert desk.post((body % (number, number)).encode(), command).status in (200, 400)
