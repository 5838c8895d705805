"""What every adapter is given, checked in one place."""

from __future__ import annotations

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.endpoint import checked_path
from webhook_kit.errors import ConfigurationError


def checked_hooks(hooks: Dispatcher, *, injects: bool = False) -> Dispatcher:
    """Return the dispatcher, or raise :class:`ConfigurationError` for mistakes in its set-up that can be seen now.

    ``injects`` says that the adapter gives handlers what only its framework knows.
    """
    a_dispatcher(hooks).check(injects=injects)
    return hooks


def a_dispatcher(hooks: Dispatcher) -> Dispatcher:
    """Return the dispatcher, or raise :class:`ConfigurationError` for anything else."""
    if not isinstance(hooks, Dispatcher):
        raise ConfigurationError(f"hooks is the Dispatcher that the providers were added to, not {kind_of(hooks)}")
    return hooks


def mount_path(path: str) -> str:
    """Return the path of a mount with one slash before it and none behind, or raise :class:`ConfigurationError`.

    The root is refused: whoever mounts there gives away every other page, or means the whole application.
    """
    if isinstance(path, str) and not path.strip("/"):
        raise ConfigurationError(
            f'path is {path!r}, which is the whole application; give a part of it, such as path="/webhooks", or serve '
            "application(hooks) of webhook_kit.adapters.asgi or webhook_kit.adapters.wsgi by itself"
        )
    return f"/{checked_path(path)}"


def kind_of(value: object) -> str:
    """Return what to call a value of the wrong kind."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
