"""Why a provider refuses a request: what would have to be otherwise for it to be accepted."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from webhook_kit.delivery import Outcome, Record, Refusal
from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError
from webhook_kit.http import RawRequest
from webhook_kit.providers import registry
from webhook_kit.providers.base import Provider
from webhook_kit.providers.retries import duration

from .changes import Change, Reason, bodies, queries, secrets
from .screen import quiet

ACCEPTED: Final = (Outcome.UNHANDLED, Outcome.UNKNOWN_EVENT, Outcome.PROCESSED)
EXAMPLES: Final = ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
"""Texts of which every provider takes one for a secret. They are those of the specification of Standard Webhooks."""
_NUMBER = re.compile(r"[0-9]{10}", re.ASCII)
AUTHENTICATION: Final = (Outcome.UNAUTHENTICATED, Outcome.FORGED, Outcome.STALE, None)

Make = Callable[[str, Callable[[], float]], Provider | None]
"""What makes the provider with a secret and a clock; None where the text cannot be a secret."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What becomes of a request, and why."""

    outcome: Outcome | None
    """None where the text given cannot be a secret at all."""
    reasons: tuple[Reason, ...]

    @property
    def accepted(self) -> bool:
        """Whether it is accepted as it is."""
        return self.outcome in ACCEPTED


def diagnose(make: Make, secret: str, request: RawRequest, now: float) -> Diagnosis:
    """Return why a request is refused by a provider with this secret, which received it at ``now`` (unix seconds)."""
    outcome = _outcome(make, secret, request, now)
    if outcome in ACCEPTED:
        return Diagnosis(outcome, ())
    if outcome in AUTHENTICATION:
        times = [now, *_times(request)]
        own = _accepting(make, secret, request, times)
        if own is not None:
            return Diagnosis(outcome, (_of_clock(own, now),))
        found = list(_of_changes(make, secret, request, times)) or list(_of_credentials(make, secret, request, outcome))
        return Diagnosis(outcome, (*(found or [_unexplained(make, secret)]), *_of_length(request)))
    return Diagnosis(outcome, (*_of_outcome(make, secret, request, outcome), *_of_length(request)))


# What might have happened, each undone in turn.


def _of_changes(make: Make, secret: str, request: RawRequest, times: list[float]) -> Iterator[Reason]:
    """Yield the least that has to be undone for the signature to be right: one thing, else two."""
    parts: list[list[Change | None]] = [
        [None, *secrets(secret)],
        [None, *bodies(request.body)],
        [None, *queries(request.query_string.decode("latin-1"))],
    ]
    choices = [each for each in itertools.product(*parts) if 0 < sum(change is not None for change in each) <= 2]
    for chosen in sorted(choices, key=lambda each: sum(change is not None for change in each)):
        changed_secret, body, query = chosen
        other = RawRequest(
            request.method,
            request.path,
            query_string=request.query_string if query is None else str(query.value),
            headers=request.headers.pairs(),
            body=request.body if body is None else bytes(body.value) if isinstance(body.value, bytes) else b"",
            client=request.client,
        )
        text = secret if changed_secret is None else str(changed_secret.value)
        time = _accepting(make, text, other, times)
        if time is not None:
            yield from (change.reason for change in chosen if change is not None)
            if time != times[0]:
                yield _of_clock(time, times[0])
            return


# What can be seen without trying.


def _of_credentials(make: Make, secret: str, request: RawRequest, outcome: Outcome | None) -> Iterator[Reason]:
    """Say which credentials are there, and which are read."""
    provider = make(secret, lambda: 0.0)
    wanted = () if provider is None else _proof_names(provider)
    for name in wanted:
        if len(request.headers.getlist(name)) + len(request.query.variants(name)) > 1:
            yield Reason("headers", f"there is more than one {name}: a proxy, or the configured URL, adds one")
    if outcome is not Outcome.UNAUTHENTICATED:
        return
    missing = [name for name in wanted if not (request.headers.get(name) or any(request.query.variants(name)))]
    if missing:
        yield Reason("headers", f"there is no {', no '.join(missing)} in it")
    for other in _others(provider, request):
        yield Reason("headers", f"what it has instead is read by {other}")


def _proof_names(provider: Provider) -> tuple[str, ...]:
    """Return the names of the headers and parameters that prove a request to a provider."""
    try:
        signed = provider.vendor.sign(b"", now=0.0)
    except ConfigurationError:  # a public key cannot sign
        return ()
    return tuple(name for name, _ in (*signed.headers, *signed.query))


def _others(provider: Provider | None, request: RawRequest) -> Iterator[str]:
    """Yield the providers that would read the credentials of a request."""
    for name in registry.names():
        kind = registry.provider_class(name)
        vendor = kind.vendor_class()
        for scheme in vendor.secrets or kind.checks:
            other = _made(kind, {**vendor.keywords(["any"]), scheme: EXAMPLES[0]})
            if other is None or other.verifier is None or (provider and other.verifier is provider.verifier):
                continue
            if all(request.headers.get(each) for each in _proof_names(other)):
                yield f"{kind.__name__}({scheme}=...)"


def _made(kind: type[Provider], keywords: dict[str, Any]) -> Provider | None:
    try:
        return kind(**keywords)
    except ConfigurationError:
        return None


