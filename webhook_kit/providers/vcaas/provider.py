"""Receive the pushes of HiLink VCaaS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Final, Unpack

from ...events import Event, unknown_event
from ...http import RawRequest, RawResponse, response
from ...parsing import fit, read_event, read_object
from ...secret import SecretSource
from ...signatures import QuerySecret
from ..base import MIB, Identity, Provider, ProviderOptions, catalog_of, secret_for
from .events import EndClassForAll, MeetingData, MeetingStartEnd, RecordingStartEnd, UserJoinLeave

EVENTS: Final = (MeetingData, UserJoinLeave, MeetingStartEnd, RecordingStartEnd, EndClassForAll)

TOKEN: Final = QuerySecret("token")

# The pushes name no type: on a shared URL these fields tell them apart, the first one that is not null before the first
# one that is there. The end of a class for all has none of them.
SHAPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "meetingData": "meetingData",
        "userStatus": "userJoinLeave",
        "meetingStatus": "meetingStartEnd",
        "recordingStatus": "recordingStartEnd",
        "attendeeDatas": "meetingData",
        "meetingVideoData": "meetingData",
        "meetingInteractiveData": "meetingData",
        "attendeeInteractiveDatas": "meetingData",
    }
)


class VCaaS(Provider):
    """Receive the pushes of HiLink VCaaS. https://docs.hilink.co/en/webhooks

    The vendor signs nothing and sends no credential: ``url_token`` is a secret of your own that stands in the URLs
    which you give when you create a meeting; see :meth:`setup`. It covers neither the body nor its time.
    """

    name = "vcaas"
    checks = ("url_token",)
    catalog = catalog_of(EVENTS)
    routes: ClassVar[Mapping[str, str | None]] = MappingProxyType(
        {
            "": None,
            "user-join-leave": "userJoinLeave",
            "meeting-start-end": "meetingStartEnd",
            "recording-start-end": "recordingStartEnd",
            "end-class-for-all": "endClassForAll",
        }
    )
    default_max_body = 8 * MIB
    vendor_path = "webhook_kit.providers.vcaas.vendor:VCaaSVendor"
    # 5, 10, 15 and 30 minutes for the data after a meeting; 15, 30, 180 and 1800 seconds for the others.
    retry_horizon = 3600.0

    def __init__(self, *, url_token: SecretSource | None = None, **options: Unpack[ProviderOptions]) -> None:
        super().__init__(
            verifier=None if url_token is None else TOKEN,
            secret=None if url_token is None else secret_for(TOKEN, url_token, "url_token"),
            options=options,
        )

    def parse(self, request: RawRequest, kind: str | None) -> Sequence[Event]:
        if kind is not None:
            return (read_event(self.catalog[kind], request.body, type=kind, provider=self.name),)
        payload = read_object(request.body)
        kind = kind_of(payload)
        if kind is None:
            return (unknown_event(payload, None, self.name),)
        return (fit(self.catalog[kind], payload, type=kind, provider=self.name, size=len(request.body)),)

    def identity(self, event: Event, request: RawRequest) -> Identity:
        """Return the type: the same bytes at two routes are two events."""
        return Identity(account=(event.type,))

    def success(self) -> RawResponse:
        """Return 200 and the word ``success``: the vendor takes neither another 2xx nor the word in JSON."""
        return response(200, "text/plain; charset=utf-8", b"success")

    def failure(self, status: int, text: str) -> RawResponse:
        return response(status, "text/plain; charset=utf-8", text.encode())

    def setup(
        self,
        base_url: str,
        *,
        user_join_leave: bool = True,
        meeting_start_end: bool = True,
        recording_start_end: bool = True,
        end_class_for_all: bool = True,
    ) -> dict[str, Any]:
        """Return the block for the request that creates a meeting, with the token in each URL.

        The keywords leave out real-time pushes that are not wanted. Keep the result secret. With several tokens the
        first one is taken; raises :class:`ConfigurationError` where the token comes from a callable.
        """
        query = () if self.secret is None else (("token", self.secret.text()),)
        real_time = (
            ("userJoinLeaveUrl", "user-join-leave", user_join_leave),
            ("meetingStartEndUrl", "meeting-start-end", meeting_start_end),
            ("recordingStartEndUrl", "recording-start-end", recording_start_end),
            ("endClassForAllUrl", "end-class-for-all", end_class_for_all),
        )
        return {
            "callbackUrl": self.url(base_url, query=query),
            "realTimeCallbackUrl": {
                field: self.url(base_url, route, query) for field, route, wanted in real_time if wanted
            },
        }


def kind_of(payload: Mapping[str, Any]) -> str | None:
    """Return the type of a push by its shape, None where it has no shape that is known."""
    present = [field for field in SHAPES if field in payload]
    if present:
        return SHAPES[next((field for field in present if payload[field] is not None), present[0])]
    return "endClassForAll" if "userRole" in payload and "externalId" in payload else None
