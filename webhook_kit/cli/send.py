"""``webhook-kit send``: one delivery, signed as the vendor signs, and what the vendor makes of the answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.text import Text

from webhook_kit.errors import ConfigurationError
from webhook_kit.http import RawRequest, RawResponse
from webhook_kit.providers.base import Provider
from webhook_kit.providers.retries import Verdict
from webhook_kit.providers.vendor import Message, below_endpoint
from webhook_kit.testing.samples import place_of
from webhook_kit.testing.wire import Unanswered, Wire

from . import exits
from .exits import Exit
from .screen import console, milliseconds, print_json, visible
from .secrecy import Mask
from .vendors import (
    Address,
    EventName,
    Insecure,
    Json,
    Keywords,
    ProviderName,
    Scheme,
    SecretText,
    make_provider,
    resolve,
)

PATIENCE = 30.0
"""Seconds to wait where the vendor does not document how long it does."""


def send(
    provider: ProviderName,
    event: EventName,
    to: Address,
    secret: SecretText = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUE", help="Change the sample there, such as data.bot_id=b-1.", show_default=False
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Send this body instead; - is the input.", show_default=False),
    ] = None,
    scheme: Scheme = None,
    option: Keywords = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.001, metavar="SECONDS", help="Wait so long instead of the vendor's own time.", show_default=False
        ),
    ] = None,
    insecure: Insecure = False,
    as_json: Json = False,
) -> None:
    """Send one event to a server, signed as its vendor signs, and explain the answer.

    The body is a sample of the event, with the values of --set, or the bytes of --file.

    Exits with 0 if the vendor would take the event for delivered, with 1 if not; with 3 if the server cannot be
    reached, 4 after a time-out, 5 without TLS, 6 for a redirect, which no vendor follows.
    """
    made = make_provider(provider, secret=secret, scheme=scheme, keywords=option, events=[event])
    name = resolve(made, event)
    try:
        message = _message(made, name, changes or (), file)
        patience = timeout or made.vendor.retries(name).patience or PATIENCE
        wire = Wire(to, timeout=patience, insecure=insecure)
        request = below_endpoint(made, made.vendor.request(message))
        started = perf_counter()
        answer = _answer(wire, request)
    except ConfigurationError as error:
        raise typer.BadParameter(str(error)) from None
    mask = Mask(made, to)
    mask.hide_proof(request, message)
    result = Result(made, name, f"{wire.shown.rstrip('/')}{request.path}", answer, perf_counter() - started, mask)
    if as_json:
        print_json(result.as_json())
    elif isinstance(answer, Unanswered):
        exits.end_unanswered(answer)
    else:
        result.show(answer)
    raise typer.Exit(result.code)


@dataclass(frozen=True)
class Result:
    """What came of it."""

    provider: Provider
    type: str
    to: str
    answer: RawResponse | Unanswered
    seconds: float
    mask: Mask

    @property
    def verdict(self) -> Verdict:
        """What the vendor makes of the answer."""
        answer = self.answer.failure if isinstance(self.answer, Unanswered) else self.answer
        return self.provider.vendor.verdict(self.type, answer)

    @property
    def code(self) -> Exit:
        """The exit code that says so."""
        if isinstance(self.answer, Unanswered):
            return exits.OF_TROUBLE[self.answer.trouble]
        if self.answer.status // 100 == 3:
            return Exit.REDIRECTED
        return Exit.OK if self.verdict.delivered else Exit.FAILED

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        status = body = trouble = None
        if isinstance(self.answer, Unanswered):
            trouble = {"kind": self.answer.trouble.value, "message": str(self.answer)}
        else:
            status, body = self.answer.status, self.mask(self.answer.body.decode(errors="replace"))
        return {
            "provider": self.provider.name,
            "type": self.type,
            "to": self.to,
            "status": status,
            "body": body,
            "trouble": trouble,
            "milliseconds": round(self.seconds * 1000, 3),
            "delivered": self.verdict.delivered,
            "again": self.verdict.again,
            "verdict": self.verdict.text,
            "exit_code": int(self.code),
        }

    def show(self, answer: RawResponse) -> None:
        """Print it."""
        screen = console()
        colour = "green" if self.verdict.delivered else "red"
        body = _first_line(self.mask(answer.body.decode(errors="replace")))
        screen.print(Text.assemble((self.type, "bold"), " to ", self.to), soft_wrap=True)
        screen.print()
        screen.print(
            Text.assemble(
                "  ", (str(answer.status), f"bold {colour}"), f"  {body}", (f"  {milliseconds(self.seconds)}", "dim")
            ),
            soft_wrap=True,
        )
        screen.print()
        text = self.verdict.text
        screen.print(Text(f"{text[0].upper()}{text[1:]}.", style=colour))
        if self.code is Exit.REDIRECTED:
            target = _target(answer)
            if target:
                screen.print(f"It redirects to {visible(self.mask(target))}: enter the last address at the vendor.")
        elif answer.status == 401:
            screen.print("Why a signature is refused: webhook-kit explain --help", style="dim")


def _target(answer: RawResponse) -> str:
    """Return where an answer redirects to, without what may be secret in it."""
    location = next((value for key, value in answer.headers if key.lower() == "location"), "")
    address, _, _ = location.partition("#")[0].partition("?")
    scheme, slashes, rest = address.partition("//")
    host, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}"


def _answer(wire: Wire, request: RawRequest) -> RawResponse | Unanswered:
    try:
        return wire.exchange(request)
    except Unanswered as error:
        return error


def _message(provider: Provider, name: str, changes: Sequence[str], file: Path | None) -> Message:
    content = None if file is None else _content(file)
    if content is not None and not changes:
        return provider.vendor.message(name, content)
    fields = provider.vendor.sample(name) if content is None else _object(content)
    for each in changes:
        path, equals, text = each.partition("=")
        if not equals:
            raise typer.BadParameter(f"{each!r} has no value: write data.bot_id=b-1", param_hint="--set")
        place, key = place_of(fields, provider.catalog[name], path)
        before = place.get(key) if isinstance(place, dict) else place[key]
        place[key] = text if isinstance(before, str) else _value(text)
    return provider.vendor.message(name, fields)


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="--file") from None


def _object(content: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise typer.BadParameter("what --set changes is a JSON object, and the file holds none", param_hint="--file")
    return fields


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _first_line(body: str) -> str:
    line, _, more = body.partition("\n")
    return f"{visible(line[:200].rstrip())}{'…' if more or len(line) > 200 else ''}"