def _of_outcome(make: Make, secret: str, request: RawRequest, outcome: Outcome | None) -> Iterator[Reason]:
    provider = make(secret, lambda: 0.0)
    assert provider is not None, "who has an outcome has been made"
    match outcome:
        case Outcome.METHOD_NOT_ALLOWED:
            yield Reason("method", f"it is a {request.method}, and the vendor sends {' or '.join(provider.methods)}")
        case Outcome.WRONG_APP:
            names = {"sdkappid"}
            given = [value for name, value in request.query.pairs() if name.lower() in names]
            given += [value for name, value in request.headers.pairs() if name.lower() in names]
            yield Reason("application", f"it names the application {' and '.join(given) or 'of nobody'}")
        case Outcome.TOO_LARGE:
            yield Reason("size", f"its body has {len(request.body)} bytes, and max_body= is {provider.max_body}")
        case Outcome.UNSUPPORTED_ENCODING:
            encoding = request.headers.get("content-encoding")
            yield Reason("encoding", f"its body is compressed ({encoding}): the proxy in front has to unpack it")
        case Outcome.MALFORMED:
            yield Reason("body", _of_json(request.body))
        case _:
            yield Reason("outcome", f"it ends as {outcome}")


def _of_json(body: bytes) -> str:
    if not body:
        return "the body is empty: something before the provider has read it"
    if body.startswith(b"\xef\xbb\xbf"):
        return "the body begins with a byte order mark"
    try:
        value = json.loads(body.decode())
    except UnicodeDecodeError:
        return "the body is no UTF-8"
    except ValueError as error:
        where = getattr(error, "pos", 0)
        return f"the body is no JSON: it goes wrong at byte {where} of {len(body)}"
    except RecursionError:
        return "the body is JSON that is nested too deeply"
    if not isinstance(value, dict):
        return f"the body is JSON, but a {type(value).__name__} instead of an object"
    return "the body contradicts what is beside it, such as another command than the URL"


def _of_length(request: RawRequest) -> Iterator[Reason]:
    """Say where the body is not as long as the headers say."""
    declared = request.headers.get("content-length") or ""
    if declared.isdigit() and int(declared) != len(request.body):
        yield Reason(
            "length",
            f"content-length says {declared} bytes, and the body has {len(request.body)}: "
            "it was changed or cut, or the file is not what was sent",
        )


def _of_clock(own: float, now: float) -> Reason:
    apart = abs(now - own)
    when = "before" if own < now else "after"
    signed = datetime.fromtimestamp(own, UTC).isoformat(sep=" ", timespec="seconds")
    shown = f" ({duration(apart)})" if apart >= 60 else ""
    return Reason(
        "clock",
        f"the signature is right, and was made at {signed}, {apart:.0f} s{shown} {when} it was received "
        "as far as is known here. If --at is when it came, one of the two clocks is wrong, or a queue kept it",
    )


def _unexplained(make: Make, secret: str) -> Reason:
    provider = make(secret, lambda: 0.0)
    if provider is None:
        return Reason("secret", "this text cannot be the secret: copy it from the vendor's console as it stands there")
    covered = provider.verifier is not None and provider.verifier.covers_body
    return Reason(
        "unknown",
        "nothing that usually goes wrong explains it: it is the secret of another endpoint or account"
        f"{', or the body was changed by more than its form' if covered else ''}",
    )


# Trying.


def _outcome(make: Make, secret: str, request: RawRequest, now: float) -> Outcome | None:
    """Return what a provider makes of a request, None where it cannot be made with such a secret."""
    provider = make(secret, lambda: now)
    if provider is None:
        return None
    hooks = Dispatcher(idempotency=None)
    hooks.add(provider)
    records: list[Record] = []
    hooks.observe(records.append)
    with quiet():
        hooks.dispatch(_routed(provider, request))
    hooks.close()
    return records[-1].outcome


def _accepting(make: Make, secret: str, request: RawRequest, times: Iterable[float]) -> float | None:
    """Return the first of these times at which the credentials of a request are right."""
    for now in times:
        provider = make(secret, lambda now=now: now)  # type: ignore[misc]  # a value for each turn
        if provider is None or provider.verifier is None or provider.secret is None:
            return None
        keys = provider.secret.prepared
        assert keys is not None, "the secret is a text"
        try:
            provider.verifier.match(provider.verifier.present(request, now), request.body, keys)
        except Refusal:
            continue
        return now
    return None


def _times(request: RawRequest) -> list[float]:
    """Return the numbers in a request that may be the time at which it was signed."""
    texts = [value for _, value in (*request.headers.pairs(), *request.query.pairs())]
    return [float(text) for text in dict.fromkeys(texts) if _NUMBER.fullmatch(text)]


def _routed(provider: Provider, request: RawRequest) -> RawRequest:
    """Return the request at the provider's endpoint, or at the route below it that its path ends with."""
    last = request.path.rstrip("/").rpartition("/")[2]
    below = f"/{last}" if last in provider.routes and last else ""
    return RawRequest(
        request.method,
        f"/{provider.path}{below}",
        query_string=request.query_string,
        headers=request.headers.pairs(),
        body=request.body,
    )
