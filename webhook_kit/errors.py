"""The errors that leave the kit."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

MOST_SHOWN: Final = 8


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
    """Return a hint that names what the user may have meant: the nearest known names, else a few of them."""
    folded = {each.lower(): each for each in sorted(known)}
    close = [folded[each] for each in get_close_matches(name.lower(), folded, n=3, cutoff=0.5)]
    names = close or list(folded.values())
    return ", ".join(repr(each) for each in names[:MOST_SHOWN]) + (", ..." if len(names) > MOST_SHOWN else "")


def refuse_unknown(owner: str, unknown: Iterable[str], known: Iterable[str]) -> None:
    """Raise :class:`ConfigurationError` for the first keyword that ``owner`` does not take."""
    for name in unknown:
        raise ConfigurationError(f"{owner} takes no keyword {name!r}; did you mean {nearest(name, known)}?")
