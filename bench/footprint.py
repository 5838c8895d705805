"""What it costs to import this kit, and to have it in an application that waits."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Final

from .bars import Bar
from .figures import Figure
from .rounds import measured
from .subject import Comparison, Effort, Subject

TIMED: Final = """
import time
started = time.process_time()
{imports}
print(1000 * (time.process_time() - started))
"""

LEAST: Final = """
import asyncio, pydantic
class Model(pydantic.BaseModel):
    number: int
    text: str | None = None
"""

# The package's own names are imported when they are used.
USED: Final = """
from webhook_kit import Dispatcher
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
"""

IDLE: Final = """
import asyncio
from starlette.applications import Starlette
from bench.timing import peak_memory

app = Starlette()
{mount}

async def started():
    async with app.router.lifespan_context(app):
        print(peak_memory() / 2**20)

asyncio.run(started())
"""

EVERYTHING: Final = """
from webhook_kit import Dispatcher
from webhook_kit.adapters import starlette
from webhook_kit.providers.meeting_baas import MeetingBaaS, MeetingCompleted
from webhook_kit.providers.standard_webhooks import StandardWebhooks
from webhook_kit.providers.tencent import TencentCall, TencentChat, TencentLive, TencentRoom, TencentRTC
from webhook_kit.providers.vcaas import VCaaS

secret = "benchmark-secret-of-32-characters"
hooks = Dispatcher()
hooks.add(MeetingBaaS(secret=secret))
hooks.add(StandardWebhooks(secret="whsec_" + "c2VjcmV0" * 4, events={"completed": MeetingCompleted}))
for tencent in TencentCall, TencentChat, TencentLive, TencentRoom:
    hooks.add(tencent(sdk_app_id=1400000000, token=secret))
hooks.add(TencentRTC(sdk_app_id=1400000000, key=secret))
hooks.add(VCaaS(url_token=secret))

@hooks.on(MeetingCompleted)
async def archive(event: MeetingCompleted) -> None: ...

starlette.mount(app, hooks)
"""


def printed(code: str) -> float:
    """Run code in an interpreter of its own, and return the number that it prints."""
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def imports(effort: Effort) -> Comparison:
    """Compare with importing what any receiver imports, and defining one model."""
    least, package, used = "pydantic, asyncio and one model", "import webhook_kit", "a dispatcher and a provider of it"
    statements = {least: LEAST, package: "import webhook_kit", used: USED}
    contenders = {name: partial(printed, TIMED.format(imports=text)) for name, text in statements.items()}
    figures = measured(contenders, effort.rounds)
    bar = Bar("import, of pydantic, asyncio and one model", figures[package] / figures[least], "at most", 1.25)
    return Comparison("Import", "ms of the processor", figures, (bar,))


def memory(effort: Effort) -> Comparison:
    """Compare with an application of Starlette that has nothing in it."""
    # Nearly the same every time.
    samples = min(3, effort.rounds)
    bare, ours = (Figure(printed(IDLE.format(mount=mount)) for _ in range(samples)) for mount in ("", EVERYTHING))
    figures = {"Starlette, nothing mounted": bare, "this kit, every provider mounted": ours}
    bar = Bar("memory of an idle application, above Starlette", ours - bare, "at most", 15, "MiB")
    return Comparison("Peak memory of an idle application", "MiB", figures, (bar,))


SUBJECT: Final = Subject("footprint", "what it costs before the first delivery", (imports, memory))
