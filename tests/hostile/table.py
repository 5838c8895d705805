"""The hostile table: what is sent, by whom, and what becomes of it.

Each row holds on every host. Where servers change a request on its way, or a framework answers by itself, the row says
so.
"""

from __future__ import annotations

from typing import Final

from . import contents, credentials, envelopes
from .rows import Row

TABLE: Final[tuple[Row, ...]] = tuple(
    row
    for rows in (
        envelopes.addresses,
        envelopes.methods,
        envelopes.strangers,
        envelopes.encodings,
        envelopes.sizes,
        credentials.proofs,
        credentials.digests,
        credentials.changed_bodies,
        credentials.lists_of_signatures,
        credentials.ids,
        credentials.timestamps,
        credentials.apps,
        contents.commands,
        contents.bodies,
        envelopes.surroundings,
    )
    for row in rows()
)
