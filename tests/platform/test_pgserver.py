"""The embedded PostgreSQL: it starts whatever an earlier end has left, and it never stays behind."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from fidelia.platform import pgaccess
from fidelia.platform.files import DataFolder, FolderError
from fidelia.platform.pgserver import PostgresError, PostgresServer
from fidelia.settings import PostgresSettings
from tests.up import TEMPORARY

AS_ROOT = os.geteuid() == 0
SOURCES = Path(__file__).parents[2] / "src"

# Starts a server, reports the two process ids, and waits: a parent to be killed.
PARENT = """
import os, sys, time
from pathlib import Path
from fidelia.platform.files import DataFolder
from fidelia.platform.pgserver import PostgresServer
from fidelia.settings import PostgresSettings
folder = DataFolder(Path(sys.argv[1])); folder.prepare()
with folder.lock("a test"):
    server = PostgresServer(folder, PostgresSettings())
    server.start()
    print(server.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def root() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="fidelia-pg-", dir=TEMPORARY))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def folder(root: Path) -> DataFolder:
    made = DataFolder(root / "data")
    made.prepare()
    return made


@pytest.fixture
def make(folder: DataFolder) -> Iterator[Callable[[], PostgresServer]]:
    servers: list[PostgresServer] = []

    def new() -> PostgresServer:
        servers.append(PostgresServer(folder, PostgresSettings()))
        return servers[-1]

    yield new
    for server in servers:
        server.stop()


def ask(dsn: str, sql: str) -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
    return row[0] if row else None


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def start_parent(data: Path, **options: object) -> tuple[subprocess.Popen[str], int]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(data)], stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]
    assert parent.stdout is not None
    with parent.stdout:
        return parent, int(parent.stdout.readline())


def test_data_outlives_the_server(make: Callable[[], PostgresServer]) -> None:
    first = make()
    dsn = first.start()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table t as select 42 as a")
    first.stop()
    assert first.poll() is None
    assert first.pid is None
    assert ask(make().start(), "select a from t") == 42


def test_text_is_unicode_everywhere(make: Callable[[], PostgresServer]) -> None:
    dsn = make().start()
    assert ask(dsn, "select lower('ÄÖ ПРИВЕТ')") == "äö привет"
    with psycopg.connect(dsn) as connection:
        connection.execute("create extension pg_trgm")
        row = connection.execute("select show_trgm('Привет')").fetchone()
    assert row is not None
    assert row[0]


def test_nothing_outside_the_folder_is_opened(root: Path, make: Callable[[], PostgresServer]) -> None:
    before = {parent: stat.S_IMODE(parent.stat().st_mode) for parent in (root, *root.parents)}
    server = make()
    server.start()
    assert {parent: stat.S_IMODE(parent.stat().st_mode) for parent in (root, *root.parents)} == before
    socket = Path(server.dsn.partition("host=")[2])
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    for name in ("keys", "files", "tmp", "logs", "postgres"):
        assert stat.S_IMODE((root / "data" / name).stat().st_mode) & 0o077 == 0


def test_a_killed_server_starts_again(make: Callable[[], PostgresServer]) -> None:
    server = make()
    dsn = server.start()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table t as select 1 as a")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: server.poll() is not None)
    server.start()
    assert ask(dsn, "select a from t") == 1


def test_a_killed_parent_takes_the_server_along(root: Path, make: Callable[[], PostgresServer]) -> None:
    parent, pid = start_parent(root / "data")
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(pid), 5)
    make().start()


def test_parent_and_server_killed_at_once(root: Path, make: Callable[[], PostgresServer]) -> None:
    parent, pid = start_parent(root / "data")
    os.kill(pid, signal.SIGKILL)
    parent.kill()
    parent.wait()
    assert ask(make().start(), "select 1") == 1


def test_a_server_left_running_is_stopped_first(folder: DataFolder, make: Callable[[], PostgresServer]) -> None:
    first = make()
    first.start()
    pid = first.pid
    assert pid is not None
    # A second owner of the folder, as after a kill on a system without parent-death signals.
    second = make()
    assert ask(second.start(), "select 1") == 1
    assert second.pid != pid
    wait_until(lambda: first.poll() is not None)


def test_a_pid_file_that_names_a_stranger_is_forgotten(folder: DataFolder, make: Callable[[], PostgresServer]) -> None:
    server = make()
    server.start()
    text = (folder.postgres / "postmaster.pid").read_text()
    server.stop()
    # After a reboot any process may have the number that the file holds.
    stranger = folder.postgres / "postmaster.pid"
    stranger.write_text(text.replace(text.splitlines()[0], str(os.getppid()), 1))
    assert ask(make().start(), "select 1") == 1


def test_a_first_start_that_was_killed_is_begun_again(folder: DataFolder, make: Callable[[], PostgresServer]) -> None:
    half = folder.root / "postgres.new"
    half.mkdir()
    (half / "base").mkdir()
    folder.postgres.mkdir()
    assert ask(make().start(), "select 1") == 1


