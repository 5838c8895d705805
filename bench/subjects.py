"""Everything that is measured, in the order in which it is."""

from __future__ import annotations

from typing import Final

from . import flow, footprint, growth, mounted, peers, real, stages, stores
from .subject import Subject

SUBJECTS: Final[tuple[Subject, ...]] = tuple(
    module.SUBJECT for module in (flow, stages, mounted, peers, growth, footprint, stores, real)
)
