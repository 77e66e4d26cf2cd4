"""How a command reaches the platform: the one that runs on the data folder, or one started for the command."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .common import CliError, load_settings, note

if TYPE_CHECKING:
    import httpx

    from fidelia.platform.files import DataFolder
    from fidelia.platform.runfile import Run

_START_PATIENCE = 300.0


class Api:
    """The platform's HTTP API, as the actor ``cli`` with every right. Paths are relative to ``/api/v1``."""

    def __init__(self, url: str, token: str) -> None:
        import httpx

        self.url = url
        self.token = token
        self._client = httpx.Client(
            base_url=f"{url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(60, connect=10),
            trust_env=False,  # the platform is on this machine; a proxy is not
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def get(self, path: str, **query: Any) -> Any:
        """Return the decoded reply; raise :class:`CliError` with what the platform says is wrong."""
        return self._decoded("GET", path, params={k: _text(v) for k, v in query.items() if v is not None})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a JSON body and return the decoded reply."""
        return self._decoded("POST", path, json=dict(body or {}))

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change with the given members."""
        return self._decoded("PATCH", path, json=dict(body))

    def delete(self, path: str) -> Any:
        """Delete or archive."""
        return self._decoded("DELETE", path)

    def upload(self, path: str, file: IO[bytes], name: str, fields: Mapping[str, str]) -> Any:
        """Send a file with form fields; the file is streamed, however large."""
        return self._decoded("POST", path, files={"file": (name, file)}, data=dict(fields), timeout=None)

    def items(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Walk a list to its end, page by page."""
        cursor = None
        while True:
            page = self.get(path, limit=1000, cursor=cursor, **query)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _decoded(self, method: str, path: str, **options: Any) -> Any:
        import httpx

        try:
            reply = self._client.request(method, path, **options)
        except httpx.HTTPError as exc:
            raise CliError(f"{self.url} does not answer: {exc}") from exc
        if reply.is_success:
            return reply.json() if reply.content else None
        raise CliError(_refusal(reply))


def _text(value: object) -> str:
    """Write a query parameter as the API reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refusal(reply: httpx.Response) -> str:
    try:
        problem = reply.json()
    except ValueError:
        return f"{reply.request.method} {reply.request.url.path} answered {reply.status_code}"
    lines = [str(problem.get("detail") or problem.get("title") or reply.status_code)]
    lines += [f"  {e['pointer']}: {e['message']}" for e in problem.get("errors", []) if e.get("pointer")]
    return "\n".join(lines)


@contextlib.contextmanager
def platform(data: Path | None, config: Path | None, *, create: bool = False) -> Iterator[Api]:
    """Give the API of the installation: of the running one, or of one that is started now and stopped after.

    Without ``create`` a folder that holds no installation is refused, so that a misspelt ``--data`` makes none.
    """
    from fidelia.platform import runfile
    from fidelia.platform.files import DataFolder

    settings = load_settings(data, config)
    folder = DataFolder(settings.data_dir)
    with contextlib.ExitStack() as stack:
        run = runfile.find(folder) or (_wait_ready(folder) if folder.is_locked() else None)
        if run is None:
            if settings.embedded and folder.is_new and not create:
                raise CliError(
                    f"There is no installation in {folder.root}. Start one with `fidelia up`, or name another --data"
                )
            run = stack.enter_context(_started(folder, config))
        api = Api(run.url, run.token)
        stack.callback(api.close)
        yield api


@contextlib.contextmanager
def _started(folder: DataFolder, config: Path | None) -> Iterator[Run]:
    """Run the whole platform on a free port while the block runs."""
    from fidelia.platform.pgserver import die_with_parent

    command = [sys.executable, "-P", "-m", "fidelia", "up", "--data", str(folder.root)]
    command += ["--host", "127.0.0.1", "--port", "0", *(["--config", str(config)] if config else [])]
    process = subprocess.Popen(  # noqa: S603 (ourselves)
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if folder.is_new else subprocess.DEVNULL,  # the first password has to be seen
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 (one system call, no lock is taken)
    )
    try:
        yield _wait_ready(folder, process)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_ready(folder: DataFolder, process: subprocess.Popen[bytes] | None = None) -> Run:
    """Wait until the installation on a folder can serve; raise :class:`CliError` when it ends instead."""
    from fidelia.platform import runfile

    deadline = time.monotonic() + _START_PATIENCE
    told = False
    while time.monotonic() < deadline:
        if run := runfile.find(folder):
            return run
        if process is not None and process.poll() is not None:
            raise CliError("The platform could not be started (see above)")
        if process is None and not folder.is_locked():
            raise CliError("The platform that was starting has stopped")
        if process is None and not told:
            note("Waiting for the platform to be ready")
            told = True
        time.sleep(0.05)
    raise CliError("The platform is not ready after five minutes")
