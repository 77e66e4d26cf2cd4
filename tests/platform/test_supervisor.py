"""`fidelia up` as people run it: real processes, killed for real."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from fidelia.platform import migrate
from fidelia.platform.files import DataFolder
from fidelia.platform.pgserver import PostgresServer
from fidelia.platform.postgres import sqlalchemy_url
from fidelia.settings import PostgresSettings
from tests.up import TEMPORARY, Up, alive, fidelia, open_folder, wait_until

pytestmark = pytest.mark.xdist_group("supervisor")

SOURCES = Path(__file__).parents[2] / "src"
ROLES = {"core", "worker", "sender", "mailbox", "postgres"}


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with open_folder("fidelia-up-") as path:
        yield path


@pytest.fixture
def start(root: Path) -> Iterator[Callable[..., Up]]:
    """Starts on the module's folder, so that only the first test makes a new one."""
    started: list[Up] = []

    def begin(*options: str) -> Up:
        started.append(Up(root / "data", *options))
        return started[-1]

    yield begin
    for up in started:
        up.end()


def test_the_first_start_makes_everything_and_tells(root: Path, start: Callable[..., Up]) -> None:
    token_file = root / "token"
    up = start("--token-file", str(token_file)).ready()
    assert re.search(r"^Sign in as admin@localhost with the password \S{16,} \(shown only now\)$", up.output(), re.M)
    assert f"\nready {up.run()['url']}\n" in up.output()
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    assert up.get("/api/v1/users", token_file.read_text().strip())["items"][0]["email"] == "admin@localhost"
    assert stat.S_IMODE((root / "data" / "run.json").stat().st_mode) == 0o600
    assert up.get("/api/v1/users")["items"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        up.get("/api/v1/users", "fl_" + "x" * 40)
    assert set(up.run()["processes"]) == ROLES


def test_every_process_comes_back(start: Callable[..., Up]) -> None:
    up = start().ready()
    assert "password" not in up.output().rpartition("ready")[2]
    for name in ("worker", "sender", "core", "postgres"):
        before = up.pids()[name]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda name=name, before=before: up.pids().get(name, before) != before)
        wait_until(up.answers)
    assert up.get("/api/v1/users")["items"]


def test_a_second_start_on_the_folder_is_refused_and_the_first_goes_on(root: Path, start: Callable[..., Up]) -> None:
    up = start().ready()
    before = up.pids()
    second = fidelia("up", "--data", str(root / "data"), "--port", "0")
    assert second.returncode == 1
    assert f"in use by process {up.process.pid} (fidelia up)" in second.stderr
    assert "Traceback" not in second.stderr
    assert up.answers()
    assert up.pids()["postgres"] == before["postgres"]


def test_restart_keeps_the_address(root: Path, start: Callable[..., Up]) -> None:
    up = start().ready()
    before, url = up.pids(), up.run()["url"]
    done = fidelia("restart", "--data", str(root / "data"))
    assert (done.returncode, done.stdout) == (0, f"ready {url}\n"), done.stderr
    after = up.pids()
    assert not set(before.values()) & set(after.values())
    assert up.answers()
    status = json.loads(fidelia("status", "--data", str(root / "data"), "--json").stdout)
    assert (status["state"], status["url"]) == ("running", url)
    assert "token" not in status


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_and_leaves_nothing(root: Path, start: Callable[..., Up], sig: signal.Signals) -> None:
    up = start().ready()
    pids = up.pids()
    began = time.monotonic()
    assert up.end(sig) == 0
    busy = max(
        1.0, os.getloadavg()[0] / (os.cpu_count() or 1)
    )  # three seconds on a machine that has nothing else to do
    assert time.monotonic() - began < 3 * busy
    assert not any(alive(pid) for pid in pids.values())
    assert not (root / "data" / "run.json").exists()
    assert fidelia("status", "--data", str(root / "data")).returncode == 1


def test_a_killed_supervisor_takes_everything_along_and_up_works_again(start: Callable[..., Up]) -> None:
    up = start().ready()
    pids = up.pids()
    up.process.kill()
    up.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in pids.values()), 5)
    again = start().ready()
    assert again.get("/api/v1/users")["items"]


def test_everything_killed_at_once(start: Callable[..., Up]) -> None:
    up = start().ready()
    for pid in [up.process.pid, *up.pids().values()]:
        os.kill(pid, signal.SIGKILL)
    up.process.wait()
    assert start().ready().get("/api/v1/users")["items"]


def test_an_older_schema_is_refused_until_upgrade_ran(root: Path) -> None:
    data = root / "older"
    title = make_older(data)
    refused = fidelia("up", "--data", str(data), "--port", "0")
    assert refused.returncode == 1
    assert f"next {title}). Make a backup, then run: fidelia upgrade" in refused.stderr
    tried = fidelia("upgrade", "--data", str(data), "--dry-run")
    assert f"PostgreSQL  {title}\n" in tried.stdout, tried.stderr
    assert "would be applied" in tried.stdout
    asked = fidelia("upgrade", "--data", str(data))
    assert (asked.returncode, "Say --yes" in asked.stderr) == (1, True)
    done = fidelia("upgrade", "--data", str(data), "--yes")
    assert (done.returncode, "migrations were applied" in done.stdout) == (0, True), done.stderr
    assert fidelia("upgrade", "--data", str(data)).stdout == "Both engines are up to date.\n"
    up = Up(data)
    try:
        assert up.ready().answers()
        running = fidelia("upgrade", "--data", str(data))
        assert "in use by process" in running.stderr
    finally:
        assert up.end() == 0


