"""The elements of a message's ``MsgBody``. https://www.tencentcloud.com/document/product/1047/33527"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AliasChoices, Discriminator, Field, Tag, field_serializer

from ...fields import Seconds
from .protocol import OpenNumber, TencentPart


class TextContent(TencentPart):
    """What was written."""

    text: str | None = None


class LocationContent(TencentPart):
    """A place in degrees."""

    desc: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class FaceContent(TencentPart):
    """An emoji of the application's own."""

    index: int | None = None
    data: str | None = None


class CustomContent(TencentPart):
    """Whatever the application likes."""

    data: str | None = None
    desc: str | None = None
    ext: str | None = None
    sound: str | None = None


class SoundContent(TencentPart):
    """A recording; SDKs of versions 2 and 3 send no URL."""

    url: str | None = None
    uuid: str | None = Field(default=None, alias="UUID")
    size: int | None = None
    """Bytes."""
    second: int | None = None
    download_flag: int | None = Field(default=None, alias="Download_Flag")


class ImageFormat(OpenNumber):
    """How an image is encoded."""

    JPG = 1
    GIF = 2
    PNG = 3
    BMP = 4
    OTHER = 255


class ImageSize(OpenNumber):
    """Which rendition of an image."""

    ORIGINAL = 1
    LARGE = 2
    THUMBNAIL = 3


class ImageInfo(TencentPart):
    """One rendition of an image."""

    type: ImageSize | None = None
    size: int | None = None
    """Bytes."""
    width: int | None = None
    height: int | None = None
    url: str | None = Field(default=None, alias="URL")


class ImageContent(TencentPart):
    """An image in several renditions."""

    uuid: str | None = Field(default=None, alias="UUID")
    image_format: ImageFormat | None = None
    image_info_array: tuple[ImageInfo, ...] | None = None


class FileContent(TencentPart):
    """A file."""

    url: str | None = None
    uuid: str | None = Field(default=None, alias="UUID")
    file_size: int | None = None
    """Bytes."""
    file_name: str | None = Field(
        None, validation_alias=AliasChoices("FileName", "fileName"), serialization_alias="FileName"
    )
    """The page's table prints ``fileName``, its sample ``FileName``."""
    download_flag: int | None = Field(default=None, alias="Download_Flag")


class VideoContent(TencentPart):
    """A video with its preview."""

    video_url: str | None = None
    video_uuid: str | None = Field(default=None, alias="VideoUUID")
    video_size: int | None = None
    """Bytes."""
    video_second: int | None = None
    video_format: str | None = None
    video_download_flag: int | None = None
    thumb_url: str | None = None
    thumb_uuid: str | None = Field(default=None, alias="ThumbUUID")
    thumb_size: int | None = None
    """Bytes."""
    thumb_width: int | None = None
    thumb_height: int | None = None
    thumb_format: str | None = None
    thumb_download_flag: int | None = None


class RelayedMessage(TencentPart):
    """A message that was forwarded together with others."""

    from_account: str | None = None
    to_account: str | None = None
    group_id: str | None = None
    msg_seq: int | None = None
    msg_random: int | None = None
    msg_time_stamp: Seconds | None = None
    msg_body: MsgBody | None = None
    cloud_custom_data: str | None = None

    @field_serializer("msg_time_stamp", when_used="json-unless-none")
    def _as_sent(self, value: datetime) -> int:
        """Return what the vendor reads, where a handler sends a message on."""
        return int(value.timestamp())


class RelayContent(TencentPart):
    """Messages that were forwarded together: up to 12 KB of them here, larger ones under a key."""

    title: str | None = None
    msg_num: int | None = None
    compatible_text: str | None = None
    abstract_list: tuple[str, ...] | None = None
    msg_list: tuple[RelayedMessage, ...] | None = None
    json_msg_key: str | None = None


class TextElement(TencentPart):
    """``TIMTextElem``."""

    msg_type: Literal["TIMTextElem"]
    msg_content: TextContent


class LocationElement(TencentPart):
    """``TIMLocationElem``."""

    msg_type: Literal["TIMLocationElem"]
    msg_content: LocationContent


class FaceElement(TencentPart):
    """``TIMFaceElem``."""

    msg_type: Literal["TIMFaceElem"]
    msg_content: FaceContent


class CustomElement(TencentPart):
    """``TIMCustomElem``, at most one in a message."""

    msg_type: Literal["TIMCustomElem"]
    msg_content: CustomContent


class SoundElement(TencentPart):
    """``TIMSoundElem``."""

    msg_type: Literal["TIMSoundElem"]
    msg_content: SoundContent


class ImageElement(TencentPart):
    """``TIMImageElem``."""

    msg_type: Literal["TIMImageElem"]
    msg_content: ImageContent


class FileElement(TencentPart):
    """``TIMFileElem``."""

    msg_type: Literal["TIMFileElem"]
    msg_content: FileContent


class VideoElement(TencentPart):
    """``TIMVideoFileElem``."""

    msg_type: Literal["TIMVideoFileElem"]
    msg_content: VideoContent


class RelayElement(TencentPart):
    """``TIMRelayElem``."""

    msg_type: Literal["TIMRelayElem"]
    msg_content: RelayContent


class UnknownElement(TencentPart):
    """An element of a type that is not known, or without content: kept as it came."""

    msg_type: str | None = None
    msg_content: Any = None


_KNOWN = frozenset(
    {
        "TIMTextElem",
        "TIMLocationElem",
        "TIMFaceElem",
        "TIMCustomElem",
        "TIMSoundElem",
        "TIMImageElem",
        "TIMFileElem",
        "TIMVideoFileElem",
        "TIMRelayElem",
    }
)


def _tag(value: Any) -> str:
    if isinstance(value, Mapping):
        name, content = value.get("MsgType"), value.get("MsgContent")
        return name if isinstance(name, str) and name in _KNOWN and isinstance(content, Mapping) else ""
    name = getattr(value, "msg_type", None)
    return name if isinstance(name, str) and name in _KNOWN and not isinstance(value, UnknownElement) else ""


MessageElement: TypeAlias = Annotated[
    Annotated[TextElement, Tag("TIMTextElem")]
    | Annotated[LocationElement, Tag("TIMLocationElem")]
    | Annotated[FaceElement, Tag("TIMFaceElem")]
    | Annotated[CustomElement, Tag("TIMCustomElem")]
    | Annotated[SoundElement, Tag("TIMSoundElem")]
    | Annotated[ImageElement, Tag("TIMImageElem")]
    | Annotated[FileElement, Tag("TIMFileElem")]
    | Annotated[VideoElement, Tag("TIMVideoFileElem")]
    | Annotated[RelayElement, Tag("TIMRelayElem")]
    | Annotated[UnknownElement, Tag("")],
    Discriminator(_tag),
]
"""One element of a message; what is written in it is told apart by its class."""

MsgBody: TypeAlias = tuple[MessageElement, ...]
"""The elements of a message, in their order."""
