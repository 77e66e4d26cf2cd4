"""Cells of a report's files: names stay texts, whatever they look like, and amounts become numbers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import openpyxl
import pytest

from fidelia.loyalty.analytics.export import sheet, tables
from fidelia.loyalty.analytics.model import (
    LoyaltyPoints,
    LoyaltyPromotions,
    OrderSums,
    PartnerPoints,
    PartnerRevenue,
    PointFlow,
    PointTypeFlow,
    PromotionEffect,
    PromotionPoints,
)
from fidelia.loyalty.analytics.period import LoyaltyPeriod
from fidelia.segments import books

PERIOD = LoyaltyPeriod(date(2026, 6, 1), date(2026, 6, 30), "month", "Europe/Oslo", datetime(2026, 7, 1, tzinfo=UTC))
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


def test_what_points_are_worth_and_how_many_are_used_is_in_the_file() -> None:
    """The page shows both beside the sums; a file of only the points left them out."""
    flow = PointFlow(accrued="186.5", redeemed="30", given_back="0", expired="68", taken_back="40", adjusted="7.5")
    coins = PointTypeFlow(
        points="coins", name="Coins", kind="standard", ratio="0.05", currency="EUR", total=flow,
        accrued_money="9.33", redeemed_money="1.50", expired_money="3.40", redemption_rate=0.25,
        steps=[], causes=[], promotions=[], channels=[], regions=[], levels=[],
    )  # fmt: skip
    head, row = dict(tables(LoyaltyPoints(period=PERIOD, types=[coins])))["Worth"]
    assert head == [
        "Points", "Name", "Kind", "Ratio", "Currency", "Accrued money", "Redeemed money", "Expired money",
        "Redemption rate",
    ]  # fmt: skip
    assert row == ["coins", "Coins", "standard", 0.05, "EUR", 9.33, 1.5, 3.4, 0.25]


def test_a_promotion_s_share_of_orders_and_its_state_are_in_the_file() -> None:
    sums = OrderSums(1, 1, "20.00", "5.00", "20.00", 1.0)
    five = PromotionEffect(
        id=7, name="Five off", kind="discount", state="active", used=sums, other=sums, share=0.5, points=[], steps=[]
    )
    report = LoyaltyPromotions(
        period=PERIOD,
        currency="EUR",
        currencies=["EUR"],
        total=sums,
        used=sums,
        other=sums,
        steps=[],
        promotions=[five],
    )
    head, row = dict(tables(report))["Shares"]
    assert head == ["Id", "Name", "Kind", "State", "Share"]
    assert row == [7, "Five off", "discount", "active", 0.5]
