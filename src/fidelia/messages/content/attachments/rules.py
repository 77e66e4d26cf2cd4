"""Which files may go with mails: what they are called, what they are, how large they get. Pure.

What a file is called must be what it is: a program that is called ``invoice.pdf`` is no PDF.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable

MAX_FILES = 10
#: Of all files of a template together; a mail grows by a third more when it is encoded.
MAX_BYTES = 10_000_000
MAX_NAME = 120
MAX_MEMBERS = 2_000
#: Above this a mail is slow to send and often refused: the editor says so.
LARGE = 2_000_000


class Refused(Exception):
    """A file that may not go with a mail; the text says why, for a person."""


def _starts(*heads: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(heads)


def _text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(ord(c) < 32 and c not in "\t\r\n\f\x1b" for c in text)


def _calendar(data: bytes) -> bool:
    return _text(data) and data.lstrip(b"\xef\xbb\xbf \r\n").upper().startswith((b"BEGIN:VCALENDAR", b"BEGIN:VCARD"))


def _webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _mp4(data: bytes) -> bool:
    return data[4:8] == b"ftyp"


_zip = _starts(b"PK\x03\x04")
#: By extension: the type that mails name, and how its files begin.
KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _starts(b"%PDF-")),
    "png": ("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "gif": ("image/gif", _starts(b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", _webp),
    "ics": ("text/calendar", _calendar),
    "vcf": ("text/vcard", _calendar),
    "csv": ("text/csv", _text),
    "txt": ("text/plain", _text),
    "json": ("application/json", _text),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _zip),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _zip),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", _zip),
    "odt": ("application/vnd.oasis.opendocument.text", _zip),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", _zip),
    "zip": ("application/zip", _zip),
    "mp3": ("audio/mpeg", _starts(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "mp4": ("video/mp4", _mp4),
}
_INSIDE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
_PROGRAMS = _starts(
    b"MZ", b"\x7fELF", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!"
)
#: What must not hide in an archive either: mail programs refuse it, and rightly.
DANGEROUS = frozenset(
    "ade adp apk app appx bat cab chm cmd com cpl dll dmg docm dotm exe gadget hta htm html img ins iso isp jar jnlp js"
    " jse lib lnk mde msc msi msix msp mst nsh pif potm ppam pptm ps1 psm1 rar reg rgs scr sct sh shb svg sys url vb"
    " vbe vbs vhd vhdx vxd wsc wsf wsh xlam xlsm xltm xll xz 7z".split()
)
_NO_SIGNS = re.compile(r'[\\/:*?"<>|;\x00-\x1f\x7f]')
_DIRECTIONS = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u2028\u2029")


def safe_name(given: str) -> str:
    """Return a name as it may stand in a header: without folders, line breaks, signs that turn the writing around.

    Raises:
        Refused: nothing is left of it.
    """
    plain = given.replace("\\", "/").rsplit("/", 1)[-1]
    plain = unicodedata.normalize("NFC", "".join(c for c in plain if c not in _DIRECTIONS))
    plain = _NO_SIGNS.sub("_", plain)
    plain = " ".join("".join(c if c.isprintable() else " " for c in plain).split()).strip(". ")
    stem, dot, extension = plain.rpartition(".")
    if not dot or not stem or not extension:
        raise Refused("A file needs a name with an ending, such as price-list.pdf")
    return f"{stem[: MAX_NAME - len(extension) - 1].rstrip('. ')}.{extension}"


def type_of(name: str, data: bytes) -> str:
    """Return the type of a file, which its name and its content agree on.

    Raises:
        Refused: it is empty, of no type that mails carry, or not what its name says.
    """
    extension = name.rpartition(".")[2].lower()
    if extension in DANGEROUS:
        raise Refused(f"Files that end in .{extension} are refused: mail programs take them for an attack")
    if extension not in KINDS:
        raise Refused(f"Files that end in .{extension[:20]} cannot be attached. Possible are {', '.join(KINDS)}")
    if not data:
        raise Refused("This file is empty")
    if _PROGRAMS(data):
        raise Refused("This file is a program, whatever it is called")
    kind, fits = KINDS[extension]
    if not fits(data):
        raise Refused(f"This is no {extension.upper()} file: its content is something else")
    if fits is _zip:
        _check_archive(extension, data)
    return kind


def _check_archive(extension: str, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError) as exc:
        raise Refused("This archive is damaged") from exc
    if len(members) > MAX_MEMBERS:
        raise Refused(f"This archive holds more than {MAX_MEMBERS:,} files")
    names = [member.filename.lower() for member in members]
    for member, name in zip(members, names, strict=True):
        if member.flag_bits & 1:
            raise Refused("This archive has a password: nobody can see what is in it")
        inner = name.rstrip(" .").rpartition(".")[2]
        if name.endswith("vbaproject.bin"):
            raise Refused("This document holds macros: mail programs take them for an attack")
        if extension == "zip" and (inner in DANGEROUS or inner == "zip"):
            raise Refused(f"The archive holds {member.filename[:80]}: mail programs take that for an attack")
    if extension in _INSIDE and not any(name.startswith(_INSIDE[extension]) for name in names):
        raise Refused(f"This is no {extension.upper()} file: its content is something else")


def encoded_size(size: int) -> int:
    """Return how many bytes a file takes in a mail: base64 in lines of 76."""
    coded = (size + 2) // 3 * 4
    return coded + (coded + 75) // 76 * 2
