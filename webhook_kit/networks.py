"""Where a request really came from, and whether that is allowed."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from .errors import ConfigurationError
from .http import RawRequest

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
NetworkSource: TypeAlias = str | Sequence[str] | Callable[..., Any]


def parse_networks(values: Any) -> tuple[Network, ...]:
    """Return the networks in CIDR texts or single addresses; raise ValueError for anything else."""
    texts: Iterable[Any] = (values,) if isinstance(values, str) else values
    return tuple(ipaddress.ip_network(str(text).strip(), strict=False) for text in texts)


def fixed_networks(values: str | Sequence[str]) -> tuple[Network, ...]:
    """Return the networks that the user wrote down, or raise :class:`ConfigurationError`."""
    try:
        networks = parse_networks(values)
    except (TypeError, ValueError):
        networks = ()
    if not networks:
        raise ConfigurationError(
            'allowed_networks holds CIDR texts such as "203.0.113.0/24", or is a callable that returns them'
        )
    return networks


def parse_address(text: str | None) -> Address | None:
    """Return the address in a peer's host or a forwarded entry, with or without a port; None where there is none."""
    if not text:
        return None
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def allowed(client: str | None, networks: Iterable[Network]) -> bool:
    """Whether the client is in one of the networks; nobody is where the client is not known."""
    address = parse_address(client)
    return address is not None and any(address in network for network in networks)


def client_of(request: RawRequest, trusted_proxies: int) -> str | None:
    """Return the host that talked to the outermost trusted proxy.

    Every proxy appends whom it talked to, so with *n* trusted ones it is the n-th entry from the right; what stands
    further left was written by the client itself.
    """
    if not trusted_proxies:
        return request.client
    chain = _entries(request, "x-forwarded-for")
    return chain[-trusted_proxies] if len(chain) >= trusted_proxies else None


def scheme_of(request: RawRequest, trusted_proxies: int) -> str:
    """Return the scheme that the client used towards the outermost trusted proxy."""
    if trusted_proxies:
        chain = _entries(request, "x-forwarded-proto")
        if chain:
            return (chain[-trusted_proxies] if len(chain) >= trusted_proxies else chain[0]).lower()
    return request.scheme


def _entries(request: RawRequest, header: str) -> list[str]:
    return [entry.strip() for value in request.headers.getlist(header) for entry in value.split(",")]
