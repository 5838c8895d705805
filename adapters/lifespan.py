"""The lifespan of ``hooks`` around the one of an application. https://asgi.readthedocs.io/en/latest/specs/lifespan.html"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from webhook_kit.dispatcher import Dispatcher
from webhook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from .asgi import AnyASGIApplication, Message, Receive, Scope, Send


async def live(hooks: Dispatcher, app: AnyASGIApplication, scope: Scope, receive: Receive, send: Send) -> None:
    """Open ``hooks``, let the application live, and close ``hooks``; answer for an application that has no lifespan.

    What cannot work stops the start, before the application's own.
    """
    startup = await receive()
    async with AsyncExitStack() as opened:
        try:
            await opened.enter_async_context(hooks)
        except ConfigurationError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        conversation = _Conversation(hooks, opened, startup, receive, send)
        try:
            await app(scope, conversation.receive, conversation.send)
        except ConfigurationError as error:
            if conversation.spoken:
                raise
            await conversation.send({"type": "lifespan.startup.failed", "message": str(error)})
        except Exception:
            # One that has not even listened knows nothing of lifespans.
            if conversation.heard or conversation.spoken:
                raise
        if not conversation.spoken:
            await conversation.send({"type": "lifespan.startup.complete"})
        if not conversation.over:
            await receive()
            await conversation.send({"type": "lifespan.shutdown.complete"})


class _Conversation:
    """What an application and its server say to each other, listened to."""

    def __init__(
        self, hooks: Dispatcher, opened: AsyncExitStack, startup: Message, receive: Receive, send: Send
    ) -> None:
        self._hooks = hooks
        self._opened = opened
        self._startup = startup
        self._receive = receive
        self._send = send
        self.heard = False
        self.spoken = False
        self.over = False

    async def receive(self) -> Message:
        if self.heard:
            return await self._receive()
        self.heard = True
        return self._startup

    async def send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            # The application may have added to the set-up while it started.
            self._hooks.check()
        else:
            self.over = True
            await self._opened.aclose()
        self.spoken = True
        await self._send(message)
