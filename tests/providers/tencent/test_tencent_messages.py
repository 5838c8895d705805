"""The elements of a message."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest

from webhook_kit.providers.tencent import (
    C2CAfterSendMsg,
    CustomElement,
    FaceElement,
    FileElement,
    ImageElement,
    ImageFormat,
    ImageSize,
    LocationElement,
    MessageElement,
    RelayElement,
    SoundElement,
    TextElement,
    UnknownElement,
    VideoElement,
)
from webhook_kit.providers.tencent.samples.messages import ELEMENTS

from .sending import Desk

T = TypeVar("T")


def received(body: Any) -> C2CAfterSendMsg:
    """Return the event with this MsgBody."""
    desk = Desk()
    payload = {"From_Account": "amira", "To_Account": "bo", "MsgBody": body}
    assert 200 == desk.post(payload, C2CAfterSendMsg.wire_types[0]).status
    [event] = desk.events
    assert isinstance(event, C2CAfterSendMsg)
    return event


def elements(body: Any) -> list[MessageElement]:
    """Return what was read of a MsgBody without drift."""
    event = received(body)
    assert {} == event.drift
    return listed(event.msg_body)


def listed(values: tuple[T, ...] | None) -> list[T]:
    """Return what is in a field that is there."""
    assert values is not None
    return list(values)


@pytest.mark.parametrize("name", ["FileName", "fileName"])
def test_a_files_name_is_read_as_the_table_and_as_the_sample_spell_it(name: str) -> None:
    [element] = elements([{"MsgType": "TIMFileElem", "MsgContent": {name: "plan.pdf"}}])
    assert isinstance(element, FileElement)
    assert ("plan.pdf", {}) == (element.msg_content.file_name, element.msg_content.model_extra)
    assert {"FileName": "plan.pdf"} == element.msg_content.model_dump(by_alias=True, exclude_unset=True)


def test_every_kind_of_element_has_a_class_and_they_stay_in_order() -> None:
    assert [
        TextElement,
        LocationElement,
        FaceElement,
        CustomElement,
        SoundElement,
        ImageElement,
        FileElement,
        VideoElement,
        RelayElement,
        RelayElement,
    ] == [type(element) for element in elements(list(ELEMENTS))]


def test_what_is_in_an_element_is_typed() -> None:
    text, location, _, _, sound, image, *_ = elements(list(ELEMENTS))
    assert isinstance(text, TextElement)
    assert "see you at noon" == text.msg_content.text
    assert isinstance(location, LocationElement)
    assert (59.91, 10.75) == (location.msg_content.latitude, location.msg_content.longitude)
    assert isinstance(sound, SoundElement)
    assert ("greeting-1", 4, 2) == (sound.msg_content.uuid, sound.msg_content.second, sound.msg_content.download_flag)
    assert isinstance(image, ImageElement)
    assert ImageFormat.JPG is image.msg_content.image_format
    assert [ImageSize.ORIGINAL, ImageSize.THUMBNAIL] == [
        each.type for each in listed(image.msg_content.image_info_array)
    ]


def test_forwarded_messages_hold_messages() -> None:
    [*_, relay, by_key] = elements(list(ELEMENTS))
    assert isinstance(relay, RelayElement)
    [first, second] = listed(relay.msg_content.msg_list)
    assert ("amira", "bo", None) == (first.from_account, first.to_account, first.group_id)
    assert ("@TGS#a7QK2MZ4C", None) == (second.group_id, second.to_account)
    assert [FaceElement] == [type(element) for element in listed(second.msg_body)]
    assert isinstance(by_key, RelayElement)
    assert ("relay-17", None) == (by_key.msg_content.json_msg_key, by_key.msg_content.msg_list)


@pytest.mark.parametrize(
    "element",
    [
        {"MsgType": "TIMHologramElem", "MsgContent": {"Depth": [1, {"a": None}]}, "Extra": 1},
        {"MsgType": "TIMHologramElem"},
        {"MsgType": "TIMTextElem"},
        {"MsgType": "TIMTextElem", "MsgContent": "plain"},
        {"MsgType": "", "MsgContent": 7},
        {"MsgContent": {"Text": "of no type"}},
        {},
    ],
)
def test_an_element_that_is_not_known_is_kept_as_it_came(element: dict[str, Any]) -> None:
    body = [ELEMENTS[0], element, ELEMENTS[2]]
    first, unknown, last = elements(body)
    assert (TextElement, UnknownElement, FaceElement) == (type(first), type(unknown), type(last))
    assert element == unknown.model_dump(by_alias=True, exclude_unset=True)


def test_fields_of_an_element_that_are_not_known_are_kept() -> None:
    [element] = elements([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "a", "Bold": True}, "Origin": "web"}])
    assert isinstance(element, TextElement)
    assert ({"Origin": "web"}, {"Bold": True}) == (element.model_extra, element.msg_content.model_extra)


def test_a_field_that_does_not_fit_drifts_and_its_element_stays() -> None:
    event = received([{"MsgType": "TIMFaceElem", "MsgContent": {"Index": "four", "Data": "wave"}}])
    assert {"MsgBody.0.MsgContent.Index": "four"} == event.drift
    [element] = listed(event.msg_body)
    assert isinstance(element, FaceElement)
    assert (None, "wave") == (element.msg_content.index, element.msg_content.data)


@pytest.mark.parametrize("body", ["text", 7, {"MsgType": "TIMTextElem"}, ["text"], [[]], [None]])
def test_a_body_that_is_no_list_of_elements_drifts(body: Any) -> None:
    event = received(body)
    assert event.msg_body is None
    assert event.drift


def test_an_empty_message_has_no_elements() -> None:
    assert [] == elements([])


def test_messages_forwarded_within_messages_end_somewhere() -> None:
    """As deep as JSON may be, nothing but an event comes of it."""
    for depth in (5, 20, 38, 60, 3000):
        start, end = b'[{"MsgType":"TIMRelayElem","MsgContent":{"MsgList":[{"MsgBody":', b"}]}}]"
        body = b'{"From_Account":"amira","To_Account":"bo","MsgBody":%s[]%s}' % (start * depth, end * depth)
        desk = Desk()
        status = desk.post(body, C2CAfterSendMsg.wire_types[0]).status
        assert (200 if depth <= 38 else 400) == status
        assert (depth <= 38) == bool(desk.events)
