"""``fidelia status``, ``restart``, ``check`` and ``rebuild``: looking after an installation."""

from __future__ import annotations

import os
import signal
import time
from typing import Annotated, Any

import typer

from .common import CliError, Config, Data, Yes, confirm, load_settings, note, say, table

Json = Annotated[bool, typer.Option("--json", help="Print JSON")]

_RESTART_PATIENCE = 120.0


def status(data: Data = None, config: Config = None, as_json: Json = False) -> None:
    """Say whether the platform runs on the data folder, and its processes. Exit code 1 when it does not."""
    from fidelia.platform import runfile
    from fidelia.platform.files import DataFolder

    folder = DataFolder(load_settings(data, config).data_dir)
    run = runfile.find(folder)
    state = "running" if run else "starting" if folder.is_locked() else "stopped"
    if as_json:
        import msgspec

        known = msgspec.to_builtins(run) if run else {}
        known.pop("token", None)
        say(msgspec.json.encode({"state": state, "data": str(folder.root), **known}).decode())
    else:
        say(f"{state}  {folder.root}")
        if run is not None:
            say(f"{run.url}  version {run.version}  since {run.started_at:%Y-%m-%d %H:%M:%S} UTC")
            table(["process", "id"], [[name, str(pid or "down")] for name, pid in sorted(run.processes.items())])
    if run is None:
        raise typer.Exit(1)


def restart(data: Data = None, config: Config = None) -> None:
    """Start every process of the running platform again, with settings read afresh; callers wait meanwhile."""
    from fidelia.platform import runfile
    from fidelia.platform.files import DataFolder

    folder = DataFolder(load_settings(data, config).data_dir)
    before = runfile.find(folder)
    if before is None:
        raise CliError(f"The platform does not run on {folder.root}. Start it with: fidelia up")
    try:
        os.kill(before.pid, signal.SIGHUP)
    except PermissionError as exc:
        raise CliError(f"The platform runs as another user (process {before.pid})") from exc
    deadline = time.monotonic() + _RESTART_PATIENCE
    while time.monotonic() < deadline:
        now = runfile.find(folder)
        if now is not None and now.started_at != before.started_at:
            say(f"ready {now.url}")
            return
        if not folder.is_locked():
            raise CliError("The platform has stopped instead; its own output says why")
        time.sleep(0.05)
    raise CliError("The platform did not come back within two minutes; its own output says why")


def check(data: Data = None, config: Config = None) -> None:
    """Look for everything that should not be: engines, schema, backlog, and whether both engines agree."""
    from .connect import platform

    with platform(data, config) as api:
        report: dict[str, Any] = api.post("/installation/check")
    for finding in report["findings"]:
        say(f"{'ok' if finding['ok'] else 'WRONG'}\t{finding['name']}\t{finding['detail']}")
    wrong = sum(not finding["ok"] for finding in report["findings"])
    if wrong:
        raise CliError(f"{wrong} of {len(report['findings'])} checks found something wrong")


def rebuild(data: Data = None, config: Config = None, yes: Yes = False) -> None:
    """Make everything in ClickHouse but the event history again from PostgreSQL."""
    from .connect import platform
    from .progress import follow

    if not yes:
        confirm("Rebuild every projection? Questions wait or answer with jobs meanwhile.")
    with platform(data, config) as api:
        result = follow(api, api.post("/installation/rebuild")["job"])
    note(f"{result.get('rows', 0):,} rows were written again.")
