"""The test case that every provider has to pass; it needs pytest, and takes hypothesis where it is installed.

Subclass :class:`ProviderContract` under a name that begins with ``Test``, and say what is said below.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from webhook_kit import ConfigurationError, Event, Outcome, RawRequest, UnknownEvent
from webhook_kit.providers.base import Provider
from webhook_kit.signatures import Signed

from .desk import DRIVERS, Desk, Driver
from .inspection import extras, identifying, shape, texts
from .json_values import changed, places, values

MALFORMED: Final = (b"", b"{", b"[]", b"null", b'"text"', b"\xff", b'\xef\xbb\xbf{"a":1}', b'{"a":"\\ud800"}')
MARKER: Final = "payload-that-nobody-shows"
SHORTEST_TELLING: Final = 8
"""Shorter texts occur in a repr by chance."""


class ProviderContract:
    """What a provider promises to those who use it, and to those who send to it."""

    samples: ClassVar[Mapping[Any, Mapping[str, Any]]]
    """Event class → one valid body, with every field that the vendor documents."""

    secret: ClassVar[str]
    other_secret: ClassVar[str]
    """Two secrets that the provider takes without a warning."""

    success: ClassVar[bytes]
    """The body that the vendor takes for success, written down by hand."""

    allowed: ClassVar[Mapping[type[Event], bytes]] = MappingProxyType({})
    """The bodies that allow, for decisions that are allowed by another body."""

    unknown: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """A body of a type that the provider does not know."""

    spellings: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Names in samples that the provider reads as another, which it writes."""

    now: ClassVar[float] = 1_790_000_000.0
    """The time at which everything is sent, in unix seconds."""

    examples: ClassVar[int] = 50
    """How many bodies hypothesis makes up for each property."""

    def provider(self, secret: str | None, **options: Any) -> Provider:
        """Return a provider with this secret, and without any check where it is None. Passes ``options`` on."""
        raise NotImplementedError("write provider(self, secret, **options), such as: return Acme(secret=secret, ...)")

    # What the vendor sends, where it is more than a signed body.

    def body(self, type: str, model: type[Event]) -> Mapping[str, Any]:
        """Return a valid body for a type; write it where one class stands for several types."""
        return self.samples[model]

    def entries(self, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the events in a body; write it where the vendor sends several at once."""
        return [body]

    def route(self, type: str) -> str:
        """Return the route below the endpoint where a type arrives."""
        return self.new().vendor.route(type)

    def beside(self, type: str) -> Signed:
        """Return headers and query parameters that are sent beside body and proof."""
        return self.new().vendor.beside(type)

    def sign(self, provider: Provider, secret: str, body: bytes) -> Signed:
        """Return what a vendor with this secret adds to a request."""
        return provider.vendor.sign(body, secret=secret, now=self.now)

    def contradicts(self, type: str, body: Mapping[str, Any]) -> bool:
        """Return whether a body contradicts what is beside it; such a JSON object may be refused, and no other."""
        return False

    # Requests.

    @classmethod
    def catalog(cls) -> Mapping[str, type[Event]]:
        """Return the types that the provider knows, with their classes."""
        return cls().new().catalog

    def types(self) -> list[str]:
        """Return the types of which each is sent in a test of its own."""
        return list(self.catalog())

    def new(self, secret: str | None = None) -> Provider:
        """Return a provider whose clock stands still."""
        return self.provider(secret or self.secret, clock=lambda: self.now)

    def request(
        self, provider: Provider, type: str, body: Mapping[str, Any] | bytes, proof: Signed | None = None
    ) -> RawRequest:
        """Return the vendor's request with this body, signed unless the proof is given."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, default=dict).encode()
        beside = self.beside(type)
        proof = self.sign(provider, self.secret, content) if proof is None else proof
        return RawRequest(
            provider.methods[0],
            f"/{provider.path}/{self.route(type)}".rstrip("/"),
            query_string=urlencode([*beside.query, *proof.query]),
            headers=[("content-type", "application/json"), *beside.headers, *proof.headers],
            body=content,
        )

    def expected(self, model: type[Event]) -> bytes:
        """Return the body of the answer to an event of this class."""
        return self.allowed.get(model, self.success)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a test once for each type and each driver, if it asks for them."""
        if "type" in metafunc.fixturenames:
            metafunc.parametrize("type", self.types())
        if "driver" in metafunc.fixturenames:
            metafunc.parametrize("driver", DRIVERS)

    # What is promised.

    @pytest.mark.parametrize("secret", [None, "", "  "], ids=["none", "empty", "blank"])
    def test_it_is_not_made_without_a_check(self, secret: str | None) -> None:
        assert _raises(ConfigurationError, lambda: self.provider(secret)), (
            f"a provider was made with secret={secret!r}, so that anybody could send it events: hand the verifier, or "
            "checked=, to super().__init__()"
        )

    def test_its_setup_names_its_address(self) -> None:
        setup = json.dumps(self.new().setup("https://example.com/webhooks"))
        assert f"https://example.com/webhooks/{self.new().path}" in setup

    def test_every_event_has_a_sample(self) -> None:
        models = set(self.catalog().values())
        missing = sorted(model.__name__ for model in models - set(self.samples))
        assert not missing, f"there is no sample of {', '.join(missing)}"

    def test_a_sample_is_read_whole(self, type: str) -> None:
        """No field is left over or does not fit, and the event says what it is."""
        for event in self._read(type):
            assert isinstance(event, self.catalog()[type]), f"the sample of {type} was read as {event!r}"
            assert (type, self.new().name) == (event.type, event.provider)
            assert not event.drift, f"these do not fit their annotations: {', '.join(event.drift)}"
            assert not extras(event), f"these are not in the model: {', '.join(extras(event))}"
            assert event.occurred_at is None or event.occurred_at.tzinfo is not None, "occurred_at has no time zone"

    def test_the_wire_names_are_restored(self, type: str) -> None:
        """``model_dump(by_alias=True)`` writes what the vendor sent, and that reads as the same event."""
        body = self.body(type, self.catalog()[type])
        for event, sent in zip(self._read(type), self.entries(body), strict=True):
            dump = event.model_dump(mode="json", by_alias=True, exclude_unset=True)
            assert shape(sent, self.spellings) == shape(dump, {})
            assert event.model_dump() == self.catalog()[type].model_validate(dump).model_dump()

    def test_an_event_is_frozen(self, type: str) -> None:
        for event in self._read(type):
            for name in event.__class__.model_fields:
                kept = _raises(ValidationError, partial(setattr, event, name, None))
                assert kept, f"{event.__class__.__name__}.{name} can be changed: keep frozen=True in model_config"

    def test_a_repr_shows_what_identifies_and_nothing_else(self, type: str) -> None:
        body = self.body(type, self.catalog()[type])
        for event, sent in zip(self._read(type), self.entries(body), strict=True):
            shown = {type, *identifying(event)}
            for text in texts(sent):
                if len(text) < SHORTEST_TELLING or any(text in each for each in shown):
                    continue
                assert not any(text in line for line in (repr(event), str(event))), f"the repr of {type} tells {text!r}"

    def test_a_delivery_is_handled_and_answered(self, type: str, driver: Driver) -> None:
        desk, model = Desk(self.new(), driver), self.catalog()[type]
        request = self.request(desk.provider, type, self.body(type, model))
        answer = desk.send(request)
        assert (200, self.expected(model)) == (answer.status, answer.body)
        assert {Outcome.PROCESSED} == desk.outcomes()
        assert model in {event.__class__ for event in desk.events}

    def test_a_retry_is_answered_the_same_and_handled_no_more(self, type: str, driver: Driver) -> None:
        """But a question is asked again: no vendor repeats one, and two equal bodies are two questions."""
        desk, model = Desk(self.new(), driver), self.catalog()[type]
        request = self.request(desk.provider, type, self.body(type, model))
        first, handled = desk.send(request), len(desk.events)
        again = desk.send(request)
        assert first == again
        if model.decides:
            assert 2 * handled == len(desk.events)
        else:
            assert (handled, {Outcome.PROCESSED, Outcome.DUPLICATE}) == (len(desk.events), desk.outcomes())

    def test_a_delivery_is_remembered_longer_than_the_vendor_comes_back(self, type: str) -> None:
        provider = self.new()
        for event in self._read(type):
            if event.__class__ not in provider.retentions:
                assert provider.retention(event) > provider.retry_horizon

    def test_a_forgery_is_refused(self, driver: Driver) -> None:
        desk = Desk(self.new(), driver)
        for type in self.types():
            sent = self.request(desk.provider, type, self.body(type, self.catalog()[type]))
            forged = self.sign(desk.provider, self.other_secret, sent.body)
            for outcome, proof in ((Outcome.FORGED, forged), (Outcome.UNAUTHENTICATED, Signed())):
                answer = desk.send(self.request(desk.provider, type, sent.body, proof))
                assert (401, outcome) == (answer.status, desk.records[-1].outcome)
                assert self.success != answer.body
        assert not desk.events, "a handler saw what nobody signed"

    def test_a_body_that_was_changed_is_refused_where_the_proof_covers_it(self, driver: Driver) -> None:
        desk = Desk(self.new(), driver)
        covered = desk.provider.verifier is not None and desk.provider.verifier.covers_body
        expected = (401, Outcome.FORGED) if covered else (200, Outcome.PROCESSED)
        for type in self.types():
            sent = self.request(desk.provider, type, self.body(type, self.catalog()[type]))
            sent.body += b" "
            assert expected == (desk.send(sent).status, desk.records[-1].outcome), "covers_body says otherwise"

    def test_a_body_that_is_no_json_object_is_malformed(self, driver: Driver) -> None:
        desk = Desk(self.new(), driver)
        for type in self.types():
            for body in MALFORMED:
                answer = desk.send(self.request(desk.provider, type, body))
                assert (400, Outcome.MALFORMED) == (answer.status, desk.records[-1].outcome), f"{type}: {body!r}"

    def test_an_unknown_event_is_accepted(self, driver: Driver) -> None:
        """New types come without notice, and a vendor gives up on an endpoint that refuses."""
        desk = Desk(self.new(), driver)
        answer = desk.send(self.request(desk.provider, "unknown", self.unknown))
        assert (200, self.success) == (answer.status, answer.body)
        [event] = desk.events
        assert isinstance(event, UnknownEvent), f"unknown= was read as {event!r}"
        assert self.unknown == event.payload

    def test_neither_secrets_nor_payloads_are_told(self, caplog: pytest.LogCaptureFixture) -> None:
        provider, told = self.new(), []
        desk = Desk(provider, "dispatch")
        caplog.set_level(logging.DEBUG)
        for type in self.types():
            body = {**self.body(type, self.catalog()[type]), "unheard-of": MARKER}
            for secret in (self.secret, self.other_secret):
                proof = self.sign(provider, secret, json.dumps(body, ensure_ascii=False).encode())
                told.append(desk.send(self.request(provider, type, body, proof)).body.decode())
        told += [repr(provider), repr(vars(provider)), caplog.text, *map(repr, desk.events), *map(repr, desk.records)]
        for text in told:
            assert MARKER not in text, "a payload is told"
            assert self.secret not in text, "a secret is told"
            assert self.other_secret not in text, "a secret is told"

    def test_any_json_object_is_an_event(self) -> None:
        self._hold("unknown", lambda strategies: strategies.dictionaries(strategies.text(), values(strategies)))

    def test_a_sample_with_odd_values_is_an_event(self, type: str) -> None:
        """A value of a wrong type is drift, or makes the event an unknown one; it never raises."""
        body = json.loads(json.dumps(self.body(type, self.catalog()[type])))
        found = list(places(body))
        if not found:
            pytest.skip("the sample has no fields")

        def bodies(strategies: Any) -> Any:
            changes = strategies.dictionaries(strategies.sampled_from(found), values(strategies), max_size=3)
            return changes.map(lambda new: changed(body, new))

        self._hold(type, bodies)

    def _hold(self, type: str, strategy: Callable[[Any], Any]) -> None:
        """Send everything that a strategy makes up; each is answered with success and becomes an event."""
        hypothesis = pytest.importorskip("hypothesis", reason="the properties need hypothesis")
        desk = Desk(self.provider(self.secret, clock=lambda: self.now, idempotency_key=lambda event, request: None))

        def check(body: dict[str, Any]) -> None:
            desk.events.clear()
            desk.records.clear()
            status = desk.send(self.request(desk.provider, type, body)).status
            expected = (400, Outcome.MALFORMED) if self.contradicts(type, body) else (200, Outcome.PROCESSED)
            assert {expected} == {(status, outcome) for outcome in desk.outcomes()}
            for event in desk.events:
                repr(event)
                assert event.occurred_at is None or event.occurred_at.tzinfo is not None

        settings = hypothesis.settings(
            max_examples=self.examples, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
        )
        settings(hypothesis.given(body=strategy(hypothesis.strategies))(check))()

    def _read(self, type: str) -> list[Event]:
        desk = Desk(self.new())
        answer = desk.send(self.request(desk.provider, type, self.body(type, self.catalog()[type])))
        assert 200 == answer.status, f"the sample of {type} ended as {desk.records[-1]!r}"
        return desk.events


def _raises(expected: type[Exception], call: Callable[[], object]) -> bool:
    try:
        call()
    except expected:
        return True
    return False
