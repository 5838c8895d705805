"""From bytes to events."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import Field, ValidationError

from webhook_kit import Event, Outcome, UnknownEvent, parsing
from webhook_kit.delivery import Refusal
from webhook_kit.events import Part
from webhook_kit.fields import Instant, OpenEnum
from webhook_kit.parsing import MOST_MISFITS, MOST_PASSES, Named, Tagged, fit, read_event, read_object, validator_of


class Kind(OpenEnum):
    PARCEL = "parcel"


class Address(Part):
    street: str
    number: int | None = None


class Item(Part):
    item_id: str = Field(alias="itemId")
    weight: float | None = None
    address: Address | None = None


class Text(Part):
    kind: Literal["text"]
    text: str


class Picture(Part):
    kind: Literal["picture"]
    width: int


class Shipped(Event):
    """An event with a field of every sort."""

    wire_types = ("shipped",)
    default_provider = "parcels"

    order: str
    main: Item | None = None
    items: tuple[Item, ...] | None = None
    by_name: dict[str, int] | None = Field(None, alias="byName")
    kind: Kind | None = None
    count: int | None = None
    weight: float | None = None
    paid: bool | None = None
    at: Instant | None = None
    note: str | None = None
    either: int | tuple[int, ...] | Item | None = None
    content: Text | Picture | None = Field(None, discriminator="kind")


def read(**fields: Any) -> Event:
    return read_event(Shipped, json.dumps({"order": "A1"} | fields).encode(), type="shipped", provider="parcels")


def shipped(**fields: Any) -> Shipped:
    event = read(**fields)
    assert isinstance(event, Shipped)
    return event


class TestReadObject:
    """A UTF-8 JSON object, and nothing else."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b"{}", {}),
            (b' \r\n\t{"a": [1, 2.5, true, null, "x"]} ', {"a": [1, 2.5, True, None, "x"]}),
            ('{"a":"ключ"}'.encode(), {"a": "ключ"}),
            (rb'{"a":"\u00e9\ud83d\ude00"}', {"a": "é😀"}),
            (b'{"a":144115212910570789123}', {"a": 144115212910570789123}),
            (b'{"a":1,"a":2}', {"a": 2}),
            (b'{"a":"\\u0000"}', {"a": "\0"}),
        ],
    )
    def test_it_is_read(self, body: bytes, expected: dict[str, Any]) -> None:
        assert read_object(body) == expected

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b" ",
            b"null",
            b"true",
            b"5",
            b'"text"',
            b"[]",
            b"[{}]",
            b"{",
            b"{}{}",
            b"{} x",
            b"{'a':1}",
            b'{"a":1,}',
            b"{a:1}",
            b'{"a":01}',
            b'{"a":1 /* no */}',
            b'{"a":"\n"}',
            b'\xef\xbb\xbf{"a":1}',
            '{"a":1}'.encode("utf-16"),
            '{"a":1}'.encode("utf-16-le"),
            '{"a":1}'.encode("utf-32"),
            b'{"a":"\xff"}',
            b'{"a":"\xc3"}',
            b'{"a":"\xed\xa0\x80"}',
            rb'{"a":"\ud800"}',
            rb'{"\udfff":1}',
            b'{"a":' + b"[" * 300 + b"]" * 300 + b"}",
            b'{"a":' * 300 + b"1" + b"}" * 300,
            b'{"a":' + b"[" * 200_000,
            b'{"a":' + b"9" * 5000 + b"}",
            b"a=1&b=2",
            b"<xml/>",
        ],
        ids=lambda body: repr(body[:24]),
    )
    def test_everything_else_is_malformed(self, body: bytes) -> None:
        for call in (
            lambda: read_object(body),
            lambda: read_event(Shipped, body, type="shipped", provider="parcels"),
            lambda: TAGGED.read(body, provider="parcels"),
        ):
            with pytest.raises(Refusal) as refused:
                call()
            assert refused.value.outcome is Outcome.MALFORMED
            assert refused.value.__cause__ is None, "the parser's text quotes the body"

    @given(some.binary(max_size=100))
    def test_no_bytes_raise_anything_else(self, body: bytes) -> None:
        try:
            found: object = read_object(body)
        except Refusal as refusal:
            found = refusal.outcome
        assert found is Outcome.MALFORMED or isinstance(found, dict)


