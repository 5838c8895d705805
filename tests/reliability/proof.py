"""One proof: deliver everything to an application that is crashed, then check what came of it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Final

from .application import PATH, SECRET
from .checker import check
from .crashes import Crashes, marks
from .databases import Database, OwnRedis, SQLiteFile
from .errors import Trouble
from .messages import Schedule
from .postgresql import OwnPostgreSQL
from .progress import Progress
from .result import Result
from .server import Server
from .targets import Target
from .vendor import Vendor, new_secret

DATABASES: Final[Mapping[str, type[Database]]] = {
    "sqlite": SQLiteFile,
    "postgresql": OwnPostgreSQL,
    "redis": OwnRedis,
}

SECONDS_WITHOUT_PROGRESS: Final = 90.0
SECONDS_IN_ALL: Final = 3600.0
LOOKS_PER_SECOND: Final = 5


def prove(target: Target, seed: int, folder: Path, progress: Progress) -> Result:
    """Run one proof in a folder of its own, which is emptied before.

    Raises :class:`Missing` where something is not installed, and :class:`Trouble` where a program does not start.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    random = Random(seed)
    schedule = Schedule(target.deliveries, target.types, random)
    planned = list(marks(target.kills, target.restarts, len(schedule.sends), random))
    secret = new_secret()
    with DATABASES[target.store](folder) as database:
        progress.begin(target, database.about, len(schedule.sends))
        with Server({**database.environment, SECRET: secret}, folder / "server.log") as server:
            crashes = Crashes(planned, server, database)
            vendor = Vendor(
                schedule.sends,
                port=server.port,
                path=PATH,
                secret=secret,
                random=random,
                on_acknowledged=lambda: crashes.look(vendor),
            )
            started = time.monotonic()
            trouble = asyncio.run(_deliver(vendor, crashes, progress))
            ended = time.monotonic()
        kills = [crash.at for crash in crashes.done if crash.kind == "kill"]
        verdict = check(schedule.messages, vendor.acknowledgements, database.effects.read(), kills)
        return Result(
            target=target,
            seed=seed,
            about=database.about,
            started=started,
            ended=ended,
            requests=vendor.requests,
            answers=vendor.answers,
            acknowledged=[acknowledgement.at for acknowledgement in vendor.acknowledgements],
            retries=vendor.retries,
            duplicates=schedule.duplicates,
            crashes=crashes.done,
            verdict=verdict,
            trouble=trouble,
        )


async def _deliver(vendor: Vendor, crashes: Crashes, progress: Progress) -> str:
    """Let the vendor deliver as long as there is hope; return why there is none, empty if all went well."""
    delivering = asyncio.create_task(vendor.deliver())
    started = moved = time.monotonic()
    before = 0
    try:
        while not delivering.done():
            await asyncio.wait([delivering], timeout=1 / LOOKS_PER_SECOND)
            progress.show(vendor, crashes)
            crashes.check()
            now, acknowledged = time.monotonic(), len(vendor.acknowledgements)
            if acknowledged > before:
                moved, before = now, acknowledged
            if now - moved > SECONDS_WITHOUT_PROGRESS:
                raise Trouble(f"nothing was acknowledged for {SECONDS_WITHOUT_PROGRESS:g} s; {_answers(vendor)}")
            if now - started > SECONDS_IN_ALL:
                raise Trouble(f"not done after {SECONDS_IN_ALL:g} s; {_answers(vendor)}")
        delivering.result()
    except Trouble as trouble:
        return str(trouble)
    finally:
        delivering.cancel()
        await asyncio.wait([delivering])
    return ""


def _answers(vendor: Vendor) -> str:
    return ", ".join(f"{times} x {answer}" for answer, times in vendor.answers.most_common())
