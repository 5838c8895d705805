"""Write what the documents say about events from the code: ``docs/support-matrix.csv`` and the tables of the pages.

Run it from the root: ``python -m docs.tables``. A test fails where it was forgotten.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from webhook_kit import Event
from webhook_kit.cli.event_models import models_of, summary
from webhook_kit.providers import registry, tencent
from webhook_kit.providers.base import DAY, Provider
from webhook_kit.providers.meeting_baas import MeetingBaaS
from webhook_kit.providers.meeting_baas.channels import CHANNELS
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import catalog, push
from webhook_kit.providers.vcaas import VCaaS
from webhook_kit.signatures import HeaderHmac, HeaderSecret, QuerySecret, QueryTokenDigest
from webhook_kit.standard_signatures import StandardSignatures, names

ROOT: Final = Path(__file__).parents[1]
MATRIX: Final = ROOT / "docs" / "support-matrix.csv"
PAGES: Final = ROOT / "docs" / "providers"
COLUMNS: Final = (
    "providers",
    "wire_types",
    "class",
    "decides",
    "retention_seconds",
    "deduplicated_by",
    "methods",
    "authentication",
    "page",
)
TOGETHER: Final = "; "
SECRET: Final = "a secret that is long enough"
SIGNING_SECRET: Final = "whsec_3r0uEYRhJb2XlrQnCq5pXcVIjWw0d4sUmJ7xk1yH8fA="
PLACE: Final = re.compile(
    r"(<!-- events of (\S+), written by docs/tables.py -->\n).*?(<!-- end of events -->)", re.DOTALL
)


class Setup(NamedTuple):
    """One way to construct a provider: the keyword of its secret, and what comes of it."""

    keyword: str
    provider: Provider


class Written(Event):
    """An event of nobody's, for a provider whose events are the user's."""


def setups() -> Iterator[Setup]:
    """Yield every way in which a shipped provider checks what arrives."""
    for product in (tencent.TencentChat, tencent.TencentRoom, tencent.TencentLive, tencent.TencentCall):
        yield Setup("token", product(sdk_app_id=1, token=SECRET))
    yield Setup("key", tencent.TencentRTC(sdk_app_id=1, key=SECRET))
    for keyword in CHANNELS:
        secret: Any = {keyword: SIGNING_SECRET if keyword == "signing_secret" else SECRET}
        yield Setup(keyword, MeetingBaaS(**secret))
    yield Setup("url_token", VCaaS(url_token=SECRET))
    yield Setup("secret", StandardWebhooks(secret=SIGNING_SECRET, events={"*": Written}))


def matrix() -> str:
    """Return the table of all events, as CSV."""
    output = io.StringIO()
    writer = csv.DictWriter(output, COLUMNS, lineterminator="\n")
    writer.writeheader()
    rows: dict[type[Event], list[Setup]] = {}
    for setup in setups():
        for model in dict.fromkeys(setup.provider.catalog.values()):
            rows.setdefault(model, []).append(setup)
    for model, received in rows.items():
        writer.writerow(row(model, received))
    return output.getvalue()


def row(model: type[Event], received: Sequence[Setup]) -> dict[str, str]:
    """Return one event's line; what differs between the ways in which it is received stands with their keywords."""
    known = [name for name, each in received[0].provider.catalog.items() if each is model]
    return {
        "providers": _together(setup.provider.name for setup in received),
        "wire_types": _together([*model.wire_types, *known]),
        "class": "(your own)" if model is Written else model.__name__,
        "decides": "yes" if model.decides else "no",
        "retention_seconds": ""
        if model.decides
        else _each(received, lambda each: f"{_retention(model, each.provider):g}"),
        "deduplicated_by": _each(received, lambda each: identified(model, each.provider)),
        "methods": _each(received, lambda each: " ".join(each.provider.methods)),
        "authentication": _together(authentication(setup) for setup in received),
        "page": "" if model is Written else page_of(model),
    }


def identified(model: type[Event], provider: Provider) -> str:
    """Return what makes two deliveries of an event the same one."""
    if model.decides:
        return "never"
    if isinstance(provider.verifier, StandardSignatures):
        return "message id"
    return "entry of the batch" if issubclass(model, push.PushEvent) else "body"


def authentication(setup: Setup) -> str:
    """Return where a proof stands, what it is, and the keyword that it is checked with."""
    verifier = setup.provider.verifier
    if isinstance(verifier, HeaderHmac):
        proof = f"header {verifier.header}: HMAC of the body"
    elif isinstance(verifier, HeaderSecret):
        proof = f"header {verifier.header}: the secret itself"
    elif isinstance(verifier, QuerySecret):
        proof = f"parameter {verifier.parameter}: the secret itself"
    elif isinstance(verifier, StandardSignatures):
        families = " or ".join(" ".join(names(family)) for family in verifier.families)
        proof = f"headers {families}: HMAC or ed25519 of id, time and body"
    else:
        assert isinstance(verifier, QueryTokenDigest), f"write down how {verifier!r} authenticates"
        proof = f"parameters SdkAppid and {verifier.digest} {verifier.timestamp}: digest of the time"
    return f"{proof} ({setup.keyword}=)"


def page_of(model: type[Event]) -> str:
    """Return the vendor's page about an event: the one that its docstring names, or that of its module."""
    for text in (model.__doc__ or "", sys.modules[model.__module__].__doc__ or ""):
        found = re.search(r"(?<!\()https://\S+", text)
        if found:
            return found[0]
    return ""


PRODUCTS: Final[Mapping[str, Sequence[type[Event]]]] = {
    "tencent-chat": catalog.CHAT,
    "tencent-room": catalog.ROOM,
    "tencent-live": catalog.LIVE,
    "tencent-call": catalog.CALL,
}
"""Of what the four know in common, the events of each product."""


def page(text: str) -> str:
    """Return a page with its tables as they should be."""
    return PLACE.sub(lambda match: f"{match[1]}{events_of(match[2])}{match[3]}", text)


def events_of(name: str) -> str:
    """Return the table of a provider's events."""
    lines = ["", "| event | on the wire | when | remembered |", "| --- | --- | --- | --- |"]
    provider = next(setup.provider for setup in setups() if setup.provider.name == name)
    for model in PRODUCTS.get(name) or models_of(registry.provider_class(name)):
        wire = ", ".join(f"`{wire}`" for wire in model.wire_types)
        kept = "never: it asks for a decision" if model.decides else duration(_retention(model, provider))
        lines.append(f"| `{model.__name__}` | {wire} | {linked(model)} | {kept} |")
    return "\n".join([*lines, "", ""])


def linked(model: type[Event]) -> str:
    """Return what an event is about, with a link to the vendor's page."""
    address = page_of(model)
    return f"{summary(model)} [page]({address})" if address else summary(model)


def duration(seconds: float) -> str:
    """Return a number of seconds in the largest unit that fits."""
    for unit, size in (("days", DAY), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} seconds"


def _retention(model: type[Event], provider: Provider) -> float:
    return provider.retention(model.model_construct())


def _each(received: Sequence[Setup], told: Callable[[Setup], str]) -> str:
    """Return what is told of all ways, or of each with its keyword where they differ."""
    found = {setup.keyword: told(setup) for setup in received}
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return _together(f"{value} ({keyword}=)" for keyword, value in found.items())


def _together(values: Iterable[str]) -> str:
    return TOGETHER.join(dict.fromkeys(values))


def main() -> None:
    """Write everything."""
    MATRIX.write_text(matrix(), encoding="utf-8")
    for each in sorted(PAGES.glob("*.md")):
        each.write_text(page(each.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
