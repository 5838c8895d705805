"""The errors that leave the kit."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class WebhookError(Exception):
    """Be the root of every error that the kit raises."""


class ConfigurationError(WebhookError):
    """Say what is wrong with the set-up, and what to write instead.

    Raised where the mistake is made (constructor, decorator), or at start where it cannot be seen earlier. Never raised
    because of what a request contains.
    """


class WeakSecretWarning(UserWarning):
    """Warn of a secret that is accepted but looks too short, or pasted with white space around it."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names what the user may have meant: the nearest known names, else all of them."""
    names = sorted(known)
    close = get_close_matches(name, names, n=3, cutoff=0.5) or names
    return ", ".join(repr(each) for each in close)


def refuse_unknown(owner: str, unknown: Iterable[str], known: Iterable[str]) -> None:
    """Raise :class:`ConfigurationError` for the first keyword that ``owner`` does not take."""
    for name in unknown:
        raise ConfigurationError(f"{owner} takes no keyword {name!r}; did you mean {nearest(name, known)}?")
