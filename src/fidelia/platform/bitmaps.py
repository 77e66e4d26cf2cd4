"""Roaring bitmaps on the wire of ClickHouse: RowBinary of ``AggregateFunction(groupBitmap, UInt32)``."""

from __future__ import annotations

import base64
from array import array

from pyroaring import BitMap

#: The engine keeps up to this many values as a plain list.
_SMALL = 32


def encode_bitmap(bitmap: BitMap) -> bytes:
    """Return the bitmap as the engine stores it; the inverse of :func:`decode_bitmap`."""
    if len(bitmap) <= _SMALL:
        return bytes((0, len(bitmap))) + b"".join(value.to_bytes(4, "little") for value in bitmap)
    packed = BitMap(bitmap)
    packed.run_optimize()  # a dense audience of 100,000 takes 27 bytes
    payload = packed.serialize()
    return b"\x01" + _varuint(len(payload)) + payload


def decode_bitmap(data: bytes) -> BitMap:
    """Read what ``groupBitmapState`` gives in RowBinary; no bytes at all is the empty bitmap.

    Raises:
        ValueError: the bytes are something else.
    """
    if not data:
        return BitMap()
    found = decode_bitmaps(data)
    if len(found) != 1:
        raise ValueError("not a bitmap of ClickHouse: wrong length")
    return found[0]


def decode_bitmaps(data: bytes) -> list[BitMap]:
    """Read a row of several states, one after another.

    Raises:
        ValueError: the bytes are something else.
    """
    found: list[BitMap] = []
    position = 0
    while position < len(data):
        kind = data[position]
        if kind == 0 and position + 1 < len(data):
            size, start = 4 * data[position + 1], position + 2
        elif kind == 1:
            size, start = _read_varuint(data, position + 1)
        else:
            raise ValueError("not a bitmap of ClickHouse: unknown kind")
        part = data[start : start + size]
        if len(part) != size:
            raise ValueError("not a bitmap of ClickHouse: wrong length")
        found.append(BitMap.deserialize(part) if kind else BitMap(array("I", part)))
        position = start + size
    return found


def bitmap_parameter(bitmap: BitMap) -> str:
    """Return the bitmap as a text parameter; :func:`bitmap_sql` reads it in the statement.

    Never pass a set as an array: 300,000 ids do not come back from chDB.
    """
    return base64.b64encode(encode_bitmap(bitmap)).decode()


def bitmap_sql(name: str) -> str:
    """Return the SQL expression of the bitmap in parameter ``name``, for ``bitmapContains(…, id)``."""
    return f"cast(base64Decode({{{name}:String}}), 'AggregateFunction(groupBitmap, UInt32)')"


def _read_varuint(data: bytes, position: int) -> tuple[int, int]:
    """Return the number at a position, and where it ends."""
    number, shift = 0, 0
    while position < len(data):
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position += 1
        shift += 7
        if byte < 0x80:
            return number, position
    raise ValueError("not a bitmap of ClickHouse: it breaks off")


def _varuint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
