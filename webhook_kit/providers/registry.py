"""The providers that are at hand, by name: those of the kit, and those of installed distributions.

A distribution registers its own under the entry-point group ``webhook_kit.providers``, with the provider's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final

from ..errors import ConfigurationError, nearest
from .base import Provider

__all__ = ["GROUP", "SHIPPED", "names", "provider_class"]

GROUP: Final = "webhook_kit.providers"

SHIPPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tencent-chat": "webhook_kit.providers.tencent:TencentChat",
        "tencent-room": "webhook_kit.providers.tencent:TencentRoom",
        "tencent-live": "webhook_kit.providers.tencent:TencentLive",
        "tencent-call": "webhook_kit.providers.tencent:TencentCall",
        "tencent-rtc": "webhook_kit.providers.tencent:TencentRTC",
        "meeting-baas": "webhook_kit.providers.meeting_baas:MeetingBaaS",
        "vcaas": "webhook_kit.providers.vcaas:VCaaS",
        "standard-webhooks": "webhook_kit.providers.standard_webhooks:StandardWebhooks",
    }
)
"""Found without metadata, so that a checkout that is not installed has them too."""


def names() -> tuple[str, ...]:
    """Return the names of all providers, those of the kit first; nothing of them is imported."""
    return (*SHIPPED, *sorted({each.name for each in entry_points(group=GROUP)} - set(SHIPPED)))


def provider_class(name: str) -> type[Provider]:
    """Return the provider of this name.

    Raises :class:`ConfigurationError` for a name that nobody registers, or two distributions do, and for a distribution
    whose provider cannot be imported or is none. The kit's own cannot be replaced.
    """
    if name in SHIPPED:
        return _load(EntryPoint(name, SHIPPED[name], GROUP), "webhook_kit")
    # One distribution may be found twice, as an editable one is from its own folder.
    found = {(_distribution(each), each.value): each for each in entry_points(group=GROUP, name=name)}
    if not found:
        raise ConfigurationError(f"there is no provider {name!r}; did you mean {nearest(name, names())}?")
    if len(found) > 1:
        owners = " and ".join(sorted(owner for owner, _ in found))
        raise ConfigurationError(f"the provider {name!r} is registered by {owners}; uninstall all but one")
    [((owner, _), entry)] = found.items()
    return _load(entry, owner)


def _load(entry: EntryPoint, owner: str) -> type[Provider]:
    try:
        found = entry.load()
    except Exception as error:
        raise ConfigurationError(
            f"the provider {entry.name!r} of the distribution {owner} cannot be imported from {entry.value!r} "
            f"({type(error).__name__}: {error}); update or uninstall {owner}"
        ) from error
    if not isinstance(found, type) or not issubclass(found, Provider):
        raise ConfigurationError(
            f"the provider {entry.name!r} of the distribution {owner} is no subclass of "
            f"webhook_kit.providers.base.Provider: its entry point names {entry.value!r}"
        )
    return found


def _distribution(entry: EntryPoint) -> str:
    return "an unknown distribution" if entry.dist is None else entry.dist.name
