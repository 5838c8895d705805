"""A SQLite file in trouble: the disk is full, somebody holds the lock, the file is gone."""

from __future__ import annotations

import asyncio
import codecs
import multiprocessing
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import text

from tests.core.plain import Opened
from tests.idempotency.faults.application import LEASE, SLACK, Application, heavy, refused, running
from tests.idempotency.sites import PATIENCE, SQLiteFile
from webhook_kit import ConfigurationError, Delivery, Outcome
from webhook_kit.idempotency import New, SQLStore
from webhook_kit.idempotency.sql import files

TIMEOUT = 1.0 * PATIENCE
# The wait for the file's lock, and then for the store's own turn.
BOUND = TIMEOUT

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> SQLiteFile:
    return SQLiteFile(tmp_path)


@pytest.fixture
def application(file: SQLiteFile, driver: str) -> Iterator[Application]:
    with running(file.store(timeout=TIMEOUT), driver) as made:
        yield made


@contextmanager
def held_by_another_process(path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            process.communicate(timeout=20)


class TestALockOfAnotherProcess:
    def test_is_a_503_within_bounded_time_until_it_is_free(self, file: SQLiteFile, application: Application) -> None:
        assert application.statuses("before") == [200]
        with held_by_another_process(file.path):
            refused(application.deliver("front", "back", "side"), BOUND)
        assert application.statuses("front", "back", "side") == [200, 200, 200]
        assert sorted(application.opened) == ["back", "before", "front", "side"]

    def test_that_comes_before_the_completion_lets_the_handler_run_again(
        self, file: SQLiteFile, application: Application
    ) -> None:
        with held_by_another_process_later(file.path) as hold:
            application.meanwhile = lambda delivery: hold()
            refused(application.deliver("front"), BOUND)
        application.meanwhile = lambda delivery: None
        assert application.statuses("front") == [503]
        assert application.outcomes == [Outcome.STORE_UNAVAILABLE, Outcome.IN_FLIGHT]
        file.advance(application.store, LEASE + 1)
        assert application.statuses("front") == [200]
        assert application.attempts == [1, 2]


@contextmanager
def held_by_another_process_later(path: Path) -> Iterator[Callable[[], None]]:
    """Yield what takes the lock, and free it at the end."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        yield lambda: connection.execute("BEGIN IMMEDIATE") and None
    finally:
        connection.close()


@heavy
class TestAFullDisk:
    def test_is_a_503_until_there_is_room(self, file: SQLiteFile, application: Application) -> None:
        assert application.statuses("before") == [200]
        store: Any = application.store
        limit(store, file.rows(store, "PRAGMA page_count")[0])
        doors = [f"door {number:03}" for number in range(400)]
        statuses = in_groups(application, doors)
        assert set(statuses) == {200, 503}
        limit(store, 1_000_000)
        file.advance(store, LEASE + 1)
        assert set(application.statuses(*doors)) == {200}
        assert sorted(set(application.opened)) == ["before", *doors]
        answered = [door for door, status in zip(doors, statuses, strict=True) if status == 200]
        assert [door for door in answered if application.opened.count(door) > 1] == [], "what was answered is kept"


def in_groups(application: Application, doors: list[str]) -> list[int]:
    """Deliver twenty at a time, and each group within the time that the store documents."""
    statuses: list[int] = []
    for first in range(0, len(doors), 20):
        answers = application.deliver(*doors[first : first + 20])
        # A claim, a completion and a release, of which each may wait.
        assert max(answer.seconds for answer in answers) < 3 * BOUND + SLACK
        statuses += [answer.status for answer in answers]
    return statuses


def limit(store: Any, pages: int) -> None:
    """Let the file have so many pages and no more, by whichever connection."""
    backend = store._backend
    opening = type(backend)._open

    def opened() -> Any:
        connection = opening(backend)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    backend._open = opened
    backend._drop()


class TestAFileThatIsGone:
    """Whoever opens the path next makes another one, so it must not be written to any longer."""

    @pytest.mark.parametrize("how", ["removed", "removed with its log", "replaced"])
    def test_is_made_anew_and_missed(
        self, file: SQLiteFile, application: Application, how: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert application.statuses("front") == [200]
        if how == "replaced":
            other = SQLStore(f"sqlite:///{file.path}.new")
            claim = other.claim("restored", "", LEASE)
            other.close()
            assert isinstance(claim, New)
        for log in [] if how == "removed" else ["-wal", "-shm"]:
            Path(f"{file.path}{log}").unlink()
        if how == "replaced":
            Path(f"{file.path}.new").replace(file.path)
        else:
            file.path.unlink()
        assert application.statuses("back", "side") == [200, 200]
        assert caplog.text.count("was removed or replaced while it was in use") == 1
        with sqlite3.connect(file.path) as seen:
            found = seen.execute("SELECT count(*) FROM webhook_kit_deliveries WHERE status = 200").fetchone()
            assert found == (2,), "others see what this one writes"
        seen.close()
        assert application.statuses("front") == [200]
        assert application.opened.count("front") == 2, "what was forgotten runs again"

    def test_without_its_folder_is_a_503_until_that_is_back(self, tmp_path: Path, driver: str) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        with running(SQLiteFile(folder).store(timeout=TIMEOUT), driver) as application:
            assert application.statuses("before") == [200]
            folder.rename(tmp_path / "elsewhere")
            refused(application.deliver("front", "back"), BOUND)
            folder.mkdir()
            assert application.statuses("front", "back") == [200, 200]

    def test_takes_no_transaction_along(self, file: SQLiteFile, application: Application) -> None:
        """A handler that was claimed in the old file writes nothing, and its retry does."""
        store = application.store
        assert isinstance(store, SQLStore)
        insert = text("INSERT INTO effects VALUES (:door)")

        def create() -> None:
            with sqlite3.connect(file.path) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS effects (door text NOT NULL)")
            connection.close()

        def write(event: Opened, delivery: Delivery) -> None:
            if delivery.attempt == 1 and not gone:
                gone.append(event.door)
                file.path.unlink()
                create()
            with delivery.transaction() as connection:
                connection.execute(insert, {"door": event.door})

        def written() -> list[Any]:
            return file.rows(store, "SELECT door FROM effects ORDER BY door")

        async def awrite(event: Opened, delivery: Delivery) -> None:
            await asyncio.to_thread(write, event, delivery)

        gone = ["not yet"]
        application.handle(write if application.driver == "sync" else awrite)
        assert application.statuses("warm") == [500]
        create()
        assert application.statuses("warm") == [200]
        gone.clear()
        assert application.statuses("front") == [500]
        assert written() == []
        assert application.statuses("front") == [200]
        assert written() == ["front"]


class TestANetworkFileSystem:
    def mounts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
        table = tmp_path / "mountinfo"
        table.write_text("".join(f"1 1 0:1 / {point} rw - {kind} source rw\n" for point, kind in map(str.split, lines)))
        monkeypatch.setattr(files, "_MOUNTS", str(table))

    @pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "fuse.sshfs"])
    def test_is_refused_with_what_to_write(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        self.mounts(tmp_path, monkeypatch, "/ ext4", f"{tmp_path} {kind}")
        store = SQLiteFile(tmp_path).store()
        with pytest.raises(ConfigurationError, match=rf"file system \({kind}\).*disk of this machine, or use P"):
            store.check()
        store.close()
        assert not (tmp_path / "webhooks.db-wal").exists()

    @pytest.mark.parametrize("kind", ["ext4", "xfs", "overlay", "tmpfs", "nfsd", "fuse.grpcfuse"])
    def test_is_told_from_others(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        self.mounts(tmp_path, monkeypatch, "/ nfs", f"{tmp_path} {kind}", f"{tmp_path}/webhooks nfs", "/elsewhere nfs")
        store = SQLiteFile(tmp_path).store()
        store.check()
        store.close()

    def test_that_is_mounted_over_another_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "a folder"
        folder.mkdir()
        self.mounts(tmp_path, monkeypatch, f"{tmp_path}/a\\040folder ext4", f"{tmp_path}/a\\040folder nfs4")
        assert files.network_of(str(folder / "webhooks.db")) == "nfs4"
        assert files.network_of(str(tmp_path / "webhooks.db")) is None

    def test_that_a_link_leads_to_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "share").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "share")
        self.mounts(tmp_path, monkeypatch, "/ ext4", f"{tmp_path}/share cifs")
        assert files.network_of(str(tmp_path / "link" / "webhooks.db")) == "cifs"

    def test_is_no_matter_of_a_database_in_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mounts(tmp_path, monkeypatch, "/ nfs")
        store = SQLStore("sqlite://")
        store.check()
        store.close()

    def test_is_not_looked_for_where_the_system_does_not_tell(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "_MOUNTS", str(tmp_path / "nothing"))
        assert files.network_of(str(tmp_path)) is None


# What takes a process of its own.


def in_a_child(work: Callable[[str, str], list[list[int]]], folder: Path | str, driver: str) -> list[list[int]]:
    """Return what work returns in a process that has nothing of this one, whose threads may hold locks of SQLite."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, str(folder), driver).result()


def deliver_while_files_may_not_grow(folder: str, driver: str) -> list[list[int]]:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with running(SQLiteFile(Path(folder)).store(timeout=TIMEOUT), driver) as application:
        statuses = [application.statuses("before")]
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        statuses.append(application.statuses(*(f"door {number}" for number in range(20))))
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        statuses.append(application.statuses("after"))
    return statuses


def deliver_while_nothing_may_be_written(folder: str, driver: str) -> list[list[int]]:
    file = SQLiteFile(Path(folder))
    with running(file.store(timeout=TIMEOUT), driver) as application:
        # As whoever runs the tests, because what is imported on the way may be in folders that others may not read.
        statuses = [application.statuses("before")]
        codecs.lookup("unicode_escape")
        application.store.close()
        if os.geteuid() == 0:
            # To whom nothing is forbidden.
            for path in (Path(folder), *Path(folder).iterdir()):
                os.chown(path, 65534, 65534)
            os.setgid(65534)
            os.setuid(65534)
        statuses.append(application.statuses("door"))
        application.store.close()
        file.path.chmod(0o444)
        Path(folder).chmod(0o555)
        statuses.append(application.statuses("front", "back"))
        Path(folder).chmod(0o755)
        file.path.chmod(0o644)
        statuses.append(application.statuses("front", "back"))
    return statuses


class TestWhatTheSystemRefuses:
    def test_files_that_grow_are_a_503_until_they_may(self, tmp_path: Path, driver: str) -> None:
        """A limit on the size of files: what a quota and a full disk do to the log, too."""
        before, during, after = in_a_child(deliver_while_files_may_not_grow, tmp_path, driver)
        assert (before, after) == ([200], [200])
        assert set(during) <= {200, 503}
        assert during.count(503) > 0

    def test_a_file_that_may_only_be_read_is_a_503_until_it_may_be_written(self, driver: str) -> None:
        with TemporaryDirectory() as folder:
            statuses = in_a_child(deliver_while_nothing_may_be_written, folder, driver)
        assert statuses == [[200], [200], [503, 503], [200, 200]]

    @heavy
    def test_a_disk_that_is_full_keeps_every_answer_that_was_given(self, tmp_path: Path, driver: str) -> None:
        mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "webhook_kit-test", str(tmp_path)]
        if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
            pytest.skip("needs a small disk of its own, which only root may mount")
        try:
            doors = [f"door {number:03}" for number in range(600)]
            file = SQLiteFile(tmp_path)
            with running(file.store(timeout=TIMEOUT), driver) as application:
                statuses = in_groups(application, doors)
                assert set(statuses) == {200, 503}
                remount = ["mount", "-o", "remount,size=20m", str(tmp_path)]
                subprocess.run(remount, check=True)
                file.advance(application.store, LEASE + 1)
                assert set(application.statuses(*doors)) == {200}
                answered = [door for door, status in zip(doors, statuses, strict=True) if status == 200]
                assert [door for door in answered if application.opened.count(door) != 1] == []
        finally:
            subprocess.run(["umount", str(tmp_path)], check=True)
