"""How soon `fidelia up` serves on existing data, beside a bare start of the two engines in the same run.

Reach: healthy in 5 seconds or less. Prints the median of interleaved rounds.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REACH = 5.0
BARE = """
import asyncio, sys, msgspec
from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.files import DataFolder
from fidelia.platform.pgserver import PostgresServer
from fidelia.settings import Settings
from pathlib import Path
settings = Settings()
settings = msgspec.structs.replace(settings, data=msgspec.structs.replace(settings.data, dir=sys.argv[1]))
folder = DataFolder(Path(sys.argv[1]))
server = PostgresServer(folder, settings.postgres)
server.start()
async def main():
    ch = ClickHouse(settings)
    await ch.open()
    print("ready http://engines", flush=True)
    await ch.close()
asyncio.run(main())
server.stop()
"""


def until_ready(command: list[str]) -> float:
    """Start a command; return the seconds until it says that it is ready; stop it."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    took = None
    for line in process.stdout:
        if line.startswith("ready "):
            took = time.perf_counter() - begun
            process.send_signal(signal.SIGTERM)
    process.wait(30)
    if took is None:
        raise RuntimeError(f"{command} never said that it is ready")
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="fidelia-bench-start-"))
    folder.chmod(0o711)
    data = folder / "data"
    up = [sys.executable, "-m", "fidelia", "up", "--data", str(data), "--port", "0"]
    bare = [sys.executable, "-c", BARE, str(data)]
    try:
        first = until_ready(up)
        ours, engines = [], []
        for _ in range(rounds):
            ours.append(until_ready(up))
            engines.append(until_ready(bare))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    a, b = statistics.median(ours), statistics.median(engines)
    print(f"first start (initdb, migrations)   {first:6.2f} s")
    print(f"fidelia up on existing data        {a:6.2f} s   {min(ours):.2f}–{max(ours):.2f}   reach ≤ {REACH:.0f} s")
    print(f"both engines alone                 {b:6.2f} s   {min(engines):.2f}–{max(engines):.2f}")
    print(f"ratio                              {a / b:6.2f}")
    return 0 if a <= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