def test_a_first_start_that_was_killed_before_the_first_user_makes_it_later(root: Path) -> None:
    data = root / "halfway"
    folder = DataFolder(data)
    folder.prepare()
    with folder.lock("a test"):
        server = PostgresServer(folder, PostgresSettings())
        migrate.upgrade_postgres(server.start())
        server.stop()
    up = Up(data)
    try:
        assert "Sign in as admin@localhost" in up.ready().output()
        assert len(up.get("/api/v1/users")["items"]) == 1
    finally:
        up.end()


def test_an_external_server_is_used_as_it_is(root: Path) -> None:
    folder = DataFolder(root / "server")
    folder.prepare()
    with folder.lock("a test"):
        server = PostgresServer(folder, PostgresSettings())
        up: Up | None = None
        try:
            environ = {**os.environ, "FIDELIA_POSTGRES_DSN": server.start()}
            up = Up(root / "external", env=environ)
            assert up.ready().get("/api/v1/users")["items"]
            assert "postgres" not in up.run()["processes"]
            assert not (root / "external" / "postgres").exists()
            assert up.end() == 0
            assert migrate.postgres_status(server.dsn).pending == ()
            alone = subprocess.run(
                [sys.executable, "-m", "fidelia", "serve", "--role", "worker"],
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            assert "clickhouse.dsn" in alone.stderr
        finally:
            if up is not None:
                up.end()
            server.stop()


def test_a_restart_reads_settings_afresh_and_survives_wrong_ones(root: Path) -> None:
    config = root / "fidelia.toml"
    config.write_text("[jobs]\nworkers = 2\n")
    data = root / "data"
    up = Up(data, "--config", str(config))
    try:
        assert "worker-2" in up.ready().pids()
        config.write_text("[jobs]\nworkers = 0\n")
        before = up.pids()
        os.kill(up.process.pid, signal.SIGHUP)
        wait_until(lambda: "not restarted, the settings cannot be used: jobs.workers" in up.output())
        assert up.pids() == before
        config.write_text("[jobs]\nworkers = 1\n")
        assert fidelia("restart", "--data", str(data)).returncode == 0
        assert "worker-2" not in up.pids()
    finally:
        up.end()


ERRAND = """
import sys
from fidelia.platform.supervisor import StartError, Supervisor
from fidelia.settings import load
settings = load(overrides={"data": {"dir": sys.argv[1]}, "server": {"port": 0}})
try:
    Supervisor(settings, notice=print, errand=sys.argv[2:], on_ready=lambda url: sys.exit("ready")).run()
except StartError as exc:
    sys.exit(str(exc))
"""


@pytest.mark.parametrize(("errand", "said"), [("status", "ready"), ("nonsense", "fidelia nonsense failed (see above)")])
def test_an_errand_runs_before_it_says_ready(root: Path, errand: str, said: str) -> None:
    command = [sys.executable, "-c", ERRAND, str(root / "data"), errand]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == said, done.stderr
    assert (root / "data").exists()
    assert fidelia("status", "--data", str(root / "data")).stdout.startswith("stopped")


def test_a_taken_port_is_named(root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = fidelia("up", "--data", str(root / "data"), "--port", port)
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in done.stderr


def test_a_core_that_cannot_start_ends_it(root: Path) -> None:
    data = root / "broken"
    data.mkdir(mode=0o711)
    (data / "clickhouse").write_text("not a folder")
    done = fidelia("up", "--data", str(data), "--port", "0")
    assert done.returncode == 1
    assert "ClickHouse" in done.stderr
    assert "core ended with code 1 3 times before it could serve" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_as_an_ordinary_user() -> None:
    python = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    if not python.exists():
        pytest.skip(f"there is no {python} that an ordinary user may run")
    user = pwd.getpwnam("nobody")
    root = Path(tempfile.mkdtemp(prefix="fidelia-user-", dir=TEMPORARY))
    os.chown(root, user.pw_uid, user.pw_gid)
    packages = os.pathsep.join([str(SOURCES), *(p for p in sys.path if p.endswith("site-packages"))])
    environ = {"PYTHONPATH": packages, "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "env": environ}
    up = Up(root / "data", python=str(python), **identity)
    try:
        assert up.ready().answers()
        assert all(Path(f"/proc/{pid}").stat().st_uid == user.pw_uid for pid in up.pids().values())
        assert up.end() == 0
    finally:
        up.end()
        shutil.rmtree(root, ignore_errors=True)


def make_older(data: Path) -> str:
    """Make an installation that lacks the last migration of PostgreSQL; return its name."""
    folder = DataFolder(data)
    folder.prepare()
    steps = migrate.postgres_steps()
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS / "pg"))
    config.set_main_option("path_separator", "os")
    with folder.lock("a test"):
        server = PostgresServer(folder, PostgresSettings())
        try:
            engine = sa.create_engine(sqlalchemy_url(server.start()), poolclass=sa.NullPool)
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, steps[-2].version)
        finally:
            server.stop()
    return steps[-1].title