def test_a_long_path_gets_a_short_socket(root: Path) -> None:
    folder = DataFolder(root / ("x" * 60) / ("y" * 60))
    folder.root.parent.mkdir(mode=0o711)
    folder.prepare()
    server = PostgresServer(folder, PostgresSettings())
    try:
        assert ask(server.start(), "select 1") == 1
        socket = Path(server.dsn.partition("host=")[2])
        assert not socket.is_relative_to(root)
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    finally:
        server.stop()
        shutil.rmtree(socket, ignore_errors=True)


def test_data_of_another_version_is_refused(folder: DataFolder, make: Callable[[], PostgresServer]) -> None:
    server = make()
    server.start()
    server.stop()
    (folder.postgres / "PG_VERSION").write_text("12\n")
    with pytest.raises(PostgresError, match="made by PostgreSQL 12"):
        make().start()


def test_a_server_that_cannot_run_says_why(folder: DataFolder, make: Callable[[], PostgresServer]) -> None:
    server = make()
    server.start()
    server.stop()
    with (folder.postgres / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(PostgresError, match="no_such_setting"):
        make().start()


def test_a_folder_belongs_to_one_process(folder: DataFolder) -> None:
    assert not folder.is_locked()
    with folder.lock("fidelia up"):
        assert folder.is_locked()
        code = "import sys; from pathlib import Path; from fidelia.platform.files import DataFolder\n"
        code += "with DataFolder(Path(sys.argv[1])).lock('other'): pass"
        other = subprocess.run([sys.executable, "-c", code, folder.root], capture_output=True, text=True, check=False)
        assert f"in use by process {os.getpid()} (fidelia up)" in other.stderr
    assert not folder.is_locked()
    with folder.lock("again"):
        pass


def test_a_folder_that_cannot_be_made(root: Path) -> None:
    (root / "file").write_text("")
    with pytest.raises(FolderError, match="Cannot make the data folder"):
        DataFolder(root / "file" / "data").prepare()


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as somebody else")
def test_closed_folders_above_the_data_stay_closed(root: Path) -> None:
    closed = root / "closed"
    closed.mkdir(mode=0o700)
    folder = DataFolder(closed / "data")
    folder.prepare()
    for _ in range(2):  # new, and again
        server = PostgresServer(folder, PostgresSettings())
        try:
            dsn = server.start()
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("create table if not exists t as select generate_series(1, 300000) as a")
                connection.execute("set min_parallel_table_scan_size = 0")
                connection.execute("set parallel_setup_cost = 0")
            assert ask(dsn, "select count(*) from t") == 300_000
            assert ask(dsn, "select pg_reload_conf()") is True
            assert (folder.postgres / "PG_VERSION").exists()
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        finally:
            server.stop()
            shutil.rmtree(Path(server.dsn.partition("host=")[2]), ignore_errors=True)
    assert server.pid is None


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as somebody else")
@pytest.mark.parametrize("closed", [False, True])
def test_programs_that_cannot_be_reached_are_copied(root: Path, closed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    may_enter = pgaccess.ServerUser._may_enter
    monkeypatch.setattr(
        pgaccess.ServerUser, "_may_enter", lambda self, at: "site-packages" not in at.parts and may_enter(self, at)
    )
    monkeypatch.setattr(pgaccess, "SHARED_PROGRAMS", root / "shared")
    above = root / "above"
    above.mkdir(mode=0o700 if closed else 0o711)
    folder = DataFolder(above / "data")
    folder.prepare()
    server = PostgresServer(folder, PostgresSettings())
    try:
        assert ask(server.start(), "select 1") == 1
        place = root / "shared" if closed else folder.run
        assert [path.is_dir() for path in place.glob("postgres-*")] == [True]
        assert list(place.glob("copying-*")) == []
    finally:
        server.stop()
        if closed:
            shutil.rmtree(Path(server.dsn.partition("host=")[2]), ignore_errors=True)


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as somebody else")
def test_the_user_of_the_server_must_exist(folder: DataFolder) -> None:
    for name in ("no-such-user", "root"):
        with pytest.raises(PostgresError, match=name):
            PostgresServer(folder, PostgresSettings(run_as=name))


@pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")
def test_as_an_ordinary_user(root: Path) -> None:
    python = ordinary_python()
    user = pwd.getpwnam("nobody")
    root.chmod(0o755)
    os.chown(root, user.pw_uid, user.pw_gid)
    code = PARENT.replace("time.sleep(60)", "server.stop(); print('stopped')")
    packages = os.pathsep.join([str(SOURCES), *(p for p in sys.path if p.endswith("site-packages"))])
    done = subprocess.run(
        [python, "-B", "-c", code, str(root / "data")],
        capture_output=True,
        text=True,
        check=False,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PYTHONPATH": packages, "PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("stopped\n")
    assert (root / "data" / "postgres").stat().st_uid == user.pw_uid


def ordinary_python() -> str:
    """A Python of our version that everybody may run: that of a virtual environment may lie in root's home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        if Path(path).exists():
            return path
    pytest.skip(f"there is no {name} that an ordinary user may run")
