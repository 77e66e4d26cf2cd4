"""Reading feeds: every format, what is refused by line, and what is refused whole."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fidelia.market.feeds.reading import Batch, FeedProblem, Setting, detect, read
from fidelia.market.feeds.rules import as_typed, key_of, type_of

from . import files

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


def look(path: Path, *, currency: str | None = "EUR", mapping: dict[str, str | None] | None = None) -> Batch:
    """Everything of a file."""
    whole = Batch([], [], [])
    for batch in read(path, detect(path), Setting(mapping=mapping or {}, currency=currency, now=NOW)):
        whole.offers += batch.offers
        whole.rejected += batch.rejected
        whole.categories += batch.categories
    return whole


def written(tmp_path: Path, text: str | bytes, name: str = "feed") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_yml_gives_offers_and_the_tree(tmp_path: Path) -> None:
    text = files.yml(
        [
            files.yml_offer(
                1,
                *files.plain(1),
                files.tag("oldprice", "9 999,00"),
                files.tag("picture", "https://shop.example/1b.jpg"),
                files.tag("delivery", "true"),
                files.tag("manufacturer_warranty", "false"),
                files.tag("vendorCode", "VC-1"),
                '<param name="Цвет">red</param><param name="Цвет">blue</param><param name="Weight" unit="kg">2</param>',
                attributes=' available="false" group_id="g1"',
            ),
            files.yml_offer(2, files.tag("typePrefix", "Mill"), files.tag("vendor", "Moka"), files.tag("model", "X")),
        ]
    )
    found = look(written(tmp_path, text))
    first, second = found.offers
    assert (first.id, first.group, first.name, first.brand, first.category) == ("1", "g1", "Thing 1", "Brand 1", "2")
    assert (first.price, first.old_price, first.currency) == ("2.50", "9999.00", "EUR")
    assert first.pictures == ["https://shop.example/1.jpg", "https://shop.example/1b.jpg"]
    assert (first.available, first.delivery, first.warranty) == (False, True, False)
    assert first.description == "<p>About 1</p>"
    assert first.params == {"vendorCode": "VC-1", "Цвет": ["red", "blue"], "Weight (kg)": "2"}
    assert first.line == 10
    assert second.name == "Mill Moka X"
    assert [(c.id, c.name, c.parent) for c in found.categories] == [("1", "Food", None), ("2", "Coffee", "1")]


@pytest.mark.parametrize("head", ["rss", "atom", "table", "comma"])
def test_google_gives_the_same_in_all_its_forms(tmp_path: Path, head: str) -> None:
    names = ("id", "title", "link", "image_link", "price", "sale_price", "availability", "brand", "product_type")
    values = ("1", "Beans", "https://s.example/1", "https://s.example/1.jpg", "12.50 EUR", "EUR 10,00", "in stock")
    values += ("Moka", "Food > Coffee")
    pairs = dict(zip(names, values, strict=True)) | {"item_group_id": "g1", "color": "red"}
    if head == "rss":
        inside = "".join(files.tag(f"g:{k}", v.replace(">", "&gt;")) for k, v in pairs.items())
        text = files.rss([f"<item>{inside}<g:shipping><g:price>5 EUR</g:price></g:shipping></item>"])
    elif head == "atom":
        inside = "".join(files.tag(f"x:{k}", v.replace(">", "&gt;")) for k, v in pairs.items() if k != "link")
        text = (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://base.google.com/ns/1.0">'
            f'<title>Shop</title><entry><link href="https://s.example/1"/>{inside}</entry></feed>'
        )
    else:
        mark = "\t" if head == "table" else ","
        cells = [f'"{v}"' if "," in v else v for v in pairs.values()]
        text = f"{mark.join(pairs)}\n{mark.join(cells)}\n"
    offer = look(written(tmp_path, text)).offers[0]
    assert (offer.id, offer.name, offer.group, offer.brand) == ("1", "Beans", "g1", "Moka")
    assert (offer.price, offer.old_price, offer.currency) == ("10.00", "12.50", "EUR")
    assert (offer.url, offer.pictures) == ("https://s.example/1", ["https://s.example/1.jpg"])
    assert (offer.available, offer.category, offer.params) == (True, "Food > Coffee", {"color": "red"})


def test_a_sale_counts_only_in_its_time(tmp_path: Path) -> None:
    time = "2026-11-01T00:00Z/2026-11-10T00:00Z"
    text = files.rss(
        [
            files.item(1, sale_price="10 EUR", sale_price_effective_date=time),
            files.item(2, sale_price="10 EUR", sale_price_effective_date=time.replace("11-10", "12-10")),
        ]
    )
    assert [(o.price, o.old_price) for o in look(written(tmp_path, text)).offers] == [("12.50", None), ("10", "12.50")]


def test_a_mapping_leads_elsewhere_or_nowhere(tmp_path: Path) -> None:
    text = files.yml([files.yml_offer(1, *files.plain(1), '<param name="Maker">Moka</param><code>77</code>')])
    mapping = {"Maker": "brand", "vendor": None, "code": "property.vendor_code", "description": None}
    offer = look(written(tmp_path, text), mapping=mapping).offers[0]
    assert (offer.brand, offer.description, offer.params) == ("Moka", None, {"vendor_code": "77"})


@pytest.mark.parametrize(
    ("inside", "field", "reason"),
    [
        ((files.tag("price", "twelve"), files.tag("currencyId", "EUR")), "price", "no price"),
        ((files.tag("price", "-1"), files.tag("currencyId", "EUR")), "price", "not below zero"),
        ((files.tag("price", "1.23456"), files.tag("currencyId", "EUR")), "price", "four decimal places"),
        ((files.tag("price", "1"), files.tag("currencyId", "EURO")), "currencyId", "three letters"),
        ((files.tag("url", "javascript:alert(1)"),), "url", "http://"),
        ((files.tag("picture", "file:///etc/passwd"),), "picture", "http://"),
        ((files.tag("delivery", "maybe"),), "delivery", "true or false"),
    ],
)
def test_broken_offers_are_refused_by_line(tmp_path: Path, inside: tuple[str, ...], field: str, reason: str) -> None:
    offers = [files.yml_offer(1, *files.plain(1)), files.yml_offer(2, *inside), files.yml_offer(3, *files.plain(3))]
    found = look(written(tmp_path, files.yml(offers)))
    assert [o.id for o in found.offers] == ["1", "3"]
    refused = found.rejected[0]
    assert (refused.line, refused.offer, refused.field) == (11, "2", field)
    assert reason in refused.reason


def test_an_id_is_needed_and_counts_once(tmp_path: Path) -> None:
    offers = [files.yml_offer(1, *files.plain(1)), files.yml_offer("", *files.plain(2)), files.yml_offer(1)]
    found = look(written(tmp_path, files.yml(offers)))
    assert [o.id for o in found.offers] == ["1"]
    assert [(r.line, r.field) for r in found.rejected] == [(11, "id"), (12, "id")]
    assert "Line 10 has the same id" in found.rejected[1].reason
    found = look(written(tmp_path, files.yml([files.yml_offer(5, files.tag("price", 1))])), currency=None)
    assert "no currency" in found.rejected[0].reason


BOMB = """<?xml version="1.0"?>
<!DOCTYPE yml_catalog [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<yml_catalog><shop><offers><offer id="1"><name>&b;</name></offer></offers></shop></yml_catalog>"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE yml_catalog [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<yml_catalog><shop><offers><offer id="1"><name>&x;</name></offer></offers></shop></yml_catalog>"""
DTD = '<?xml version="1.0"?>\n<!DOCTYPE yml_catalog SYSTEM "http://evil.example/x.dtd">\n<yml_catalog/>'
PARAMETER = '<?xml version="1.0"?>\n<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://evil.example/x">%p;]>\n<rss/>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "declares entities"),
        (OUTSIDE, "declares entities"),
        (PARAMETER, "declares entities"),
        (DTD, "names a document type"),
        (files.yml([files.yml_offer(1, "<name>a&nbsp;b</name>")]), "nbsp"),
        (files.yml([files.yml_offer(1, "<name>a</nam>")]), "Line 10"),
        (files.YML_HEAD + files.yml_offer(1), "broken"),
        ("<html><body/></html>", "begins with <html>"),
        ("name\tprice\nx\t1\n", "one of them id"),
        ("<?xml version='1.0' encoding='klingon'?><rss/>", "encoding"),
        (files.RSS_HEAD + "<item>" + "<a>" * 70, "nest more than"),
        ("", "empty"),
    ],
)
def test_what_is_no_safe_feed_is_refused_whole(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(FeedProblem, match=said):
        look(path)


def test_other_encodings_are_read(tmp_path: Path) -> None:
    text = files.yml([files.yml_offer(1, *files.plain(1, name="Кофе"))]).replace("UTF-8", "windows-1251")
    assert look(written(tmp_path, text.encode("cp1251"))).offers[0].name == "Кофе 1"


@pytest.mark.parametrize("how", ["gz", "zip", "tar.gz"])
def test_packed_files_are_read_as_they_are(tmp_path: Path, how: str) -> None:
    text = files.yml([files.yml_offer(1, *files.plain(1))]).encode()
    packed = io.BytesIO()
    if how == "gz":
        packed.write(gzip.compress(text))
    elif how == "zip":
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("../../feed.xml", text)
    else:
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            info = tarfile.TarInfo("/etc/feed.xml")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    assert [o.id for o in look(written(tmp_path, packed.getvalue())).offers] == ["1"]
    with pytest.raises(FeedProblem):
        look(written(tmp_path, packed.getvalue()[: len(packed.getvalue()) * 2 // 3]))


def test_archives_that_grow_without_measure_are_stopped(tmp_path: Path) -> None:
    bomb = gzip.compress(b"<rss>" + b" " * 80_000_000)
    with pytest.raises(FeedProblem, match="unpacks to more than"):
        look(written(tmp_path, bomb))
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("a.xml", "<rss/>")
        archive.writestr("b.xml", "<rss/>")
    with pytest.raises(FeedProblem, match="exactly one"):
        look(written(tmp_path, two.getvalue()))


def test_parameters_get_keys_and_types() -> None:
    assert [key_of(n) for n in ("Weight (kg)", "Цвет обивки", "Größe", "2nd-hand", "色")] == [
        "weight_kg",
        "tsvet_obivki",
        "grosse",
        "n_2nd_hand",
        "field_8272",
    ]
    assert [type_of(v) for v in (["1", "20"], ["1", "2,5"], ["yes", "no"], ["2026-11-01"], ["1", "M"], [])] == [
        "int",
        "float",
        "bool",
        "date",
        "string",
        "string",
    ]
    assert (as_typed("list", "a"), as_typed("string", ["a", "b"]), as_typed("int", "1.5")) == (["a"], "a, b", None)
