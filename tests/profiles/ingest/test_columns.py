"""Reading columns: fast paths give what the slow ones give, COPY texts come back as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fidelia.profiles import Field, read_cell
from fidelia.profiles.contacts import email
from fidelia.profiles.fields import BUILTIN_BY_NAME
from fidelia.profiles.ingest import CLEAR, ColumnReader, RowError
from fidelia.profiles.ingest.encode import NULL, array_text, copy_cell, escape, unescape

from ..conftest import EVERY_TYPE

LABEL = st.text("abcxyz019-_éß", min_size=1, max_size=8)
ADDRESS = st.builds(
    lambda local, labels, tail: f"{local}@{'.'.join(labels)}{tail}",
    st.text("abcXYZ019.+-_'\"@ é", min_size=1, max_size=70),
    st.lists(LABEL, min_size=1, max_size=4),
    st.sampled_from([".com", ".no", ".test", ".local", ".invalid", ".c", "", ".", ".xn--p1ai", ".рф", ".co.uk"]),
)


@given(st.one_of(ADDRESS, st.text(max_size=20)))
@example("household-1@example.com")
@example("a" * 65 + "@example.com")
@example("a@" + "b" * 64 + ".com")
@example("a@" + ".".join(["b" * 60] * 5) + ".com")
def test_addresses_get_the_librarys_verdict(address: str) -> None:
    try:
        verdict = email_validator.validate_email(address.strip().lower(), check_deliverability=False).normalized
    except email_validator.EmailNotValidError:
        if address.strip() and "\x00" not in address:
            with pytest.raises(ValueError, match="This"):
                email(address)
    else:
        assert email(address) == verdict.lower()


@given(st.text())
def test_copy_texts_come_back(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not set("\t\n\r") & set(escape(text))


def test_null_is_not_a_text() -> None:
    assert unescape(NULL) is None
    assert unescape(escape(NULL)) == NULL
    assert array_text(['a"b', "c\\d", "{x}"]) == '{"a\\"b","c\\\\d","{x}"}'
    assert copy_cell("datetime", datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00+00:00"
    assert copy_cell("boolean", False) == "f"
    assert copy_cell("object", {"a": "x\ty"}) == '{"a":"x\\\\ty"}'


@pytest.mark.parametrize("keep", [False, True])
@given(
    cells=st.lists(
        st.sampled_from(["", " ", "a", "41", "4.5", "yes", "2026-01-31", "gold", "a,b", "AB1", "x\\y", "nul\x00"])
    )
)
def test_columns_read_what_cells_read(keep: bool, cells: list[str]) -> None:
    for field in EVERY_TYPE:
        errors: list[RowError] = []
        column = ColumnReader(field, keep=keep).read(range(len(cells)), cells, errors)
        bad = {e.row for e in errors}
        for n, cell in enumerate(cells):
            try:
                value = read_cell(field, cell)
            except ValueError as exc:
                reason = str(exc)
            else:
                reason = ""
            if reason:
                assert reason in {e.message for e in errors if e.row == n}
                continue
            assert n not in bad
            assert column.texts[n] == (None if value is None else copy_cell(field.type, value))
            if column.values is not None:
                assert column.values[n] == value


def test_empty_cells_clear_when_asked_and_texts_are_replaced() -> None:
    reader = ColumnReader(BUILTIN_BY_NAME["gender"], replace={"M": "male", "-": ""}, clear_empty=True)
    errors: list[RowError] = []
    assert reader.read([2, 3, 4, 5], ["M", "-", "", "what"], errors).texts == ["male", CLEAR, CLEAR, None]
    assert (errors[0].row, errors[0].value) == (5, "what")


def test_typed_cells_of_workbooks_and_json() -> None:
    def read(field: Field, *cells: Any) -> list[Any]:
        return ColumnReader(field).read(range(len(cells)), cells, []).texts

    by_name = {f.name: f for f in EVERY_TYPE}
    assert read(by_name["age"], 41, 41.0, True, "41", None, 4.5) == ["41", "41", None, "41", None, None]
    assert read(by_name["since"], date(2026, 1, 31), datetime(2026, 1, 31, 10, 0)) == ["2026-01-31"] * 2
    assert read(by_name["nick"], 7, 7.0, 7.5, True) == ["7", "7", "7.5", "true"]
    assert read(by_name["likes"], ["a", "b"], "a;b", [1]) == ['{"a","b"}', '{"a","b"}', None]


def test_memory_of_cells_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fidelia.profiles.ingest.columns._REMEMBER", 10)
    reader = ColumnReader(BUILTIN_BY_NAME["city"])
    for start in range(0, 100, 20):
        cells = [f"City {n}" for n in range(start, start + 20)]
        assert reader.read(range(20), cells, []).texts == cells
    assert len(reader._texts) <= 10
