"""The vendor that a command line names: provider, secret and event."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final, TypeAlias

import typer

from webhook_kit.errors import ConfigurationError, WeakSecretWarning, nearest
from webhook_kit.events import Event
from webhook_kit.providers import registry
from webhook_kit.providers.base import Provider

SECRET: Final = "WEBHOOK_KIT_SECRET"
"""The variable that a secret is taken from where no flag gives it."""


def complete_provider(incomplete: str) -> Iterator[str]:
    """Yield the names that a shell offers for a beginning."""
    yield from (name for name in registry.names() if name.startswith(incomplete))


def complete_event(context: typer.Context, incomplete: str) -> Iterator[str]:
    """Yield the names that a shell offers for the beginning of an event of the provider that stands before."""
    for kind in _provider_before(context):
        names = {*kind.catalog, *(model.__name__ for model in kind.catalog.values())}
        yield from sorted(name for name in names if name.lower().startswith(incomplete.lower()))


def _complete_scheme(context: typer.Context, incomplete: str) -> Iterator[str]:
    for kind in _provider_before(context):
        yield from (each for each in schemes_of(kind) if each.startswith(incomplete.replace("-", "_")))


def _provider_before(context: typer.Context) -> Iterator[type[Provider]]:
    """Yield the provider of the words before the one that is completed, if there is any."""
    # What stands before an option without its value is no parameter yet.
    name = context.params.get("provider") or next(iter(context.args), None)
    if name is not None:
        with suppress(ConfigurationError):
            yield registry.provider_class(name)


ProviderName: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="PROVIDER",
        help="The provider that receives, such as meeting-baas.",
        autocompletion=complete_provider,
        show_default=False,
    ),
]
EventName: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="EVENT",
        help="The event: a class or a name on the wire.",
        autocompletion=complete_event,
        show_default=False,
    ),
]
Address: TypeAlias = Annotated[
    str,
    typer.Option(
        "--to", metavar="URL", help="The provider's address, as it is entered at the vendor.", show_default=False
    ),
]
SecretText: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--secret",
        metavar="TEXT",
        help=f"What the vendor signs with; - reads a line of the input. Better the variable {SECRET}, "
        "which no history keeps; a terminal is asked for it.",
        show_default=False,
    ),
]
Scheme: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="KEYWORD",
        help="The provider's keyword for the secret where it has several, such as api_key.",
        autocompletion=_complete_scheme,
        show_default=False,
    ),
]
Keywords: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        "-o",
        metavar="KEYWORD=VALUE",
        help="Another keyword of the provider, such as sdk_app_id=1400000000.",
        show_default=False,
    ),
]
Insecure: TypeAlias = Annotated[bool, typer.Option("--insecure", help="Accept any certificate of the server.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def provider_class(name: str) -> type[Provider]:
    """Return the provider of a name, or end with the nearest ones."""
    try:
        return registry.provider_class(name)
    except ConfigurationError as error:
        raise typer.BadParameter(str(error), param_hint="PROVIDER") from None


def make_provider(
    name: str, *, secret: str | None, scheme: str | None, keywords: Sequence[str] | None, events: Sequence[str] = ()
) -> Provider:
    """Return a provider that receives these events with this secret, which is asked for where it is missing."""
    kind = provider_class(name)
    vendor = kind.vendor_class()
    for event in events if kind.catalog else ():
        # Before anybody is asked for a secret.
        _check_event(name, kind.catalog, event)
    given = {**vendor.keywords(events), **keywords_of(keywords)}
    schemes = [_checked_scheme(kind, name, scheme)] if scheme else list(schemes_of(kind))
    text = secret_text(secret)
    if text is None:
        found = _made(kind, given)
        if isinstance(found, Provider):
            return found
        if "sdk_app_id" in str(found):
            raise typer.BadParameter(_as_options(found)) from None
        text = secret_or_prompt(name, None)
    return _first(kind, text, schemes, given, events)


def needs_secret(kind: type[Provider], keywords: dict[str, Any]) -> bool:
    """Return whether a provider cannot be made without a secret."""
    return not isinstance(_made(kind, keywords), Provider)


def schemes_of(kind: type[Provider]) -> Sequence[str]:
    """Return the keywords of a provider's constructor that take a secret."""
    return kind.vendor_class().secrets or kind.checks


