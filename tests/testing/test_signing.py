"""Every provider's vendor signs in one way, and the provider believes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from webhook_kit import ConfigurationError, Dispatcher, RawRequest, WeakSecretWarning
from webhook_kit.providers.base import Provider
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import RTCEvent, TencentCall, TencentChat, TencentRoom, TencentRTC
from webhook_kit.providers.vcaas import VCaaS
from webhook_kit.testing import deliver, sign

NOW = 1_790_000_000.0
SECRET = "a secret of more than sixteen characters"
SIGNING_SECRET = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
BODY = b'{"event":"complete"}'
APP = 1400000000


def at(provider: Callable[..., Provider], **options: object) -> Provider:
    return provider(clock=lambda: NOW, **options)


@pytest.mark.parametrize(
    ("provider", "headers", "query"),
    [
        (
            at(MeetingBaaS, secret=SECRET),
            {"X-MeetingBaas-Signature": "9fe356ba447f2b514d5264a01faf818c549a65a1c89818ecfa2fdf98a26f4acd"},
            {},
        ),
        (at(MeetingBaaS, api_key=SECRET), {"x-meeting-baas-api-key": SECRET}, {}),
        (at(MeetingBaaS, callback_secret=[SECRET, "an old one of sixteen characters"]), {"x-mb-secret": SECRET}, {}),
        (at(MeetingBaaS, alert_secret=SECRET), {"x-mb-alert-secret": SECRET}, {}),
        (at(VCaaS, url_token=SECRET), {}, {"token": SECRET}),
        (at(TencentRoom, sdk_app_id=APP), {}, {}),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Provider) else None,
)
def test_a_body_is_signed(provider: Provider, headers: dict[str, str], query: dict[str, str]) -> None:
    signed = sign(provider, BODY)
    assert (dict(signed.headers), dict(signed.query)) == (headers, query)


def test_tencent_signs_the_time() -> None:
    """The vendor's own vector. https://www.tencentcloud.com/document/product/1047/34354"""
    with pytest.warns(WeakSecretWarning):
        provider = TencentCall(sdk_app_id=APP, token="xxxxyyyy")
    assert dict(sign(provider, BODY, now=1669872112).query) == {
        "Sign": "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061",
        "RequestTime": "1669872112",
    }


def test_the_time_is_that_of_the_providers_clock() -> None:
    assert dict(sign(at(TencentChat, sdk_app_id=APP, token=SECRET), BODY).query)["RequestTime"] == str(int(NOW))


def test_another_secret_is_signed_with() -> None:
    assert sign(at(VCaaS, url_token=SECRET), BODY, secret="another").query == (("token", "another"),)


def test_standard_webhooks_sign_an_id() -> None:
    """A vector of the reference libraries."""
    provider = MeetingBaaS(signing_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = sign(provider, b'{"test": 2432232314}', now=1614265330, id="msg_p5jXN8AQM9LWM0D4loKWxJek")
    assert dict(signed.headers) == {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_public_key_needs_its_private_one() -> None:
    pytest.importorskip("cryptography")
    public = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
    private = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    provider = StandardWebhooks(secret=public, events={"rtc": RTCEvent})
    with pytest.raises(ConfigurationError, match="whsk_"):
        sign(provider, BODY)
    hooks = Dispatcher()
    hooks.add(provider)
    assert deliver(hooks, RTCEvent, secret=private).delivered


def test_a_secret_of_a_callable_has_to_be_given() -> None:
    provider = MeetingBaaS(secret=lambda: SECRET)
    with pytest.raises(ConfigurationError, match="secret is a callable"):
        sign(provider, BODY)
    assert sign(provider, BODY, secret=SECRET).headers


@pytest.mark.parametrize("path", ["nowhere", "no_such_package.vendor:Vendor", "webhook_kit.providers.vendor:Seller"])
def test_a_vendor_that_cannot_be_imported_is_told(path: str) -> None:
    class Misnamed(MeetingBaaS):
        vendor_path = path

    with pytest.raises(ConfigurationError, match=r"Misnamed\.vendor_path is .* write module:class"):
        sign(Misnamed(secret=SECRET), BODY)


def test_signed_by_hand_is_believed() -> None:
    hooks = Dispatcher()
    provider = hooks.add(TencentRTC(sdk_app_id=APP, key=SECRET))
    headers = [("SdkAppId", str(APP)), *sign(provider, b'{"EventGroupId":1,"EventType":103}').headers]
    request = RawRequest("POST", "/tencent-rtc", headers=headers, body=b'{"EventGroupId":1,"EventType":103}')
    assert hooks.dispatch(request).status == 200
