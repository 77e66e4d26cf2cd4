"""How values are read: the quick path for addresses agrees with the library; cells of files; round trips."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from fidelia.profiles import Field, read_cell, read_key, read_value
from fidelia.profiles import fields as registry
from fidelia.profiles.cells import TextFormat

from .conftest import EVERY_TYPE

BY_NAME = {**registry.BUILTIN_BY_NAME, **{f.name: f for f in EVERY_TYPE}}

_piece = st.text(st.sampled_from("ab1.-_+@ABü '\"xn"), max_size=8)
_domain = st.sampled_from(
    [
        "example.com",
        "a.b",
        "x.test",
        "localhost",
        "a..b",
        "-a.com",
        "a-.com",
        "b.c-",
        "xn--bcher-kva.de",
        "bücher.de",
        "1.2.3.4",
        "a.b1",
        "A.Co",
        "aa--bb.com",
        "x" * 64 + ".com",
        "x.invalid",
        ".com",
        "example.com.",
    ]
)
addresses = st.one_of(
    st.builds("{}@{}".format, _piece, st.one_of(_domain, _piece)),
    st.builds("{}@example.com".format, st.text(st.sampled_from("a."), min_size=60, max_size=70)),
    _piece,
)


@given(address=addresses)
def test_an_address_is_judged_as_the_library_judges_it(address: str) -> None:
    given_ = address.strip().lower()
    try:
        expected: str | None = validate_email(given_, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        expected = None
    if not given_:
        assert read_value(BY_NAME["email"], address) is None
        return
    try:
        found: str | None = read_value(BY_NAME["email"], address)
    except ValueError:
        found = None
    assert found == expected


@given(address=addresses)
def test_a_stored_address_reads_as_itself(address: str) -> None:
    try:
        found = read_value(BY_NAME["email"], address)
    except ValueError:
        return
    assert found is None or read_value(BY_NAME["email"], found) == found


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("email", " A@B.co ", "a@b.co"),
        ("phones", "+47 400 00 000; +47 400 00 001", ["+4740000000", "+4740000001"]),
        ("language", "EN_us", "en-US"),
        ("country", "no", "NO"),
        ("gender", "Female", "female"),
        ("age", "1 200", 1200),
        ("age", "12.0", 12),
        ("age", "-7", -7),
        ("score", "1.5e3", 1500.0),
        ("vip", "Yes", True),
        ("vip", "0", False),
        ("since", "2026-03-01T10:00:00", date(2026, 3, 1)),
        ("seen_at", "2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("seen_at", "2026-03-01 10:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("seen_at", "2026-03-01T10:00:00.123456789+01:00", datetime(2026, 3, 1, 9, 0, 0, 123000, tzinfo=UTC)),
        ("level", "GOLD", "gold"),
        ("likes", "a, b;c|a", ["a", "b", "c"]),
        ("likes", '["a, b"]', ["a, b"]),
        ("last_ip", "2001:DB8::0:1", "2001:db8::1"),
        ("car", '{"a": 1}', {"a": 1}),
        ("city", "  ", None),
    ],
)
def test_a_cell_is_read(field: str, cell: str, value: Any) -> None:
    assert read_cell(BY_NAME[field], cell) == value


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("phones", "40000000"),
        ("age", "1.5"),
        ("age", "١٢"),
        ("age", "1e3"),
        ("score", "inf"),
        ("score", "1e999"),
        ("vip", "maybe"),
        ("since", "01/02/2026"),
        ("seen_at", "today"),
        ("level", "bronze"),
        ("car", "[1]"),
        ("car", "{" * 10_000),
        ("code", "no"),
        ("created_at", "2026-01-01"),
        ("timezone", "CET+1"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused(field: str, cell: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_cell(BY_NAME[field], cell)


def test_a_file_says_how_it_is_written() -> None:
    how = TextFormat(date="%d.%m.%Y", region="NO", decimal=",", separators="/")
    assert read_cell(BY_NAME["since"], "31.12.2026", how) == date(2026, 12, 31)
    assert read_cell(BY_NAME["seen_at"], "31.12.2026", how) == datetime(2026, 12, 31, tzinfo=UTC)
    assert read_cell(BY_NAME["phones"], "400 00 000/40000001", how) == ["+4740000000", "+4740000001"]
    assert read_cell(BY_NAME["score"], "1 234,5", how) == 1234.5
    with pytest.raises(ValueError, match="form"):
        read_cell(BY_NAME["since"], "2026-12-31", how)


def test_a_key_is_read_like_its_field() -> None:
    assert read_key(BY_NAME["phones"], "+47 400 00 000") == "+4740000000"
    assert read_key(BY_NAME["email"], "A@b.co") == "a@b.co"
    assert read_key(BY_NAME["age"], 5) == 5


@given(value=st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()), st.lists))
def test_no_value_breaks_a_reader(value: Any) -> None:
    for field in BY_NAME.values():
        try:
            found = read_value(field, value)
        except ValueError:
            continue
        if found is not None and field.type not in ("date", "datetime"):
            assert read_value(field, found) == found


@given(cell=st.text())
def test_no_cell_breaks_a_reader(cell: str) -> None:
    for field in BY_NAME.values():
        with contextlib.suppress(ValueError):
            read_cell(field, cell)


@pytest.mark.parametrize("pattern", ["(a+)+$", "a{1001}", "(?P<x>", "\\p{Greek}+", "(?i)no[0-9]"])
def test_patterns_cannot_run_away(pattern: str) -> None:
    field = Field(name="x", type="string", id=1, validator=pattern)
    with contextlib.suppress(ValueError):
        read_value(field, "a" * 5000 + "!")
