"""Cells of a report's files: names stay texts, whatever they look like, and amounts become numbers."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from fidelia.loyalty.analytics.export import sheet
from fidelia.loyalty.analytics.model import PartnerPoints, PartnerRevenue, PromotionPoints
from fidelia.segments import books

HEAD = ["Points", "Accrued", "Taken back", "Money"]


@pytest.mark.parametrize("key", ["inf", "infinity", "nan", "miles"])
def test_points_named_like_a_number_stay_a_name(key: str) -> None:
    """No workbook holds an infinity: writing one failed the whole file."""
    table = ("Points", sheet([PromotionPoints(key, "12.5", "-3", None)]))
    book = openpyxl.load_workbook(io.BytesIO(books.as_xlsx([table])))
    assert [list(row) for row in book["Points"].values] == [HEAD, [key, 12.5, -3, None]]
    rows = list(csv.reader(io.StringIO(books.as_csv([table]).decode())))
    assert rows == [HEAD, [key, "12.5", "-3.0", ""]]


def test_names_and_currencies_are_never_formulas() -> None:
    points = PartnerPoints(
        points="nan", currency="EUR", issued="62", funded="24.8", redeemed="20",
        issued_money="3.10", partner_owes="1.24", program_owes="1.00",
    )  # fmt: skip
    rows = [[f"=1+{name}", *row] for name, row in zip("ab", sheet([points]), strict=True)]
    revenue = sheet([PartnerRevenue("EUR", "1e3")])
    book = openpyxl.load_workbook(io.BytesIO(books.as_xlsx([("About", rows), ("Revenue", revenue)])))
    assert book["About"]["A2"].data_type == "s"
    assert [book["About"]["A2"].value, book["About"]["B2"].value] == ["=1+b", "nan"]
    assert book["Revenue"]["B2"].value == 1000
    assert books.as_csv([("About", rows)]).decode().splitlines()[1].startswith("'=1+b,nan,EUR,62.0")
