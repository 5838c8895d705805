"""What is weak in the set-up of a dispatcher, and what is worth knowing about it."""

from __future__ import annotations

import asyncio
import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from webhook_kit.delivery import Outcome, Record
from webhook_kit.dispatcher import Dispatcher
from webhook_kit.endpoint import Endpoint
from webhook_kit.errors import ConfigurationError
from webhook_kit.http import RawRequest
from webhook_kit.idempotency.memory import MemoryStore
from webhook_kit.networks import Network, parse_networks
from webhook_kit.providers.base import Provider
from webhook_kit.providers.retries import duration
from webhook_kit.testing.client import WebhookClient
from webhook_kit.testing.samples import sample

from .screen import quiet

Level = Literal["weak", "note"]
HERE: Final = "127.0.0.1"
MOST_LISTED: Final = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found; ``weak`` is to be changed, ``note`` to be known."""

    level: Level
    where: str
    text: str


def findings(hooks: Dispatcher, results: Mapping[str, str], workers: int) -> Iterator[Finding]:
    """Yield what is found, the endpoints first.

    ``results`` is what became of a delivery to each endpoint, ``workers`` how many processes serve the dispatcher.
    """
    for endpoint in hooks.endpoints:
        for level, text in _of_endpoint(hooks, endpoint, results[endpoint.path]):
            yield Finding(level, endpoint.path, text)
    for level, text in _of_store(hooks, workers):
        yield Finding(level, "store", text)
    if not hooks.endpoints:
        yield Finding("weak", "endpoints", "there are none: call hooks.add(...)")


def checked_by(provider: Provider) -> str:
    """Return what a request is believed for."""
    if provider.secret is not None and provider.verifier is not None:
        return f"{provider.secret.name}{', the body too' if provider.verifier.covers_body else ''}"
    if provider.verified:
        return " or ".join(provider.checks)
    return "nothing"


def tried(hooks: Dispatcher, endpoint: Endpoint) -> str:
    """Return what becomes of a delivery that is signed with the endpoint's own secret, up to its handlers.

    A dispatcher without handlers and without a store receives it: nothing of the user's own is called but the sources
    of secrets and networks.
    """
    provider = endpoint.provider
    types = list(provider.catalog)
    if not types:
        return "no event to try"
    mirror = Dispatcher(idempotency=None, trusted_proxies=hooks.trusted_proxies, require_https=hooks.require_https)
    mirror.add(provider, path=endpoint.path)
    records: list[Record] = []
    mirror.observe(records.append)
    with quiet():
        try:
            name = next((each for each in types if hooks.plan.handlers_of(endpoint, provider.catalog[each])), types[0])
            request = WebhookClient(mirror).request(provider.vendor.message(name), endpoint=endpoint.path)
            mirror.dispatch(_from_inside(request, provider, hooks.trusted_proxies))
        except ConfigurationError as error:
            return f"cannot be signed here: {error}"
        except Exception as error:
            return f"its secret or its networks cannot be asked for: {type(error).__name__}"
        finally:
            mirror.close()
    [outcome] = {record.outcome for record in records}
    return "verified" if outcome is Outcome.UNHANDLED else outcome.value


def _of_endpoint(hooks: Dispatcher, endpoint: Endpoint, result: str) -> Iterator[tuple[Level, str]]:
    provider = endpoint.provider
    if not provider.verified:
        yield "weak", "unverified=True: anybody can send it events"
    elif provider.secret is None:
        wanted = " or ".join(f"{each}=" for each in provider.vendor.secrets) or "a secret"
        known = " or ".join(provider.checks)
        yield "weak", f"without {wanted} whoever knows {known} can send it events; give one where the vendor has it"
    elif provider.verifier is not None and not provider.verifier.covers_body:
        yield "note", "its proof does not cover the body: keep the address secret, use https and allowed_networks="
    for weakness in () if provider.secret is None else provider.secret.weaknesses:
        yield "weak", weakness
    if result not in ("verified", "no event to try"):
        yield "weak" if "cannot be signed" not in result else "note", f"a delivery of its own is not accepted: {result}"
    yield from _of_times(hooks, endpoint)
    if not any(hooks.plan.handlers_of(endpoint, model) for model in provider.catalog.values()):
        yield "note", "no handler is registered for its events: they are accepted, and nothing happens"


def _of_times(hooks: Dispatcher, endpoint: Endpoint) -> Iterator[tuple[Level, str]]:
    """Compare how long is waited, and remembered, with what the vendor does."""
    provider, shortest = endpoint.provider, float("inf")
    slow: defaultdict[tuple[str, float], list[str]] = defaultdict(list)
    for model in dict.fromkeys(provider.catalog.values()):
        retries = provider.vendor.retries(provider.vendor.type_of(model))
        horizon = sum(retries.delays) * (1 + retries.jitter)
        remembered = provider.retention(sample(model))
        if not model.decides and remembered < horizon:
            yield (
                "weak",
                f"{model.__name__} is remembered for {duration(remembered)}, and the vendor comes again for "
                f"{duration(horizon)}: a late retry runs the handlers again",
            )
        handlers = hooks.plan.handlers_of(endpoint, model)
        if not handlers or retries.patience is None:
            continue
        for handler in handlers if model.decides else ():
            if handler.deadline is None or handler.deadline >= retries.patience:
                slow[handler.name, retries.patience].append(model.__name__)
        if not model.decides:
            shortest = min(shortest, retries.patience)
    for (handler_name, patience), models in slow.items():
        yield (
            "weak",
            f"the vendor waits {duration(patience)} for a decision on {_listed(models)}: "
            f"give {handler_name} a deadline= below that",
        )
    timeout = hooks.handler_timeout
    if shortest < float("inf") and (timeout is None or timeout >= shortest):
        given = "handler_timeout= is off" if timeout is None else f"handler_timeout is {duration(timeout)}"
        level: Level = "note" if timeout is None else "weak"
        yield level, f"the vendor waits {duration(shortest)}, and {given}: a slow handler is answered for too late"


def _listed(names: Sequence[str]) -> str:
    """Return names as they are said, the first of many only."""
    more = len(names) - MOST_LISTED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:MOST_LISTED])} and {more} more"


def _of_store(hooks: Dispatcher, workers: int) -> Iterator[tuple[Level, str]]:
    store = hooks.store
    if store is None:
        yield "weak", "idempotency=None: every retry runs the handlers again"
        return
    if isinstance(store, MemoryStore):
        text = "MemoryStore is that of one process, and forgets at a restart: take SQLStore, RedisStore or DjangoStore"
        if workers > 1:
            yield "weak", f"{workers} workers: a retry that reaches another one runs the handlers again. {text}"
        else:
            yield "note", text
    try:
        with quiet():
            store.check()
    except ConfigurationError as error:
        yield "weak", str(error)
    except Exception as error:
        # Its text may hold an address with its password.
        yield "weak", f"it cannot be reached: {type(error).__name__}"
    finally:
        store.close()


def _from_inside(request: RawRequest, provider: Provider, proxies: int) -> RawRequest:
    """Return the request as it comes from an address that the provider allows, through the proxies."""
    networks = provider.networks
    if provider.network_source is not None:
        answer: Any = provider.network_source.call(*provider.network_source.arguments(request))
        networks = parse_networks(asyncio.run(_awaited(answer)) if inspect.isawaitable(answer) else answer)
    client = _address_in(networks[0]) if networks else HERE
    forwarded = [("x-forwarded-for", ", ".join([client, *[HERE] * (proxies - 1)])), ("x-forwarded-proto", "https")]
    return RawRequest(
        request.method,
        request.path,
        query_string=request.query_string,
        headers=[*request.headers.pairs(), *(forwarded if proxies else ())],
        body=request.body,
        client=HERE if proxies else client,
    )


def _address_in(network: Network) -> str:
    return str(network.network_address)


async def _awaited(answer: Any) -> Any:
    return await answer
