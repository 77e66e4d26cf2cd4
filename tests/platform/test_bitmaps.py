"""Bitmaps keep their bytes' form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from fidelia.platform.bitmaps import decode_bitmap, decode_bitmaps, encode_bitmap


@given(st.sets(st.integers(0, 2**32 - 1), max_size=80))
def test_what_is_encoded_is_decoded(ids: set[int]) -> None:
    assert decode_bitmap(encode_bitmap(BitMap(ids))) == BitMap(ids)


def test_a_dense_audience_is_small() -> None:
    assert len(encode_bitmap(BitMap(range(100_000)))) < 40


def test_the_argument_stays_as_it_was() -> None:
    ids = BitMap(range(0, 1000, 2))
    before = ids.serialize()
    encode_bitmap(ids)
    assert ids.serialize() == before


@pytest.mark.parametrize("data", [b"\x00\x02\x01\x00\x00\x00", b"\x07", b"\x01\x05abc"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a bitmap"):
        decode_bitmap(data)


@given(st.lists(st.sets(st.integers(0, 2**32 - 1), max_size=80), max_size=6))
def test_a_row_of_several_is_decoded(sets: list[set[int]]) -> None:
    assert decode_bitmaps(b"".join(encode_bitmap(BitMap(ids)) for ids in sets)) == [BitMap(ids) for ids in sets]
