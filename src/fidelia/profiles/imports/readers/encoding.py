"""Finds out the encoding of a text file from its bytes."""

from __future__ import annotations

import codecs
import re
from typing import IO

from charset_normalizer import from_bytes

from .model import FileProblem

#: How far a file is searched for its first character beyond ASCII.
SEARCH_BYTES = 64_000_000
SAMPLE = 131_072
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: What files without a mark are seen to be written in; the order breaks ties.
_CANDIDATES = [
    "cp1251", "cp1252", "cp1250", "koi8_r", "cp866", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2",
    "shift_jis", "gb18030", "big5", "euc_kr", "euc_jp",
]  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_RUSSIAN = re.compile(r"[А-Яа-яЁёІіЇїЄєҐґЎў]+")
#: German and Nordic, French, Spanish, Portuguese, Italian, Icelandic.
_WESTERN = [set(s) for s in ("äöüßåøæé", "éèêëàâçîïôùûüœæÿ", "áéíóúñüºª", "ãõáéíóúâêôàçºª", "àèéìòùîº", "áéíóúýþæöð")]


def detect_encoding(stream: IO[bytes]) -> str:
    """Return a codec's name for the bytes of a stream, read from its start.

    A byte order mark decides; then UTF-16 by its zero bytes; then UTF-8 when all that was searched is valid; else the
    likeliest of the usual 8-bit and East Asian encodings.
    """
    first = stream.read(SAMPLE)
    if not first:
        raise FileProblem("The file is empty")
    for mark, name in _BOMS:
        if first.startswith(mark):
            return name
    if found := _utf16(first):
        return found
    decoder = codecs.getincrementaldecoder("utf-8")()
    data, read = first, 0
    while data:
        try:
            decoder.decode(data)
        except UnicodeDecodeError as exc:
            return _guess(_around(data, exc.start))
        read += len(data)
        if read >= SEARCH_BYTES:
            return "utf-8"
        data = stream.read(1 << 20)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _guess(first)
    return "utf-8"


def _utf16(sample: bytes) -> str | None:
    """Latin letters in UTF-16 have a zero for every other byte, which no text has otherwise."""
    half = len(sample) // 2
    if half < 4:
        return None
    even, odd = sample[0 : half * 2 : 2].count(0), sample[1 : half * 2 : 2].count(0)
    if odd > half * 0.3 and even < half * 0.02:
        return "utf-16-le"
    if even > half * 0.3 and odd < half * 0.02:
        return "utf-16-be"
    return None


def _around(data: bytes, at: int) -> bytes:
    start = data.rfind(b"\n", 0, max(0, at - SAMPLE // 4)) + 1
    return data[start : start + SAMPLE]


def _guess(sample: bytes) -> str:
    """Only lines with letters beyond ASCII tell encodings apart."""
    telling = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:32_768] or sample
    sure = _cyrillic(telling) or _western(telling)
    if sure:
        return sure
    best = from_bytes(telling, cp_isolation=_CANDIDATES, threshold=0.6, steps=8, chunk_size=2048).best()
    return best.encoding if best is not None else "cp1252"


def _cyrillic(sample: bytes) -> str | None:
    """Short cells of Cyrillic fool statistics on bytes: look for words that are all Cyrillic, small letters first."""
    best: tuple[float, str] | None = None
    for name in ("cp1251", "koi8_r", "cp866"):
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        words = [word for word in _WORD.findall(text) if not word.isascii()]
        pure = [word for word in words if _RUSSIAN.fullmatch(word)]
        strange = sum(not c.isascii() and not _RUSSIAN.fullmatch(c) for c in text)
        if not words or len(pure) < len(words) * 0.8 or strange > len(text) * 0.03:
            continue
        small = sum(c.islower() for word in pure for c in word) / sum(map(len, pure))
        if best is None or small > best[0]:
            best = (small, name)
    return best[1] if best and best[0] > 0.5 else None


def _western(sample: bytes) -> str | None:
    """Say cp1252 when one alphabet of western Europe explains every letter."""
    try:
        letters = {c for c in sample.decode("cp1252") if c.isalpha() and not c.isascii()}
    except UnicodeDecodeError:
        return None
    lower = {c.lower() for c in letters}
    return "cp1252" if lower and any(lower <= alphabet for alphabet in _WESTERN) else None
