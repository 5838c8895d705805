"""What tests of webhooks need: sample events, signatures, deliveries, a clock; and a pytest plugin.

Nothing here needs pytest, or more than webhook-kit itself.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..providers.retries import Verdict
    from ..providers.vendor import Message
    from ..signatures import Signed
    from .answers import Answer
    from .client import WebhookClient, deliver
    from .clock import FrozenClock
    from .delivered import Delivered
    from .samples import sample, sample_body
    from .signing import sign

__all__ = [
    "Answer",
    "Delivered",
    "FrozenClock",
    "Message",
    "Signed",
    "Verdict",
    "WebhookClient",
    "deliver",
    "sample",
    "sample_body",
    "sign",
]

_HOMES = {
    "Answer": ".answers",
    "Delivered": ".delivered",
    "FrozenClock": ".clock",
    "Message": "..providers.vendor",
    "Signed": "..signatures",
    "Verdict": "..providers.retries",
    "WebhookClient": ".client",
    "deliver": ".client",
    "sample": ".samples",
    "sample_body": ".samples",
    "sign": ".signing",
}

if (pytest := sys.modules.get("pytest")) is not None:
    # Before they are imported, so that a case that fails shows what it has compared.
    pytest.register_assert_rewrite(f"{__name__}.provider_contract", f"{__name__}.store_contract")


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
