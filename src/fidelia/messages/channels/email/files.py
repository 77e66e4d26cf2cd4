"""Attached files as parts of a mail: encoded once, whatever the number of mails they go with."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from urllib.parse import quote

from ...markup.model import LoadedFile

_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")
_PIECE = 60


def file_parts(boundary: str, files: Sequence[LoadedFile]) -> bytes:
    """Return the files as parts of a ``multipart/mixed``, each with the boundary in front of it.

    Raises:
        ValueError: a name or type that may not stand in a header.
    """
    return b"".join(_part(boundary, file) for file in files)


def _part(boundary: str, file: LoadedFile) -> bytes:
    if not _TYPE.fullmatch(file.type):
        raise ValueError(f"{file.type!r} is no type of a file")
    head = (
        f"\r\n--{boundary}\r\n"
        f"Content-Type: {file.type}\r\n"
        f"{disposition(file.name)}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + base64.encodebytes(file.content).replace(b"\n", b"\r\n").removesuffix(b"\r\n")


def disposition(name: str) -> str:
    """Return the header that names a file; other letters than ASCII as RFC 2231 writes them, in pieces if long.

    Raises:
        ValueError: the name holds a control character, or is none.
    """
    if not name.strip() or not name.isprintable():
        raise ValueError("A file's name holds a control character")
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        fold = "\r\n " if len(quoted) > _PIECE else " "
        return f'Content-Disposition: attachment;{fold}filename="{quoted}"'
    coded = quote(name, safe="", encoding="utf-8", errors="strict")
    if len(coded) <= _PIECE:
        return f"Content-Disposition: attachment;\r\n filename*=utf-8''{coded}"
    pieces = re.findall(rf"(?:%[0-9A-F]{{2}}|[^%]){{1,{_PIECE // 3}}}", coded)
    pieces[0] = f"utf-8''{pieces[0]}"
    lines = [f" filename*{n}*={piece}" for n, piece in enumerate(pieces)]
    return "Content-Disposition: attachment;\r\n" + ";\r\n".join(lines)
