"""What is tried on every site, in the order in which it is told."""

from __future__ import annotations

from typing import Final

from .bodies import BODIES
from .case import Case
from .connections import CONNECTIONS
from .endings import ENDINGS
from .framing import FRAMING
from .handling import HANDLING
from .headers import HEADERS
from .hostile import HOSTILE
from .targets import TARGETS

GROUPS: Final = (HANDLING, BODIES, FRAMING, HEADERS, TARGETS, HOSTILE, CONNECTIONS, ENDINGS)
CASES: Final[dict[str, Case]] = {case.name: case for group in GROUPS for case in group.cases}
