"""A PostgreSQL server of the run's own, which can be crashed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import psycopg

from .databases import Database
from .errors import Missing
from .processes import Process, free_port

PACKAGED: Final = Path("/usr/lib/postgresql")
"""Where Debian keeps what belongs to a server, beside the path."""

USER: Final = "postgres"
"""Who runs the server where we are root, whom PostgreSQL refuses."""

DATA: Final = "data"


class OwnPostgreSQL(Database):
    """A server with its settings as installed, in a temporary folder."""

    def open(self) -> None:
        programs = programs_of_postgresql()
        user = _user_for_postgresql()
        folder = Path(tempfile.mkdtemp(prefix="webhook_kit-postgresql-"))
        self.leaving.callback(shutil.rmtree, folder, ignore_errors=True)
        if user is not None:
            shutil.chown(folder, user)
        _initialise(programs, folder, user)
        port = free_port()
        settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
        self._process = Process(
            [programs / "postgres", "-D", folder / DATA, *(part for each in settings for part in ("-c", each))],
            self.folder / "postgresql.log",
            folder=folder,
            user=user,
        )
        # Fast, which waits for nobody's session.
        self.leaving.callback(self._process.stop, signal.SIGINT)
        self._url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._start()
        self.about = f"PostgreSQL {self._told('server_version').split()[0]}, a server of its own"
        for setting in ("fsync", "synchronous_commit"):
            self.about += f", {setting} {self._told(setting)}"
        self.keep_in(self._url)

    def crash(self) -> None:
        # What `pg_ctl stop -m immediate` sends: no checkpoint, no good-bye.
        self._process.send(signal.SIGQUIT)

    def recover(self) -> None:
        self._process.wait()
        self._start()

    def check(self) -> None:
        self._process.check()

    def _start(self) -> None:
        self._process.start()
        self._process.wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _told(self, setting: str) -> str:
        with psycopg.connect(self._url) as connection:
            [told] = connection.execute("SELECT current_setting(%s)", [setting]).fetchone() or [""]
        return str(told)


def _initialise(programs: Path, folder: Path, user: str | None) -> None:
    made = subprocess.run(
        [programs / "initdb", "-D", DATA, "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    if made.returncode != 0:
        raise Missing(f"PostgreSQL's initdb does not work here: {made.stderr.strip()}")


def programs_of_postgresql() -> Path:
    """Return the folder of the newest version that is installed."""
    on_path = shutil.which("initdb")
    packaged = sorted(PACKAGED.glob("*/bin/initdb"), key=lambda found: int(found.parents[1].name.split(".")[0]))
    found = [*packaged, *([Path(on_path).resolve()] if on_path else [])]
    usable = [each.parent for each in found if (each.parent / "postgres").exists()]
    if not usable:
        raise Missing("PostgreSQL's initdb and postgres are not installed")
    return usable[-1]


def _user_for_postgresql() -> str | None:
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        pwd.getpwnam(USER)
    except KeyError:
        raise Missing("PostgreSQL does not run as root, and there is no user postgres") from None
    return USER
