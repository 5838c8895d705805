"""``webhook-kit explain``: why a captured request was refused."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from webhook_kit.errors import ConfigurationError, WeakSecretWarning
from webhook_kit.http import RawRequest
from webhook_kit.providers.base import Provider

from .captured import Unreadable, read_request
from .diagnosis import EXAMPLES, Diagnosis, diagnose
from .exits import Exit
from .screen import console, many, print_json, trimmed, visible
from .vendors import (
    Json,
    Keywords,
    Scheme,
    SecretText,
    complete_provider,
    keywords_of,
    make_provider,
    needs_secret,
    provider_class,
    scheme_of,
    secret_or_prompt,
    secret_text,
)


def explain(
    provider: Annotated[
        str,
        typer.Option(
            metavar="PROVIDER",
            help="The provider that refused it, such as meeting-baas.",
            autocompletion=complete_provider,
            show_default=False,
        ),
    ],
    request: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="The captured request: HTTP as on the wire, or JSON; - is the input.",
            show_default=False,
        ),
    ],
    secret: SecretText = None,
    scheme: Scheme = None,
    option: Keywords = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When it was received: unix seconds, or 2026-09-21T14:00:00Z. By default now.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell why a captured request is refused: what happened to it, or to the secret.

    Tries what usually goes wrong: a body that was parsed and written anew, a secret of another kind or with a line's
    end, headers of another sender, clocks that differ, a query that a proxy has rewritten. Shows neither the secret
    nor the signature nor the body.

    Exits with 0 if the request is accepted as it is, with 1 if it is refused.
    """
    kind = provider_class(provider)
    captured = _read(request)
    given = {**kind.vendor_class().keywords(["any"]), **keywords_of(option)}
    text = secret_text(secret)
    if text is None and not needs_secret(kind, given):
        text = ""
    text = secret_or_prompt(provider, secret) if text is None else text
    chosen = scheme_of(kind, provider, scheme, text)

    def make(text: str, clock: Callable[[], float]) -> Provider | None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WeakSecretWarning)
            try:
                return kind(**{**given, **({chosen: text} if text else {}), "clock": clock})
            except ConfigurationError:
                return None

    if not any(make(each, time.time) for each in EXAMPLES):
        # Something else is missing than a secret: this ends with what it is.
        make_provider(
            provider, secret=EXAMPLES[0], scheme=chosen, keywords=option, events=() if kind.catalog else ["any"]
        )
    diagnosis = diagnose(make, text, captured, _moment(at))
    if as_json:
        print_json(_as_json(provider, chosen, captured, diagnosis))
    else:
        screen = console()
        with trimmed(screen):
            _show(screen, captured, diagnosis)
    raise typer.Exit(Exit.OK if diagnosis.accepted else Exit.FAILED)


def _read(file: Path) -> RawRequest:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return read_request(content)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="--request") from None
    except Unreadable as error:
        raise typer.BadParameter(str(error), param_hint="--request") from None


def _moment(text: str | None) -> float:
    if text is None:
        return time.time()
    try:
        with suppress(ValueError):
            return datetime.fromtimestamp(float(text), UTC).timestamp()
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            f"{text!r} is no time: write unix seconds, or 2026-09-21T14:00:00Z", param_hint="--at"
        ) from None


def _as_json(provider: str, scheme: str, request: RawRequest, diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "provider": provider,
        "scheme": scheme,
        "accepted": diagnosis.accepted,
        "outcome": None if diagnosis.outcome is None else diagnosis.outcome.value,
        "reasons": [{"kind": each.kind, "text": each.text} for each in diagnosis.reasons],
        "request": {"method": request.method, "path": request.path, "bytes": len(request.body)},
    }


def _show(screen: Console, request: RawRequest, diagnosis: Diagnosis) -> None:
    headers = many(len(request.headers.pairs()), "header")
    size = many(len(request.body), "byte")
    screen.print(Text.assemble((visible(f"{request.method} {request.path}"), "bold"), f", {headers}, {size} of body"))
    screen.print()
    if diagnosis.accepted:
        screen.print(Text("Accepted: the signature is right, and the body can be read.", style="bold green"))
        return
    why = ": the secret cannot be one" if diagnosis.outcome is None else f" as {diagnosis.outcome}"
    screen.print(Text(f"Refused{why}.", style="bold red"))
    for each in diagnosis.reasons:
        screen.print()
        text = visible(each.text)
        screen.print(f"{text[0].upper()}{text[1:]}.")