class TestDrift:
    """A field of another type than expected is None, and its raw value is kept."""

    def test_a_body_that_fits_has_none(self) -> None:
        event = shipped(count=3, items=[{"itemId": "a"}], extra=[1])
        assert (event.count, event.items, dict(event.drift)) == (3, (Item(itemId="a"),), {})
        assert event.model_extra == {"extra": [1]}
        assert (event.type, event.provider) == ("shipped", "parcels")

    @pytest.mark.parametrize("body", [b'{"order":"A1"}', b'{"order":"A1","count":"x"}', b"{}"])
    def test_it_says_what_it_was_delivered_as(self, body: bytes) -> None:
        event = read_event(Shipped, body, type="shipped.2", provider="others")
        assert (event.type, event.provider) == ("shipped.2", "others")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("count", "many"),
            ("count", 1.5),
            ("count", []),
            ("weight", {}),
            ("paid", "perhaps"),
            ("at", "yesterday"),
            ("at", True),
            ("kind", True),
            ("kind", ["parcel"]),
            ("note", ["text"]),
            ("note", False),
            ("items", "a"),
            ("items", {"0": {}}),
            ("main", []),
            ("main", 5),
            ("either", "word"),
        ],
    )
    def test_a_top_level_field(self, field: str, value: object) -> None:
        event = shipped(**{field: value, "extra": 1})
        assert getattr(event, field) is None
        assert dict(event.drift) == {field: value}
        assert event.model_extra == {"extra": 1}
        assert event.order == "A1"

    def test_its_path_is_that_of_the_wire(self) -> None:
        event = shipped(byName={"a": 1, "b": "x"}, items=[{"itemId": "a"}, {"itemId": "b", "weight": "heavy"}])
        assert dict(event.drift) == {"byName": {"a": 1, "b": "x"}, "items.1.weight": "heavy"}
        assert event.items == (Item(itemId="a"), Item.model_validate({"itemId": "b", "weight": None}))

    def test_several_fields_at_several_depths(self) -> None:
        event = shipped(count="x", main={"itemId": "m", "weight": "y", "address": {"street": "s", "number": "z"}})
        assert dict(event.drift) == {"count": "x", "main.weight": "y", "main.address.number": "z"}
        assert event.main is not None
        assert event.main.address is not None
        assert (event.main.address.street, event.main.address.number) == ("s", None)

    def test_a_part_without_what_identifies_it_drifts_as_a_whole(self) -> None:
        event = shipped(main={"weight": 1.0})
        assert (event.main, dict(event.drift)) == (None, {"main": {"weight": 1.0}})

    def test_a_part_that_lacks_one_field_while_another_does_not_fit(self) -> None:
        event = shipped(main={"weight": "heavy", "address": {"number": "x"}})
        assert (event.main, dict(event.drift)) == (None, {"main": {"weight": "heavy", "address": {"number": "x"}}})

    def test_one_bad_entry_makes_the_list_drift(self) -> None:
        """A tuple without it would lie about its length and its indices."""
        entries = [{"itemId": "a"}, {"weight": 1.0}]
        event = shipped(items=entries)
        assert (event.items, dict(event.drift)) == (None, {"items": entries})

    def test_a_null_in_a_list_makes_the_list_drift(self) -> None:
        event = shipped(items=[{"itemId": "a"}, None])
        assert (event.items, dict(event.drift)) == (None, {"items": [{"itemId": "a"}, None]})

    @pytest.mark.parametrize("value", [["a"], [1, "a"], [[]], {"weight": 1}, {"itemId": 5, "weight": "x"}, {"int": 5}])
    def test_a_value_that_fits_no_branch_of_a_union(self, value: object) -> None:
        event = shipped(either=value)
        restored = {path.split(".")[0] for path in event.drift}
        assert restored == {"either"}

    @pytest.mark.parametrize(
        "value",
        [{"kind": "film"}, {"kind": "text"}, {"kind": "text", "text": []}, {"kind": 5}, {}, {"text": {"text": 1}}],
    )
    def test_a_value_that_fits_no_tag_of_a_union(self, value: object) -> None:
        event = shipped(content=value)
        assert (event.content, dict(event.drift)) == (None, {"content": value})

    def test_a_key_that_is_named_like_a_branch_of_a_union_misleads_nobody(self) -> None:
        value = {"kind": "text", "text": [], "picture": 1}
        assert dict(shipped(content=value).drift) == {"content": value}

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
    @pytest.mark.parametrize("field", ["weight", "count", "at", "kind", "paid"])
    def test_what_is_no_number_drifts(self, field: str, number: str) -> None:
        body = f'{{"order":"A1","{field}":{number}}}'.encode()
        event = read_event(Shipped, body, type="shipped", provider="parcels")
        assert isinstance(event, Shipped)
        assert getattr(event, field) is None
        assert list(event.drift) == [field]

    def test_of_doubled_keys_the_last_wins_whether_it_fits_or_not(self) -> None:
        bodies = (b'{"order":"A1","count":"x","count":2}', b'{"order":"A1","count":2,"count":"x"}')
        events = [read_event(Shipped, body, type="shipped", provider="parcels") for body in bodies]
        assert [(getattr(event, "count", 0), dict(event.drift)) for event in events] == [
            (2, {}),
            (None, {"count": "x"}),
        ]

    def test_what_was_decoded_is_not_changed(self) -> None:
        payload = {"order": "A1", "items": [{"itemId": "a", "weight": "heavy"}], "count": "x"}
        before = json.dumps(payload)
        event = fit(Shipped, payload, type="shipped", provider="parcels", size=0)
        assert json.dumps(payload) == before
        assert sorted(event.drift) == ["count", "items.0.weight"]