def scheme_of(kind: type[Provider], name: str, scheme: str | None, secret: str) -> str:
    """Return the keyword that a secret is for: the one given, else the first that takes such a text."""
    if scheme is not None:
        return _checked_scheme(kind, name, scheme)
    schemes = schemes_of(kind)
    given = kind.vendor_class().keywords(["any"])
    # It may have been pasted with more than itself.
    bare = secret.strip().strip("\"'")
    usable = [each for each in schemes if isinstance(_made(kind, {**given, each: bare}), Provider)]
    return (usable or schemes)[0]


def _checked_scheme(kind: type[Provider], name: str, scheme: str) -> str:
    chosen, schemes = scheme.replace("-", "_"), schemes_of(kind)
    if chosen not in schemes:
        raise typer.BadParameter(
            f"{name} takes no secret as {scheme!r}; did you mean {nearest(scheme, schemes)}?", param_hint="--scheme"
        )
    return chosen


def resolve(provider: Provider, event: str) -> str:
    """Return the wire name of an event that is named by its class or on the wire; or end with the nearest names."""
    _check_event(provider.name, provider.catalog, event)
    if event in provider.catalog:
        return event
    classes = {model.__name__: model for model in provider.catalog.values()}
    return provider.vendor.type_of(classes[event])


def _check_event(name: str, catalog: Mapping[str, type[Event]], event: str) -> None:
    known = {*catalog, *(model.__name__ for model in catalog.values())}
    if event not in known:
        raise typer.BadParameter(
            f"{name} sends no {event!r}; did you mean {nearest(event, known)}?", param_hint="EVENT"
        )


def secret_text(given: str | None) -> str | None:
    """Return the secret of the flag, of the input or of the environment."""
    if given == "-":
        return sys.stdin.readline().rstrip("\n")
    return os.environ.get(SECRET) if given is None else given


def secret_or_prompt(name: str, given: str | None) -> str:
    """Return the secret of the flag, of the input or of the environment, else what is entered at the terminal."""
    text = secret_text(given)
    if text is not None:
        return text
    if not asks():
        raise typer.BadParameter(f"{name} needs a secret: set {SECRET}, or write --secret", param_hint="--secret")
    entered: str = typer.prompt(f"The secret of {name}", hide_input=True, err=True)
    return entered


def asks() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()


def _first(
    kind: type[Provider], text: str, schemes: Iterable[str], keywords: dict[str, Any], events: Sequence[str]
) -> Provider:
    """Return the provider under the first keyword that takes such a secret and knows the events."""
    errors: list[ConfigurationError] = []
    made: list[Provider] = []
    for scheme in schemes:
        found = _made(kind, {**keywords, scheme: text})
        if isinstance(found, ConfigurationError):
            errors.append(found)
            continue
        made.append(found)
        if all(_knows(found, event) for event in events):
            return found
    if made:
        return made[0]
    raise typer.BadParameter(_as_options(errors[0])) from None


def _made(kind: type[Provider], keywords: dict[str, Any]) -> Provider | ConfigurationError:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakSecretWarning)
        try:
            return kind(**keywords)
        except ConfigurationError as error:
            return error


def _knows(provider: Provider, event: str) -> bool:
    return event in provider.catalog or any(event == model.__name__ for model in provider.catalog.values())


def keywords_of(given: Sequence[str] | None) -> dict[str, Any]:
    """Return the keywords of ``--option``."""
    pairs = [each.partition("=") for each in given or ()]
    for name, equals, _ in pairs:
        if not equals or not name:
            raise typer.BadParameter(
                f"{name!r} is no keyword with a value: write sdk_app_id=1400000000", param_hint="--option"
            )
    return {name.replace("-", "_"): value for name, _, value in pairs}


def _as_options(error: ConfigurationError) -> str:
    """Return an error of a constructor with what to write here."""
    return f"{error} (keywords are written as --option KEYWORD=VALUE)"
