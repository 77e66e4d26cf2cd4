"""The supervisor's loop: engines up, processes up, again when one dies, and down in order."""

from __future__ import annotations

import contextlib
import enum
import http.client
import os
import selectors
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from fidelia import __version__
from fidelia.platform import migrate, runfile
from fidelia.platform.files import DataFolder
from fidelia.platform.pgserver import PostgresError, PostgresServer
from fidelia.settings import RUNTIME_VARIABLE, Settings, SettingsError, write_runtime

from .child import FATAL_EXIT, LISTEN_VARIABLE, Child, Role, start_fidelia

Notice = Callable[[str], None]

_READY_PROBE_SECONDS = 0.05
_STOP_SECONDS = 2.0
_START_ATTEMPTS = 3
#: With less space PostgreSQL cannot begin a new segment of its log, and is tried again after so many seconds.
_SPACE_BYTES = 20 * 2**20
_SPACE_SECONDS = 5.0


class Demand(enum.Enum):
    """What a signal has asked for."""

    STOP = enum.auto()
    RESTART = enum.auto()


class StartError(Exception):
    """The installation cannot start; the text says why and what to do."""


class Supervisor:
    """Runs one installation until it is told to stop.

    ``prepare`` is called with the resolved settings, and whether the database is new, when PostgreSQL is up and its
    schema is current, before any process starts (it makes the first user). ``errand`` are the arguments of a command
    that runs once when the web can serve; it must succeed. ``on_ready`` is called with the address after that, and
    after each restart. ``reload`` gives fresh settings for a restart (SIGHUP).
    """

    def __init__(
        self,
        settings: Settings,
        *,
        notice: Notice,
        prepare: Callable[[Settings, bool], None] = lambda _, __: None,
        on_ready: Callable[[str], None] = lambda _: None,
        reload: Callable[[], Settings] | None = None,
        errand: Sequence[str] = (),
        load: Callable[[], None] = lambda: None,
        serve: Callable[[Role], int] | None = None,
    ) -> None:
        self._settings = settings
        self._notice = notice
        self._prepare = prepare
        self._on_ready = on_ready
        self._reload = reload or (lambda: settings)
        self._errand = errand
        self._load = load
        self._serve = serve
        self._errand_process: subprocess.Popen[bytes] | None = None
        self._folder = DataFolder(settings.data_dir)
        self._token = runfile.new_token()
        self._postgres: PostgresServer | None = None
        self._socket: socket.socket | None = None
        self._children: list[Child] = []
        self._demands: set[Demand] = set()
        self._postgres_at: float | None = None
        self._url = ""
        self._announced: runfile.Run | None = None

    def run(self) -> None:
        """Start everything, supervise, and stop in order when SIGTERM or SIGINT comes.

        Raises:
            StartError, FolderError, PostgresError, MigrationError: it cannot start or go on; everything is stopped.
        """
        self._folder.prepare()
        with self._folder.lock("fidelia up"), self._signals() as wake:
            runfile.remove(self._folder)
            self._folder.clear_temporary()
            self._socket = listen(self._settings.server.host, self._settings.server.port)
            try:
                self._start()
                self._watch(wake)
            finally:
                runfile.remove(self._folder)
                self._stop_all()
                self._socket.close()

    @property
    def processes(self) -> dict[str, int | None]:
        """Return the process table: name → process id, ``None`` while one is down."""
        table = {child.name: child.pid for child in self._children}
        if self._postgres is not None:
            table["postgres"] = self._postgres.pid
        return table

    # -- start -------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        assert self._socket is not None
        host, port = _reachable(self._socket)
        self._url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        settings = self._settings.replace("server", port=port).replace("data", dir=str(self._folder.root))
        if settings.embedded_postgres:
            settings = settings.replace("postgres", max_connections=_connections(settings))
            self._postgres = PostgresServer(self._folder, settings.postgres)
            settings = settings.replace("postgres", dsn=self._postgres.start(self._notice, self._load))
        else:
            self._load()
        is_new = self._migrate(settings.postgres.dsn)
        if settings.captures_mail and settings.mailbox.port == 0:
            settings = settings.replace("mailbox", port=free_port())
        write_runtime(settings, self._folder.run / "settings.json")
        self._prepare(settings, is_new)
        self._children = self._make_children(settings)
        for child in self._children:
            child.start()

    def _migrate(self, dsn: str) -> bool:
        """Apply every migration to a new database and say so; refuse an older one."""
        status = migrate.postgres_status(dsn)
        if status.is_new:
            migrate.upgrade_postgres(dsn)
        else:
            status.require_current()
        return status.is_new

    def _make_children(self, settings: Settings) -> list[Child]:
        assert self._socket is not None
        environ = {name: value for name, value in os.environ.items() if not name.startswith("FIDELIA_")}
        environ[RUNTIME_VARIABLE] = str(self._folder.run / "settings.json")
        environ["TMPDIR"] = str(self._folder.temporary)
        descriptor = self._socket.fileno()
        web = {**environ, runfile.TOKEN_VARIABLE: self._token, LISTEN_VARIABLE: str(descriptor)}
        others: list[tuple[str, Role]] = [(_numbered("worker", n), "worker") for n in range(settings.jobs.workers)]
        others += [(_numbered("sender", n), "sender") for n in range(settings.jobs.senders)]
        if settings.captures_mail:
            others.append(("mailbox", "mailbox"))
        if settings.bounces.port:
            others.append(("bounces", "bounces"))
        core = Child("core", "web", web, [descriptor], self._serve)
        return [core, *(Child(name, role, environ, serve=self._serve) for name, role in others)]

    # -- the loop ----------------------------------------------------------------------------------------------

    def _watch(self, wake: socket.socket) -> None:
        ready = False
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            while True:
                if selector.select(self._patience(ready)):
                    wake.recv(4096)
                if Demand.STOP in self._demands:
                    return
                if Demand.RESTART in self._demands:
                    self._demands.discard(Demand.RESTART)
                    ready = not self._restart()
                self._revive_postgres()
                self._revive_children(ready)
                if not ready and (ready := self._answers()):
                    self._announced = runfile.Run(self._url, os.getpid(), self._token, __version__, datetime.now(UTC))
                    self._tell_processes()
                    self._run_errand()
                if ready:
                    self._tell_processes()
                    self._finish_errand()

    def _patience(self, ready: bool) -> float | None:
        """Return how many seconds to sleep when no signal comes; ``None`` is for ever."""
        if not ready:
            return _READY_PROBE_SECONDS
        planned = [child.start_at for child in self._children if child.start_at is not None]
        if self._postgres_at is not None:
            planned.append(self._postgres_at)
        return max(0.0, min(planned) - time.monotonic()) if planned else None

    def _revive_postgres(self) -> None:
        if self._postgres is None:
            return
        if self._postgres_at is None:
            code = self._postgres.poll()
            if code is None:
                return
            full = ": the disk of the data folder is full" if self._is_full() else ""
            self._notice(f"PostgreSQL ended with code {code}{full}; starting it again")
        elif time.monotonic() < self._postgres_at:
            return
        try:
            self._postgres.start(self._notice)
        except (PostgresError, OSError):
            if not self._is_full():
                raise
            self._notice("The disk of the data folder is full. PostgreSQL waits for space; nothing is lost")
            self._postgres_at = time.monotonic() + _SPACE_SECONDS
        else:
            self._postgres_at = None

    def _is_full(self) -> bool:
        """Tell whether PostgreSQL has too little space to write a segment of its log."""
        return shutil.disk_usage(self._folder.root).free < _SPACE_BYTES

    def _revive_children(self, ready: bool) -> None:
        for child in self._children:
            code = child.ended()
            if code == FATAL_EXIT:
                raise StartError(f"{child.name} cannot run (see above)")
            if code is not None:
                if not ready and child.role == "web" and child.starts >= _START_ATTEMPTS:
                    raise StartError(f"{child.name} ended with code {code} {child.starts} times before it could serve")
                self._notice(f"{child.name} ended with code {code}; starting it again")
            if child.start_at is not None and child.start_at <= time.monotonic():
                child.start()

    def _answers(self) -> bool:
        """Ask ``/ready`` on our own port."""
        assert self._socket is not None
        connection = http.client.HTTPConnection(*_reachable(self._socket), timeout=1.0)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _run_errand(self) -> None:
        """Start the errand, the first time; say that we are ready when there is none to wait for."""
        if not self._errand:
            self._on_ready(self._url)
        elif self._errand_process is None:
            arguments = [*self._errand, "--data", str(self._folder.root)]
            self._errand_process = start_fidelia(arguments, os.environ)

    def _finish_errand(self) -> None:
        if self._errand_process is None or (code := self._errand_process.poll()) is None:
            return
        if code != 0:
            raise StartError(f"fidelia {' '.join(self._errand)} failed (see above)")
        self._errand, self._errand_process = (), None
        self._on_ready(self._url)

    def _tell_processes(self) -> None:
        """Write the run file when a process was started again since."""
        now = self.processes
        if self._announced is not None and self._announced.processes != now:
            with contextlib.suppress(OSError):  # a full disk: told at the next turn
                runfile.write(self._folder, fresh := msgspec.structs.replace(self._announced, processes=now))
                self._announced = fresh

    # -- stop --------------------------------------------------------------------------------------------------

    def _restart(self) -> bool:
        """Stop all but the socket, so that callers wait instead of being refused; start with fresh settings.

        Says ``False``, and touches nothing, when the fresh settings cannot be used.
        """
        try:
            settings = self._reload()
        except SettingsError as exc:
            self._notice(f"not restarted, the settings cannot be used: {exc}")
            return False
        self._notice("restarting")
        kept = {"port": self._settings.server.port, "host": self._settings.server.host}
        runfile.remove(self._folder)
        self._stop_all()
        self._settings = settings.replace("server", **kept).replace("data", dir=str(self._folder.root))
        self._start()
        return True

    def _stop_all(self) -> None:
        """Stop processes first, the mailbox that senders talk to after them, PostgreSQL last."""
        if self._errand_process is not None:
            self._errand_process.kill()
            self._errand_process.wait()
            self._errand_process = None
        deadline = time.monotonic() + _STOP_SECONDS
        for last in (False, True):
            group = [child for child in self._children if (child.role == "mailbox") is last]
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait_stopped(deadline)
        self._children = []
        if self._postgres is not None:
            with contextlib.suppress(PostgresError):
                self._postgres.stop()
            self._postgres = None

    @contextlib.contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """Turn signals into bytes on a socket that the loop sleeps on."""
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)

        def note(number: int, _: object) -> None:
            if number in {signal.SIGTERM, signal.SIGINT}:
                self._demands.add(Demand.STOP)
            elif number == signal.SIGHUP:
                self._demands.add(Demand.RESTART)

        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
        before = {number: signal.signal(number, note) for number in numbers}
        wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            reader.close()
            writer.close()


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket, which outlives every web process; port 0 takes a free one.

    Raises:
        StartError: the address is taken or not ours.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, proto)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(1024)
    except OSError as exc:
        raise StartError(
            f"Cannot listen on {host} port {port}: {exc.strerror or exc}. Choose another with --host and --port."
        ) from exc
    return opened


def free_port() -> int:
    """Return a port on loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _reachable(listening: socket.socket) -> tuple[str, int]:
    """Return where this machine reaches a listening socket, also when it listens on every address."""
    host, port = listening.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 (compared, not bound)


def _connections(settings: Settings) -> int:
    """Return how many connections the embedded server must take so that no process is refused one.

    A process opens two pools (configuration and hot paths), the queue's connections, and a few of its own.
    """
    processes = 1 + settings.jobs.workers + settings.jobs.senders
    return max(settings.postgres.max_connections, 20 + processes * (2 * settings.postgres.pool_max + 10))


def _numbered(name: str, n: int) -> str:
    return name if n == 0 else f"{name}-{n + 1}"
