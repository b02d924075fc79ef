"""A PostgreSQL server of our own, on loopback, for as long as the tests run."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.timing import PATIENCE, until

# Set where a missing server is a failure and not a reason to skip: in continuous integration.
REQUIRED = "GROKCAST_REQUIRE_POSTGRESQL"


_ENDED = (None, "Z", "X")  # gone; or a zombie, which holds nothing


class PostgresServer:
    """A cluster in a folder of its own. It refuses to run as root, so root hands it to the user `postgres`."""

    def __init__(self) -> None:
        self.binaries = _binaries()
        # Not in pytest's folders: only their owner may enter those.
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="grokcast-postgresql-")), _free_port()
        self._user = {"user": "postgres"} if os.geteuid() == 0 else {}
        if self._user:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "grokcast", "--auth=trust", "--no-sync", "-E", "UTF8")
        self.start()

    def start(self) -> None:
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -c max_connections=200"
        log = str(self.folder / "log")
        # Recovery after a crash takes as long as it takes: `-w` returns when connections are accepted.
        patience = ("-w", "-t", str(PATIENCE))
        self._run("pg_ctl", "-D", str(self.folder / "data"), *patience, "-l", log, "-o", settings, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all of its processes for a while: connections stay open and nobody answers."""
        first = self._first()
        os.kill(first, signal.SIGSTOP)
        until(lambda: _state(first) == "T")
        pids = [first, *_children(first)]
        for pid in pids[1:]:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _first(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def kill(self) -> None:
        """Kill all of its processes, as a crash would."""
        first = self._first()
        # Held first: a child that it forked after they were listed would outlive it, and its shared memory keep the
        # next server from starting.
        os.kill(first, signal.SIGSTOP)
        until(lambda: _state(first) == "T")
        pids = [first, *_children(first)]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        until(lambda: all(_state(pid) in _ENDED for pid in pids))
        # Where nobody reaps orphans, the dead process still has its number, and would pass for a running server.
        for lock in (self.folder / "data" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            lock.unlink()

    def create(self, name: str) -> str:
        """Make an empty database; return its URL."""
        self._execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://grokcast@127.0.0.1:{self.port}/{name}"

    def allow(self, name: str, connections: bool) -> None:
        """Let nobody connect to a database, or everybody again."""
        self._execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {connections}")

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(f"postgresql://grokcast@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *args: str) -> None:
        done = subprocess.run(
            [str(self.binaries / program), *args],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=2 * PATIENCE,
            **self._user,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"


def require_postgresql() -> None:
    """Skip the test if no PostgreSQL is installed; fail it where there has to be one."""
    if _binaries(missing_ok=True) is None:
        if os.environ.get(REQUIRED):
            pytest.fail("PostgreSQL is not installed, and has to be here")
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")


def _binaries(missing_ok: bool = False) -> Path | None:
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert versions or missing_ok
    return versions[-1].parent if versions else None


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _state(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None
