"""Messages to bots."""

from __future__ import annotations

from .c2c import SentC2CMessage
from .group import SentGroupMessage
from .protocol import TencentEvent


class BotOnC2CMessage(SentC2CMessage):
    """A user wrote to a bot, which answers by REST. https://trtc.io/document/68952"""

    wire_types = ("Bot.OnC2CMessage",)


class BotOnGroupMessage(SentGroupMessage):
    """A message in a group addresses bots, which answer by REST. https://trtc.io/document/68953"""

    wire_types = ("Bot.OnGroupMessage",)

    at_robots_account: tuple[str, ...] | None = None


class ChatbotOnC2CSignalMessage(TencentEvent):
    """What does the bot answer? https://www.tencentcloud.com/document/product/1047/59057"""

    wire_types = ("Chatbot.OnC2CSignalMessage",)
    decides = True

    from_account: str
    to_account: str
    msg_seq: int | None = None
    msg_random: int | None = None
    msg_key: str | None = None
    data: str | None = None
    """A JSON document in a text."""