class TestUnknown:
    """What cannot be set aside makes the event unknown, so that annotations never lie."""

    @pytest.mark.parametrize("order", [None, [], {}, True])
    def test_an_identifying_field_that_is_unreadable(self, order: object) -> None:
        event = read(order=order, count="x")
        assert isinstance(event, UnknownEvent)
        assert event.payload == {"order": order, "count": "x"}
        assert (event.type, event.provider, dict(event.drift)) == ("shipped", "parcels", {})

    def test_an_identifying_field_that_is_absent(self) -> None:
        event = read_event(Shipped, b'{"count":1}', type="shipped", provider="parcels")
        assert isinstance(event, UnknownEvent)
        assert event.payload == {"count": 1}

    def test_more_misfits_than_drift_can_be(self) -> None:
        fitting, misfit = {"itemId": "a"}, {"itemId": "a", "weight": "x"}
        assert len(shipped(items=[misfit] * MOST_MISFITS + [fitting]).drift) == MOST_MISFITS
        assert isinstance(read(items=[misfit] * (MOST_MISFITS + 1)), UnknownEvent)

    def test_four_times_as_many_misfits_take_about_four_times_as_long(self) -> None:
        """Not sixteen times: a thousand of them fit in a few kilobytes."""

        def seconds(number: int) -> float:
            body = json.dumps({"order": "a", "items": [{"itemId": {}}] * number}).encode()
            started = time.process_time()
            read_event(Shipped, body, type="shipped", provider="parcels")
            return time.process_time() - started

        assert min(seconds(800) for _ in range(3)) < 8 * min(seconds(200) for _ in range(3))

    def test_misfits_that_take_too_many_looks(self) -> None:
        """Each look sets aside one level more of a chain in which every level needs the one below."""

        class Link(Part):
            below: Link

        class Chain(Event):
            top: Link | None = None

        def chain(levels: int) -> dict[str, Any]:
            link: dict[str, Any] = {}
            for _ in range(levels):
                link = {"below": link}
            return {"top": link}

        fitted = fit(Chain, chain(MOST_PASSES - 2), type="chain", provider="parcels", size=0)
        assert (fitted.__class__, dict(fitted.drift)) == (Chain, chain(MOST_PASSES - 2))
        assert isinstance(fit(Chain, chain(MOST_PASSES), type="chain", provider="parcels", size=0), UnknownEvent)


class Made(Event):
    event: Literal["made", "order.made"]
    count: int | None = None


class Lost(Event):
    event: Literal["lost"]
    order: str


TAGGED = Tagged("event", {"made": Made, "order.made": Made, "lost": Lost})


