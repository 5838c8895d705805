"""What handlers leave behind. Nothing here is unique, so that an effect that happens twice shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import TextClause, create_engine, text


class Effect(NamedTuple):
    """One run of a handler, in which attempt and when: by the clock that all processes of a machine share."""

    message: int
    handler: str
    attempt: int
    at: float


class EffectTable:
    """Effects beside the store's own tables, written in the transaction of a delivery."""

    INSERT: Final[TextClause] = text(
        "INSERT INTO effects (message, handler, attempt, at) VALUES (:message, :handler, :attempt, :at)"
    )

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)

    def create(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                text(
                    "CREATE TABLE effects (message INTEGER NOT NULL, handler VARCHAR(20) NOT NULL, "
                    "attempt INTEGER NOT NULL, at DOUBLE PRECISION NOT NULL)"
                )
            )
        self._engine.dispose()

    def read(self) -> list[Effect]:
        with self._engine.connect() as connection:
            rows = connection.execute(text("SELECT message, handler, attempt, at FROM effects"))
            effects = [Effect(*row) for row in rows]
        self._engine.dispose()
        return effects


class EffectLog:
    """Effects in a file that is only appended to: for stores that have no transactions.

    What is written survives the process, also one that is killed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def append(self, effect: Effect) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(self._file, ("\t".join(map(str, effect)) + "\n").encode())

    def read(self) -> list[Effect]:
        rows = (line.split("\t") for line in self._path.read_text().splitlines())
        return [Effect(int(message), handler, int(attempt), float(at)) for message, handler, attempt, at in rows]
