"""The data folder: its layout, the lock that gives it to one installation, and the store of uploaded files."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterable, Iterator
from pathlib import Path

import anyio.to_thread

from fidelia.kernel.errors import too_large

_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,40}/[a-z0-9]{8,64}(\.[A-Za-z0-9.]{1,20})?$")
_CHUNK = 1 << 20


class FolderError(Exception):
    """The data folder cannot be used; the text says why and what to do."""


class DataFolder:
    """The folder of one installation. Paths only, until :meth:`prepare` makes what is missing."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self.postgres = self.root / "postgres"
        self.clickhouse = self.root / "clickhouse"
        self.temporary = self.root / "tmp"
        self.files = self.root / "files"
        self.keys = self.root / "keys"
        self.logs = self.root / "logs"
        self.run = self.root / "run"
        self.run_file = self.root / "run.json"
        self.lock_file = self.root / "lock"
        #: Exists once the first start has done everything that only a first start does.
        self.installed = self.root / "installed"

    @property
    def is_new(self) -> bool:
        """Tell whether no engine has ever been started here."""
        return not (self.postgres / "PG_VERSION").exists() and not self.clickhouse.exists()

    def prepare(self) -> None:
        """Make the folder and its parts, private to their owner; raise :class:`FolderError` when that is refused."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for part in (self.temporary, self.files, self.keys, self.logs, self.run):
                part.mkdir(exist_ok=True, mode=0o700)
        except OSError as exc:
            raise FolderError(f"Cannot make the data folder {self.root}: {exc.strerror} ({exc.filename})") from exc

    def clear_temporary(self) -> None:
        """Remove what a killed process has left in the temporary folder."""
        for entry in self.temporary.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)

    def is_locked(self) -> bool:
        """Tell whether a process holds the folder at this moment."""
        try:
            with self.lock_file.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    @contextlib.contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Hold the folder while the block runs; the kernel frees it when this process dies, however it dies.

        Raises :class:`FolderError` naming the holder when somebody else has it. Nothing in the folder may be touched
        before: an engine that looks left over may belong to the holder.
        """
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = file.read().strip() or "another process"
                raise FolderError(
                    f"The data folder {self.root} is in use by {holder}. Stop it first, or choose another folder "
                    "with --data."
                ) from None
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()} ({purpose})\n")
            file.flush()
            yield
            file.seek(0)
            file.truncate()


def use_temporary_folder(folder: Path) -> None:
    """Make every library of this process put its temporary files into ``folder``."""
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = str(folder)


class Files:
    """Uploaded and produced files, addressed by a key such as ``imports/k3j9….csv`` that is stored with its owner.

    The folder is ``files`` of the data folder; several machines share it over a network file system.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def new_key(self, area: str, suffix: str = "") -> str:
        """Return a fresh key in an area (``imports``, ``exports``); ``suffix`` starts with a dot."""
        key = f"{area}/{secrets.token_hex(16)}{suffix}"
        self.path(key)
        return key

    def path(self, key: str) -> Path:
        """Return where the file of a key lies; raise ``ValueError`` for a text that is no key."""
        if not _NAME.match(key) or ".." in key:
            raise ValueError(f"not a file key: {key!r}")
        return self._root / key

    async def save(self, key: str, chunks: AsyncIterable[bytes], limit: int) -> int:
        """Store a stream and return its size in bytes; above ``limit`` raise 413. Nothing is kept on failure."""
        final = self.path(key)
        await anyio.to_thread.run_sync(lambda: final.parent.mkdir(parents=True, exist_ok=True, mode=0o700))
        temporary = final.with_name(final.name + ".part")
        size = 0
        try:
            async with await anyio.open_file(temporary, "wb") as file:
                buffer = bytearray()
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise too_large(f"A file may have {limit:,} bytes at most")
                    buffer += chunk
                    if len(buffer) >= _CHUNK:
                        await file.write(bytes(buffer))
                        buffer.clear()
                await file.write(bytes(buffer))
                await file.flush()
                await anyio.to_thread.run_sync(os.fsync, file.wrapped.fileno())
            await anyio.to_thread.run_sync(temporary.replace, final)
        finally:
            await anyio.to_thread.run_sync(lambda: temporary.unlink(missing_ok=True))
        return size

    def delete(self, key: str) -> None:
        """Remove a file; nothing happens when it is not there."""
        self.path(key).unlink(missing_ok=True)