class TestTagged:
    """Bodies whose event class stands in a field of their own."""

    @pytest.mark.parametrize(
        ("body", "model", "type"),
        [
            (b'{"event":"made","count":1}', Made, "made"),
            (b'{"event":"order.made"}', Made, "order.made"),
            (b'{"event":"lost","order":"A1"}', Lost, "lost"),
            (b'{"event":"lost","event":"made"}', Made, "made"),
        ],
    )
    def test_the_field_names_the_class(self, body: bytes, model: type[Event], type: str) -> None:
        event = TAGGED.read(body, provider="parcels")
        assert (event.__class__, event.type, event.provider, dict(event.drift)) == (model, type, "parcels", {})

    def test_a_field_of_another_type_drifts(self) -> None:
        event = TAGGED.read(b'{"event":"order.made","count":"x"}', provider="parcels")
        assert (event.__class__, event.type, dict(event.drift)) == (Made, "order.made", {"count": "x"})

    @pytest.mark.parametrize(
        ("body", "type"),
        [
            (b'{"event":"found"}', "found"),
            (b'{"event":"lost"}', "lost"),
            (b'{"event":5}', "unknown"),
            (b'{"event":["made"]}', "unknown"),
            (b'{"event":null}', "unknown"),
            (b"{}", "unknown"),
        ],
    )
    def test_what_is_not_known_is_unknown(self, body: bytes, type: str) -> None:
        event = TAGGED.read(body, provider="parcels")
        assert isinstance(event, UnknownEvent)
        assert (event.type, event.payload) == (type, json.loads(body))

    def test_one_class_is_enough(self) -> None:
        assert isinstance(Tagged("event", {"lost": Lost}).read(b'{"event":"lost","order":"A1"}', provider="p"), Lost)


class Counted(Event):
    count: int | None = None
    day: date | None = Field(None, strict=True)


class Kept(Event):
    order: str


class Dated(Event):
    day: date = Field(strict=True)
    price: str
    count: int | None = None


NAMED = Named("kind", {"counted": Counted, "dated": Dated, "kept": Kept, "order.kept": Kept})


class TestNamed:
    """Bodies that name their event class in a field which is not one of the class."""

    @pytest.mark.parametrize(
        ("body", "model", "type"),
        [
            (b'{"kind":"counted","count":1}', Counted, "counted"),
            (b'{"kind":"order.kept","order":"A1"}', Kept, "order.kept"),
            (b'{"order":"A1","kind":"counted","kind":"kept"}', Kept, "kept"),
        ],
    )
    def test_the_field_names_the_class(self, body: bytes, model: type[Event], type: str) -> None:
        event = NAMED.read(body, provider="parcels")
        assert (event.__class__, event.type, event.provider, dict(event.drift)) == (model, type, "parcels", {})
        assert event.model_extra == {"kind": type}

    def test_a_strict_field_is_read_as_json_writes_it(self) -> None:
        event = NAMED.read(b'{"kind":"counted","day":"2026-03-01"}', provider="parcels")
        assert isinstance(event, Counted)
        assert (event.day, dict(event.drift)) == (date(2026, 3, 1), {})

    @pytest.mark.parametrize(("count", "drift"), [(b"1", {}), (b'"x"', {"count": "x"})])
    def test_what_fits_is_read_the_same_beside_a_field_that_drifts(self, count: bytes, drift: dict[str, Any]) -> None:
        body = b'{"kind":"dated","day":"2026-03-01","price":10.0,"count":%b}' % count
        event = NAMED.read(body, provider="parcels")
        assert isinstance(event, Dated)
        assert (event.day, event.price, dict(event.drift)) == (date(2026, 3, 1), "10", drift)

    def test_a_field_of_another_type_drifts(self) -> None:
        event = NAMED.read(b'{"kind":"counted","count":"x"}', provider="parcels")
        assert (event.__class__, event.type, dict(event.drift)) == (Counted, "counted", {"count": "x"})

    @pytest.mark.parametrize(
        ("body", "type"),
        [
            (b'{"kind":"found"}', "found"),
            (b'{"kind":"kept"}', "kept"),
            (b'{"kind":""}', "unknown"),
            (b'{"kind":5}', "unknown"),
            (b'{"kind":["kept"]}', "unknown"),
            (b'{"kind":null}', "unknown"),
            (b"{}", "unknown"),
        ],
    )
    def test_what_is_not_known_is_unknown(self, body: bytes, type: str) -> None:
        event = NAMED.read(body, provider="parcels")
        assert isinstance(event, UnknownEvent)
        assert (event.type, event.payload) == (type, json.loads(body))

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b'"kept"', b'{"kind":"kept"', b'{"kind":"\\ud800"}', b'{"kind":"\xff"}']
    )
    def test_everything_else_is_malformed(self, body: bytes) -> None:
        with pytest.raises(Refusal) as caught:
            NAMED.read(body, provider="parcels")
        assert caught.value.outcome is Outcome.MALFORMED


