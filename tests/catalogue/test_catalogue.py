"""Every event of every provider: its sample arrives over ASGI and over WSGI, is read whole, and is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.conformance.wire import Answer, Sent, call_asgi, call_wsgi
from tests.testing import shipped
from webhook_kit import Dispatcher, Event, Outcome, RawRequest, Record
from webhook_kit.adapters import asgi, wsgi
from webhook_kit.http import wire_bytes
from webhook_kit.providers import registry
from webhook_kit.providers.tencent.replies import Allow
from webhook_kit.testing.inspection import extras
from webhook_kit.testing.provider_contract import ProviderContract

VENDORS: dict[str, ProviderContract] = {
    "Tencent Chat": shipped.Chat(),
    "Tencent Room": shipped.Room(),
    "Tencent Live": shipped.Live(),
    "Tencent Call": shipped.Call(),
    "Tencent RTC": shipped.RTC(),
    "Meeting BaaS": shipped.FirstGeneration(),
    "Meeting BaaS by key": shipped.FirstGenerationByKey(),
    "Meeting BaaS v2": shipped.SecondGeneration(),
    "Meeting BaaS of one bot": shipped.OfOneBot(),
    "Meeting BaaS alerts": shipped.Alerts(),
    "HiLink VCaaS": shipped.HiLink(),
    "HiLink VCaaS at one URL": shipped.HiLinkByShape(),
    "Standard Webhooks": shipped.Standard(),
}


def over_asgi(hooks: Dispatcher, sent: Sent) -> Answer | None:
    return asyncio.run(call_asgi(asgi.application(hooks), sent))


def over_wsgi(hooks: Dispatcher, sent: Sent) -> Answer | None:
    return call_wsgi(wsgi.application(hooks), sent)


Host = Callable[[Dispatcher, Sent], Answer | None]
HOSTS: dict[str, Host] = {"asgi": over_asgi, "wsgi": over_wsgi}


def catalogue() -> Iterator[tuple[str, str]]:
    """Yield every vendor's name with each of its types."""
    for name, vendor in VENDORS.items():
        for type in vendor.catalog():
            yield name, type


def sent_by(request: RawRequest) -> Sent:
    """Return the bytes of a request."""
    headers = [(wire_bytes(name), wire_bytes(value)) for name, value in request.headers.pairs()]
    kind = dict(headers).pop(b"content-type")
    others = tuple(pair for pair in headers if pair[0] != b"content-type")
    return Sent(request.path, request.body, request.method, request.query_string, others, kind)


def test_every_shipped_provider_has_a_vendor() -> None:
    assert set(registry.SHIPPED) == {vendor.new().name for vendor in VENDORS.values()}


@pytest.mark.parametrize("name", VENDORS)
def test_no_sample_is_missing_and_none_is_left_over(name: str) -> None:
    vendor = VENDORS[name]
    assert set(vendor.samples) == set(vendor.catalog().values())


def test_every_event_class_of_a_provider_is_in_the_catalogue() -> None:
    """A class that no provider lists would never be delivered."""
    listed = {model for vendor in VENDORS.values() for model in vendor.catalog().values()}
    assert {model for model in _subclasses(Event) if model.wire_types and _shipped(model)} == {
        model for model in listed if _shipped(model)
    }


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("name", "type"), list(catalogue()))
def test_a_sample_is_read_handled_and_answered(name: str, type: str, host: str) -> None:
    vendor = VENDORS[name]
    provider, model = vendor.new(), vendor.catalog()[type]
    hooks, events, records = Dispatcher(), list[Event](), list[Record]()
    hooks.add(provider)
    # A time-out refuses a gift, so that a handler for one has to say what is answered instead.
    hooks.on(model, default=Allow() if model.needs_default else None)(lambda event: events.append(event))
    hooks.observe(records.append)

    answer = HOSTS[host](hooks, sent_by(vendor.request(provider, type, vendor.body(type, model))))

    assert answer is not None
    assert (200, vendor.expected(model)) == (answer.status, answer.body)
    assert {(Outcome.PROCESSED, type)} == {(record.outcome, record.event_type) for record in records}
    assert len(vendor.entries(vendor.body(type, model))) == len(events)
    for event in events:
        assert (model, type, provider.name) == (event.__class__, event.type, event.provider)
        assert ({}, {}) == (extras(event), event.drift)


def _subclasses(model: type[Event]) -> Iterator[type[Event]]:
    for each in model.__subclasses__():
        yield each
        yield from _subclasses(each)


def _shipped(model: type[Event]) -> bool:
    return model.__module__.startswith("webhook_kit.")
