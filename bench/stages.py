"""Where the time of a delivery goes: each stage alone, or as the difference that it makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from webhook_kit import Dispatcher, RawRequest
from webhook_kit.adapters import asgi
from webhook_kit.providers.meeting_baas import MeetingBaaS

from . import deliveries, limit
from .deliveries import PATH, SECRET, Signed
from .flow import CALLS, UNIT, dispatcher, endless, through_asgi
from .peers import awaited, in_turn
from .plots import stacked
from .rounds import Contender, measured
from .subject import Comparison, Effort, Subject

LEAST: Final = "least: "
"""How the stages of the limit begin."""


def _stages(effort: Effort, *, body: str, make: Callable[[], Signed]) -> Comparison:
    """Measure parts of the flow in the order in which they come, and what is more in each larger part."""
    calls = effort.calls(CALLS)
    measure = partial(_parts, make, calls)
    found = measured(measure(), effort.rounds)
    stages = {
        f"{LEAST}HMAC": found["hmac"],
        f"{LEAST}model": found["model"],
        f"{LEAST}the rest": found["least"] - found["hmac"] - found["model"],
        "request as a value": found["request"],
        "authentication": found["authenticate"],
        "parsing": found["parse"],
        "flow and handler": found["stateless"] - found["authenticate"] - found["parse"],
        "claim and completion": found["dispatch"] - found["stateless"],
        "ASGI": found["asgi"] - found["dispatch"] - found["request"],
    }
    ours = {name: name for name in stages if not name.startswith(LEAST)}
    stacks = {
        "the least": {
            "authentication": f"{LEAST}HMAC",
            "parsing": f"{LEAST}model",
            "ASGI": f"{LEAST}the rest",
        },
        "this kit": ours,
    }
    return Comparison(f"Stages of a delivery of {body}", UNIT, stages, draw=stacked(stacks))


def _parts(make: Callable[[], Signed], calls: int) -> dict[str, Contender]:
    provider = MeetingBaaS(secret=SECRET)
    assert provider.verifier is not None
    verifier, keys = provider.verifier, (provider.verifier.prepare(SECRET),)
    hooks, stateless = dispatcher(asynchronous=True), dispatcher(asynchronous=True, hooks=Dispatcher(idempotency=None))

    def delivery() -> tuple[bytes, bytes]:
        body, proof = make()
        return body, proof.encode()

    def request() -> tuple[RawRequest]:
        (each,) = deliveries.raw(endless(make), 1)
        return (each,)

    def scope() -> tuple[dict[str, Any]]:
        ((each, _),) = deliveries.asgi(endless(make), 1)
        return (each,)

    def authenticate(request: RawRequest) -> None:
        verifier.match(verifier.present(request, 0.0), request.body, keys)

    return {
        "hmac": in_turn(limit.genuine, delivery, calls),
        "model": in_turn(limit.Completed.model_validate_json, lambda: delivery()[:1], calls),
        "least": through_asgi(limit.asgi, make, calls),
        "request": in_turn(lambda scope: asgi.request_of(scope, PATH), scope, calls),
        "authenticate": in_turn(authenticate, request, calls),
        "parse": in_turn(lambda request: provider.parse(request, None), request, calls),
        "stateless": awaited(stateless.adispatch, request, calls),
        "dispatch": awaited(hooks.adispatch, request, calls),
        "asgi": through_asgi(asgi.application(hooks), make, calls, "/meeting-baas"),
    }


SUBJECT: Final = Subject(
    "stages",
    "where the time of a delivery goes",
    (
        partial(_stages, body="190 bytes", make=deliveries.small),
        partial(_stages, body="3 kB", make=deliveries.transcript),
    ),
)