LEAF = some.sampled_from(
    [None, True, 0, 7, -1, 2**70, 1.5, float("nan"), float("inf"), "", "x", "7", "text", "picture"]
)
KEY = some.sampled_from(["itemId", "weight", "address", "street", "number", "kind", "text", "width", "int", "picture"])
JSON = some.recursive(
    LEAF,
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(KEY, inner, max_size=3),
    max_leaves=6,
)
FIELDS = [field.alias or name for name, field in Shipped.model_fields.items()]
BODY = some.dictionaries(some.sampled_from(FIELDS), JSON, max_size=4)


@settings(max_examples=200, deadline=None)
@given(BODY.map(lambda fields: {"order": "A1"} | fields))
def test_no_object_is_an_error(payload: dict[str, Any]) -> None:
    """It is the event, perhaps with drift, or unknown; and drift holds the raw values of what became None."""
    body = json.dumps(payload).encode()
    decoded = json.loads(body)
    event = read_event(Shipped, body, type="shipped", provider="parcels")
    if isinstance(event, UnknownEvent):
        assert json.dumps(event.payload) == json.dumps(decoded)
        return
    for path, raw in event.drift.items():
        at: Any = event
        value: Any = decoded
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
            name = {"byName": "by_name", "itemId": "item_id"}.get(step, step)
            at = at[int(step)] if isinstance(at, tuple) else getattr(at, name)
        assert at is None
        assert json.dumps(raw) == json.dumps(value)


class Entry(Part):
    name: str | None = None
    size: int | None = None


class Listing(Event):
    wire_types = ("list",)

    kind: Literal["list"]
    items: tuple[Entry, ...] | None = None


class TestBulky:
    """Bodies over 64 KiB: one error of a list at a time, and a list of misfits as a whole."""

    @staticmethod
    def read(items: list[object]) -> Listing:
        body = json.dumps({"kind": "list", "items": items}).encode()
        assert len(body) > parsing.BULKY
        event = read_event(Listing, body, type="list", provider="plain")
        assert isinstance(event, Listing)
        return event

    def test_a_few_misfits_are_set_aside_one_by_one(self) -> None:
        items: list[object] = [{"name": "x" * 100, "size": number} for number in range(1000)]
        items[7] = {"name": "odd", "size": []}
        items[500] = {"name": "odd", "size": {}}
        event = self.read(items)
        assert event.items is not None
        assert [item.size for item in event.items[6:9]] == [6, None, 8]
        assert event.drift == {"items.7.size": [], "items.500.size": {}}

    @pytest.mark.parametrize("item", [1, {"name": "x" * 100, "size": []}, [], None, "text"])
    def test_a_list_of_misfits_is_set_aside_as_a_whole(self, item: object) -> None:
        items = [item] * 50_000
        event = self.read(items)
        assert (event.items, dict(event.drift)) == (None, {"items": items})

    def test_so_is_one_whose_event_class_stands_in_the_body(self) -> None:
        tagged = Tagged("kind", {"list": Listing})
        body = b'{"kind":"list","items":[' + b"1," * 50_000 + b"1]}"
        event = tagged.read(body, provider="plain")
        assert isinstance(event, Listing)
        assert event.items is None

    def test_errors_do_not_pile_up(self) -> None:
        """A body of a megabyte can hold half a million misfits, each of which would cost hundreds of bytes."""
        body = b'{"kind":"list","items":[' + b"1," * 500_000 + b"1]}"
        with pytest.raises(ValidationError) as caught:
            validator_of(Listing, len(body)).validate_json(body)
        assert caught.value.error_count() == 1
