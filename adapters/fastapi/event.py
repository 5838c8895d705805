"""The event of a delivery as a dependency, for path operations."""

# Its annotations are objects: earlier releases of FastAPI cannot resolve those of an object that is called.

from typing import Any, Never

from fastapi import Request

from webhook_kit.delivery import Delivery
from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError, refuse_unknown
from webhook_kit.providers.base import Provider

from ..arguments import kind_of
from .injection import RUN


class WebhookEvent:
    """A dependency that is the event of a verified delivery, for path operations of a :class:`WebhookRoute`.

    ``event: Annotated[MeetingCompleted, Depends(WebhookEvent(provider))]``. An event that the annotation does not admit
    is answered with success, and the operation is not called. ``hooks`` is a dispatcher whose store deduplicates, and
    whose limits and observers count here too; without one nothing is deduplicated. ``deadline`` (seconds) and
    ``default`` are for events that ask for a decision, which is what the operation returns.
    """

    def __init__(
        self,
        provider: Provider,
        hooks: Dispatcher | None = None,
        *,
        deadline: float | None = None,
        default: object = None,
        **others: Never,
    ) -> None:
        refuse_unknown("WebhookEvent", others, ("deadline", "default"))
        if not isinstance(provider, Provider):
            raise ConfigurationError(
                f"WebhookEvent takes a provider, such as MeetingBaaS(secret=...), not {kind_of(provider)}"
            )
        if hooks is not None and not isinstance(hooks, Dispatcher):
            raise ConfigurationError(f"hooks is a Dispatcher whose store deduplicates, not {kind_of(hooks)}")
        self.provider = provider
        self.hooks = Dispatcher(idempotency=None) if hooks is None else hooks
        self.deadline = deadline
        self.default = default

    async def __call__(self, request: Request) -> Any:
        """Return the event that this operation was called for."""
        return _arguments(request)[0]


async def current_delivery(request: Request) -> Delivery:
    """Return the delivery that a path operation was called for: ``Annotated[Delivery, Depends(current_delivery)]``."""
    delivery: Delivery = _arguments(request)[-1]
    return delivery


def _arguments(request: Request) -> tuple[Any, ...]:
    try:
        arguments: tuple[Any, ...] = request.scope[RUN].arguments
    except KeyError:
        raise ConfigurationError(
            "only a path operation of APIRouter(route_class=WebhookRoute) that takes "
            "event: Annotated[Event, Depends(WebhookEvent(provider))] has an event and a delivery"
        ) from None
    return arguments
