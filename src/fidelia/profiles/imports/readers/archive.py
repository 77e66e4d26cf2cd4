"""Opens the bytes of an upload, plain or packed, and stops an archive that grows beyond all measure."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from .model import Compression, FileProblem, Limits

_BROKEN = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError)
_STEP = 1 << 20
_LOCAL_HEADER = 30


class Guarded(io.RawIOBase):
    """Counts what comes out of an archive; raises :class:`FileProblem` at the limit or when it is broken."""

    def __init__(self, inner: IO[bytes], packed: int, limits: Limits) -> None:
        self._inner = inner
        self._packed = max(packed, 1)
        self._limits = limits
        self.count = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes, counting them."""
        try:
            data = self._inner.read(len(buffer))
        except _BROKEN as exc:
            raise FileProblem("The archive is broken: it ends early or its content is damaged") from exc
        except RuntimeError as exc:  # zipfile says so for an encrypted member
            raise FileProblem("The archive is protected by a password; upload it without one") from exc
        self.count += len(data)
        check_growth(self.count, self._packed, self._limits, self._limits.inflated)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the archive too."""
        if not self.closed:
            self._inner.close()
        super().close()


def check_growth(count: int, packed: int, limits: Limits, most: int) -> None:
    """Raise :class:`FileProblem` when ``count`` inflated bytes out of ``packed`` ones are too many."""
    if count > most:
        raise FileProblem(f"Unpacked, this file is larger than {most // 1_000_000:,} MB; split it")
    if count > limits.ratio_from and count > packed * limits.ratio:
        raise FileProblem(f"This archive unpacks to more than {limits.ratio} times its size, which no data does")


def sniff(path: Path) -> tuple[Compression, bool]:
    """Tell by content how a file is packed, and whether it is a workbook (``.xlsx``)."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise FileProblem("The file is empty")
    if head.startswith(b"\x1f\x8b"):
        return "gz", False
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem(
            "This is a workbook of the old .xls kind, or one with a password; save it as .xlsx without one"
        )
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ("none", True) if _is_workbook(path) else ("zip", False)
    return "none", False


def _is_workbook(path: Path) -> bool:
    with _archive(path) as archive:
        return "[Content_Types].xml" in archive.namelist()


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (*_BROKEN, ValueError, OSError) as exc:
        raise FileProblem("The file begins like a zip archive or workbook but is broken") from exc


def _member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the only data file; names are never used as paths, and what macOS adds does not count."""
    found = [
        i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/") and i.file_size > 0
    ]
    if len(found) != 1:
        raise FileProblem(f"A zip archive must hold exactly one file with data; this one holds {len(found)}")
    if found[0].flag_bits & 1:
        raise FileProblem("The archive is protected by a password; upload it without one")
    return found[0]


def open_bytes(path: Path, compression: Compression, limits: Limits) -> IO[bytes]:
    """Return the unpacked bytes as a buffered stream; nothing is written to disk."""
    if compression == "none":
        return path.open("rb", buffering=_STEP)
    if compression == "gz":
        inner: Any = gzip.open(path, "rb")  # noqa: SIM115 (closed with the stream that is returned)
    else:
        with _archive(path) as archive:
            inner = archive.open(_member(archive))
    return io.BufferedReader(Guarded(inner, os.path.getsize(path), limits), _STEP)


def inner_workbook(path: Path, compression: Compression, limits: Limits) -> bool:
    """Tell whether what an archive holds is itself a workbook."""
    with open_bytes(path, compression, limits) as stream:
        return stream.read(4) == b"PK\x03\x04"


def unpack(path: Path, compression: Compression, limits: Limits, folder: Path) -> Path:
    """Write the single file of an archive into ``folder`` under a name of ours; needed by readers that must seek."""
    target = folder / "unpacked"
    size = 0
    with open_bytes(path, compression, limits) as stream, target.open("wb") as out:
        while data := stream.read(_STEP):
            size += len(data)
            check_growth(size, size, limits, limits.workbook)
            out.write(data)
    return target


def check_workbook(path: Path, limits: Limits) -> None:
    """Inflate every part of a workbook once, counting: the sizes that its directory claims may be lies."""
    packed = os.path.getsize(path)
    total = 0
    with _archive(path) as archive, path.open("rb") as raw:
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise FileProblem("The workbook is protected by a password; save it without one")
            if info.compress_type == zipfile.ZIP_STORED:
                total += info.compress_size
            elif info.compress_type == zipfile.ZIP_DEFLATED:
                for size in _inflate(raw, info):
                    total += size
                    check_growth(total, packed, limits, limits.workbook)
            else:
                raise FileProblem("The workbook is packed in a way that no spreadsheet program uses")
            check_growth(total, packed, limits, limits.workbook)


def _inflate(raw: IO[bytes], info: zipfile.ZipInfo) -> Iterator[int]:
    raw.seek(info.header_offset)
    header = raw.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("no local header")
    raw.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), os.SEEK_CUR)
    left = info.compress_size
    machine = zlib.decompressobj(-15)
    data = b""
    while not machine.eof:
        if not data:
            data = raw.read(min(left, _STEP))
            left -= len(data)
            if not data:
                return  # cut short: the workbook reader says what is missing
        yield len(machine.decompress(data, _STEP))
        data = machine.unconsumed_tail
